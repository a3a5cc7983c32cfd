"""Pairs each spec with the nearest of many, however many there are.

Every fact is a mask: a number with one bit for each spec that has it. How many facts each of n specs shares with one spec is counted for
all of them at once, with a few operations on n-bit numbers a fact, so that thousands of specs that all changed are paired in a second.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from cachediff.model import Spec
from cachediff.spelling import UNKNOWN_COMPILER, parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.model import Body, Coordinates

Distance = tuple[int, int]
"""In how many of the compared facts two specs differ, then in how many stacks."""


class Terms(Struct, frozen=True):
    """On which terms two specs may be partners, and what makes them near.

    Partners are of one group; their compilers may have to be equal as far as is known, and they may have to share a stack, or else both
    to be in none. `compared` names the facts whose differences make the distance.
    """

    group: Callable[[Spec], Hashable]
    compared: tuple[str, ...] = ()
    same_compiler: bool = False
    stacks: Literal["any", "shared", "shared or none"] = "any"


def pair_nearest(old: Sequence[Spec], new: Sequence[Spec], terms: Terms) -> Iterator[tuple[int, int]]:
    """Yield the places of partners within one group, nearest first, ties in the order of the sides; no two of what is left may be partners.

    Each old spec waits with its nearest new one. What stands first in the queue is the nearest of all pairs, unless its new spec was taken:
    then the old one looks again. Since the distance only grows, what is behind it cannot be nearer.
    """
    if len(old) == len(new) == 1 or len({spec.body for spec in old}) == len({spec.body for spec in new}) == 1:
        if _may_pair(old[0], new[0], terms):
            yield from enumerate(range(min(len(old), len(new))))
        return
    crowd = _Crowd(new)
    queue = [(found[0], i, found[1]) for i, spec in enumerate(old) if (found := crowd.find_nearest(spec, terms))]
    heapify(queue)
    while queue and crowd.free:
        _, i, j = queue[0]
        if crowd.take(j):
            yield i, j
            heappop(queue)
        elif found := crowd.find_nearest(old[i], terms):
            heapreplace(queue, (found[0], i, found[1]))
        else:
            heappop(queue)


def _may_pair(old: Spec, new: Spec, terms: Terms) -> bool:
    """Return whether two specs of one group may be partners: what `_Crowd` asks of many at once."""
    if terms.same_compiler and not is_same_compiler(old.coordinates, new.coordinates):
        return False
    if terms.stacks == "any" or not set(old.stacks).isdisjoint(new.stacks):
        return True
    return terms.stacks == "shared or none" and not old.stacks and not new.stacks


def is_same_compiler(a: Coordinates, b: Coordinates) -> bool:
    """Return whether two compilers are equal as far as is known: `none` is unknown, and so equal to any."""
    return a.compiler == b.compiler or UNKNOWN_COMPILER in (a.compiler, b.compiler)


class _Crowd:
    """The new specs of one group, as masks: which have a fact, and which are still free."""

    def __init__(self, specs: Sequence[Spec]) -> None:
        self.free = (1 << len(specs)) - 1
        self._masks: dict[tuple[str, str], int] = {}
        for place, spec in enumerate(specs):
            bit = 1 << place
            for fact in _facts_of(spec.body):
                self._masks[fact] = self._masks.get(fact, 0) | bit
        self._most_variants, self._fewer_variants = _shortfalls([len(spec.coordinates.variants) for spec in specs])
        self._most_stacks, self._fewer_stacks = _shortfalls([len(spec.stacks) for spec in specs])

    def take(self, place: int) -> bool:
        """Return whether a spec is free, and make it taken."""
        bit = 1 << place
        is_free = bool(self.free & bit)
        self.free &= ~bit
        return is_free

    def find_nearest(self, spec: Spec, terms: Terms) -> tuple[Distance, int] | None:
        """Return the distance and the place of the first free spec than which none is nearer, None if there is no partner."""
        among = self._partners(spec, terms)
        if not among:
            return None
        facts, among = self._find_fewest_facts(spec.coordinates, terms.compared, among)
        stacks, among = self._find_fewest_stacks(spec.stacks, among)
        return (facts, stacks), (among & -among).bit_length() - 1

    def _partners(self, spec: Spec, terms: Terms) -> int:
        """Return which free specs may be the partner of one."""
        among = self.free
        if terms.same_compiler:
            among &= self._of_compiler(spec.coordinates.compiler)
        if terms.stacks != "any":
            stacks = 0
            for stack in spec.stacks or (("",) if terms.stacks == "shared or none" else ()):
                stacks |= self._of("stack", stack)
            among &= stacks
        return among

    def _find_fewest_facts(self, c: Coordinates, compared: tuple[str, ...], among: int) -> tuple[int, int]:
        """Return in how few facts a spec among some differs from one, and which those are.

        A variant that only one of two specs has is a difference, too. So |ours| + |theirs| - |names in common| - |equal| variants differ,
        and that is least where |names in common| + |equal| - |theirs| is most.
        """
        single = [name for name in compared if name != "variants"]
        equal = [self._of_compiler(c.compiler) if name == "compiler" else self._of(name, getattr(c, name)) for name in single]
        if single == list(compared):
            most, among = _find_most([], equal, among)
            return len(single) - most, among
        equal += [self._of("variant", text) for text in c.variants]
        equal += [self._of("name", parse_variant(text)[0]) for text in c.variants]
        most, among = _find_most(self._fewer_variants, equal, among)
        return len(single) + len(c.variants) + self._most_variants - most, among

    def _find_fewest_stacks(self, stacks: tuple[str, ...], among: int) -> tuple[int, int]:
        """Return in how few stacks a spec among some differs from one, and which those are: |ours| + |theirs| - 2 |shared|."""
        shared = [self._of("stack", stack) for stack in stacks]
        most, among = _find_most(self._fewer_stacks, shared + shared, among)
        return len(stacks) + self._most_stacks - most, among

    def _of(self, name: str, value: str) -> int:
        return self._masks.get((name, value), 0)

    def _of_compiler(self, compiler: str) -> int:
        """Return which specs have a compiler, as far as is known."""
        if compiler == UNKNOWN_COMPILER:
            return self.free
        return self._of("compiler", compiler) | self._of("compiler", UNKNOWN_COMPILER)


@lru_cache(maxsize=1 << 12)
def _facts_of(body: Body) -> tuple[tuple[str, str], ...]:
    c = body.coordinates
    return (
        ("version", c.version),
        ("compiler", c.compiler),
        ("platform", c.platform),
        ("os", c.os),
        ("target", c.target),
        *[("stack", stack) for stack in body.stacks or ("",)],
        *[("variant", text) for text in c.variants],
        *[("name", parse_variant(text)[0]) for text in c.variants],
    )


def _shortfalls(sizes: Sequence[int]) -> tuple[int, list[int]]:
    """Return the greatest size, and counters of how far below it each is."""
    greatest = max(sizes)
    counters = [0] * (greatest - min(sizes)).bit_length()
    for place, size in enumerate(sizes):
        for power in range(len(counters)):
            counters[power] |= (greatest - size >> power & 1) << place
    return greatest, counters


def _find_most(counters: Iterable[int], masks: Iterable[int], among: int) -> tuple[int, int]:
    """Return the greatest count among some places, and the places that have it, after each mask has added one to its places.

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
    greatest = 0
    for power in reversed(range(len(counters))):
        if having := among & counters[power]:
            among = having
            greatest |= 1 << power
    return greatest, among
