"""Why cells that stay lost an MPI: the fewest facts that hold for nothing in NEW (docs/design.md, Causes).

A predicate names the MPI, and one fact of the place where that alone still holds for something: `mpi=openmpi`, or
`mpi=openmpi & stack=e4s`.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, TypeAlias

from cachediff.domain.cell import DIMENSIONS
from cachediff.domain.report import Cause
from cachediff.domain.selection import is_of_packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.cell import Cell
    from cachediff.domain.diff import PackageDiff, SnapshotDiff

_PLACES: dict[str, int] = {fact: place for place, fact in enumerate(DIMENSIONS)}

PackageMpi: TypeAlias = tuple[str, str]
"""A package, and the MPI that it lost somewhere."""

_Loss: TypeAlias = "tuple[str, str, Cell]"
_Predicate: TypeAlias = tuple[tuple[str, str], ...]


def find_mpi_causes(diff: SnapshotDiff, packages: Iterable[PackageDiff]) -> tuple[list[Cause], dict[PackageMpi, str]]:
    """Return the causes of lost MPIs, widest first, and the id of the one that explains where a package lost an MPI."""
    left = {
        (package.package, change.facet, change.place)
        for package in packages
        for change in package.needed_facets
        if change.kind == "mpi"
    }
    # Of all of NEW, also of packages that lost nothing: a cause holds for none of it.
    kept = {predicate for mpi, cell in diff.graph.mpis for predicate in _predicates_of(mpi, cell)}
    if is_of_packages(diff.selection):
        # Packages that are not looked at may still be on an MPI that others lost.
        kept.update(predicate for _, mpi, cell in left for predicate in _predicates_of(mpi, cell))
    candidates: defaultdict[_Predicate, set[_Loss]] = defaultdict(set)
    for loss in left:
        for predicate in _predicates_of(*loss[1:]):
            if predicate not in kept:
                candidates[predicate].add(loss)
    causes, of_packages = [], defaultdict[PackageMpi, set[str]](set)
    for predicate, found in _cover(candidates):
        cause = _describe(predicate, found)
        causes.append(cause)
        for package, mpi, _ in found:
            of_packages[package, mpi].add(cause.id)
        left -= found
    # Of a package whose losses have several causes, or none for some, no single one is named.
    unexplained = {(package, mpi) for package, mpi, _ in left}
    return causes, {one: min(ids) for one, ids in of_packages.items() if len(ids) == 1 and one not in unexplained}


def _cover(candidates: dict[_Predicate, set[_Loss]]) -> Iterator[tuple[_Predicate, set[_Loss]]]:
    """Yield predicates, the widest first, each with the losses that it explains and that those before it do not."""
    queue = [(-len(losses), _rank(predicate)) for predicate, losses in candidates.items()]
    heapify(queue)
    while queue:
        width, rank = queue[0]
        predicate = rank[-1]
        losses = candidates[predicate]
        # As in causes.py: what a candidate explains only gets less, so that the first is the widest where it is still true.
        if not losses:
            heappop(queue)
        elif len(losses) != -width:
            heapreplace(queue, (-len(losses), rank))
        else:
            heappop(queue)
            yield predicate, losses
            for loss in [*losses]:
                for other in candidates.keys() & {*_predicates_of(*loss[1:])}:
                    candidates[other].discard(loss)


def _predicates_of(mpi: str, place: Cell) -> Iterator[_Predicate]:
    """Yield the predicates that hold for an MPI in a place; a whole stack has no other fact."""
    yield (("mpi", mpi),)
    yield from ((("mpi", mpi), (fact, value)) for fact in DIMENSIONS if (value := getattr(place, fact)))


def _rank(predicate: _Predicate) -> tuple[int, tuple[int, ...], _Predicate]:
    """Return the order of causes that explain as much: fewer facts, the order of `DIMENSIONS`, alphabetical."""
    return len(predicate), tuple(_PLACES[fact] for fact, _ in predicate[1:]), predicate


def _describe(predicate: _Predicate, losses: Iterable[_Loss]) -> Cause:
    packages = sorted({package for package, _, _ in losses})
    return Cause(
        id=" & ".join(f"{fact}={value}" for fact, value in predicate),
        explains="facets",
        predicate=dict(predicate),
        cells=0,
        packages=len(packages),
        examples=tuple(packages[:3]),
        facets=len({*losses}),
    )
