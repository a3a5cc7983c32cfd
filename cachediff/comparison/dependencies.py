"""Which of several partners with equal coordinates is the nearest: of records, the one with most equal dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.spec import Spec, SpecContent

    Edges = frozenset[tuple[str, str]]

MAX_PAIRS = 1 << 16
"""How many pairs of one group are looked at: more would cost a hostile index its square, and pair in order of hash."""


def pair_alike(old: Sequence[Spec], new: Sequence[Spec]) -> list[tuple[Spec, Spec]]:
    """Return pairs of specs of equal contents that have a dependency in common, by name and hash, most in common first.

    Only of contents that several specs of a side have, of records. Swapping the sides gives the same pairs.
    """
    groups: dict[SpecContent, tuple[list[Spec], list[Spec]]] = {}
    for side, specs in enumerate((old, new)):
        for spec in specs:
            if spec.facts is not None:
                groups.setdefault(spec.content, ([], []))[side].append(spec)
    pairs = []
    for ours, theirs in groups.values():
        if 1 < len(ours) * len(theirs) <= MAX_PAIRS:
            pairs += [(ours[i], theirs[j]) for i, j in _choose(list(map(_edges, ours)), list(map(_edges, theirs)))]
    return pairs


def _edges(spec: Spec) -> Edges:
    return frozenset((edge.name, edge.hash) for edge in spec.facts.dependencies) if spec.facts else frozenset()


def _choose(
    ours: Sequence[frozenset[tuple[str, str]]], theirs: Sequence[frozenset[tuple[str, str]]]
) -> list[tuple[int, int]]:
    """Return which of ours goes with which of theirs: each once, those that share most first."""
    shared = [(len(a & b), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs)]
    # By the later of both first, and so alike from either side: two that are tied in all of it have no spec in common.
    shared.sort(key=lambda one: (-one[0], max(one[1:]), min(one[1:])))
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for count, i, j in shared:
        if count and i not in chosen and j not in taken:
            chosen[i] = j
            taken.add(j)
    return sorted(chosen.items())
