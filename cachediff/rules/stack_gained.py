"""stack-gained: a package is new in a stack."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import gained
from cachediff.rules.rule import Rule

check = partial(gained, dimension="stack")

RULE = Rule(
    id="stack-gained",
    severity="note",
    scope="package",
    summary="a package is new in a stack",
    why="For the record: users of that stack get the package without building it.",
    fix="Nothing to do.",
    mirror="stack-dropped",
    check=check,
    subsumed_by="stack-added",
    is_said_by_subject=True,
)
