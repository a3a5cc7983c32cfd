"""What a spec needs to run, over link and run edges: which MPI it is on, and what of it is missing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cachediff.graph.closure import close

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachediff.domain.graph import Component, EdgeKind, GraphNode, Nodes

MPI = "mpi"
"""The virtual that several providers of are installed side by side, as nothing can use two of them."""

_UNKNOWN = 1
"""The bit of what is on an MPI that no record names: specfile 3 and before know no virtuals."""


class UsedEdges:
    """The link and run edges of each node: what it needs once it is built."""

    def __init__(self, nodes: Nodes, order: Sequence[Component]) -> None:
        self.nodes = nodes
        self.order = order
        self.edges = {hash_: _keep_used(node) for hash_, node in nodes.items()}


def find_providers(used: UsedEdges, virtual: str = MPI) -> dict[str, tuple[str, ...] | None]:
    """Return the names of the providers of a virtual that each node reaches, in order.

    None stands where no virtuals are known on the way; what reaches none is left out.
    """
    numbers: dict[str, int] = {}
    own: dict[str, int] = {}
    for hash_, node in used.nodes.items():
        names, is_known = _provide(node.own.edges, virtual)
        bits = 0 if is_known else _UNKNOWN
        for name in names:
            bits |= 2 << numbers.setdefault(name, len(numbers))
        if bits:
            own[hash_] = bits
    found = close(used.order, used.edges, own) if own else {}
    names_of = {bits: _name(bits, numbers) for bits in set(found.values())}
    return {hash_: names_of[bits] for hash_, bits in found.items()}


def find_missing(used: UsedEdges) -> tuple[list[str], dict[str, int]]:
    """Return the hashes of what is missing, in order, and for each spec that cannot be installed which of them it needs.

    Missing is what a spec depends on over a link or run edge, and what is neither in the snapshot nor external. Of a spec
    that needs several the bits are those of their places in the list.
    """
    nodes, edges = used.nodes, used.edges
    specs = {hash_: edges[hash_] for hash_, node in nodes.items() if node.stacks}
    missing = sorted(
        {other for found in specs.values() for other in found if other not in specs and _is_absent(nodes, other)}
    )
    if not missing:
        return [], {}
    # Through specs alone: what lies below something missing is nobody's need before that one is there.
    masks = close(used.order, specs, {hash_: 1 << place for place, hash_ in enumerate(missing)})
    return missing, {hash_: mask for hash_, mask in masks.items() if hash_ in specs}


def _is_absent(nodes: Nodes, hash_: str) -> bool:
    node = nodes.get(hash_)
    return node is None or not node.is_external


def _keep_used(node: GraphNode) -> tuple[str, ...]:
    places = _places_of_used(node.own.edges)
    if places is None:
        return node.dependencies
    return tuple([node.dependencies[place] for place in places])


@lru_cache(maxsize=1 << 14)
def _places_of_used(edges: tuple[EdgeKind, ...]) -> tuple[int, ...] | None:
    """Return which edges are link or run edges, None for all of them."""
    places = tuple([place for place, edge in enumerate(edges) if edge.is_used])
    return None if len(places) == len(edges) else places


@lru_cache(maxsize=1 << 14)
def _provide(edges: tuple[EdgeKind, ...], virtual: str) -> tuple[tuple[str, ...], bool]:
    """Return who provides a virtual to a node itself, and whether its virtuals are known."""
    used = [edge for edge in edges if edge.is_used]
    names = tuple([edge.name for edge in used if virtual in (edge.virtuals or ())])
    return names, all(edge.virtuals is not None for edge in used)


def _name(bits: int, numbers: Mapping[str, int]) -> tuple[str, ...] | None:
    if bits & _UNKNOWN:
        return None
    return tuple(sorted(name for name, number in numbers.items() if bits & (2 << number)))
