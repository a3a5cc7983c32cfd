"""mpi-dropped: cells that stay have no spec of a package on an MPI any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.mpi import group_by_mpi
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and MPI, with the cells that lost it."""
    for package, subject, where in group_by_mpi(diff, "lost"):
        yield Observation(subject, f"{package.package} has no spec on {subject.mpi} any more{where}", locate_in(package))


RULE = Rule(
    id="mpi-dropped",
    severity="error",
    scope="package",
    summary="cells that stay have no spec of a package on an MPI any more",
    why=(
        "Programs on that MPI cannot use the package as it is now, though every cell, version and variant of it is still "
        "there: several MPIs are installed side by side because nothing can use two of them. It is the MPI that a spec "
        "reaches over link and run dependencies, by name, which only indexes tell."
    ),
    fix=(
        "Look whether the MPI was taken out of the environment, or failed to build. If it is retired, accept mpi-dropped "
        "for the mpi."
    ),
    is_about_facets=True,
    mirror="mpi-gained",
    check=check,
    explained="mpi",
    is_said_by_subject=True,
)
