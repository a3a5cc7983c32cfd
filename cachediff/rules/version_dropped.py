"""version-dropped: a version is gone from a stack that still has the package, and no other version took its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package, stack and version."""
    for package in on_both_sides(diff):
        for change in package.in_stacks:
            for version in change.versions_lost:
                subject = Subject(package=package.package, stack=change.stack, version=version)
                yield Observation(subject, f"{package.package}@{version} is gone from {change.stack}", place_in(package))


RULE = Rule(
    id="version-dropped",
    severity="warning",
    scope="package",
    summary="a version is gone from a stack that still has the package, and no other version took its place",
    why=(
        "Users who pin the version build it from source. A version that made way for another is no loss: that is version-changed "
        "or version-downgraded."
    ),
    fix="Look at the stack's environment. If the version is retired, accept version-dropped for the package and version.",
    mirror="no mirror: one more version is spec-added",
    check=check,
)
