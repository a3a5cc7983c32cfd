"""stack-removed: a stack is gone from the whole snapshot."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import removed
from cachediff.rules.rule import Rule

check = partial(removed, dimension="stack")

RULE = Rule(
    id="stack-removed",
    severity="error",
    scope="stacks",
    summary="a stack is gone from the whole snapshot",
    why=(
        "Everyone who installs from the stack builds everything from source from now on. The usual reasons "
        "are a pipeline that failed or did not run, a renamed stack, or a snapshot that was taken before all "
        "pipelines were done."
    ),
    fix=(
        "Look at the stack's pipeline and publish the snapshot again. If the stack has a new name, add both "
        "names to renames; if it is retired, accept stack-removed for it."
    ),
    vanishes="stack",
    mirror="stack-added",
    check_whole=check,
    explained="cells",
)
