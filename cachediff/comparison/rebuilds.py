"""Why hashes are new: causes, origins, and how far each reaches (docs/design.md, The graph)."""

from __future__ import annotations

from collections import Counter
from heapq import nsmallest
from typing import TYPE_CHECKING

from cachediff.comparison.chains import find_chains
from cachediff.comparison.own_content import differing_own, differing_targets, name_facts
from cachediff.domain.rebuilds import MAX_CHAINS, MAX_LISTED, Origin, RebuildCause, Rebuilds
from cachediff.graph.closure import close, count_bits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cachediff.comparison.freshness import FreshRecords
    from cachediff.domain.graph import Graph, GraphNode

BLOCK = 1 << 12
"""How many causes are followed at a time: a bit for every pair of records would take more memory than the records."""


class Reach:
    """How many fresh specs each cause and each origin reaches, how many a cause reaches alone, and how many none does.

    `specs` are NEW's specs that are compared, of which only fresh ones count.
    """

    def __init__(self, records: FreshRecords, specs: Collection[str]) -> None:
        self.specs = [hash_ for hash_ in records.nodes if hash_ in specs]
        self.origins = [hash_ for hash_, edges in records.edges.items() if not edges]
        self.counts: dict[str, int] = {}
        self._only: dict[str, str] = {}
        order = [nodes for nodes in records.new.order if not records.nodes.keys().isdisjoint(nodes)]
        # One walk for both: an origin is nearly always a cause, too.
        wanted = [*records.causes, *(hash_ for hash_ in self.origins if hash_ not in records.causes)]
        for start in range(0, len(wanted), BLOCK):
            block = wanted[start : start + BLOCK]
            masks = close(order, records.edges, {hash_: 1 << place for place, hash_ in enumerate(block)})
            found = [masks.get(hash_, 0) for hash_ in self.specs]
            counts = count_bits(found)
            self.counts |= dict(zip(block, [*counts, *[0] * (len(block) - len(counts))], strict=True))
            causes = sum(1 << place for place, hash_ in enumerate(block) if hash_ in records.causes)
            self._note_only([bits & causes for bits in found], block)
        self.alone = Counter(filter(None, self._only.values()))

    @property
    def unexplained(self) -> int:
        """How many fresh specs no cause reaches."""
        return len(self.specs) - len(self._only)

    def _note_only(self, masks: Sequence[int], block: Sequence[str]) -> None:
        """Note of each spec which cause alone reaches it, an empty text where several do."""
        for hash_, mask in zip(self.specs, masks, strict=True):
            if mask:
                is_first = hash_ not in self._only and not mask & (mask - 1)
                self._only[hash_] = block[mask.bit_length() - 1] if is_first else ""


def describe_rebuilds(records: FreshRecords, reach: Reach, rebuilt: Mapping[str, str]) -> Rebuilds:
    """Return why hashes of NEW are new; `rebuilt` are the hashes of rebuilt pairs, from OLD's to NEW's."""
    kinds = Counter(records.causes.values())
    recipes = _count_recipes(records.old, records.new, rebuilt)
    nodes = records.nodes
    widest = _widest(records.causes, nodes, reach)
    chains = find_chains(widest[:MAX_CHAINS], records.edges)
    return Rebuilds(
        fresh=len(reach.specs),
        fresh_records=len(nodes),
        recipes_changed=recipes[False],
        dependencies_only=recipes[True],
        self_changed=kinds["self-changed"],
        rewired=kinds["rewired"],
        unexplained=reach.unexplained,
        origins_total=len(reach.origins),
        origins=tuple(_describe_origin(hash_, nodes[hash_], reach) for hash_ in _widest(reach.origins, nodes, reach)),
        causes=tuple(_describe_cause(hash_, records, reach, chains.get(hash_, ())) for hash_ in widest),
    )


def _count_recipes(old: Graph, new: Graph, rebuilt: Mapping[str, str]) -> Counter[bool]:
    """Return how many rebuilt pairs have the same recipe, which is known (True), and how many another one (False)."""
    found: Counter[bool] = Counter()
    for before, after in rebuilt.items():
        ours, theirs = (graph.nodes[hash_].own.package_hash for graph, hash_ in ((old, before), (new, after)))
        if ours and theirs:
            found[ours == theirs] += 1
    return found


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
