"""os-dropped: a package has no spec for an operating system that it had."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import dropped

check = partial(dropped, dimension="os")

RULE = Rule(
    id="os-dropped",
    severity="error",
    scope="package",
    summary="a package has no spec for an operating system that it had",
    why=(
        "Users of the package on that operating system lose their binaries although the page looks healthy. Where "
        "another os came in its place in the same stack and target, os-replaced says so instead."
    ),
    fix=(
        "Find out why the package was not built there: a conflict, a failed build or a changed environment. Restore "
        "it, or accept os-dropped for this package and operating system."
    ),
    mirror="os-gained",
    check=check,
    subsumed_by="os-removed",
)
