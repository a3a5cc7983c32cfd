"""os-added: an operating system is new to the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import added
from cachediff.rules.rule import Rule

check = partial(added, dimension="os")

RULE = Rule(
    id="os-added",
    severity="note",
    scope="oses",
    summary="an operating system is new to the whole snapshot",
    why=(
        "A new operating system is good news. Check its name on this occasion: a misspelled one shows here and under "
        "os-removed."
    ),
    fix="Nothing to do.",
    mirror="os-removed",
    check_whole=check,
    appears="os",
)
