"""platform-removed: a platform is gone from the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import removed
from cachediff.rules.rule import Rule

check = partial(removed, dimension="platform")

RULE = Rule(
    id="platform-removed",
    severity="error",
    # Nothing selects by platform, so any selection may leave out where it still is.
    scope="snapshot",
    summary="a platform is gone from the whole snapshot",
    why=(
        "Everyone on that platform, whatever the os, builds everything from source from now on. The usual "
        "reason is that all its runners were offline while the snapshot was made."
    ),
    fix=(
        "Look at the runners of that platform and publish the snapshot again. If the platform is retired, accept "
        "platform-removed for it."
    ),
    vanishes="platform",
    mirror="platform-added",
    check_whole=check,
    explained="cells",
)
