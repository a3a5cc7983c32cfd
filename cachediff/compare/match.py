"""Pairs the specs of one package in two snapshots (DESIGN section 4): pure, deterministic and symmetric.

Each pass takes what the earlier ones left, as multisets. Where several partners are possible the nearest pair goes first, and ties are
broken by rank within each side, so that swapping the sides, or shuffling either, gives the same pairs.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cachediff.compare.versions import version_key
from cachediff.spelling import UNKNOWN_COMPILER, parse_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from cachediff.model import Coordinates, Spec

Pair = tuple["Spec", "Spec"]


class Matching(Struct):
    """Every old and every new spec in exactly one bucket."""

    unchanged: list[Pair]
    rebuilt: list[Pair]
    changed: list[Pair]
    removed: list[Spec]
    added: list[Spec]


def match(old: Sequence[Spec], new: Sequence[Spec]) -> Matching:
    """Return how the specs of one package in OLD pair with those in NEW. Each side is in order of hash."""
    unchanged, old_left, new_left = _pair_equal(old, new, lambda spec: (spec.hash, spec.body))
    if old_left and new_left:
        conflicting, old_left, new_left = _pair_equal(old_left, new_left, lambda spec: spec.hash)
        unchanged += conflicting
    rebuilt, old_left, new_left = _pair_equal(old_left, new_left, lambda spec: spec.body)
    if not old_left or not new_left:
        return Matching(unchanged, rebuilt, [], old_left, new_left)
    left = _Leftovers(old_left, new_left)
    rebuilt += left.pair(lambda spec: spec.coordinates, _stack_distance)
    rebuilt += left.pair(lambda spec: _without_compiler(spec.coordinates), _unknown_compiler_distance)
    changed = left.pair(_place, _fact_distance)
    changed += left.pair(lambda spec: (spec.coordinates.platform, spec.coordinates.version, spec.coordinates.variants), _place_distance)
    return Matching(unchanged, rebuilt, changed, left.old, left.new)


def _pair_equal(old: Sequence[Spec], new: Sequence[Spec], key: Callable[[Spec], Hashable]) -> tuple[list[Pair], list[Spec], list[Spec]]:
    """Pair specs with equal keys, first come first served, and return the pairs and what is left of each side in its order."""
    waiting: dict[Hashable, list[Spec]] = defaultdict(list)
    for spec in new:
        waiting[key(spec)].append(spec)
    for specs in waiting.values():
        specs.reverse()
    pairs, left = [], []
    for spec in old:
        partners = waiting.get(key(spec))
        if partners:
            pairs.append((spec, partners.pop()))
        else:
            left.append(spec)
    if len(pairs) == len(new):
        return pairs, left, []
    taken = {id(partner) for _, partner in pairs}
    return pairs, left, [spec for spec in new if id(spec) not in taken]


class _Leftovers:
    """What the cheap passes left, ranked; each pass takes its pairs out."""

    def __init__(self, old: list[Spec], new: list[Spec]) -> None:
        self.old = sorted(old, key=_rank)
        self.new = sorted(new, key=_rank)

    def pair(self, group: Callable[[Spec], Hashable], distance: Callable[[Spec, Spec], tuple[int, ...] | None]) -> list[Pair]:
        """Pair specs of one group, nearest first; a distance of None forbids a pair."""
        if not self.old or not self.new:
            return []
        partners: dict[Hashable, list[int]] = defaultdict(list)
        for j, spec in enumerate(self.new):
            partners[group(spec)].append(j)
        candidates = [
            (d, i, j)
            for i, spec in enumerate(self.old)
            for j in partners.get(group(spec), ())
            if (d := distance(spec, self.new[j])) is not None
        ]
        candidates.sort()
        old_taken: set[int] = set()
        new_taken: set[int] = set()
        pairs = []
        for _, i, j in candidates:
            if i not in old_taken and j not in new_taken:
                old_taken.add(i)
                new_taken.add(j)
                pairs.append((self.old[i], self.new[j]))
        self.old = [spec for i, spec in enumerate(self.old) if i not in old_taken]
        self.new = [spec for j, spec in enumerate(self.new) if j not in new_taken]
        return pairs


def _rank(spec: Spec) -> tuple[Any, ...]:
    """Return the canonical order of specs: by version as Spack orders them, then by every other fact, then by hash."""
    c = spec.coordinates
    return version_key(c.version), c.version, c.compiler, c.platform, c.os, c.target, c.variants, spec.stacks, spec.hash


def _place(spec: Spec) -> tuple[str, str, str]:
    return spec.coordinates.platform, spec.coordinates.os, spec.coordinates.target


def _stack_distance(old: Spec, new: Spec) -> tuple[int, ...]:
    """Return in how many stacks two specs differ."""
    return (len(set(old.stacks) ^ set(new.stacks)),)


def _unknown_compiler_distance(old: Spec, new: Spec) -> tuple[int, ...] | None:
    """Return the distance of specs whose compilers are only equal because one is unknown."""
    return _stack_distance(old, new) if is_same_compiler(old.coordinates, new.coordinates) else None


def _fact_distance(old: Spec, new: Spec) -> tuple[int, ...] | None:
    """Return how many facts differ among version, compiler and single variants, of specs that share a stack or have none."""
    if not _shares_stack(old, new) and (old.stacks or new.stacks):
        return None
    a, b = old.coordinates, new.coordinates
    facts = (a.version != b.version) + (not is_same_compiler(a, b)) + len(differing_variants(a.variants, b.variants))
    return facts, *_stack_distance(old, new)


def _place_distance(old: Spec, new: Spec) -> tuple[int, ...] | None:
    """Return in how many of os and target two specs differ that share the rest and a stack."""
    a, b = old.coordinates, new.coordinates
    if not _shares_stack(old, new) or not is_same_compiler(a, b):
        return None
    return (a.os != b.os) + (a.target != b.target), *_stack_distance(old, new)


def _shares_stack(old: Spec, new: Spec) -> bool:
    return not set(old.stacks).isdisjoint(new.stacks)


def is_same_compiler(a: Coordinates, b: Coordinates) -> bool:
    """Return whether two compilers are equal as far as is known: `none` is unknown, and so equal to any."""
    return a.compiler == b.compiler or UNKNOWN_COMPILER in (a.compiler, b.compiler)


@lru_cache(maxsize=1 << 14)
def differing_variants(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the variants in which two canonical lists differ, in order."""
    return tuple(sorted({parse_variant(text)[0] for text in set(a) ^ set(b)}))


@lru_cache(maxsize=1 << 14)
def _without_compiler(c: Coordinates) -> tuple[Any, ...]:
    return c.version, c.platform, c.os, c.target, c.variants


def without_compiler(specs: Iterable[Spec]) -> set[tuple[Any, ...]]:
    """Return the distinct coordinates of specs, compiler left out."""
    return {_without_compiler(spec.coordinates) for spec in specs}
