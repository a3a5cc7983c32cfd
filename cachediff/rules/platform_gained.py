"""platform-gained: a package is new on a platform."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import gained
from cachediff.rules.rule import Rule

check = partial(gained, dimension="platform")

RULE = Rule(
    id="platform-gained",
    severity="note",
    scope="package",
    summary="a package is new on a platform",
    why="For the record: users on that platform get the package without building it.",
    fix="Nothing to do.",
    mirror="platform-dropped",
    check=check,
    subsumed_by="platform-added",
    is_said_by_subject=True,
)
