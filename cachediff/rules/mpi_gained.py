"""mpi-gained: cells that a package was in before have specs on an MPI that they had not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.mpi import group_by_mpi
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and MPI, with the cells that gained it."""
    for package, subject, where in group_by_mpi(diff, "gained"):
        yield Observation(subject, f"{package.package} has specs on {subject.mpi} now{where}", locate_in(package))


RULE = Rule(
    id="mpi-gained",
    severity="note",
    scope="package",
    summary="cells that a package was in before have specs on an MPI that they had not",
    why="For the record.",
    fix="Nothing to do.",
    mirror="mpi-dropped",
    check=check,
    is_said_by_subject=True,
)
