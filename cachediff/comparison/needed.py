"""Which lost cells nobody needs any more: what was only a dependency, and is none (docs/design.md, The graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.coverage import cells_of_node

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from cachediff.domain.cell import Cell, LostCell
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.graph import Graph, GraphNode
    from cachediff.domain.spec import EdgeKinds


def find_unneeded(
    old: Graph, new: Graph, lost: Mapping[str, Iterable[LostCell]], partners: Mapping[str, str]
) -> dict[str, frozenset[Cell]]:
    """Return the lost cells of each package that was only a dependency there, and that no spec of the stack needs any more.

    Each of its specs in the cell was asked for by nobody, as far as OLD knows, and some spec of the same stack depended on
    it; each of those has a partner in the stack of NEW, which does not, and nothing else there depends on what is not there.
    `partners` are the hashes of pairs, from OLD's to NEW's.
    """
    cells = {package: {one.cell for one in some} for package, some in lost.items()}
    watched = {
        hash_: gone
        for hash_, node in old.nodes.items()
        if node.own.package in cells and (gone := cells[node.own.package].intersection(cells_of_node(node)))
    }
    dependents = _find_dependents(old, watched)
    needed = _find_still_needed(new, cells)
    for hash_, gone in watched.items():
        node = old.nodes[hash_]
        package = node.own.package
        for cell in gone - needed[package]:
            # What nothing in its stack depends on is there for its own sake: a root, though no build cache says so.
            users = [user for user in dependents.get(hash_, ()) if cell.stack in old.nodes[user].stacks]
            needs = (_needs(new.nodes.get(partners.get(user, user)), package, cell.stack) for user in users)
            if node.is_explicit or not users or any(needs):
                needed[package].add(cell)
    unneeded = {package: frozenset(gone - needed[package]) for package, gone in cells.items()}
    return {package: gone for package, gone in unneeded.items() if gone}


def _find_still_needed(new: Graph, cells: Mapping[str, Collection[Cell]]) -> dict[str, set[Cell]]:
    """Return the lost cells whose package some spec of the stack depends on in NEW, and that is not there.

    That one need not have depended on it in OLD. A dependency without a record may be of any place.
    """
    needed: dict[str, set[Cell]] = {package: set() for package in cells}
    # Few kinds of edges are spelled alike by many records, and each is looked at once.
    places: dict[EdgeKinds, list[int]] = {}
    for node in new.nodes.values():
        edges = node.own.edges
        found = places.get(edges)
        if found is None:
            found = places[edges] = [place for place, edge in enumerate(edges) if edge.name in cells]
        for place in found:
            other = new.nodes.get(node.dependencies[place])
            if other is None or not (other.stacks or other.is_external):
                gone = {cell for cell in cells[edges.kinds[place].name] if cell.stack in node.stacks}
                needed[edges.kinds[place].name] |= {cell for cell in gone if other is None or _is_at(other, cell)}
    return needed


def _is_at(node: GraphNode, cell: Cell) -> bool:
    own = node.own
    return (own.platform, own.os, own.target) == (cell.platform, cell.os, cell.target)


def _find_dependents(graph: Graph, watched: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the specs that depend on some records, for whatever it is."""
    found: dict[str, list[str]] = {}
    names = watched.keys()
    for hash_, node in graph.nodes.items():
        # Build dependencies, too: gperf was no more than one of the developer tools, until none needed it.
        if node.stacks and not names.isdisjoint(node.dependencies):
            for other in names & {*node.dependencies}:
                found.setdefault(other, []).append(hash_)
    return found


def _needs(partner: GraphNode | None, package: str, stack: str) -> bool:
    """Return whether a spec has no partner in a stack of NEW, or one that depends on a package still."""
    # Without a partner it keeps what it needed: else a chain of packages that go together would be no loss.
    return partner is None or stack not in partner.stacks or any(edge.name == package for edge in partner.own.edges)


def keep_needed(packages: Iterable[PackageDiff]) -> Iterator[PackageDiff]:
    """Yield packages with the lost cells that somebody may miss, without those that lost others only."""
    for package in packages:
        if not package.is_unneeded:
            needed = package.needed
            yield package if len(needed) == len(package.lost) else msgspec.structs.replace(package, lost=needed)
