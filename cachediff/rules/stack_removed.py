"""stack-removed: no package has a stack any more that was there before."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import removed

check = partial(removed, dimension="stack")

RULE = Rule(
    id="stack-removed",
    severity="error",
    scope="snapshot",
    summary="no package has a stack any more that was there before",
    why=(
        "A whole stack went: everyone who installs from it builds every package from source from now on. The usual "
        "reason is a pipeline that failed or was not started, a renamed stack, or a snapshot that was copied before "
        "all pipelines were done."
    ),
    fix=(
        "Look at the pipelines of that stack and publish the snapshot again. If it is gone on purpose, accept stack- "
        "removed for it, with the reason. If it has a new name, say so under renames."
    ),
    mirror="stack-added",
    check=check,
)
