"""Which externals came, went, or are others than they were: what Spack found on the machine, and built nothing of."""

from __future__ import annotations

from operator import ne
from typing import TYPE_CHECKING

from msgspec.structs import astuple

from cachediff.comparison.own_content import differing_own
from cachediff.domain.graph import External, ExternalChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.graph import Graph, OwnContent

MAX_ALIKE = 50
"""How many externals of one package are compared with each other: no machine has as many."""


def list_external_changes(old: Graph, new: Graph) -> Iterator[ExternalChange]:
    """Yield the externals of OLD that are others in NEW, in order of package: of one package those that differ least.

    Externals that differ in nothing but a hash are the same; what came, or went, without another in its place is no change.
    """
    before, after = _list_externals(old), _list_externals(new)
    packages = {own.package for own in before.keys() ^ after.keys()}
    for package in sorted(packages):
        gone, came = (
            sorted((own for own in ours if own.package == package and own not in theirs), key=_rank)
            for ours, theirs in ((before, after), (after, before))
        )
        for ours, theirs in _pair(gone, came):
            if fields := differing_own(ours, theirs):
                yield ExternalChange(
                    package, _describe(ours), _describe(theirs), after[theirs], fields, new.locate(after[theirs])
                )


def _list_externals(graph: Graph) -> dict[OwnContent, str]:
    """Return the externals of a snapshot, each with the first hash that it has."""
    found: dict[OwnContent, str] = {}
    for hash_, node in sorted((hash_, node) for hash_, node in graph.nodes.items() if node.own.external is not None):
        found.setdefault(node.own, hash_)
    return found


def _pair(gone: list[OwnContent], came: list[OwnContent]) -> Iterator[tuple[OwnContent, OwnContent]]:
    """Yield pairs, those that differ in the fewest fields first."""
    ours, theirs = ([astuple(own) for own in some[:MAX_ALIKE]] for some in (gone, came))
    ranked = sorted((sum(map(ne, a, b)), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs))
    left, right = {*range(len(gone))}, {*range(len(came))}
    for _, i, j in ranked:
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            yield gone[i], came[j]


def _describe(own: OwnContent) -> External:
    return External(own.version, own.external or "")


def _rank(own: OwnContent) -> tuple[str, str, str]:
    return own.version, own.external or "", own.package_hash
