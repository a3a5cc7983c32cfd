"""platform-dropped: a package has no spec for a platform that it had."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import dropped

check = partial(dropped, dimension="platform")

RULE = Rule(
    id="platform-dropped",
    severity="error",
    scope="package",
    summary="a package has no spec for a platform that it had",
    why="Users of the package on that platform lose their binaries although the page looks healthy.",
    fix=(
        "Find out why the package was not built there: a conflict, a failed build or a changed environment. Restore "
        "it, or accept platform-dropped for this package and platform."
    ),
    mirror="platform-gained",
    check=check,
    subsumed_by="platform-removed",
)
