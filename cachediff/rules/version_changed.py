"""version-changed: a changed spec has another version, not a lower one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.compare.versions import version_key
from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, list_some, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff, Spec


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and version that it leaves."""
    for package in on_both_sides(diff):
        left: dict[str, list[Spec]] = {}
        for change in package.changes:
            if change.old and change.new and change.kind == "changed":
                a, b = change.old.coordinates, change.new.coordinates
                if a.version != b.version and version_key(b.version) >= version_key(a.version):
                    left.setdefault(a.version, []).append(change.new)
        for version, specs in sorted(left.items()):
            others = list_some({spec.coordinates.version for spec in specs})
            message = f"{package.package} goes from {version} to {others} in {count(len(specs), 'spec')}"
            subject = Subject(package=package.package, version=version)
            yield Observation(subject, message, place_in(package, f"/spec_details/{specs[0].index}"))


RULE = Rule(
    id="version-changed",
    severity="note",
    scope="package",
    summary="a changed spec has another version, not a lower one",
    why="For the record: most weeks are made of this.",
    fix="Nothing to do.",
    mirror="no mirror: it is its own; a lower version is version-downgraded",
    check=check,
)
