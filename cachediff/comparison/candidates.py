"""Pairs the specs of a group, however many: the nearest of all where they can all be looked at, and near ones elsewhere.

To know who is nearest, each spec has to be held against each other one, in whatever way that is done. So in a crowd that is
far larger than any real one, specs look around among those that differ from them in one kind of fact, kind by kind, and then
among those that share a stack; where even these are too many, both sides are cut into slices in their canonical order, and
the nth slices look at each other.

Each step is the same from either side, so that swapping the sides gives the same pairs; at the end no two that are left may
be partners.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from cachediff.comparison.nearest import find_runs, pair_nearest
from cachediff.domain.spec import Spec
from cachediff.domain.spelling import UNKNOWN_COMPILER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.comparison.nearest import Terms

MAX_PAIRS = 1 << 20
"""How many pairs of distinct contents are looked at: 1,024 on either side.

The largest page ever published has 600 specs in all.
"""

# As long on either side: so the nth slices are the same two, whichever side comes first.
SLICE = 256

_Key: TypeAlias = Callable[[Spec], Hashable]
_Places: TypeAlias = list[int]
_Left: TypeAlias = dict[int, None]


def pair_near(old: Sequence[Spec], new: Sequence[Spec], terms: Terms) -> Iterator[tuple[int, int]]:
    """Yield the places of partners within one group, each side in canonical order; no two of what is left may be partners.

    They are those of `pair_nearest`, unless the pairs of distinct contents are more than `MAX_PAIRS`.
    """
    if _can_all_be_seen(old, new):
        return pair_nearest(old, new, terms)
    return _Narrowing(old, new, terms).pair()


def _can_all_be_seen(old: Sequence[Spec], new: Sequence[Spec]) -> bool:
    # The product first: it is known at once, and mostly enough.
    return len(old) * len(new) <= MAX_PAIRS or len(find_runs(old)) * len(find_runs(new)) <= MAX_PAIRS


class _Narrowing:
    """A crowd of which parts are paired, one part after another."""

    def __init__(self, old: Sequence[Spec], new: Sequence[Spec], terms: Terms) -> None:
        self.old, self.new, self.terms = old, new, terms
        # Dictionaries as sets that keep their order: the order decides ties.
        self.old_left, self.new_left = dict.fromkeys(range(len(old))), dict.fromkeys(range(len(new)))

    def pair(self) -> Iterator[tuple[int, int]]:
        """Yield the places of partners."""
        # A new version, or one more stack: most specs that changed did so in one kind of fact, and these groups are small.
        for key in _leave_one_out(self.terms):
            ours, theirs = _group(self.old, self.old_left, key), _group(self.new, self.new_left, key)
            for group in [group for group in ours if group in theirs]:
                yield from self._pair_part(ours[group], theirs[group])
        before, after = self._by_stack(self.old, self.old_left), self._by_stack(self.new, self.new_left)
        # In order, since a spec in several stacks pairs in the first where it can.
        for stack in sorted(before.keys() & after.keys()):
            yield from self._pair_all(before[stack], after[stack])

    def _pair_all(self, ours: _Places, theirs: _Places) -> Iterator[tuple[int, int]]:
        """Yield partners among specs that share a stack until one side is used up, or the rest differs in the compiler."""
        if not self.terms.same_compiler:
            yield from self._pair_part(ours, theirs)
            return
        before, after = _group(self.old, ours, _compiler_of), _group(self.new, theirs, _compiler_of)
        for compiler in [compiler for compiler in before if compiler in after]:
            yield from self._pair_part(before[compiler], after[compiler])
        # Last, since these groups overlap: whoever found its own compiler does not wait for `none`.
        unknown, unknown_now = before.get(UNKNOWN_COMPILER, []), after.get(UNKNOWN_COMPILER, [])
        known = [place for place in ours if _compiler_of(self.old[place]) != UNKNOWN_COMPILER]
        known_now = [place for place in theirs if _compiler_of(self.new[place]) != UNKNOWN_COMPILER]
        yield from self._pair_part(unknown, known_now)
        yield from self._pair_part(known, unknown_now)

    def _pair_part(self, ours: _Places, theirs: _Places) -> Iterator[tuple[int, int]]:
        """Yield the nearest partners among some that are left, slice by slice where they are many."""
        ours = [place for place in ours if place in self.old_left]
        theirs = [place for place in theirs if place in self.new_left]
        whole = _can_all_be_seen([self.old[i] for i in ours], [self.new[j] for j in theirs])
        # What the longer side has beyond the other's last slice waits for the next step.
        slices = [(ours, theirs)] if whole else zip(_cut(ours), _cut(theirs), strict=False)
        for some, others in slices:
            for i, j in pair_nearest([self.old[i] for i in some], [self.new[j] for j in others], self.terms):
                del self.old_left[some[i]], self.new_left[others[j]]
                yield some[i], others[j]

    def _by_stack(self, specs: Sequence[Spec], left: _Left) -> dict[str, _Places]:
        """Return the places of what is left, by stack.

        The empty stack has those in none, if they may pair, and all where any may.
        """
        stacks: dict[str, _Places] = {}
        for place in left:
            names = () if self.terms.stacks == "any" else specs[place].stacks
            for stack in names or (() if self.terms.stacks == "shared" else ("",)):
                stacks.setdefault(stack, []).append(place)
        return stacks


def _leave_one_out(terms: Terms) -> Iterator[_Key]:
    """Yield for each kind of fact that makes distance, stacks among them, a key of all the others."""
    # Stacks first: distance counts facts before stacks, and none is nearer than who differs in these alone.
    for left_out in ("stacks", *terms.compared):
        yield _key_of([fact for fact in ("stacks", *terms.compared) if fact != left_out])


def _key_of(facts: Sequence[str]) -> _Key:
    return lambda spec: tuple([spec.stacks if fact == "stacks" else getattr(spec.coordinates, fact) for fact in facts])


def _compiler_of(spec: Spec) -> str:
    return spec.coordinates.compiler


def _group(specs: Sequence[Spec], places: _Left | _Places, key: _Key) -> dict[Hashable, _Places]:
    groups: dict[Hashable, _Places] = {}
    for place in places:
        groups.setdefault(key(specs[place]), []).append(place)
    return groups


def _cut(places: _Places) -> Iterator[_Places]:
    rest = iter(places)
    while some := [*islice(rest, SLICE)]:
        yield some
