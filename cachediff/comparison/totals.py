"""What packages add up to: sums that shares of a comparison keep for themselves and that are merged at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.domain.cell import Cell
from cachediff.domain.diff import Kind, PackageDiff, SpecCounts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    from cachediff.domain.diff import PageFacts

    Key = TypeVar("Key")


class SideSum(Struct):
    """What the compared packages of one side add up to (see domain.diff.Totals)."""

    coordinates: int = 0
    cells: int = 0
    stacks: dict[str, int] = field(default_factory=dict)
    places: dict[Cell, int] = field(default_factory=dict)
    spots: set[tuple[str, str, str]] = field(default_factory=set)
    uses_root: bool = False

    def add(self, facts: PageFacts) -> None:
        """Add one page."""
        self.coordinates += facts.coordinates
        self.cells += len(facts.cells)
        _add(self.stacks, facts.stacks)
        places = self.places
        for cell in facts.cells:
            places[cell] = places.get(cell, 0) + 1
        self.spots |= facts.places
        self.uses_root |= facts.uses_root

    def merge(self, other: SideSum) -> None:
        """Add what another share found."""
        self.coordinates += other.coordinates
        self.cells += other.cells
        _add(self.stacks, other.stacks)
        _add(self.places, other.places)
        self.spots |= other.spots
        self.uses_root |= other.uses_root

    def values(self) -> dict[str, frozenset[str]]:
        """Return every platform, os and target of any spec."""
        return {name: frozenset(spot[i] for spot in self.spots) for i, name in enumerate(("platform", "os", "target"))}


class Tally(Struct):
    """Sums over packages, and the packages that have something to say. `tag` is that of the snapshot that NEW's pages should be of."""

    tag: str
    old: SideSum = field(default_factory=SideSum)
    new: SideSum = field(default_factory=SideSum)
    kinds: dict[Kind, int] = field(default_factory=dict)
    specs: SpecCounts = field(default_factory=SpecCounts)
    lost: int = 0
    gained: int = 0
    notable: list[PackageDiff] = field(default_factory=list)

    def add(self, package: PackageDiff) -> None:
        """Add one package."""
        if package.old is not None:
            self.old.add(package.old)
        if package.new is not None:
            self.new.add(package.new)
        kind = package.kind
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.specs = _sum_specs(self.specs, package.specs)
        self.lost += len(package.lost)
        self.gained += len(package.gained)
        if kind not in ("rebuilt", "unchanged") or package.unrooted or is_at_fault(package, self.tag):
            self.notable.append(package)

    def merge(self, other: Tally) -> None:
        """Add what another share found. Its packages come after: sorting them is for who knows that no share is missing."""
        self.old.merge(other.old)
        self.new.merge(other.new)
        _add(self.kinds, other.kinds)
        self.specs = _sum_specs(self.specs, other.specs)
        self.lost += other.lost
        self.gained += other.gained
        self.notable += other.notable


def is_at_fault(package: PackageDiff, tag: str) -> bool:
    """Return whether NEW's page of the package contradicts itself, or is not where or what it says."""
    facts = package.new
    return facts is not None and bool(facts.mismatches or facts.duplicates or facts.title != package.package or facts.tag != tag)


def _add(total: dict[Key, int], more: Mapping[Key, int]) -> None:
    for key, number in more.items():
        total[key] = total.get(key, 0) + number


def _sum_specs(a: SpecCounts, b: SpecCounts) -> SpecCounts:
    return SpecCounts(
        a.old + b.old,
        a.new + b.new,
        a.unchanged + b.unchanged,
        a.rebuilt + b.rebuilt,
        a.changed + b.changed,
        a.added + b.added,
        a.removed + b.removed,
    )
