"""stack-dropped: a package is gone from a stack."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import dropped
from cachediff.rules.rule import Rule

check = partial(dropped, dimension="stack")

RULE = Rule(
    id="stack-dropped",
    severity="error",
    scope="package",
    summary="a package is gone from a stack",
    why=(
        "Users of that stack build the package from source. Its page may look healthy all the same, since other stacks keep "
        "it."
    ),
    fix=(
        "Look for the package in the stack's environment and in its last pipeline: it was taken out, or it or "
        "something below it failed to build. If it is meant, accept stack-dropped for the package and stack."
    ),
    mirror="stack-gained",
    check=check,
    # A stack that is gone everywhere is told once, and not for each of a thousand packages.
    subsumed_by="stack-removed",
    explained="cells",
    is_said_by_subject=True,
)
