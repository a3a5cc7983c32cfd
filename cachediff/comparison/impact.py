"""What becomes of the roots of a lock in a snapshot: by hash first, then by what may take their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.comparison.lookup import name_compiler
from cachediff.comparison.replacements import (
    choose_nearest,
    explain_replacement,
    find_lower,
    had_alike,
    list_candidates,
    list_targets,
    name_mpi,
)
from cachediff.comparison.stock import NOTHING, Stock
from cachediff.domain.impact import Blocker, ImpactSpec, LockImpact, RootImpact
from cachediff.domain.selection import fits
from cachediff.domain.versions import version_key
from cachediff.graph.closure import close, list_bits
from cachediff.graph.used import UsedEdges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.domain.graph import Graph
    from cachediff.domain.spec import Spec


class Sides(Struct, frozen=True):
    """Where roots are looked for; `host` is the target that replacements have to run on, empty for the root's own."""

    there: Stock
    before: Stock | None = None
    host: str = ""


class LockClosure:
    """A lock's records with their link and run edges: what each root needs that a stock does not have.

    `own` has the records as specs, where that is asked for.
    """

    def __init__(self, graph: Graph, own: Stock = NOTHING) -> None:
        self.graph = graph
        self._own = own
        self._blockers: dict[Stock, tuple[list[str], dict[str, int]]] = {}
        self._used = UsedEdges(graph.nodes, graph.order)
        self.names = _name_unrecorded(graph) | {hash_: node.own.package for hash_, node in graph.nodes.items()}

    def find_roots(self, stack: str, glob: str) -> list[str]:
        """Return the roots of a stack's lock, or without one of all, whose names match, in order of package and hash."""
        nodes = self.graph.nodes
        # Locks of several stacks are one graph, in which what one has as a root may only be needed in another.
        roots = self.graph.roots[stack] if stack else (hash_ for hash_, node in nodes.items() if node.is_explicit)
        found = [hash_ for hash_ in roots if fits(nodes[hash_].own.package, glob)]
        return sorted(found, key=lambda hash_: (nodes[hash_].own.package, version_key(nodes[hash_].own.version), hash_))

    @cached_property
    def _all_edges(self) -> dict[str, Sequence[str]]:
        return {hash_: node.dependencies for hash_, node in self.graph.nodes.items()}

    def find_spec(self, hash_: str) -> Spec | None:
        """Return what a record is as a spec, None for what is none of the lock's own: an external, or without a record."""
        node = self.graph.nodes.get(hash_)
        return self._own.list_specs(node.own.package).get(hash_) if node else None

    def find_absent(self, stock: Stock) -> list[str]:
        """Return the hashes of the lock that a stock does not have, and that are not external."""
        return sorted(hash_ for hash_, name in self.names.items() if not self._is_there(hash_, name, stock))

    def find_blockers(self, stock: Stock) -> tuple[list[str], dict[str, int]]:
        """Return what is absent, and for each record which of that it needs next, as bits; its own bit is among them."""
        # Once for the locks of all stacks, which share most of what they need.
        if stock not in self._blockers:
            self._blockers[stock] = self._find_blockers(stock)
        return self._blockers[stock]

    def _find_blockers(self, stock: Stock) -> tuple[list[str], dict[str, int]]:
        absent = self.find_absent(stock)
        own = {hash_: 1 << place for place, hash_ in enumerate(absent)}
        nodes = self.graph.nodes
        # Through what is there alone: what lies below something absent is nobody's need before that one is there.
        edges = {h: es for h, es in self._used.edges.items() if h not in own and not nodes[h].is_external}
        return absent, close(self.graph.order, edges, own)

    def find_used(self, roots: Sequence[str]) -> set[str]:
        """Return all that some roots need once they are built, and themselves."""
        return _walk(roots, self._used.edges)

    def find_all(self, roots: Sequence[str]) -> set[str]:
        """Return all that some roots need, also to be built."""
        return _walk(roots, self._all_edges)

    def _is_there(self, hash_: str, name: str, stock: Stock) -> bool:
        node = self.graph.nodes.get(hash_)
        if node and node.is_external:
            return True
        if node and node.dag_hash and stock.has(node.dag_hash, name):
            return True
        # Of what the lock has no record of, the stock alone knows what it needs.
        return stock.has(hash_, name) and (node is not None or hash_ not in stock.uninstallable)


class LockAnswer(Struct, frozen=True):
    """What becomes of one lock's roots: its row, and all roots but the installable.

    `foreign` counts the installable ones by their target, where that is one that the host does not run.
    """

    row: LockImpact
    roots: tuple[RootImpact, ...]
    foreign: Mapping[str, int]


def judge_lock(lock: LockClosure, sides: Sides, source: str, stack: str = "", glob: str = "*") -> LockAnswer:
    """Return what becomes of a lock's roots, or of those of one stack."""
    roots = lock.find_roots(stack, glob)
    absent, masks = lock.find_blockers(sides.there)
    before = lock.find_blockers(sides.before)[1] if sides.before else {}
    judged = [_judge(hash_, lock, sides, stack, absent, masks.get(hash_, 0), not before.get(hash_)) for hash_ in roots]
    counts = Counter(root.class_ for root in judged)
    # Whoever installs from a cache builds nothing, so what is needed for that alone is not missed.
    only_build = (lock.find_all(roots) - lock.find_used(roots)).intersection(absent) if absent else ()
    row = LockImpact(
        source,
        stack,
        roots=len(roots),
        installable=counts["installable"],
        blocked=counts["blocked"],
        rebuilt=counts["rebuilt"],
        replaced=counts["replaced"],
        lost=counts["lost"],
        absent=counts["absent"],
        absent_build_dependencies=len(only_build),
    )
    # Without a host nothing is foreign, and no lattice need be loaded.
    runs = list_targets(sides.host, "") if sides.host else frozenset[str]()
    nodes = lock.graph.nodes
    targets = [one.old.target for one in judged if one.class_ == "installable" and not nodes[one.old.hash].is_external]
    foreign = Counter(target for target in targets if sides.host and target not in runs)
    return LockAnswer(row, tuple(one for one in judged if one.class_ != "installable"), foreign)


def _name_unrecorded(graph: Graph) -> dict[str, str]:
    """Return the names of the dependencies that a lock has no record of: only the edges know them."""
    nodes = graph.nodes
    # All edges at once: mostly there are none such, and no line of Python is needed for each.
    if not set[str]().union(*[node.dependencies for node in nodes.values()]) - nodes.keys():
        return {}
    return {
        hash_: edge.name
        for node in nodes.values()
        for edge, hash_ in zip(node.own.edges, node.dependencies, strict=True)
        if hash_ not in nodes
    }


def _walk(starts: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    seen, fresh = set(starts), set(starts)
    while fresh:
        fresh = set[str]().union(*[edges.get(hash_, ()) for hash_ in fresh]) - seen
        # In place: along a chain there are as many steps as records.
        seen |= fresh
    return seen


def _judge(
    hash_: str, lock: LockClosure, sides: Sides, stack: str, absent: Sequence[str], mask: int, was_there: bool
) -> RootImpact:
    if not mask:
        return RootImpact(stack, "installable", _describe_root(hash_, lock, None))
    own = lock.find_spec(hash_)
    old = _describe_root(hash_, lock, own)
    blocked_by = tuple(absent[place] for place in list_bits(mask))
    # It is there itself: no other spec need take its place.
    if hash_ not in blocked_by:
        return RootImpact(stack, "blocked", old, blocked_by=blocked_by)
    # A record that is no spec of its lock has no coordinates to go by.
    installable = sides.there.list_installable(old.package) if own else []
    for class_, candidates in list_candidates(own, installable, sides.host) if own else ():
        if candidates and own:
            new = choose_nearest(own, candidates)
            return RootImpact(stack, class_, old, describe_spec(old.package, new), explain_replacement(own, new))
    is_lost = sides.before is not None and (was_there or had_alike(own, sides.before, old.package))
    return RootImpact(
        stack,
        "lost" if is_lost else "absent",
        old,
        lower_version=find_lower(own, installable, sides.host),
        uninstallable=_find_uninstallable(own, old.package, sides),
    )


def _find_uninstallable(own: Spec | None, package: str, sides: Sides) -> str:
    """Return the hash of what would take a root's place, did it not lack something itself; empty for none."""
    specs = sides.there.list_uninstallable(package) if own else []
    found = (choose_nearest(own, some) for _, some in list_candidates(own, specs, sides.host) if some) if own else iter(())
    nearest = next(found, None)
    return nearest.hash if nearest else ""


def describe_spec(package: str, spec: Spec) -> ImpactSpec:
    """Return a spec as an answer names it."""
    c = spec.coordinates
    return ImpactSpec(package, c.version, spec.hash, c.platform, c.os, c.target, c.compiler, c.variants, name_mpi(spec))


def _describe_root(hash_: str, lock: LockClosure, spec: Spec | None) -> ImpactSpec:
    node = lock.graph.nodes[hash_]
    if spec is not None:
        return describe_spec(node.own.package, spec)
    own = node.own
    compiler = name_compiler(lock.graph, node)
    return ImpactSpec(own.package, own.version, hash_, own.platform, own.os, own.target, compiler, own.variants)


def count_blockers(roots: Sequence[RootImpact], locks: Sequence[LockClosure]) -> Iterator[Blocker]:
    """Yield what blocks roots, what blocks most first; one that several locks have counts in each, as in their rows."""
    counts = Counter(chain.from_iterable(root.blocked_by for root in roots))
    names = {hash_: name for lock in locks for hash_, name in lock.names.items()}
    nodes = {hash_: node for lock in locks for hash_, node in lock.graph.nodes.items() if hash_ in counts}
    for hash_, number in sorted(counts.items(), key=lambda one: (-one[1], names[one[0]], one[0])):
        version = nodes[hash_].own.version if hash_ in nodes else ""
        yield Blocker(names[hash_], version, hash_, number)
