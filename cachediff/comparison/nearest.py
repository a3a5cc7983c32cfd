"""Pairs each spec with the nearest of many (candidates.py has what to do where they are too many).

Every fact is a mask: a number with one bit for each spec that has it. How many facts each of n specs shares with one spec is
counted for all of them at once, with a few operations on n-bit numbers a fact, so that a thousand specs that all changed are
paired in no time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from cachediff.comparison.dependencies import has_dependencies, pair_all
from cachediff.domain.spec import Spec
from cachediff.domain.spelling import UNKNOWN_COMPILER, parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.domain.spec import Coordinates, SpecContent

Distance = tuple[int, int]
"""In how many of the compared facts two specs differ, then in how many stacks."""


class Terms(Struct, frozen=True):
    """On which terms two specs may be partners, and what makes them near.

    Partners are of one group; their compilers may have to be equal as far as is known, and they may have to share a stack,
    or else both to be in none. `compared` names the facts whose differences make the distance.
    """

    group: Callable[[Spec], Hashable]
    compared: tuple[str, ...] = ()
    same_compiler: bool = False
    stacks: Literal["any", "shared", "shared or none"] = "any"


def pair_nearest(old: Sequence[Spec], new: Sequence[Spec], terms: Terms) -> Iterator[tuple[int, int]]:
    """Yield the places of partners within one group, nearest first, ties in the order of the sides.

    Of records of one content those that depend on the same go together.

    No two of what is left may be partners. Each side is in canonical order, so that specs with one content stand side by
    side: they are looked at as one. The smaller side is the crowd in which those of the other search. Which does is no
    matter: of two pairs that share a spec, either order puts the same one first.
    """
    if len(old) == len(new) == 1:
        if may_pair(old[0], new[0], terms):
            yield 0, 0
        return
    if not old or not new:
        return
    ours, theirs = find_runs(old), find_runs(new)
    if len(theirs) <= len(ours):
        pairs = _pair_runs(
            [old[run[0]] for run in ours], [new[run[0]] for run in theirs], [*map(len, ours)], [*map(len, theirs)], terms
        )
    else:
        swapped = _pair_runs(
            [new[run[0]] for run in theirs], [old[run[0]] for run in ours], [*map(len, theirs)], [*map(len, ours)], terms
        )
        pairs = ((i, j, number) for j, i, number in swapped)
    if has_dependencies(old, new):
        waiting, free = [*map(list, ours)], [*map(list, theirs)]
        for i, j, _ in pairs:
            yield from _pair_alike(old, waiting[i], new, free[j])
        return
    # Of pages nothing tells equal specs apart, and of crowds nobody asks: they go in their order.
    waiting_, free_ = [*map(iter, ours)], [*map(iter, theirs)]
    for i, j, number in pairs:
        yield from zip(islice(waiting_[i], number), islice(free_[j], number), strict=True)


def _pair_alike(old: Sequence[Spec], some: list[int], new: Sequence[Spec], others: list[int]) -> Iterator[tuple[int, int]]:
    """Yield partners among places of two contents, until one side is used up, and take them out."""
    # A spec that changed is still on its MPI: paired crosswise, each would be said to have moved to another one.
    found = [(some[i], others[j]) for i, j in pair_all([old[i] for i in some], [new[j] for j in others])]
    for i, j in found:
        some.remove(i)
        others.remove(j)
    yield from found


def find_runs(specs: Sequence[Spec]) -> list[range]:
    """Return the places of specs in canonical order, those with one content together."""
    if not specs:
        return []
    contents = [spec.content for spec in specs]
    starts = [place for place, (a, b) in enumerate(pairwise(contents), 1) if a is not b and a != b]
    return [range(start, end) for start, end in pairwise([0, *starts, len(specs)])]


def _pair_runs(
    some: Sequence[Spec], others: Sequence[Spec], numbers: list[int], free: list[int], terms: Terms
) -> Iterator[tuple[int, int, int]]:
    """Yield which of some contents pairs with which other, and how many specs of each do so, nearest first.

    Each waits with the nearest other. What stands first in the queue is the nearest of all pairs, unless the other was used
    up: then the one looks again. Since the distance only grows, what is behind it cannot be nearer.
    """
    crowd = CandidateIndex(others)
    views = [crowd.view(spec, terms) for spec in some]
    # Ties go by place, which is canonical order on either side.
    queue = [(found[0], i, found[1]) for i, view in enumerate(views) if (found := crowd.find_nearest(view))]
    heapify(queue)
    while queue and crowd.free:
        _, i, j = queue[0]
        if number := min(numbers[i], free[j]):
            yield i, j, number
            numbers[i] -= number
            free[j] -= number
            if not free[j]:
                crowd.take(j)
        if numbers[i] and (found := crowd.find_nearest(views[i])):
            heapreplace(queue, (found[0], i, found[1]))
        else:
            heappop(queue)


def may_pair(old: Spec, new: Spec, terms: Terms) -> bool:
    """Return whether two specs of one group may be partners: what `CandidateIndex` asks of many at once."""
    if terms.same_compiler and not is_same_compiler(old.coordinates, new.coordinates):
        return False
    if terms.stacks == "any" or not set(old.stacks).isdisjoint(new.stacks):
        return True
    return terms.stacks == "shared or none" and not old.stacks and not new.stacks


def is_same_compiler(a: Coordinates, b: Coordinates) -> bool:
    """Return whether two compilers are equal as far as is known: `none` is unknown, and so equal to any."""
    return a.compiler == b.compiler or UNKNOWN_COMPILER in (a.compiler, b.compiler)


class _View(Struct, frozen=True, gc=False):
    """What one spec sees of a crowd: who may be its partner, and how much each shares with it, as counters (see `_count`).

    The distance is what a full count leaves of `facts` and of `stacks`.
    """

    partners: int
    facts: int
    facts_in_common: list[int]
    stacks: int
    stacks_in_common: list[int]


class CandidateIndex:
    """Specs of one group, as masks: which have a fact, and which are still free."""

    def __init__(self, specs: Sequence[Spec]) -> None:
        self.free = self._all = (1 << len(specs)) - 1
        self._masks: dict[tuple[str, str], int] = {}
        for place, spec in enumerate(specs):
            bit = 1 << place
            for fact in _facts_of(spec.content):
                self._masks[fact] = self._masks.get(fact, 0) | bit
        self._most_variants, self._fewer_variants = _shortfalls([len(spec.content.coordinates.variants) for spec in specs])
        self._most_stacks, self._fewer_stacks = _shortfalls([len(spec.content.stacks) for spec in specs])

    def take(self, place: int) -> None:
        """Make a spec taken."""
        self.free &= ~(1 << place)

    def view(self, spec: Spec, terms: Terms) -> _View:
        """Return what a spec sees of the crowd, which stays true whoever is taken."""
        facts, facts_in_common = self._count_facts(spec.coordinates, terms.compared)
        stacks, stacks_in_common = self._count_stacks(spec.stacks)
        return _View(
            partners=self._partners(spec, terms),
            facts=facts,
            facts_in_common=facts_in_common,
            stacks=stacks,
            stacks_in_common=stacks_in_common,
        )

    def find_nearest(self, view: _View) -> tuple[Distance, int] | None:
        """Return the distance and the place of the first free spec than which none is nearer, None without a partner."""
        among = view.partners & self.free
        if not among:
            return None
        # Facts before stacks, and stacks only among those that are equally near: that is the order of Distance.
        facts, among = _find_most(view.facts_in_common, among)
        stacks, among = _find_most(view.stacks_in_common, among)
        # The lowest bit is the first in canonical order, which is how ties are broken.
        return (view.facts - facts, view.stacks - stacks), (among & -among).bit_length() - 1

    def _partners(self, spec: Spec, terms: Terms) -> int:
        """Return which specs may be the partner of one."""
        among = self._all
        if terms.same_compiler:
            among &= self._of_compiler(spec.coordinates.compiler)
        if terms.stacks != "any":
            stacks = 0
            for stack in spec.stacks or (("",) if terms.stacks == "shared or none" else ()):
                stacks |= self._of("stack", stack)
            among &= stacks
        return among

    def _count_facts(self, c: Coordinates, compared: tuple[str, ...]) -> tuple[int, list[int]]:
        """Return what to take the counts from, and counters: the difference is in how many facts each differs from one.

        A variant that only one of two specs has is a difference, too. So |ours| + |theirs| - |names in common| - |equal|
        variants differ, and that is least where |names in common| + |equal| - |theirs| is most.
        """
        single = [name for name in compared if name != "variants"]
        equal = [
            self._of_compiler(c.compiler) if name == "compiler" else self._of(name, getattr(c, name)) for name in single
        ]
        if single == list(compared):
            return len(single), _count([], equal)
        equal += [self._of("variant", text) for text in c.variants]
        equal += [self._of("name", parse_variant(text)[0]) for text in c.variants]
        return len(single) + len(c.variants) + self._most_variants, _count(self._fewer_variants, equal)

    def _count_stacks(self, stacks: tuple[str, ...]) -> tuple[int, list[int]]:
        """Return the same of stacks: |ours| + |theirs| - 2 |shared| differ."""
        # Counted twice below, since a stack that both have is missing on neither side.
        shared = [self._of("stack", stack) for stack in stacks]
        return len(stacks) + self._most_stacks, _count(self._fewer_stacks, shared + shared)

    def _of(self, name: str, value: str) -> int:
        return self._masks.get((name, value), 0)

    def _of_compiler(self, compiler: str) -> int:
        """Return which specs have a compiler, as far as is known."""
        if compiler == UNKNOWN_COMPILER:
            return self._all
        return self._of("compiler", compiler) | self._of("compiler", UNKNOWN_COMPILER)


@lru_cache(maxsize=1 << 12)
def _facts_of(content: SpecContent) -> tuple[tuple[str, str], ...]:
    c = content.coordinates
    return (
        ("version", c.version),
        ("compiler", c.compiler),
        ("platform", c.platform),
        ("os", c.os),
        ("target", c.target),
        # No stack is a stack without a name, so that orphans find each other.
        *[("stack", stack) for stack in content.stacks or ("",)],
        *[("variant", text) for text in c.variants],
        *[("name", parse_variant(text)[0]) for text in c.variants],
    )


def _shortfalls(sizes: Sequence[int]) -> tuple[int, list[int]]:
    """Return the greatest size, and counters of how far below it each is."""
    # Counters can only add: what would be subtracted is added as how far each is below the greatest.
    greatest = max(sizes)
    counters = [0] * (greatest - min(sizes)).bit_length()
    for place, size in enumerate(sizes):
        for power in range(len(counters)):
            counters[power] |= (greatest - size >> power & 1) << place
    return greatest, counters


def _count(counters: Iterable[int], masks: Iterable[int]) -> list[int]:
    """Return counters after each mask has added one to its places.

    Counters hold a count for every place: the nth number holds the nth binary digit of all of them.
    """
    counters = list(counters)
    for mask in masks:
        carry, power = mask, 0
        while carry:
            if power == len(counters):
                counters.append(0)
            counters[power], carry = counters[power] ^ carry, counters[power] & carry
            power += 1
    return counters


def _find_most(counters: Sequence[int], among: int) -> tuple[int, int]:
    """Return the greatest count among some places, and the places that have it."""
    greatest = 0
    for power in reversed(range(len(counters))):
        if having := among & counters[power]:
            among = having
            greatest |= 1 << power
    return greatest, among
