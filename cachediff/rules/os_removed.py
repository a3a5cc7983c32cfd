"""os-removed: no package has an operating system any more that was there before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import removed

check = partial(removed, dimension="os")

RULE = Rule(
    id="os-removed",
    severity="error",
    scope="snapshot",
    summary="no package has an operating system any more that was there before",
    why=(
        "A whole operating system went: everyone on that operating system builds every package from source from now "
        "on. The usual reason is a runner image that was retired, or a pipeline that failed on that image."
    ),
    fix=(
        "Look at the pipelines of that operating system and publish the snapshot again. If it is gone on purpose, "
        "accept os-removed for it, with the reason. If it has a new name, say so under renames."
    ),
    mirror="os-added",
    check=check,
)
