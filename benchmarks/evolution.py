"""What a week does to a page, done so that the matching rules of the design leave no doubt about any bucket.

Specs that keep their coordinates and stacks pair with each other, whichever of equals it is. What is left is what this
module removes, bumps and adds, and three conditions keep these apart:

* On one page each stack is used by one kind of mutation only, and two bumps have either equal stacks or none in common. So
  the passes that want a shared stack can pair a bumped spec with its own kind, and nothing else.
* Where NEW says compiler `none`, stacks do not decide which of equal coordinates pair; so there a spec is touched only if
  all specs with its coordinates, compiler left out, have its stacks: then it does not matter which of them is left.
* A bump goes to a version that the page never had, and no added spec has the coordinates of one that vanished, so the passes
  that look at coordinates alone find nothing.

Specs in `root` only are never touched.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.places import PLACES, Place
from benchmarks.recipes import flipped, spelled
from benchmarks.specs import Coordinates, Shelf, Spec, SpecContent, a_hash

if TYPE_CHECKING:
    import random

KEPT_HASHES = 0.30
REMOVED, ADDED, BUMPED = 0.03, 0.04, 0.05
_NEW_PLACES = 0.3  # the share of added specs that go anywhere, not where the package already is


@dataclass(slots=True)
class Budget:
    """How many specs are still to be removed, added and bumped; what one page cannot spend is left to the next.

    Packages that come or go as a whole are paid from it too, and may leave it below zero.
    """

    removed: float = 0.0
    added: float = 0.0
    bumped: float = 0.0

    def grow(self, specs: int) -> None:
        """Add the share of so many OLD specs."""
        self.removed += specs * REMOVED
        self.added += specs * ADDED
        self.bumped += specs * BUMPED


@dataclass(slots=True)
class Evolution:
    """One page a week later, and how many pairs are in each bucket."""

    new: list[Spec] = field(default_factory=list)
    buckets: Counter[str] = field(default_factory=Counter)


def evolve(old: list[Spec], shelf: Shelf, budget: Budget, rng: random.Random) -> Evolution:
    """The NEW page of an OLD one, spending from the budget."""
    budget.grow(len(old))
    page = _Page(old, shelf, rng)
    budget.removed -= page.remove(max(0, int(budget.removed)))
    budget.bumped -= page.bump(max(0, int(budget.bumped)))
    budget.added -= page.add(max(0, int(budget.added)))
    return page.evolution()


class _Page:
    """A page between two snapshots."""

    def __init__(self, old: list[Spec], shelf: Shelf, rng: random.Random) -> None:
        self._old, self._shelf, self._rng = old, shelf, rng
        self._owners: dict[str, object] = {}  # by stack: the kind of mutation that it is used by
        self._stacks: dict[Coordinates, set[tuple[str, ...]]] = defaultdict(set)
        for content in {spec.content: None for spec in old}:
            self._stacks[content.coordinates].add(content.place.stacks)
        self._gone: set[int] = set()  # indices of removed specs
        self._successors: dict[int, SpecContent] = {}  # by index of the bumped spec
        self._vanished: set[Coordinates] = set()
        self._added: list[SpecContent] = []

    def remove(self, most: int) -> int:
        """Remove up to so many specs, but never all of the page; gives back how many."""
        for index in self._some_indices(most * 3):
            content = self._old[index].content
            if (
                len(self._gone) < min(most, len(self._old) - 1)
                and self._is_certain(content)
                and self._claim(content, "removed")
            ):
                self._gone.add(index)
                self._vanished.add(content.coordinates)
        return len(self._gone)

    def bump(self, most: int) -> int:
        """Bump up to so many specs: all that share version and place, to one fresh version; gives back how many."""
        if not most:
            return 0
        groups: dict[tuple[str, Place], list[int]] = defaultdict(list)
        for index, (_, content) in enumerate(self._old):
            groups[content.version, content.place].append(index)
        for indices in self._rng.sample(list(groups.values()), len(groups)):
            contents = [self._old[index].content for index in indices]
            if len(self._successors) + len(indices) > most or not all(map(self._is_certain, contents)):
                continue
            if self._claim(contents[0], ("bumped", contents[0].place.stacks)):
                self._bump_all(indices)
        return len(self._successors)

    def add(self, most: int) -> int:
        """Add up to so many specs; gives back how many."""
        here = list(dict.fromkeys(spec.content.place for spec in self._old))
        for _ in range(most * 4):
            place = self._rng.choice(PLACES if self._rng.random() < _NEW_PLACES else here)
            content = self._shelf.draw(place)
            if self._rng.random() < 0.5:
                variants = spelled(flipped(self._shelf.recipe.flavours[0], 3, self._rng))
                content = self._shelf.content(content.version, place, content.compiler, variants)
            if len(self._added) < most and self._is_addable(content):
                self._added.append(content)
        return len(self._added)

    def evolution(self) -> Evolution:
        """The new page: kept specs with or without their hash, bumped ones and added ones."""
        result = Evolution()
        for index, spec in enumerate(self._old):
            if index in self._gone:
                result.buckets["removed"] += 1
            elif index in self._successors:
                self._put(result, "changed", self._successors[index])
            elif self._rng.random() < KEPT_HASHES:
                result.buckets["unchanged"] += 1
                result.new.append(spec)
            else:
                self._put(result, "rebuilt", spec.content)
        for content in self._added:
            self._put(result, "added", content)
        return result

    def _put(self, result: Evolution, bucket: str, content: SpecContent) -> None:
        result.buckets[bucket] += 1
        result.new.append(Spec(a_hash(self._rng), content))

    def _some_indices(self, most: int) -> list[int]:
        return self._rng.sample(range(len(self._old)), min(most, len(self._old)))

    def _claim(self, content: SpecContent, owner: object) -> bool:
        """Take the stacks of a content for one kind of mutation, if no other kind has any of them."""
        stacks = content.place.stacks
        if not stacks or any(self._owners.get(stack, owner) != owner for stack in stacks):
            return False
        self._owners.update(dict.fromkeys(stacks, owner))
        return True

    def _is_certain(self, content: SpecContent) -> bool:
        """Whether a spec that is left over with these coordinates has these stacks."""
        stacks = self._stacks.get(content.coordinates)
        return not self._shelf.recipe.is_languageless or not stacks or stacks == {content.place.stacks}

    def _is_addable(self, content: SpecContent) -> bool:
        return content.coordinates not in self._vanished and self._is_certain(content) and self._claim(content, "added")

    def _bump_all(self, indices: list[int]) -> None:
        for index in indices:
            content = self._old[index].content
            version = _fresh_version(content.version, self._shelf.recipe.versions)
            self._vanished.add(content.coordinates)
            self._successors[index] = self._shelf.content(version, content.place, content.compiler, content.variants)


def _fresh_version(version: str, taken: tuple[str, ...]) -> str:
    """The next version, by its last number, that is not taken."""
    head, _, last = version.rpartition(".")
    number = int(last) + 1
    while f"{head}.{number}" in taken:
        number += 1
    return f"{head}.{number}"
