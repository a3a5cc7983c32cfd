"""Which lost cells nobody needs any more: what was only a dependency, and is none (docs/design.md, The graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.coverage import cells_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cachediff.domain.cell import Cell, LostCell
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.graph import Graph, GraphNode


def find_unneeded(
    old: Graph, new: Graph, lost: Mapping[str, Iterable[LostCell]], partners: Mapping[str, str]
) -> dict[str, frozenset[Cell]]:
    """Return the lost cells of each package that was only a dependency there, and that no spec of the stack needs any more.

    Each of its specs in the cell was asked for by nobody, as far as OLD knows, and some spec of the same stack depended on
    it; each of those has a partner in NEW, which does not. `partners` are the hashes of pairs, from OLD's to NEW's.
    """
    cells = {package: {one.cell for one in some} for package, some in lost.items()}
    watched = {
        hash_: gone
        for hash_, node in old.nodes.items()
        if node.own.package in cells and (gone := cells[node.own.package].intersection(_cells_of(node)))
    }
    dependents = _find_dependents(old, watched)
    needed: dict[str, set[Cell]] = {}
    for hash_, gone in watched.items():
        node = old.nodes[hash_]
        for cell in gone:
            users = [user for user in dependents.get(hash_, ()) if cell.stack in old.nodes[user].stacks]
            if node.is_explicit or not users or any(_needs(user, node.own.package, new, partners) for user in users):
                needed.setdefault(node.own.package, set()).add(cell)
    unneeded = {package: frozenset(gone - needed.get(package, set())) for package, gone in cells.items()}
    return {package: gone for package, gone in unneeded.items() if gone}


def _cells_of(node: GraphNode) -> tuple[Cell, ...]:
    own = node.own
    return cells_at(own.platform, own.os, own.target, node.stacks)


def _find_dependents(graph: Graph, watched: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the specs that depend on some records, for whatever it is."""
    found: dict[str, list[str]] = {}
    names = watched.keys()
    for hash_, node in graph.nodes.items():
        if node.stacks and not names.isdisjoint(node.dependencies):
            for other in names & {*node.dependencies}:
                found.setdefault(other, []).append(hash_)
    return found


def _needs(user: str, package: str, new: Graph, partners: Mapping[str, str]) -> bool:
    """Return whether a spec has no partner in NEW, or one that depends on a package still."""
    node = new.nodes.get(partners.get(user, user))
    return node is None or not node.stacks or any(edge.name == package for edge in node.own.edges)


def keep_needed(packages: Iterable[PackageDiff]) -> Iterator[PackageDiff]:
    """Yield packages with the lost cells that somebody may miss, without those that lost others only."""
    for package in packages:
        if not package.is_unneeded:
            needed = package.needed
            yield package if len(needed) == len(package.lost) else msgspec.structs.replace(package, lost=needed)
