"""One generated spec, and the drawing of specs from a recipe so that contents repeat as they do on real pages."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.places import PLACES, Place

if TYPE_CHECKING:
    import random

    from benchmarks.recipes import Recipe

_NEWEST_VERSION = 0.85  # the share of specs that have a package's newest version
_USUAL_COMPILER = 0.92  # the share of specs that have the first compiler of their place
_POPULAR_PLACES = 17  # the first ones of the table: e4s, machine learning, bootstrap
_POPULARITY = tuple(12 if index < _POPULAR_PLACES else 5 if place.stacks else 1 for index, place in enumerate(PLACES))

# All that a spec's coordinates hold but the package and the compiler, which a page may not know.
Coordinates = tuple[str, str, str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class SpecContent:
    """A spec without its hash, in the spelling of new pages. Specs of one page share it, so it compares by identity."""

    version: str
    place: Place
    compiler: str
    variants: tuple[str, ...]

    @property
    def coordinates(self) -> Coordinates:
        """(version, platform, os, target, variants)."""
        return (self.version, self.place.platform, self.place.os, self.place.target, self.variants)


class Spec(NamedTuple):
    """A content and the hash of one binary."""

    hash: str
    content: SpecContent


class Shelf:
    """Draws the contents of one package; equal ones are the same object."""

    def __init__(self, recipe: Recipe, rng: random.Random) -> None:
        self.recipe = recipe
        self._rng = rng
        self._contents: dict[tuple[str, Place, str, tuple[str, ...]], SpecContent] = {}

    def content(self, version: str, place: Place, compiler: str, variants: tuple[str, ...]) -> SpecContent:
        """The content with these facts."""
        facts = (version, place, compiler, variants)
        return self._contents.get(facts) or self._contents.setdefault(facts, SpecContent(*facts))

    def draw(self, place: Place) -> SpecContent:
        """A random content at a place: mostly the newest version and the usual compiler."""
        rng, versions = self._rng, self.recipe.versions
        version = versions[0] if rng.random() < _NEWEST_VERSION else rng.choice(versions)
        compiler = place.compilers[0] if rng.random() < _USUAL_COMPILER else rng.choice(place.compilers)
        return self.content(version, place, compiler, self.recipe.variants(place, rng))


def a_page(shelf: Shelf, count: int, rng: random.Random) -> list[Spec]:
    """`count` random specs of one package. Small pages have about a place a spec, large ones repeat themselves."""
    places = some_places(max(1, round(count**0.75 * rng.uniform(0.7, 1.3))), rng)
    return [Spec(a_hash(rng), shelf.draw(rng.choice(places))) for _ in range(count)]


def some_places(draws: int, rng: random.Random) -> list[Place]:
    """The distinct places among so many draws, in a fixed order."""
    drawn = dict.fromkeys(rng.choices(range(len(PLACES)), weights=_POPULARITY, k=draws))
    return [PLACES[index] for index in sorted(drawn)]


def a_hash(rng: random.Random) -> str:
    """A random Spack hash: 32 characters of a-z and 2-7."""
    return base64.b32encode(rng.getrandbits(160).to_bytes(20, "big")).decode("ascii").lower()
