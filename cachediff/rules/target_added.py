"""target-added: a package has a target that no package had before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import added

check = partial(added, dimension="target")

RULE = Rule(
    id="target-added",
    severity="note",
    scope="snapshot",
    summary="a package has a target that no package had before",
    why=("A new target is good news, and the first time to check its name: a renamed one shows here and under target- removed."),
    fix="Nothing to do if it is meant. For a rename, add the old and the new name to renames.",
    mirror="target-removed",
    check=check,
)
