"""os-replaced: another os came in the place of one, in the same stack and target."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import served

check = partial(served, dimension="os")

RULE = Rule(
    id="os-replaced",
    severity="warning",
    scope="package",
    summary="another os came in the place of one, in the same stack and target",
    why=(
        "The stack moved to another os, usually a newer one: nothing was lost, but users of the old one build from "
        "source from now on. An os that was there before replaces nothing."
    ),
    fix="Nothing to do if it is meant; tell the users of the old os.",
    mirror="no mirror: the os that came is os-gained or os-added",
    check=check,
    subsumed_by="os-replaced",
)
