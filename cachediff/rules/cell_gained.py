"""cell-gained: a package is in one more place, with a stack, an os and a target that it had elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, on_both_sides, place_in
from cachediff.rules.values import is_unexplained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each gained cell that no rule on single values speaks of."""
    for package in on_both_sides(diff):
        for cell in package.gained:
            if package.old and is_unexplained(cell, package.old):
                yield Observation(
                    Subject(package=package.package, stack=cell.stack, platform=cell.platform, os=cell.os, target=cell.target),
                    f"{package.package} is in {cell.stack} on {cell.platform}-{cell.os}-{cell.target} now",
                    place_in(package),
                )


RULE = Rule(
    id="cell-gained",
    severity="note",
    scope="package",
    summary="a package is in one more place, with a stack, an os and a target that it had elsewhere",
    why="The package reaches more users than before.",
    fix="Nothing to do.",
    mirror="cell-dropped",
    check=check,
)
