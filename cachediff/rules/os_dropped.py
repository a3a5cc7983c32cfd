"""os-dropped: a package is gone from an operating system."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import dropped
from cachediff.rules.rule import Rule

check = partial(dropped, dimension="os")

RULE = Rule(
    id="os-dropped",
    severity="error",
    scope="package",
    summary="a package is gone from an operating system",
    why=(
        "Users on that operating system build the package from source. Where another os came in its place, in "
        "the same stack and target, os-replaced says so instead."
    ),
    fix=(
        "Look at the jobs of that os: a new conflict in the recipe, or a failed build of the package or of "
        "something below it. If it is meant, accept os-dropped for the package and os."
    ),
    mirror="os-gained",
    check=check,
    subsumed_by="os-removed",
    explained="cells",
    is_said_by_subject=True,
)
