"""gpu-gained: a package that stays in a stack is newly built for a GPU there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each GPU facet that is new in a stack which has the package on both sides."""
    for package in on_both_sides(diff):
        for change in package.in_stacks:
            for facet in change.gpu_gained:
                subject = Subject(package=package.package, stack=change.stack, gpu=facet)
                yield Observation(subject, f"{package.package} {facet} is new in {change.stack}", place_in(package))


RULE = Rule(
    id="gpu-gained",
    severity="note",
    scope="package",
    summary="a package that stays in a stack is newly built for a GPU there",
    why="For the record: users of that GPU get a binary that uses it.",
    fix="Nothing to do.",
    mirror="gpu-dropped",
    check=check,
)
