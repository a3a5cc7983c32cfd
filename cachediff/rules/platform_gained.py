"""platform-gained: a package has a spec for a platform that it had none for."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import gained

check = partial(gained, dimension="platform")

RULE = Rule(
    id="platform-gained",
    severity="note",
    scope="package",
    summary="a package has a spec for a platform that it had none for",
    why="The package reaches more users than before.",
    fix="Nothing to do.",
    mirror="platform-dropped",
    check=check,
    subsumed_by="platform-added",
)
