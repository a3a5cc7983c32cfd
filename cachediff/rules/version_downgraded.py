"""version-downgraded: a changed spec went to a lower version."""

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
                if version_key(b.version) < version_key(a.version):
                    left.setdefault(a.version, []).append(change.new)
        for version, specs in sorted(left.items()):
            others = list_some({spec.coordinates.version for spec in specs})
            message = f"{package.package} goes down from {version} to {others} in {count(len(specs), 'spec')}"
            subject = Subject(package=package.package, version=version)
            yield Observation(subject, message, place_in(package, f"/spec_details/{specs[0].index}"))


RULE = Rule(
    id="version-downgraded",
    severity="warning",
    scope="package",
    summary="a changed spec went to a lower version",
    why=("Users who update get less than they had. The order of versions is Spack's: numbers above words, main and develop above numbers."),
    fix=("Look for a changed preference or a new conflict in the environment. If it is meant, accept version- downgraded for it."),
    mirror="no mirror: a higher version is version-changed",
    check=check,
)
