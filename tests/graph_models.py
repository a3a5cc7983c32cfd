"""Random graphs, true ones and hostile ones, and what is true of them, found one record at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from cachediff.domain.graph import Graph, GraphNode, OwnContent
from cachediff.domain.problem import Location
from cachediff.domain.spec import EdgeKind, EdgeKinds
from cachediff.graph.build import build_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Nodes = dict[str, GraphNode]

NAMES = ("a", "b", "openmpi", "mpich")
TYPES = (("build",), ("link",), ("run",), ("build", "link"), ())


def locate(hash_: str) -> Location:
    """Return a place that names a record."""
    return Location("index.json", 1, 1, hash_)


def graph_of(nodes: Nodes) -> Graph:
    """Return the graph of a build cache's records."""
    return build_graph("buildcache", nodes, locate)


@st.composite
def records(draw: st.DrawFn, above: list[str], targets: list[str]) -> GraphNode:
    """Draw a record whose edges lead to some of `targets`: of few packages and versions, so that many are alike."""
    found = draw(st.lists(st.sampled_from(targets), max_size=3, unique=True)) if targets else []
    edges = []
    for hash_ in found:
        name = NAMES[sum(map(ord, hash_)) % len(NAMES)]
        virtuals: tuple[str, ...] | None = ("mpi",) if name in NAMES[2:] else ()
        if draw(st.integers(0, 9)) == 0:
            virtuals = None
        edges.append(EdgeKind(name, draw(st.sampled_from(TYPES)), virtuals))
    own = OwnContent(
        package=NAMES[sum(map(ord, above[-1])) % len(NAMES)],
        version=draw(st.sampled_from(("1", "2"))),
        platform="linux",
        os=draw(st.sampled_from(("debian12", "rhel9"))),
        target="zen4",
        external=draw(st.sampled_from((None, None, None, "/usr"))),
        edges=EdgeKinds(tuple(edges)),
    )
    stacks = () if own.external is not None else draw(st.sampled_from((("s",), ("s", "t"), ("t",), ())))
    return GraphNode(own, tuple(found), stacks, draw(st.booleans()))


@st.composite
def node_sets(draw: st.DrawFn, *, hostile: bool = True, pool: str = "abcdef") -> Nodes:
    """Draw records in any order. Hostile ones lead anywhere: to themselves, round in a circle, and to nothing."""
    hashes = draw(st.lists(st.sampled_from(pool), max_size=len(pool), unique=True))
    nodes: Nodes = {}
    for place, hash_ in enumerate(hashes):
        targets = [*pool, "y", "z"] if hostile else [*hashes[:place], "z"]
        nodes[hash_] = draw(records([hash_], targets))
    return {hash_: nodes[hash_] for hash_ in draw(st.permutations(hashes))}


@st.composite
def node_pairs(draw: st.DrawFn, *, hostile: bool = True) -> tuple[Nodes, Nodes]:
    """Draw the records of two sides that share some hashes, and mostly what those stand for."""
    old = draw(node_sets(hostile=hostile))
    new = draw(node_sets(hostile=hostile, pool="defghi"))
    if hostile and draw(st.booleans()):
        return old, new
    return old, {hash_: old.get(hash_, node) for hash_, node in new.items()}


def below(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """Return all that a record reaches over some edges, and itself."""
    found, left = {start}, [start]
    while left:
        for other in edges.get(left.pop(), ()):
            if other not in found:
                found.add(other)
                left.append(other)
    return found


def used_edges(nodes: Nodes) -> dict[str, list[str]]:
    """Return the link and run edges of each record."""
    return {
        hash_: [
            other
            for edge, other in zip(node.own.edges, node.dependencies, strict=True)
            if "link" in edge.types or "run" in edge.types
        ]
        for hash_, node in nodes.items()
    }


def find_causes(old: Nodes, new: Nodes) -> dict[str, str]:
    """Return the fresh records that are causes, and of which kind each is."""
    owns = [node.own for node in old.values()]
    causes = {}
    for hash_, node in new.items():
        if hash_ in old:
            continue
        if node.own not in owns:
            causes[hash_] = "self-changed"
        elif all(other in old for other in node.dependencies):
            causes[hash_] = "rewired"
    return causes


def count_reach(old: Nodes, new: Nodes, specs: Iterable[str]) -> tuple[Counter[str], Counter[str], int]:
    """Return how many fresh specs each fresh record reaches, how many each cause does alone, and how many none does."""
    fresh = {hash_ for hash_ in new if hash_ not in old}
    edges = {hash_: [other for other in new[hash_].dependencies if other in fresh] for hash_ in fresh}
    causes = find_causes(old, new)
    reaches, alone, unexplained = Counter[str](), Counter[str](), 0
    for spec in specs:
        if spec not in fresh:
            continue
        found = below(edges, spec)
        reaches.update(found)
        by = [hash_ for hash_ in found if hash_ in causes]
        unexplained += not by
        if len(by) == 1:
            alone[by[0]] += 1
    return reaches, alone, unexplained
