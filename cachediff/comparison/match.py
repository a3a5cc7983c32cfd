"""Pairs the specs of one package in two snapshots (docs/design.md, Matching): pure, deterministic and symmetric.

Each pass takes what the earlier ones left, as multisets. Where several partners are possible the nearest pair goes first,
and ties are broken by rank within each side, so that swapping the sides, or shuffling either, gives the same pairs.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cachediff.comparison.candidates import pair_near
from cachediff.comparison.dependencies import pair_alike
from cachediff.comparison.nearest import Terms, may_pair
from cachediff.domain.spec import Coordinates, Spec
from cachediff.domain.spelling import UNKNOWN_COMPILER, parse_variant
from cachediff.domain.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

Pair = tuple[Spec, Spec]
_Paired = tuple[list[Pair], "Sequence[Spec]", "Sequence[Spec]"]


class Matching(Struct):
    """Every old and every new spec in exactly one bucket; what is removed and what is added is in canonical order."""

    unchanged: list[Pair]
    rebuilt: list[Pair]
    changed: list[Pair]
    removed: list[Spec]
    added: list[Spec]


def match(old: Sequence[Spec], new: Sequence[Spec]) -> Matching:
    """Return how the specs of one package in OLD pair with those in NEW. Each side is in order of hash."""
    # What is equal goes first: nothing that is only rebuilt may end up in a pair that is called changed.
    unchanged, old, new = _pair_hashes(old, new)
    alike, old, new = _pair_alike(old, new)
    rebuilt, old, new = _pair_equal(old, new, attrgetter("content"))
    rebuilt = alike + rebuilt
    if not old and not new:  # as in most packages of a week
        return Matching(unchanged=unchanged, rebuilt=rebuilt, changed=[], removed=[], added=[])
    restacked, old, new = _pair_nearest(old, new, _SAME_COORDINATES)
    # `none` may be any compiler, so it has to wait until nothing that is surely equal is left.
    unknown, old, new = _pair_nearest(old, new, _SAME_BUT_UNKNOWN_COMPILER)
    changed, old, new = _pair_nearest(old, new, _SAME_PLACE)
    # That a spec went elsewhere is the boldest claim, and so the last.
    moved, old, new = _pair_nearest(old, new, _OTHER_PLACE)
    return Matching(
        unchanged=unchanged,
        rebuilt=rebuilt + restacked + unknown,
        changed=changed + moved,
        # Mostly none or one is left, and ranks take time.
        removed=sorted(old, key=_rank) if len(old) > 1 else [*old],
        added=sorted(new, key=_rank) if len(new) > 1 else [*new],
    )


def _pair_hashes(old: Sequence[Spec], new: Sequence[Spec]) -> _Paired:
    """Pair specs with equal hashes; where a side repeats one, those that are equal in all else first."""
    theirs = {spec.hash: spec for spec in new}
    # A hash that a side has twice is somebody's mistake (duplicate-hash), and no dictionary tells which of the two is meant.
    if len(theirs) < len(new) or len({spec.hash for spec in old}) < len(old):
        equal, old, new = _pair_equal(old, new, attrgetter("hash", "content"))
        conflicting, old, new = _pair_nearest(old, new, _SAME_HASH)
        return equal + conflicting, old, new
    pairs = [(spec, theirs[spec.hash]) for spec in old if spec.hash in theirs]
    if not pairs:
        return pairs, old, new
    shared = {spec.hash for spec, _ in pairs}
    return pairs, [spec for spec in old if spec.hash not in shared], [spec for spec in new if spec.hash not in shared]


def _pair_alike(old: Sequence[Spec], new: Sequence[Spec]) -> _Paired:
    """Pair records that are equal and share dependencies: of several, none goes with one that it has less in common with."""
    if len(old) * len(new) < 2 or old[0].facts is None or new[0].facts is None:
        return [], old, new
    pairs = pair_alike(old, new)
    before, after = {a.hash for a, _ in pairs}, {b.hash for _, b in pairs}
    return pairs, [spec for spec in old if spec.hash not in before], [spec for spec in new if spec.hash not in after]


def _pair_equal(old: Sequence[Spec], new: Sequence[Spec], key: Callable[[Spec], Hashable]) -> _Paired:
    """Pair specs of equal keys, first come first served, and return the pairs and what is left of each side in its order."""
    waiting = _group(new, key)
    for partners in waiting.values():
        # So that pop takes the first of them: a pair does not depend on where a list keeps its end.
        partners.reverse()
    pairs, left = [], []
    for spec in old:
        if found := waiting.get(key(spec)):
            pairs.append((spec, found.pop()))
        else:
            left.append(spec)
    return pairs, left, [*chain.from_iterable(map(reversed, waiting.values()))]


def _pair_nearest(old: Sequence[Spec], new: Sequence[Spec], terms: Terms) -> _Paired:
    """Pair specs of one group, nearest first, and return the pairs in canonical order and what is left of each side."""
    if not old or not new:
        return [], old, new
    old_groups = _group(old, terms.group)
    if old_groups.keys().isdisjoint(map(terms.group, new)):
        return [], old, new
    new_groups = _group(new, terms.group)
    pairs: list[Pair] = []
    for group in [group for group in old_groups if group in new_groups]:
        ours, theirs = old_groups[group], new_groups[group]
        if len(ours) == len(theirs) == 1:  # as nearly all are
            if may_pair(ours[0], theirs[0], terms):
                pairs.append((ours[0], theirs[0]))
                del old_groups[group], new_groups[group]
            continue
        # Ranks break ties, and take time: a side of one has none.
        if len(ours) > 1 or len(theirs) > 1:
            ours, theirs = sorted(ours, key=_rank), sorted(theirs, key=_rank)
        partners = dict(pair_near(ours, theirs, terms))
        pairs += [(ours[i], theirs[j]) for i, j in partners.items()]
        taken = set(partners.values())
        old_groups[group] = [spec for i, spec in enumerate(ours) if i not in partners]
        new_groups[group] = [spec for j, spec in enumerate(theirs) if j not in taken]
    if len(pairs) > 1:
        pairs.sort(key=_rank_pair)
    return pairs, [*chain(*old_groups.values())], [*chain(*new_groups.values())]


def _group(specs: Sequence[Spec], key: Callable[[Spec], Hashable]) -> dict[Hashable, list[Spec]]:
    groups: dict[Hashable, list[Spec]] = {}
    for spec in specs:
        groups.setdefault(key(spec), []).append(spec)
    return groups


def _rank(spec: Spec) -> tuple[Any, ...]:
    """Return the canonical order of specs: by version as Spack orders them, then by every other fact, then by hash."""
    c, stacks = spec.content.coordinates, spec.content.stacks
    version = version_key(c.version), c.version
    # To the last field: specs of one rank would pair as the page happens to list them.
    return version, c.compiler, c.platform, c.os, c.target, c.variants, stacks, spec.hash, spec.is_in_root, spec.extra


def _rank_pair(pair: Pair) -> tuple[Any, ...]:
    return _rank(pair[0]), _rank(pair[1])


@lru_cache(maxsize=1 << 12)
def differing_variants(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the variants in which two canonical lists differ, in order."""
    return tuple(sorted({parse_variant(text)[0] for text in set(a) ^ set(b)}))


@lru_cache(maxsize=1 << 12)
def without_compiler(c: Coordinates) -> Coordinates:
    """Return coordinates with the compiler left out: as an unknown one leaves them, and as they are counted."""
    return Coordinates(
        version=c.version, platform=c.platform, os=c.os, target=c.target, compiler=UNKNOWN_COMPILER, variants=c.variants
    )


_SAME_HASH = Terms(attrgetter("hash"), compared=("version", "compiler", "platform", "os", "target", "variants"))
_SAME_COORDINATES = Terms(attrgetter("content.coordinates"))
_SAME_BUT_UNKNOWN_COMPILER = Terms(lambda spec: without_compiler(spec.content.coordinates), same_compiler=True)
# Orphans may pair with each other here: else whatever changes in one would be a removal and an addition.
_SAME_PLACE = Terms(
    attrgetter("content.coordinates.platform", "content.coordinates.os", "content.coordinates.target"),
    compared=("version", "compiler", "variants"),
    stacks="shared or none",
)
# But not here: where no stack says so, nothing tells that a spec in another place is the same one.
_OTHER_PLACE = Terms(
    attrgetter("content.coordinates.platform", "content.coordinates.version", "content.coordinates.variants"),
    compared=("os", "target"),
    same_compiler=True,
    stacks="shared",
)
