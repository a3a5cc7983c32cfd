"""target-dropped: a package has no spec for a target that it had."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import dropped

check = partial(dropped, dimension="target")

RULE = Rule(
    id="target-dropped",
    severity="error",
    scope="package",
    summary="a package has no spec for a target that it had",
    why=(
        "Users of the package on that target lose their binaries although the page looks healthy. Where the same "
        "stack and os keep a target that the lost one can run, target-downgraded says so instead."
    ),
    fix=(
        "Find out why the package was not built there: a conflict, a failed build or a changed environment. Restore "
        "it, or accept target-dropped for this package and target."
    ),
    mirror="target-gained",
    check=check,
    subsumed_by="target-removed",
)
