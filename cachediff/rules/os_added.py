"""os-added: a package has an operating system that no package had before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import added

check = partial(added, dimension="os")

RULE = Rule(
    id="os-added",
    severity="note",
    scope="snapshot",
    summary="a package has an operating system that no package had before",
    why=("A new operating system is good news, and the first time to check its name: a renamed one shows here and under os-removed."),
    fix="Nothing to do if it is meant. For a rename, add the old and the new name to renames.",
    mirror="os-removed",
    check=check,
)
