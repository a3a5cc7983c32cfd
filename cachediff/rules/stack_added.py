"""stack-added: a stack is new to the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import added
from cachediff.rules.rule import Rule

check = partial(added, dimension="stack")

RULE = Rule(
    id="stack-added",
    severity="note",
    scope="stacks",
    summary="a stack is new to the whole snapshot",
    why=("A new stack is good news. Check its name on this occasion: a renamed stack shows here and under stack-removed."),
    fix="Nothing to do if it is new. If it is an old one with a new name, add both names to renames.",
    mirror="stack-removed",
    check_whole=check,
    appears="stack",
)
