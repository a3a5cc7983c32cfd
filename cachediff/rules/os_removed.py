"""os-removed: an operating system is gone from the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import removed
from cachediff.rules.rule import Rule

check = partial(removed, dimension="os")

RULE = Rule(
    id="os-removed",
    severity="error",
    scope="oses",
    summary="an operating system is gone from the whole snapshot",
    why=(
        "Everyone on that operating system builds everything from source from now on. The usual reason is a "
        "runner image that was retired, or one on which every job failed. Where all its packages moved to "
        "another os, os-replaced says so instead."
    ),
    fix=(
        "Look at the pipelines that use the image and publish the snapshot again. If the os is retired, accept os-removed "
        "for it."
    ),
    vanishes="os",
    mirror="os-added",
    check_whole=check,
    explained="cells",
)
