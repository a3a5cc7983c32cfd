"""What the specs of a snapshot need and cannot have, and whom that leaves without an install."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cachediff.comparison.coverage import cells_of_node
from cachediff.domain.graph import MissingDependency
from cachediff.domain.selection import fits
from cachediff.graph.used import count_needing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from cachediff.domain.cell import PackageCell
    from cachediff.domain.graph import Graph, GraphNode

MAX_EXAMPLES = 5

_Side: TypeAlias = "tuple[Graph, Collection[str]]"
"""A graph, and the specs of it that are compared."""

_Gaps: TypeAlias = "Mapping[str, tuple[str, list[str]]]"
"""What is missing, by hash: the name of its package, and the specs that depend on it directly."""


def list_missing(
    graph: Graph,
    specs: Collection[str],
    old: Graph | None = None,
    old_specs: Collection[str] | None = None,
    stack: str = "*",
) -> Iterator[MissingDependency]:
    """Yield what some specs of a snapshot need and cannot have, in order of package and hash.

    OLD lacked the same where it lacked a package of the same version and place, or, of what has no record, of the same name,
    and as many of its specs (`old_specs`, None for all) could not be installed without it. One of OLD's stands for one. What
    leaves a cell of some stacks without an install that had one is news all the same.
    """
    blocked = count_needing(graph, specs)
    gaps = _find_gaps(graph, blocked.keys())
    known = _find_known(graph, gaps, blocked, old, old_specs) if old and gaps else set()
    if old and known:
        sides = (graph, specs), (old, old.nodes if old_specs is None else old_specs)
        known -= count_needing(graph, _find_newly_blocked(*sides, stack)).keys()
    for hash_, (package, users) in sorted(gaps.items(), key=lambda one: (one[1][0], one[0])):
        node = graph.nodes.get(hash_)
        own = node.own if node else None
        yield MissingDependency(
            package=package,
            hash=hash_,
            version=own.version if own else "",
            os=own.os if own else "",
            target=own.target if own else "",
            reason="not in the snapshot" if own else "bad record" if hash_ in graph.faulty else "no record",
            specs=blocked[hash_],
            examples=tuple(f"{graph.nodes[user].own.package}/{user[:7]}" for user in users[:MAX_EXAMPLES]),
            location=graph.locate(hash_ if own else users[0]),
            was_missing=hash_ in known,
            had_record=old is not None and hash_ in old.nodes,
        )


def count_blocked(graph: Graph, specs: Collection[str], stack: str = "*") -> int:
    """Return how many cells of some stacks have specs, and none of them that can be installed."""
    if not graph.uninstallable:
        return 0
    blocked: set[PackageCell] = set()
    served: set[PackageCell] = set()
    for hash_ in specs:
        (blocked if hash_ in graph.uninstallable else served).update(_list_cells(graph.nodes[hash_], stack))
    # A cell with one spec that can be installed serves its users.
    return len(blocked - served)


def _find_newly_blocked(new: _Side, old: _Side, stack: str) -> set[str]:
    """Return the specs that cannot be installed, of cells of which OLD had one that could be and NEW has none."""
    graph, specs = new
    blocked = graph.uninstallable.intersection(specs)
    packages = {graph.nodes[hash_].own.package for hash_ in blocked}
    # Of the stacks that are compared alone: in another one a spec that is left out may serve the cell.
    before, after = ({*_find_served(*side, packages, stack)} for side in (old, new))
    gone = before - after
    return {hash_ for hash_ in blocked if not gone.isdisjoint(_list_cells(graph.nodes[hash_], stack))}


def _find_served(graph: Graph, specs: Iterable[str], packages: Collection[str], stack: str) -> Iterator[PackageCell]:
    """Yield the cells of some packages in which one of some specs can be installed."""
    nodes = [graph.nodes[hash_] for hash_ in specs if hash_ not in graph.uninstallable]
    return (cell for node in nodes if node.own.package in packages for cell in _list_cells(node, stack))


def _list_cells(node: GraphNode, stack: str) -> list[PackageCell]:
    return [(node.own.package, cell) for cell in cells_of_node(node) if fits(cell.stack, stack)]


def _find_gaps(graph: Graph, missing: Collection[str]) -> _Gaps:
    """Return what is missing with those that depend on it, which alone know the name of what has no record."""
    found: dict[str, tuple[str, list[str]]] = {}
    if not missing:
        return found
    names = {*missing}
    # All that need something, and not only what has a stack that is compared: others are in the way, too.
    for hash_ in sorted(graph.uninstallable):
        node = graph.nodes[hash_]
        if not names.isdisjoint(node.dependencies):
            for edge, other in zip(node.own.edges, node.dependencies, strict=True):
                if other in names and edge.is_used:
                    found.setdefault(other, (edge.name, []))[1].append(hash_)
    return found


def _find_known(
    graph: Graph, gaps: _Gaps, blocked: Mapping[str, int], old: Graph, old_specs: Collection[str] | None
) -> set[str]:
    """Return what of NEW's that is missing OLD lacked, too, and for as many specs."""
    before = count_needing(old, old_specs)
    known = {hash_ for hash_ in gaps if before.get(hash_, 0) >= blocked[hash_]}
    left: dict[tuple[str, ...], list[int]] = {}
    for hash_, (package, _) in _find_gaps(old, before.keys() - known).items():
        left.setdefault(_identify(old, hash_, package), []).append(before[hash_])
    for alike in left.values():
        alike.sort()
    enough: dict[tuple[str, ...], list[int]] = {}
    # Each takes the least of OLD's that is as much, the most of NEW's first: no other way eases more.
    for hash_ in sorted(gaps.keys() - known, key=lambda one: (-blocked[one], one)):
        key = _identify(graph, hash_, gaps[hash_][0])
        most, taken = left.get(key, []), enough.setdefault(key, [])
        # What is enough for this one and was not for those before is less than all that was: the last is the least.
        while most and most[-1] >= blocked[hash_]:
            taken.append(most.pop())
        if taken:
            taken.pop()
            known.add(hash_)
    return known


def _identify(graph: Graph, hash_: str, package: str) -> tuple[str, ...]:
    """Return what is the same missing dependency in both snapshots: no hash, as those are new every week."""
    # Of what has no record only the name is known, from those that depend on it.
    node = graph.nodes.get(hash_)
    return (package, node.own.version, node.own.platform, node.own.os, node.own.target) if node else (package,)
