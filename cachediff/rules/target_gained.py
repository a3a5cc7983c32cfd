"""target-gained: a package has a spec for a target that it had none for."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import gained

check = partial(gained, dimension="target")

RULE = Rule(
    id="target-gained",
    severity="note",
    scope="package",
    summary="a package has a spec for a target that it had none for",
    why="The package reaches more users than before.",
    fix="Nothing to do.",
    mirror="target-dropped",
    check=check,
    subsumed_by="target-added",
)
