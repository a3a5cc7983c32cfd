"""target-added: a target is new to the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import added
from cachediff.rules.rule import Rule

check = partial(added, dimension="target")

RULE = Rule(
    id="target-added",
    severity="note",
    scope="targets",
    summary="a target is new to the whole snapshot",
    why=(
        "A new target is good news. Check its name on this occasion: a runner that detects another "
        "microarchitecture than it should shows here, and under target-removed or target-downgraded."
    ),
    fix="Nothing to do.",
    mirror="target-removed",
    check_whole=check,
    appears="target",
)
