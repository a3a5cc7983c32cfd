"""version-downgraded: a changed spec has a lower version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.domain.versions import version_key
from cachediff.rules.pairs import group_losses
from cachediff.rules.rule import Rule, locate_spec_of
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.spec import Coordinates


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and version that it leaves."""
    for package, version, specs, at_most in group_losses(diff, _version_left):
        others = list_sorted({spec.coordinates.version for spec in specs})
        message = f"{package.package} goes down from {version} to {others} in {number(len(specs), 'spec')}"
        subject = Subject(package=package.package, version=version)
        yield Observation(subject, message, locate_spec_of(package, specs[0]), at_most=at_most)


def _version_left(old: Coordinates, new: Coordinates) -> tuple[str, ...]:
    # By Spack's order and not as text, in which 1.10 is below 1.9.
    return (old.version,) if version_key(new.version) < version_key(old.version) else ()


RULE = Rule(
    id="version-downgraded",
    severity="warning",
    scope="package",
    summary="a changed spec has a lower version",
    why=(
        "Users who update get less than they had. Versions are in Spack's order: words below numbers, main and develop "
        "above them, release candidates below their release."
    ),
    fix=(
        "Look for a preference, a requirement or a new conflict that holds the version down. If it is meant, accept "
        "version-downgraded for the package and version."
    ),
    mirror="no mirror: the way back is version-changed",
    check=check,
)
