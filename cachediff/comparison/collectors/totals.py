"""What packages add up to, and which of them have something to say."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.comparison.counts import add_up
from cachediff.comparison.selection import is_outside
from cachediff.domain.cell import Cell, FacetKind
from cachediff.domain.diff import Kind, PackageDiff, SpecCounts
from cachediff.domain.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    from cachediff.comparison.collectors.collector import ReadPackage
    from cachediff.domain.diff import PackageFacts

    Key = TypeVar("Key")


class SideSum(Struct):
    """What the compared packages of one side add up to (see domain.diff.SnapshotTotals)."""

    coordinates: int = 0
    cells: int = 0
    stacks: dict[str, int] = field(default_factory=dict)
    packages_by_cell: dict[Cell, int] = field(default_factory=dict)
    arches: set[tuple[str, str, str]] = field(default_factory=set)
    uses_root: bool = False

    def add(self, facts: PackageFacts) -> None:
        """Add one page."""
        self.coordinates += facts.coordinates
        self.cells += len(facts.cells)
        _add(self.stacks, facts.stacks)
        packages_by_cell = self.packages_by_cell
        for cell in facts.cells:
            packages_by_cell[cell] = packages_by_cell.get(cell, 0) + 1
        self.arches |= facts.arches
        self.uses_root |= facts.uses_root

    def merge(self, other: SideSum) -> None:
        """Add what another share found."""
        self.coordinates += other.coordinates
        self.cells += other.cells
        _add(self.stacks, other.stacks)
        _add(self.packages_by_cell, other.packages_by_cell)
        self.arches |= other.arches
        self.uses_root |= other.uses_root

    def values(self) -> dict[str, frozenset[str]]:
        """Return every platform, os and target of any spec."""
        return {name: frozenset(arch[i] for arch in self.arches) for i, name in enumerate(("platform", "os", "target"))}


class Totals(Struct):
    """Sums over packages, and the packages that have something to say, `alone` those that are not compared.

    `tag` is the one that NEW's packages should have.
    """

    tag: str
    selection: Selection
    old: SideSum = field(default_factory=SideSum)
    new: SideSum = field(default_factory=SideSum)
    kinds: dict[Kind, int] = field(default_factory=dict)
    specs: SpecCounts = field(default_factory=SpecCounts)
    lost: int = 0
    gained: int = 0
    facets_lost: dict[FacetKind, int] = field(default_factory=dict)
    facets_gained: dict[FacetKind, int] = field(default_factory=dict)
    notable: list[PackageDiff] = field(default_factory=list)
    alone: list[PackageDiff] = field(default_factory=list)

    def add(self, package: ReadPackage) -> None:
        """Add one package, if it was compared and the selection takes something of it.

        One of NEW may always contradict itself, whatever there is to compare it with.
        """
        diff = package.diff
        if diff is None:
            self._add_alone(package)
            return
        is_fault, is_out = is_at_fault(diff, self.tag), is_outside(diff, self.selection)
        if diff.new is None:  # but for a page without a spec
            self._add_alone(package)
        # How NEW was written (`uses_root`) is told by what the selection leaves out, too.
        if diff.new is not None or not is_out:
            self._add_sides(diff)
        if is_fault or not is_out:
            self._count(diff)
            # All else is only counted: kept, it would make memory grow with the snapshot.
            if is_fault or diff.kind not in ("rebuilt", "unchanged") or diff.unrooted:
                self.notable.append(diff)

    def _add_alone(self, package: ReadPackage) -> None:
        """Keep a page of NEW that is at fault by itself, where that of OLD cannot be trusted: nothing else is said of it."""
        _, new = package.valid
        if new is not None and new.claims is not None:
            diff = PackageDiff(package.package, None, add_up(new, new.specs), SpecCounts())
            self.alone += [diff] if is_at_fault(diff, self.tag) else []

    def _add_sides(self, diff: PackageDiff) -> None:
        if diff.old is not None:
            self.old.add(diff.old)
        if diff.new is not None:
            self.new.add(diff.new)

    def _count(self, diff: PackageDiff) -> None:
        if diff.specs.old or diff.specs.new:
            self.kinds[diff.kind] = self.kinds.get(diff.kind, 0) + 1
        self.specs = _sum_specs(self.specs, diff.specs)
        self.lost += len(diff.lost)
        self.gained += len(diff.gained)
        for change in diff.facets_lost:
            self.facets_lost[change.kind] = self.facets_lost.get(change.kind, 0) + 1
        for change in diff.facets_gained:
            self.facets_gained[change.kind] = self.facets_gained.get(change.kind, 0) + 1

    def merge(self, other: Totals) -> None:
        """Add what another share found. Its packages come after: sorting them is for who knows that no share is missing."""
        self.old.merge(other.old)
        self.new.merge(other.new)
        _add(self.kinds, other.kinds)
        self.specs = _sum_specs(self.specs, other.specs)
        self.lost += other.lost
        self.gained += other.gained
        _add(self.facets_lost, other.facets_lost)
        _add(self.facets_gained, other.facets_gained)
        self.notable += other.notable
        self.alone += other.alone

    def finish(self) -> dict[Kind, int]:
        """Return how many packages are of each kind, of every kind."""
        return {kind: self.kinds.get(kind, 0) for kind in ("added", "removed", "changed", "rebuilt", "unchanged")}

    def finish_alone(self) -> tuple[PackageDiff, ...]:
        """Return the pages that are at fault and not compared, in order."""
        return tuple(sorted(self.alone, key=attrgetter("package")))


def is_at_fault(package: PackageDiff, tag: str) -> bool:
    """Return whether NEW's page of the package contradicts itself, or is not where or what it says."""
    facts = package.new
    return facts is not None and bool(
        facts.mismatches or facts.duplicates or facts.title != package.package or facts.tag != tag
    )


def _add(total: dict[Key, int], more: Mapping[Key, int]) -> None:
    for key, number in more.items():
        total[key] = total.get(key, 0) + number


def _sum_specs(a: SpecCounts, b: SpecCounts) -> SpecCounts:
    return SpecCounts(
        old=a.old + b.old,
        new=a.new + b.new,
        unchanged=a.unchanged + b.unchanged,
        rebuilt=a.rebuilt + b.rebuilt,
        changed=a.changed + b.changed,
        added=a.added + b.added,
        removed=a.removed + b.removed,
    )
