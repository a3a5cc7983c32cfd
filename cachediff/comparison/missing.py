"""What the specs of a snapshot need and cannot have, and whom that leaves without an install."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cachediff.comparison.coverage import cells_at
from cachediff.domain.graph import MissingDependency
from cachediff.graph.closure import count_bits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cachediff.domain.cell import Cell
    from cachediff.domain.graph import Graph

MAX_EXAMPLES = 5

_Gaps: TypeAlias = "Mapping[str, tuple[str, list[str]]]"
"""What is missing, by hash: the name of its package, and the specs that depend on it directly."""


def list_missing(graph: Graph, specs: Collection[str], old: Graph | None = None) -> Iterator[MissingDependency]:
    """Yield what some specs of a snapshot need and cannot have, in order of package and hash.

    OLD lacked the same where it lacked a package of the same version and place, or, of what has no record, of the same name.
    """
    counts = count_bits(mask for hash_, mask in graph.needs.items() if hash_ in specs)
    blocked = {hash_: number for hash_, number in zip(graph.missing, counts, strict=False) if number}
    gaps = _find_gaps(graph, blocked.keys())
    before = {_identify(old, hash_, gap) for hash_, (gap, _) in _find_gaps(old, {*old.missing}).items()} if old else set()
    for hash_, (package, users) in sorted(gaps.items(), key=lambda one: (one[1][0], one[0])):
        node = graph.nodes.get(hash_)
        own = node.own if node else None
        yield MissingDependency(
            package=package,
            hash=hash_,
            version=own.version if own else "",
            platform=own.platform if own else "",
            os=own.os if own else "",
            target=own.target if own else "",
            reason="not in the snapshot" if own else "bad record" if hash_ in graph.faulty else "no record",
            specs=blocked[hash_],
            examples=tuple(f"{graph.nodes[user].own.package}/{user[:7]}" for user in users[:MAX_EXAMPLES]),
            location=graph.locate(hash_ if own else users[0]),
            was_missing=_identify(graph, hash_, package) in before,
        )


def count_blocked(graph: Graph, specs: Collection[str]) -> int:
    """Return how many cells have specs, and none of them that can be installed."""
    if not graph.needs:
        return 0
    blocked: set[tuple[str, Cell]] = set()
    served: set[tuple[str, Cell]] = set()
    for hash_ in specs:
        node = graph.nodes[hash_]
        own = node.own
        cells = cells_at(own.platform, own.os, own.target, node.stacks)
        (blocked if hash_ in graph.needs else served).update((own.package, cell) for cell in cells)
    return len(blocked - served)


def _find_gaps(graph: Graph, missing: Collection[str]) -> _Gaps:
    """Return what is missing with those that depend on it, which alone know the name of what has no record."""
    found: dict[str, tuple[str, list[str]]] = {}
    if not missing:
        return found
    names = {*missing}
    for hash_, node in sorted(graph.nodes.items()):
        if node.stacks and not names.isdisjoint(node.dependencies):
            for edge, other in zip(node.own.edges, node.dependencies, strict=True):
                if other in names and edge.is_used:
                    found.setdefault(other, (edge.name, []))[1].append(hash_)
    return found


def _identify(graph: Graph, hash_: str, package: str) -> tuple[str, ...]:
    """Return what is the same missing dependency in both snapshots: no hash, as those are new every week."""
    node = graph.nodes.get(hash_)
    return (package, node.own.version, node.own.platform, node.own.os, node.own.target) if node else (package,)
