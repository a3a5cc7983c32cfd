"""The graph of a snapshot, with all that follows from its edges alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.graph import Graph
from cachediff.graph.order import find_order
from cachediff.graph.used import UsedEdges, find_missing, find_providers

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.graph import Nodes
    from cachediff.domain.problem import Location
    from cachediff.domain.reading import SnapshotKind


def build_graph(
    kind: SnapshotKind, nodes: Nodes, locate: Callable[[str], Location], faulty: frozenset[str] = frozenset()
) -> Graph:
    """Return the graph of the records of a snapshot; `faulty` are the hashes of those that cannot be trusted."""
    order, circles = find_order({hash_: node.dependencies for hash_, node in nodes.items()})
    used = UsedEdges(nodes, order)
    missing, uninstallable = find_missing(used)
    mpi = find_providers(used)
    return Graph(kind, nodes, order, locate, faulty, mpi, tuple(missing), uninstallable, circles=tuple(circles))
