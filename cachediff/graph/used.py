"""What a spec needs to run, over link and run edges: which MPI it is on, and what of it is missing."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from cachediff.domain.graph import is_there
from cachediff.graph.closure import close, count_bits, list_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from cachediff.domain.graph import Component, Graph, Nodes
    from cachediff.domain.spec import EdgeKind, EdgeKinds

MPI = "mpi"
"""The virtual that several providers of are installed side by side, as nothing can use two of them."""

BLOCK, MAX_FOLLOWED = 1 << 12, 1 << 16
"""How much of what is missing is followed at a time, and how much at most: each block is a walk over all specs."""

_UNKNOWN = 1
"""The bit of what is on an MPI that no record names: specfile 3 and before know no virtuals."""

_Pick: TypeAlias = "Callable[[tuple[str, ...]], tuple[str, ...]]"
"""Takes the hashes that link and run edges lead to out of those of all edges."""

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
        looks = _Looks(virtual)
        for hash_, node in nodes.items():
            pick, provided = looks[node.own.edges]
            self.edges[hash_] = pick(node.dependencies)
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
    # Numbered as they were met: the nth bit is the nth name.
    every = [*numbers]
    names_of = {bits: _name(bits, every) for bits in set(found.values())}
    return {hash_: names_of[bits] for hash_, bits in found.items()}


def find_missing(used: UsedEdges) -> tuple[list[str], frozenset[str]]:
    """Return the hashes of what is missing, in order, and those of the specs that cannot be installed for want of it.

    Missing is what a spec depends on over a link or run edge, and what is not there: see `is_there`.
    """
    nodes = used.nodes
    # Through specs alone: what lies below something missing is nobody's need before that one is there.
    specs = {hash_: used.edges[hash_] for hash_, node in nodes.items() if node.stacks}
    # All edges at once: a line of Python for each would take longer than all else here.
    outside = set[str]().union(*specs.values()) - specs.keys()
    missing = sorted(hash_ for hash_ in outside if not is_there(nodes, hash_))
    if not missing:
        return [], frozenset()
    found = close(used.order, specs, dict.fromkeys(missing, 1))
    return missing, frozenset(specs.keys() & found.keys())


def count_needing(graph: Graph, specs: Collection[str] | None = None) -> dict[str, int]:
    """Return how many of some specs, None for all, cannot be installed without each thing that is missing, where any cannot.

    Followed through others are the first MAX_FOLLOWED; of the rest what counts depends on them directly.
    """
    if not graph.missing:
        return {}
    # All ways to what is missing lead through what cannot be installed; stacks may be others by now.
    edges = UsedEdges({hash_: graph.nodes[hash_] for hash_ in graph.uninstallable}, graph.order).edges
    # Only the part of the order that is walked: blocks may be many, and what cannot be installed few.
    order = [nodes for nodes in graph.order if not edges.keys().isdisjoint(nodes)]
    wanted = graph.uninstallable if specs is None else graph.uninstallable.intersection(specs)
    counts: dict[str, int] = {}
    # A bit for every pair of a spec and what is missing would take more memory than the records.
    for start in range(0, min(len(graph.missing), MAX_FOLLOWED), BLOCK):
        block = graph.missing[start : min(start + BLOCK, MAX_FOLLOWED)]
        masks = close(order, edges, {hash_: 1 << place for place, hash_ in enumerate(block)})
        counts |= dict(zip(block, count_bits(filter(None, map(masks.get, wanted))), strict=False))
    if rest := {*graph.missing[MAX_FOLLOWED:]}:
        counts |= Counter(other for hash_ in wanted for other in {*edges[hash_]} & rest)
    return {hash_: number for hash_, number in counts.items() if number}


class _Looks(dict["EdgeKinds", "tuple[_Pick, _Provided | None]"]):
    """What edges say, looked at once for all records of a graph that spell them alike."""

    def __init__(self, virtual: str) -> None:
        super().__init__()
        self._virtual = virtual

    def __missing__(self, edges: EdgeKinds) -> tuple[_Pick, _Provided | None]:
        found = self[edges] = _look_at(edges, self._virtual)
        return found


# Of all graphs of a run: both sides spell most edges alike.
@lru_cache(maxsize=1 << 16)
def _look_at(edges: EdgeKinds, virtual: str) -> tuple[_Pick, _Provided | None]:
    """Return what picks the link and run edges out of all, and what they say of a virtual, None for nothing."""
    looks = [_look_at_edge(edge, virtual) for edge in edges]
    places = [place for place, look in enumerate(looks) if look is not None]
    names = tuple([edge.name for edge, look in zip(edges, looks, strict=True) if look])
    # Of a used edge whose virtuals are not known, nothing is told.
    is_known = all(edges.kinds[place].virtuals is not None for place in places)
    return _choose(places, len(looks)), (names, is_known) if names or not is_known else None


def _choose(places: Sequence[int], size: int) -> _Pick:
    """Return what picks some places out of a tuple of a size."""
    if len(places) == size:
        return itemgetter(slice(None))  # the same tuple, which takes no memory again
    # One place alone would give what stands there, and no tuple.
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(*(places[0], places[0] + 1) if places else (0,)))


@lru_cache(maxsize=1 << 14)
def _look_at_edge(edge: EdgeKind, virtual: str) -> bool | None:
    """Return whether an edge leads to a provider of a virtual, None for one that is no link or run edge."""
    return virtual in (edge.virtuals or ()) if edge.is_used else None


def _name(bits: int, names: Sequence[str]) -> tuple[str, ...] | None:
    return None if bits & _UNKNOWN else tuple(sorted([names[place - 1] for place in list_bits(bits)]))
