"""Which records of NEW are fresh, and why each is (docs/design.md, The graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.comparison.own_content import differing_own, differing_targets
from cachediff.domain.spec import EdgeKinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.graph import Graph, GraphNode, OwnContent
    from cachediff.domain.rebuilds import Freshness

    FindPartner = Callable[[str], str | None]


def _know_no_partner(hash_: str) -> None:
    del hash_


MAX_ALIKE = 500
"""With how many records of its package a fresh one is compared, field by field."""


class FreshRecords:
    """The records of NEW whose hash OLD has nowhere.

    `edges` are those of each that lead to fresh ones, `causes` says of each that is fresh by itself which of the two kinds.
    `find_partner` returns the partner of a spec in OLD, given the hash of NEW, None where it has none.
    """

    def __init__(self, old: Graph, new: Graph, find_partner: FindPartner = _know_no_partner) -> None:
        self.old, self.new, self._find_partner = old, new, find_partner
        before = old.nodes
        self.nodes = {hash_: node for hash_, node in new.nodes.items() if hash_ not in before}
        fresh = {*self.nodes}
        self.edges = {
            # Mostly all of them or few: the same tuple takes no memory again.
            hash_: some if fresh.issuperset(some := node.dependencies) else tuple(filter(fresh.__contains__, some))
            for hash_, node in self.nodes.items()
        }
        # Of all of OLD, whatever the package's other records became: content decides, and no pairing.
        owns = {_without_mark(node.own) for node in before.values()}
        self.causes: dict[str, Freshness] = {}
        for hash_, node in self.nodes.items():
            if _without_mark(node.own) not in owns:
                self.causes[hash_] = "self-changed"
            elif not self.edges[hash_] and before.keys() >= {*node.dependencies}:
                self.causes[hash_] = "rewired"
        self._alike: dict[str, list[str]] | None = None

    def tell(self, hash_: str) -> Freshness:
        """Return why a record of NEW has its hash."""
        return self.causes.get(hash_, "inherited") if hash_ in self.nodes else "kept"

    def find_old(self, hash_: str) -> str | None:
        """Return the record of OLD that a fresh one is most like, None where OLD has none of its package.

        It is the partner of a spec, else the one that differs least; what NEW keeps comes after what it does not.
        """
        # A rewired one equals some record of OLD in all but hashes: that tells more than its partner.
        if self.causes.get(hash_) == "self-changed" and (partner := self._find_partner(hash_)):
            return partner
        node = self.nodes[hash_]
        found = self._by_package().get(node.own.package, [])
        # To look at each record of thousands, for each of a hundred causes, would take minutes.
        for is_alike in (_is_same, _is_at_same_place, _is_same_version):
            if len(found) > MAX_ALIKE:
                found = [one for one in found if is_alike(self.old.nodes[one].own, node.own)] or found
        ranks = {one: self._rank(one, node) for one in sorted(found)[:MAX_ALIKE]}
        least = min(ranks.values(), default=None)
        alike = [one for one, rank in ranks.items() if rank == least]
        # Only of those that nothing else tells apart.
        return min(alike, key=lambda one: (len(differing_targets(self.old.nodes[one], node)), one), default=None)

    def _rank(self, hash_: str, node: GraphNode) -> tuple[bool, int]:
        old = self.old.nodes[hash_]
        differ = len(differing_own(old.own, node.own)) if old.own != node.own else 0
        return bool(differ and hash_ in self.new.nodes), differ

    def _by_package(self) -> dict[str, list[str]]:
        """Return the hashes of OLD's records by package: made once it is asked for."""
        if self._alike is None:
            self._alike = {}
            for hash_, node in self.old.nodes.items():
                self._alike.setdefault(node.own.package, []).append(hash_)
        return self._alike


def _without_mark(own: OwnContent) -> OwnContent:
    """Return what a record is by itself, whether its hash covers the virtuals or not: the same says the same of both."""
    return own if own.edges.covers_virtuals else replace(own, edges=EdgeKinds(own.edges.kinds))


def _is_same(old: OwnContent, new: OwnContent) -> bool:
    return old == new


def _is_at_same_place(old: OwnContent, new: OwnContent) -> bool:
    return (old.platform, old.os, old.target) == (new.platform, new.os, new.target)


def _is_same_version(old: OwnContent, new: OwnContent) -> bool:
    return old.version == new.version
