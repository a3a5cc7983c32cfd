"""The MPIs that cells lost or gained, by package: the rules on MPIs share this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cachediff.domain.finding import Subject
from cachediff.domain.spec import DEFAULT_STACK
from cachediff.rules.facets import name_place
from cachediff.rules.rule import on_both_sides
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.cell import Cell
    from cachediff.domain.diff import PackageDiff, SnapshotDiff


def group_by_mpi(diff: SnapshotDiff, which: Literal["lost", "gained"]) -> Iterator[tuple[PackageDiff, Subject, str]]:
    """Yield each package with an MPI that cells of it lost or gained, and where: ` in 2 places (e4s, hep on …)`."""
    for package in on_both_sides(diff):
        places: dict[str, list[Cell]] = {}
        for change in package.needed_facets if which == "lost" else package.facets_gained:
            if change.kind == "mpi":
                places.setdefault(change.facet, []).append(change.place)
        for mpi, some in sorted(places.items()):
            yield package, Subject(package=package.package, mpi=mpi), _list_places(some)


def _list_places(places: list[Cell]) -> str:
    """Return where something is; of a snapshot that knows no stacks, nothing."""
    # With an os it is one cell of several, and has to be named.
    if all(place.stack == DEFAULT_STACK and not place.os for place in places):
        return ""
    shown = list_sorted(map(name_place, places))
    return f" in {shown}" if len(places) == 1 else f" in {number(len(places), 'place')} ({shown})"
