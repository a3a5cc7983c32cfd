"""stack-gained: a package has a spec for a stack that it had none for."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import gained

check = partial(gained, dimension="stack")

RULE = Rule(
    id="stack-gained",
    severity="note",
    scope="package",
    summary="a package has a spec for a stack that it had none for",
    why="The package reaches more users than before.",
    fix="Nothing to do.",
    mirror="stack-dropped",
    check=check,
    subsumed_by="stack-added",
)
