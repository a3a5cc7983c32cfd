"""Which of several partners with equal coordinates is the nearest: of records, the one with most equal dependencies.

Of several such it is the one on the same MPI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.spec import Spec, SpecContent

MAX_PAIRS = 1 << 16
"""How many pairs of one group are looked at: more would cost a hostile index its square, and pair in order of hash."""


def pair_alike(old: Sequence[Spec], new: Sequence[Spec]) -> list[tuple[Spec, Spec]]:
    """Return pairs of specs of equal contents that share a dependency, by name and hash, or are on the same MPI.

    Those with most dependencies in common come first, and among them those on the same MPI. Only of contents that several
    specs of a side have, of records. Swapping the sides gives the same pairs.
    """
    groups: dict[SpecContent, tuple[list[Spec], list[Spec]]] = {}
    for side, specs in enumerate((old, new)):
        for spec in specs:
            if spec.facts is not None:
                groups.setdefault(spec.content, ([], []))[side].append(spec)
    pairs = []
    for ours, theirs in groups.values():
        # Of one on either side there is nothing to choose, and the next pass pairs it.
        if 1 < len(ours) * len(theirs) <= MAX_PAIRS:
            pairs += [(ours[i], theirs[j]) for i, j in _choose(list(map(_Needs, ours)), list(map(_Needs, theirs)))]
    return pairs


def has_dependencies(old: Sequence[Spec], new: Sequence[Spec]) -> bool:
    """Return whether specs of a group are records, and few enough to be told apart by what they depend on."""
    return len(old) * len(new) <= MAX_PAIRS and all(side[0].facts is not None for side in (old, new))


def pair_all(old: Sequence[Spec], new: Sequence[Spec]) -> list[tuple[int, int]]:
    """Return the places of pairs, until one side is used up: as `pair_alike` has them, then what is left, in order."""
    if len(old) == len(new) == 1:
        return [(0, 0)]
    chosen = _choose(list(map(_Needs, old)), list(map(_Needs, new)))
    ours, theirs = {i for i, _ in chosen}, {j for _, j in chosen}
    rest = ([i for i in range(len(old)) if i not in ours], [j for j in range(len(new)) if j not in theirs])
    return [*chosen, *zip(*rest, strict=False)]


class _Needs:
    """What tells a spec from others of equal content: its dependencies, and the MPI that it reaches."""

    def __init__(self, spec: Spec) -> None:
        facts = spec.facts
        self.edges = frozenset(zip((edge.name for edge in facts.edges), facts.hashes, strict=True)) if facts else frozenset()
        self.mpi = (facts.mpi if facts else None) or ()

    def share(self, other: _Needs) -> tuple[int, bool]:
        """Return how much two specs have in common."""
        # To be on no MPI, or on one that nobody knows, is nothing that two have in common.
        return len(self.edges & other.edges), bool(self.mpi) and self.mpi == other.mpi


def _choose(ours: Sequence[_Needs], theirs: Sequence[_Needs]) -> list[tuple[int, int]]:
    """Return which of ours goes with which of theirs: each once, those that share most first."""
    shared = [(a.share(b), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs)]
    # By the later of both first, and so alike from either side: two that are tied in all of it have no spec in common.
    shared.sort(key=lambda one: (-one[0][0], not one[0][1], max(one[1:]), min(one[1:])))
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for (count, is_same_mpi), i, j in shared:
        if (count or is_same_mpi) and i not in chosen and j not in taken:
            chosen[i] = j
            taken.add(j)
    return sorted(chosen.items())
