"""stack-added: a package has a stack that no package had before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import added

check = partial(added, dimension="stack")

RULE = Rule(
    id="stack-added",
    severity="note",
    scope="snapshot",
    summary="a package has a stack that no package had before",
    why=("A new stack is good news, and the first time to check its name: a renamed one shows here and under stack- removed."),
    fix="Nothing to do if it is meant. For a rename, add the old and the new name to renames.",
    mirror="stack-removed",
    check=check,
)
