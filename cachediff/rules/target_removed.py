"""target-removed: a target is gone from the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import removed
from cachediff.rules.rule import Rule

check = partial(removed, dimension="target")

RULE = Rule(
    id="target-removed",
    severity="error",
    scope="targets",
    summary="a target is gone from the whole snapshot",
    why=(
        "Everyone on that microarchitecture builds everything from source from now on. The usual reason is a "
        "runner pool that was offline or retired. Where the same stacks offer all its packages for a target "
        "that its machines can run, target-downgraded says so instead."
    ),
    fix=(
        "Look at the runners of that target and publish the snapshot again. If the target is retired, accept target-removed "
        "for it."
    ),
    vanishes="target",
    mirror="target-added",
    check_whole=check,
    explained="cells",
)
