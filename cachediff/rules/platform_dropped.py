"""platform-dropped: a package is gone from a platform."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import dropped
from cachediff.rules.rule import Rule

check = partial(dropped, dimension="platform")

RULE = Rule(
    id="platform-dropped",
    severity="error",
    scope="package",
    summary="a package is gone from a platform",
    why="Users on that platform, whatever their os, build the package from source.",
    fix=(
        "Look at the jobs of that platform: a new conflict in the recipe, or a failed build of the package or "
        "of something below it. If it is meant, accept platform-dropped for the package and platform."
    ),
    mirror="platform-gained",
    check=check,
    subsumed_by="platform-removed",
    explained="cells",
    is_said_by_subject=True,
)
