"""platform-removed: no package has a platform any more that was there before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import removed

check = partial(removed, dimension="platform")

RULE = Rule(
    id="platform-removed",
    severity="error",
    scope="snapshot",
    summary="no package has a platform any more that was there before",
    why=(
        "A whole platform went: everyone on that platform builds every package from source from now on. The usual "
        "reason is runners of that platform that were offline while the snapshot was made."
    ),
    fix=(
        "Look at the pipelines of that platform and publish the snapshot again. If it is gone on purpose, accept "
        "platform-removed for it, with the reason."
    ),
    mirror="platform-added",
    check=check,
)
