"""Which externals came, went, or are others than they were: what Spack found on the machine, and built nothing of."""

from __future__ import annotations

from operator import ne
from typing import TYPE_CHECKING

from msgspec.structs import astuple

from cachediff.comparison.own_content import differing_own
from cachediff.domain.graph import ExternalChange

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from cachediff.domain.graph import Graph, OwnContent

MAX_ALIKE = 50
"""How many externals of one package are compared with each other: no machine has as many."""


def list_external_changes(old: Graph, new: Graph) -> Iterator[ExternalChange]:
    """Yield the externals of OLD that are others in NEW, in order of package: of one package those that differ least.

    Externals that differ in nothing but a hash are the same; what came, or went, without another in its place is no change.
    """
    before, after = _list_externals(old), _list_externals(new)
    all_gone, all_came = _group_others(before, after), _group_others(after, before)
    for package in sorted(all_gone.keys() & all_came.keys()):
        for ours, theirs in _pair(all_gone[package], all_came[package]):
            # Empty where all that differs is something that one record does not know, as the hash of a recipe.
            if fields := differing_own(ours, theirs):
                hash_ = after[theirs]
                yield ExternalChange(package, theirs.version, theirs.external or "", hash_, fields, new.locate(hash_))


def locate_new_externals(old: Graph, new: Graph) -> dict[str, str]:
    """Return the packages of which NEW alone has an external, each with the path of one, empty where none is known."""
    before = {own.package for own in _list_externals(old)}
    return {own.package: own.external or "" for own in _list_externals(new) if own.package not in before}


def _group_others(ours: Iterable[OwnContent], theirs: Container[OwnContent]) -> dict[str, list[OwnContent]]:
    """Return what only one side has, by package and in order of rank."""
    found: dict[str, list[OwnContent]] = {}
    # In order of hash, which is that of `ours`, where ranks are equal: a set would pair otherwise in each run.
    for own in sorted((own for own in ours if own not in theirs), key=_rank):
        found.setdefault(own.package, []).append(own)
    return found


def _list_externals(graph: Graph) -> dict[OwnContent, str]:
    """Return the externals of a snapshot, each with the first hash that it has."""
    found: dict[OwnContent, str] = {}
    for hash_, node in sorted((hash_, node) for hash_, node in graph.nodes.items() if node.own.external is not None):
        found.setdefault(node.own, hash_)
    return found


def _pair(gone: list[OwnContent], came: list[OwnContent]) -> Iterator[tuple[OwnContent, OwnContent]]:
    """Yield pairs, those that differ in the fewest fields first."""
    ours, theirs = ([astuple(own) for own in some[:MAX_ALIKE]] for some in (gone, came))
    # By whole fields: to name what differs in each takes longer, and is done for the pairs alone.
    ranked = sorted((sum(map(ne, a, b)), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs))
    left, right = {*range(len(gone))}, {*range(len(came))}
    for _, i, j in ranked:
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            yield gone[i], came[j]


def _rank(own: OwnContent) -> tuple[str, str, str]:
    return own.version, own.external or "", own.package_hash
