"""version-dropped: a version is gone from a stack that still has the package, and no newer one took its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package, version and stack."""
    for package in on_both_sides(diff):
        for change in package.in_stacks:
            for version in change.versions_lost:
                subject = Subject(package=package.package, stack=change.stack, version=version)
                yield Observation(subject, f"{package.package}@{version} is gone from {change.stack}", place_in(package))


RULE = Rule(
    id="version-dropped",
    severity="warning",
    scope="package",
    summary="a version is gone from a stack that still has the package, and no newer one took its place",
    why=("Users who pinned the version build it from source. A version that went on to another one is version-changed, not a loss."),
    fix="Look at the environment of that stack. If the version was retired on purpose, accept version-dropped for it.",
    mirror="no mirror: another version is spec-added or version-changed",
    check=check,
)
