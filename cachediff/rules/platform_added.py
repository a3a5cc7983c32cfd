"""platform-added: a platform is new to the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import added
from cachediff.rules.rule import Rule

check = partial(added, dimension="platform")

RULE = Rule(
    id="platform-added",
    severity="note",
    scope="snapshot",
    summary="a platform is new to the whole snapshot",
    why="A new platform is good news, and rare.",
    fix="Nothing to do.",
    mirror="platform-removed",
    check_whole=check,
    appears="platform",
)
