"""package-added: a package has a page for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each package with a page in NEW alone."""
    for package in diff.packages:
        if package.kind == "added":
            gained = f"{count(package.specs.new, 'spec')} in {count(len(package.gained), 'cell')}"
            yield Observation(Subject(package=package.package), f"package {package.package} is new: {gained}", place_in(package, ""))


RULE = Rule(
    id="package-added",
    severity="note",
    scope="package",
    summary="a package has a page for the first time",
    why="A new package is good news. A renamed one shows here and under package-removed.",
    fix="Nothing to do if it is meant. For a rename, add the old and the new name to renames.",
    mirror="package-removed",
    check=check,
)
