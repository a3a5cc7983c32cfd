"""os-gained: a package is new on an operating system."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import gained
from cachediff.rules.rule import Rule

check = partial(gained, dimension="os")

RULE = Rule(
    id="os-gained",
    severity="note",
    scope="package",
    summary="a package is new on an operating system",
    why="For the record: users on that operating system get the package without building it.",
    fix="Nothing to do.",
    mirror="os-dropped",
    check=check,
    subsumed_by="os-added",
    is_said_by_subject=True,
)
