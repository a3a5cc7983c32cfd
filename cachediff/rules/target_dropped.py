"""target-dropped: a package is gone from a target."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import dropped
from cachediff.rules.rule import Rule

check = partial(dropped, dimension="target")

RULE = Rule(
    id="target-dropped",
    severity="error",
    scope="package",
    summary="a package is gone from a target",
    why=(
        "Users on that microarchitecture build the package from source. Where the same stack and os keep a "
        "target that their machines can run, target-downgraded says so instead."
    ),
    fix=(
        "Look at the jobs of that target: a new conflict in the recipe, or a failed build of the package or "
        "of something below it. If it is meant, accept target-dropped for the package and target."
    ),
    mirror="target-gained",
    check=check,
    subsumed_by="target-removed",
    explained="cells",
    is_said_by_subject=True,
)
