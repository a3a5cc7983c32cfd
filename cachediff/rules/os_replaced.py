"""os-replaced: an operating system is gone, but another came in its place in the same stack and target."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import served, served_everywhere
from cachediff.rules.rule import Rule

check = partial(served, dimension="os")
check_whole = partial(served_everywhere, dimension="os")

RULE = Rule(
    id="os-replaced",
    severity="warning",
    scope="package",
    scope_of_whole="oses",
    summary="an operating system is gone, but another came in its place in the same stack and target",
    why=(
        "The stack moved, usually to a newer os, and kept the package: nothing is lost but for those who stay "
        "on the old os. An os that the stack had before replaces nothing; then os-dropped or cell-dropped "
        "says so."
    ),
    fix=(
        "Nothing to do if the move is meant, but tell the users of the old os. Otherwise look at the runner image of the "
        "stack."
    ),
    mirror="no mirror: the os that came is os-gained or os-added",
    check=check,
    check_whole=check_whole,
    # By its own finding about the whole snapshot, which says it for each package.
    subsumed_by="os-replaced",
    explained="cells",
    tells_of_move=True,
)
