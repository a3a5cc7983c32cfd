"""What a spec needs to run, over link and run edges: which MPI it is on, and what of it is missing."""

from __future__ import annotations

from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, TypeAlias

from cachediff.graph.closure import close

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachediff.domain.graph import Component, Nodes
    from cachediff.domain.spec import EdgeKind

MPI = "mpi"
"""The virtual that several providers of are installed side by side, as nothing can use two of them."""

_UNKNOWN = 1
"""The bit of what is on an MPI that no record names: specfile 3 and before know no virtuals."""

_Provided: TypeAlias = tuple[tuple[str, ...], bool]
"""The names of those that provide a virtual, and whether virtuals are known."""


class UsedEdges:
    """The link and run edges of each node, which it needs once it is built, and who of them provides a virtual.

    `providers` has the nodes that some provide it to, or whose virtuals are not known: the names, and whether they are.
    """

    def __init__(self, nodes: Nodes, order: Sequence[Component], virtual: str = MPI) -> None:
        self.nodes = nodes
        self.order = order
        self.edges: dict[str, tuple[str, ...]] = {}
        self.providers: dict[str, _Provided] = {}
        # Few kinds of edges are spelled alike by many records, and each is looked at once.
        looks: dict[tuple[EdgeKind, ...], tuple[list[bool] | None, _Provided | None]] = {}
        for hash_, node in nodes.items():
            kinds = node.own.edges
            look = looks.get(kinds)
            if look is None:
                look = looks[kinds] = _look_at(kinds, virtual)
            is_used, provided = look
            self.edges[hash_] = node.dependencies if is_used is None else tuple(compress(node.dependencies, is_used))
            if provided is not None:
                self.providers[hash_] = provided


def find_providers(used: UsedEdges) -> dict[str, tuple[str, ...] | None]:
    """Return the names of the providers of the virtual that each node reaches, in order.

    None stands where no virtuals are known on the way; what reaches none is left out.
    """
    if not used.providers:
        return {}
    numbers: dict[str, int] = {}
    own: dict[str, int] = {}
    for hash_, (names, is_known) in used.providers.items():
        bits = 0 if is_known else _UNKNOWN
        for name in names:
            bits |= 2 << numbers.setdefault(name, len(numbers))
        own[hash_] = bits
    found = close(used.order, used.edges, own)
    names_of = {bits: _name(bits, numbers) for bits in set(found.values())}
    return {hash_: names_of[bits] for hash_, bits in found.items()}


def find_missing(used: UsedEdges) -> tuple[list[str], dict[str, int]]:
    """Return the hashes of what is missing, in order, and for each spec that cannot be installed which of them it needs.

    Missing is what a spec depends on over a link or run edge, and what is neither in the snapshot nor external. Of a spec
    that needs several the bits are those of their places in the list.
    """
    nodes, edges = used.nodes, used.edges
    specs = {hash_: edges[hash_] for hash_, node in nodes.items() if node.stacks}
    # All edges at once: a line of Python for each would take longer than all else here.
    outside = set[str]().union(*specs.values()) - specs.keys()
    missing = sorted(hash_ for hash_ in outside if _is_absent(nodes, hash_))
    if not missing:
        return [], {}
    # Through specs alone: what lies below something missing is nobody's need before that one is there.
    masks = close(used.order, specs, {hash_: 1 << place for place, hash_ in enumerate(missing)})
    return missing, {hash_: mask for hash_, mask in masks.items() if hash_ in specs}


def _is_absent(nodes: Nodes, hash_: str) -> bool:
    node = nodes.get(hash_)
    return node is None or not node.is_external


def _look_at(edges: tuple[EdgeKind, ...], virtual: str) -> tuple[list[bool] | None, _Provided | None]:
    """Return which edges are link or run edges, None for all of them, and what they say of a virtual, None for nothing."""
    looks = [_look_at_edge(edge, virtual) for edge in edges]
    is_used = [look is not None for look in looks]
    names = tuple([edge.name for edge, look in zip(edges, looks, strict=True) if look])
    # Of a used edge whose virtuals are not known, nothing is told.
    is_known = not any(edge.virtuals is None for edge in compress(edges, is_used))
    return None if all(is_used) else is_used, (names, is_known) if names or not is_known else None


@lru_cache(maxsize=1 << 14)
def _look_at_edge(edge: EdgeKind, virtual: str) -> bool | None:
    """Return whether an edge leads to a provider of a virtual, None for one that is no link or run edge."""
    return virtual in (edge.virtuals or ()) if edge.is_used else None


def _name(bits: int, numbers: Mapping[str, int]) -> tuple[str, ...] | None:
    if bits & _UNKNOWN:
        return None
    return tuple(sorted(name for name, number in numbers.items() if bits & (2 << number)))
