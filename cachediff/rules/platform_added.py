"""platform-added: a package has a platform that no package had before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import added

check = partial(added, dimension="platform")

RULE = Rule(
    id="platform-added",
    severity="note",
    scope="snapshot",
    summary="a package has a platform that no package had before",
    why=("A new platform is good news, and the first time to check its name: a renamed one shows here and under platform-removed."),
    fix="Nothing to do if it is meant.",
    mirror="platform-removed",
    check=check,
)
