"""Why hashes are new: causes, origins, and how far each reaches (docs/design.md, The graph)."""

from __future__ import annotations

from collections import Counter, defaultdict
from heapq import nlargest, nsmallest
from itertools import islice
from typing import TYPE_CHECKING

from cachediff.comparison.chains import find_chains
from cachediff.comparison.own_content import differing_own, differing_targets, name_facts
from cachediff.domain.rebuilds import MAX_CHAINS, MAX_LISTED, Origin, RebuildCause, Rebuilds
from cachediff.graph.closure import close, count_bits
from cachediff.graph.order import refine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cachediff.comparison.collectors.pairs import Pairs
    from cachediff.comparison.freshness import FreshRecords
    from cachediff.domain.graph import GraphNode

FIRST_BLOCK, BLOCK = 1 << 10, 1 << 12
"""How many records are followed at a time, and at first, when nothing is known yet of who may be widest.

A bit for every pair of records would take more memory than the records.
"""


class Reach:
    """How many fresh specs each cause and each origin reaches, how many a cause reaches alone, and how many none does.

    `specs` are NEW's specs that are compared, of which only fresh ones count. `counts` is exact for those that were asked
    for, for origins and for externals: nobody reaches more than what it depends on does, so that most need not be followed.
    """

    def __init__(self, records: FreshRecords, specs: Collection[str]) -> None:
        self.specs = [hash_ for hash_ in records.nodes if hash_ in specs]
        self.origins = [hash_ for hash_, edges in records.edges.items() if not edges]
        self.counts: dict[str, int] = {}
        self._edges = records.edges
        parts = (refine(nodes, records.edges) if len(nodes) > 1 else (nodes,) for nodes in records.new.order)
        self._order = [nodes for some in parts for nodes in some if nodes[0] in records.nodes]
        only = self._find_only(records.causes)
        self.alone = Counter(filter(None, map(only.get, self.specs)))
        self.unexplained = sum(1 for hash_ in self.specs if hash_ not in only)
        # However narrow: external-changed tells how far each of them reaches.
        externals = [hash_ for hash_ in records.causes if records.nodes[hash_].is_external]
        always = dict.fromkeys([*self.origins, *externals])
        # One walk for all: what a file names first is what most of the rest depends on.
        likely = islice((hash_ for hash_ in records.causes if hash_ not in always), max(0, FIRST_BLOCK - len(always)))
        self._measure([*always, *likely])

    def find_widest(self, hashes: Collection[str], number: int) -> list[str]:
        """Return those of some causes that may be among the so many widest, measured, and all that tie with the last."""
        while left := [hash_ for hash_ in hashes if hash_ not in self.counts]:
            known = nlargest(number, (self.counts[hash_] for hash_ in hashes if hash_ in self.counts))
            # Until as many are known anything may be among the widest.
            least = known[-1] if len(known) == number else 0
            most = self._bound()
            left = [hash_ for hash_ in left if most[hash_] >= least]
            self._measure(nlargest(BLOCK, left, key=most.__getitem__))
            if len(left) <= BLOCK:
                break
        return [hash_ for hash_ in hashes if hash_ in self.counts]

    def _measure(self, hashes: Iterable[str]) -> None:
        """Count how many specs some records reach."""
        wanted = [hash_ for hash_ in hashes if hash_ not in self.counts]
        for start in range(0, len(wanted), BLOCK):
            block = wanted[start : start + BLOCK]
            masks = close(self._order, self._edges, {hash_: 1 << place for place, hash_ in enumerate(block)})
            counts = count_bits(filter(None, map(masks.get, self.specs)))
            # Counts end with the highest bit that any spec has: those after it reach none.
            self.counts |= dict(zip(block, [*counts, *[0] * (len(block) - len(counts))], strict=True))

    def _bound(self) -> dict[str, int]:
        """Return the most that each record can reach: as much as anything that it depends on, where it was not measured."""
        unknown = len(self.specs)
        # Of those that go round nothing is known before they are.
        most: defaultdict[str, int] = defaultdict(lambda: unknown)
        for nodes in self._order:
            below = self._edges[nodes[0]] if len(nodes) == 1 else ()
            bound = min(map(most.__getitem__, below), default=unknown)
            for node in nodes:
                most[node] = self.counts.get(node, bound)
        return most

    def _find_only(self, causes: Mapping[str, object]) -> dict[str, str]:
        """Return which cause alone reaches each record, an empty text where several do; what none reaches is left out."""
        only: dict[str, str] = {}
        get, is_cause = only.get, causes.__contains__
        for nodes in self._order:
            # Of circles, too: their records reach each other, so that one cause among them is everybody's.
            found: set[str | None] = {*filter(is_cause, nodes)}
            for node in nodes:
                found.update(map(get, self._edges[node]))
            found.discard(None)
            if found:
                cause = found.pop() if len(found) == 1 else ""
                for node in nodes:
                    only[node] = cause or ""
        return only


def describe_rebuilds(records: FreshRecords, reach: Reach, pairs: Pairs) -> Rebuilds:
    """Return why hashes of NEW are new; of the pairs it counts how many have another recipe."""
    kinds = Counter(records.causes.values())
    nodes = records.nodes
    widest = _widest(reach.find_widest(records.causes, MAX_LISTED), nodes, reach)
    chains = find_chains(widest[:MAX_CHAINS], records.edges)
    return Rebuilds(
        fresh=len(reach.specs),
        fresh_records=len(nodes),
        recipes_changed=pairs.recipes_changed,
        dependencies_only=pairs.recipes_kept,
        self_changed=kinds["self-changed"],
        rewired=kinds["rewired"],
        unexplained=reach.unexplained,
        origins_total=len(reach.origins),
        origins=tuple(_describe_origin(hash_, nodes[hash_], reach) for hash_ in _widest(reach.origins, nodes, reach)),
        causes=tuple(_describe_cause(hash_, records, reach, chains.get(hash_, ())) for hash_ in widest),
        specfile_old=records.old.specfile,
        specfile_new=records.new.specfile,
    )


def _widest(hashes: Iterable[str], nodes: Mapping[str, GraphNode], reach: Reach) -> list[str]:
    """Return the hashes of the widest reach, widest first, then by name, version and hash."""
    return nsmallest(
        MAX_LISTED,
        hashes,
        key=lambda hash_: (-reach.counts[hash_], nodes[hash_].own.package, nodes[hash_].own.version, hash_),
    )


def _describe_origin(hash_: str, node: GraphNode, reach: Reach) -> Origin:
    return Origin(node.own.package, node.own.version, hash_, node.is_external, reach.counts[hash_])


def _describe_cause(hash_: str, records: FreshRecords, reach: Reach, chain: Sequence[str]) -> RebuildCause:
    node, old_hash = records.nodes[hash_], records.find_old(hash_)
    is_rewired = records.causes[hash_] == "rewired"
    old = records.old.nodes[old_hash] if old_hash else None
    fields = (differing_targets(old, node) if is_rewired else differing_own(old.own, node.own)) if old else ()
    return RebuildCause(
        package=node.own.package,
        version=node.own.version,
        hash=hash_,
        old_hash=old_hash,
        kind="rewired" if is_rewired else "self-changed",
        is_external=node.is_external,
        facts=name_facts(fields),
        reaches=reach.counts[hash_],
        alone=reach.alone[hash_],
        fields=fields,
        path=node.own.external or "",
        chain=tuple([f"{records.nodes[one].own.package}/{one[:7]}" if one else "" for one in chain]),
    )
