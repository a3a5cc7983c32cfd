"""target-removed: no package has a target any more that was there before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import removed

check = partial(removed, dimension="target")

RULE = Rule(
    id="target-removed",
    severity="error",
    scope="snapshot",
    summary="no package has a target any more that was there before",
    why=(
        "A whole target went: everyone on that microarchitecture builds every package from source from now on. The "
        "usual reason is a runner pool that was offline or retired, or a build that was moved to another "
        "microarchitecture."
    ),
    fix=(
        "Look at the pipelines of that target and publish the snapshot again. If it is gone on purpose, accept "
        "target-removed for it, with the reason. If it has a new name, say so under renames."
    ),
    mirror="target-added",
    check=check,
)
