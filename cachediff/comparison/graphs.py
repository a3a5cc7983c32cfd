"""The graphs of two snapshots compared: why hashes are new, what cannot be installed, what nobody needs any more."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.coverage import cells_of_node
from cachediff.comparison.externals import list_external_changes, locate_new_externals
from cachediff.comparison.freshness import FreshRecords
from cachediff.comparison.missing import count_blocked, list_missing
from cachediff.comparison.needed import find_unneeded
from cachediff.comparison.rebuilds import Reach, describe_rebuilds
from cachediff.domain.diff import GraphDiff, PackageDiff
from cachediff.domain.selection import EVERYTHING, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachediff.comparison.collectors.pairs import Pairs
    from cachediff.domain.cell import Cell
    from cachediff.domain.graph import Graph, GraphNode
    from cachediff.domain.selection import Selection
    from cachediff.domain.wanted import Wanted


def compare_graphs(old: Graph | None, new: Graph | None, pairs: Pairs, selection: Selection) -> GraphDiff:
    """Return what the graphs say of the part of NEW that a selection takes: what is missing even without OLD's."""
    if new is None:
        return GraphDiff()
    specs = select_specs(new, selection)
    # What can be installed is asked of all of NEW, also where OLD's index of a stack cannot be read.
    unpaired = {hash_ for hash_, stacks in new.unpaired.items() if _is_chosen(new.nodes[hash_], selection, stacks)}
    old_specs = select_specs(old, selection) if old else None
    missing = tuple(list_missing(new, {*specs, *unpaired} if unpaired else specs, old, old_specs, selection.stack))
    about_new = GraphDiff(
        missing=missing,
        blocked=count_blocked(new, specs, selection.stack),
        mpis=frozenset(_place_mpis(new, specs, selection.stack)),
        # OLD's, since losses are of what OLD had: NEW cannot say who asked for that.
        knows_roots=bool(old and old.knows_roots),
    )
    if old is None:
        return about_new
    # Whoever kept its hash is not among them, and is its own partner wherever one is asked for.
    partners = pairs.changed | pairs.rebuilt
    records = FreshRecords(old, new, {after: before for before, after in partners.items()}.get)
    reach = Reach(records, specs)
    changes = list_external_changes(old, new)
    return msgspec.structs.replace(
        about_new,
        rebuilds=describe_rebuilds(records, reach, pairs),
        external_now=locate_new_externals(old, new),
        externals=tuple(msgspec.structs.replace(one, reaches=reach.counts.get(one.hash, 0)) for one in changes),
        unneeded=find_unneeded(old, new, pairs.lost, partners),
    )


def _place_mpis(graph: Graph, specs: Collection[str], stack: str) -> Iterator[tuple[str, Cell]]:
    """Yield each MPI that some specs are on, with each cell of theirs in some stacks."""
    for hash_, names in graph.mpi.items():
        if names and hash_ in specs:
            cells = cells_of_node(graph.nodes[hash_])
            yield from product(names, (cell for cell in cells if fits(cell.stack, stack)))


def select_specs(graph: Graph, selection: Selection) -> Collection[str]:
    """Return the hashes of a snapshot's specs that a selection takes."""
    if selection == EVERYTHING:
        return {hash_ for hash_, node in graph.nodes.items() if node.stacks}
    return {hash_ for hash_, node in graph.nodes.items() if _is_chosen(node, selection, node.stacks)}


def _is_chosen(node: GraphNode, selection: Selection, stacks: Collection[str]) -> bool:
    own = node.own
    return (
        any(fits(stack, selection.stack) for stack in stacks)
        and fits(own.package, selection.package)
        and fits(own.os, selection.os)
        and fits(own.target, selection.target)
    )


def leave_judged(graph: GraphDiff, wanted: Wanted | None) -> GraphDiff:
    """Return what graphs say without what is unneeded in stacks that locks speak for: these know better."""
    if wanted is None:
        return graph
    left = {
        package: kept
        for package, cells in graph.unneeded.items()
        if (kept := frozenset([cell for cell in cells if not wanted.is_judged(cell.stack)]))
    }
    return msgspec.structs.replace(graph, unneeded=left)


def mark_unneeded(packages: Collection[PackageDiff], unneeded: Mapping[str, Collection[Cell]]) -> Collection[PackageDiff]:
    """Return compared packages whose lost cells say where nobody needs them: known only after all were compared."""
    if not unneeded:
        return packages
    marked = _Marked(packages, unneeded)
    return tuple(marked) if isinstance(packages, tuple) else marked


class _Marked(Collection[PackageDiff]):
    """Packages of which some are marked, at each walk anew: they may be on disk."""

    def __init__(self, packages: Collection[PackageDiff], unneeded: Mapping[str, Collection[Cell]]) -> None:
        self._packages = packages
        self._unneeded = unneeded

    def __len__(self) -> int:
        """Return how many packages there are."""
        return len(self._packages)

    def __iter__(self) -> Iterator[PackageDiff]:
        """Yield the packages in their order."""
        for package in self._packages:
            cells = self._unneeded.get(package.package)
            yield _mark(package, cells) if cells else package

    def __contains__(self, package: object) -> bool:
        """Return whether this is one of them."""
        return any(package == one for one in self)


def _mark(package: PackageDiff, cells: Collection[Cell]) -> PackageDiff:
    lost = [msgspec.structs.replace(one, is_unneeded=True) if one.cell in cells else one for one in package.lost]
    return msgspec.structs.replace(package, lost=tuple(lost))
