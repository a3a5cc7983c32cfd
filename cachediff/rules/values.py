"""Stacks, platforms, oses and targets that are gone or new: in the whole snapshot, and in one package. The rules on them share this.

A value is gone from a package whose page has no spec with it any more, in a stack or not. Its lost cells may be served: by a target that
their users can run, by an os that came in place of theirs (DESIGN section 5). What is served is not gone, it moved, and another rule tells.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

from cachediff.model import Observation, Subject
from cachediff.rules.rule import count, list_some, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.model import Cell, Lost, PackageDiff, PageFacts, SnapshotDiff, Totals

Dimension: TypeAlias = Literal["stack", "platform", "os", "target"]
DIMENSIONS: tuple[Dimension, ...] = ("stack", "platform", "os", "target")
_PLACE: dict[Dimension, int] = {"platform": 0, "os": 1, "target": 2}


def removed(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that no package has any more, unless it is served in every package that had it and goes on."""
    for value, packages in _gone_from_all(diff, dimension).items():
        going_on = [package for package in packages if package.new]
        lost = [cells for package in packages if not is_served(cells := lost_with(package, dimension, value), dimension)]
        if not going_on or not all(is_served(lost_with(package, dimension, value), dimension) for package in going_on):
            yield Observation(Subject(**{dimension: value}), f"{dimension} {value} is gone{_count_cells(lost)} lost")


def added(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that no package had before."""
