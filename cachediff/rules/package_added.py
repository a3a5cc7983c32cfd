"""package-added: a package's page is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.selection import is_outside
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each package with a page in NEW alone."""
    for package in diff.packages:
        # A page of which the selection takes nothing is no news in that part.
        if package.kind == "added" and not is_outside(package, diff.selection):
            sums = f"{number(package.specs.new, 'spec')} in {number(len(package.gained), 'cell')}"
            yield Observation(
                Subject(package=package.package), f"package {package.package} is new: {sums} gained", locate_in(package, "")
            )


RULE = Rule(
    id="package-added",
    severity="note",
    scope="package",
    summary="a package's page is new",
    why="A new package is good news. One that was renamed in Spack shows here and under package-removed.",
    fix="Nothing to do.",
    mirror="package-removed",
    check=check,
)
