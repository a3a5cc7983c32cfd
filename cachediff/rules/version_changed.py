"""version-changed: a changed spec has another version, and not a lower one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.domain.versions import version_key
from cachediff.rules.pairs import group_by_leaving
from cachediff.rules.rule import Rule, locate_spec_of
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.spec import Coordinates


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and version that it leaves."""
    for package, version, specs in group_by_leaving(diff, _version_left):
        others = list_sorted({spec.coordinates.version for spec in specs})
        message = f"{package.package} goes from {version} to {others} in {number(len(specs), 'spec')}"
        yield Observation(Subject(package=package.package, version=version), message, locate_spec_of(package, specs[0]))


def _version_left(old: Coordinates, new: Coordinates) -> tuple[str, ...]:
    # Up to equal: two spellings of one place in the order (`1.0`, `1-0`) are another version, and no lower one.
    is_left = old.version != new.version and version_key(old.version) <= version_key(new.version)
    return (old.version,) if is_left else ()


RULE = Rule(
    id="version-changed",
    severity="note",
    scope="package",
    summary="a changed spec has another version, and not a lower one",
    why="For the record: packages move on, and their users with them.",
    fix="Nothing to do.",
    mirror="no mirror: the way back is version-downgraded",
    check=check,
)
