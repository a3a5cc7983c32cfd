"""What locks ask for, by package and place: the measure of losses, where it is known (docs/impact.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from cachediff.domain.problem import Location

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.domain.cell import Cell

WantedSpec: TypeAlias = tuple[str, str, str, str]
"""A package that somebody asks for, and where: platform, os, target."""


class Wanted(Struct, frozen=True):
    """What some locks ask for: their roots, and what those need once they are built.

    `by_stack` has what the lock of each stack does; a stack without one is judged as ever. `everywhere` is what locks of no
    stack ask for, which speak for every stack, None where there are none. `locks` are where they were read from. `names`
    has, by stack, all packages of locks, also those that were there before Spack; those of no stack have no name.
    """

    locks: tuple[str, ...]
    by_stack: Mapping[str, frozenset[WantedSpec]] = {}
    everywhere: frozenset[WantedSpec] | None = None
    names: Mapping[str, frozenset[str]] = {}

    def is_judged(self, stack: str) -> bool:
        """Return whether a lock speaks for a stack."""
        return self.everywhere is not None or stack in self.by_stack

    def has(self, package: str, cell: Cell) -> bool:
        """Return whether somebody asks for a package in a cell."""
        spec = (package, cell.platform, cell.os, cell.target)
        return spec in self.by_stack.get(cell.stack, ()) or spec in (self.everywhere or ())

    def find_unwanted(self, package: str, cells: Collection[Cell]) -> frozenset[Cell]:
        """Return the cells in which a lock speaks, and nobody asks for a package."""
        return frozenset([cell for cell in cells if self.is_judged(cell.stack) and not self.has(package, cell)])

    def knows(self, package: str, stack: str) -> bool:
        """Return whether a lock that speaks for a stack has a package, wherever that is and whoever put it there.

        Where no names are known, each may be one of them.
        """
        return not self.names or any(package in self.names.get(name, ()) for name in (stack, ""))


class Sizes(Struct):
    """What a snapshot has of what is wanted, or is in a stack without a lock.

    Counted are packages, and distinct coordinates without the compiler, in all and by stack.
    """

    packages: int = 0
    coordinates: int = 0
    stacks: dict[str, int] = {}


class WantedGap(Struct, frozen=True, order=True):
    """What is wanted and in neither snapshot: a package, or without a name several, all that are wanted in a place.

    Without a stack it is in none. `location` is where a lock asks for it, None where that was not looked up.
    """

    package: str
    stack: str
    platform: str
    os: str
    target: str
    packages: tuple[str, ...] = ()
    location: Location | None = None


class WantedDiff(Struct, frozen=True):
    """What is wanted of two snapshots: how many lost cells are, and how many no longer.

    The others are in stacks without a lock. `old` and `new` are what each side has of it, `missing` is what neither has.
    """

    wanted: Wanted
    lost: int
    unwanted: int
    old: Sizes
    new: Sizes
    missing: tuple[WantedGap, ...] = ()
