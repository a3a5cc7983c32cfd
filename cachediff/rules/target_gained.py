"""target-gained: a package is new on a target."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import gained
from cachediff.rules.rule import Rule

check = partial(gained, dimension="target")

RULE = Rule(
    id="target-gained",
    severity="note",
    scope="package",
    summary="a package is new on a target",
    why="For the record: users on that microarchitecture get binaries that are made for it.",
    fix="Nothing to do.",
    mirror="target-dropped",
    check=check,
    subsumed_by="target-added",
    is_said_by_subject=True,
)
