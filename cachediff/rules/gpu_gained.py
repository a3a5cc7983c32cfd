"""gpu-gained: a package that stays in a cell is newly built for a GPU there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.facets import facets
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each GPU facet that is new in a cell, or in a whole stack."""
    for package, subject, where in facets(diff, "gpu", "gained"):
        yield Observation(subject, f"{package.package} {subject.gpu} is new in {where}", locate_in(package))


RULE = Rule(
    id="gpu-gained",
    severity="note",
    scope="package",
    summary="a package that stays in a cell is newly built for a GPU there",
    why="For the record: users of that GPU get a binary that uses it.",
    fix="Nothing to do.",
    mirror="gpu-dropped",
    check=check,
    is_said_by_subject=True,
)
