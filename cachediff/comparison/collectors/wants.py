"""What of both sides is wanted: how much of it there is, how much was lost, and what neither side has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.comparison.coverage import cells_of
from cachediff.comparison.wanted import count_wanted, list_gaps
from cachediff.domain.cell import PackageCell
from cachediff.domain.package import InvalidPackage, PackageRecord
from cachediff.domain.wanted import Sizes, Wanted, WantedDiff

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.comparison.collectors.collector import ReadPackage
    from cachediff.domain.diff import PackageDiff, SnapshotTotals
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import SpecContent


class Wants(Struct):
    """Sums of what is wanted; `wanted` is None where nobody asked.

    `found` has the wanted packages of either side with their cells, `unknown` those of which NEW cannot be trusted. The
    packages of `old` and `new` are those that have nothing which is wanted: of the others the sums here know nothing.
    """

    wanted: Wanted | None = None
    lost: int = 0
    unwanted: int = 0
    old: Sizes = field(default_factory=Sizes)
    new: Sizes = field(default_factory=Sizes)
    found: set[PackageCell] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def add(self, package: ReadPackage) -> None:
        """Add one package."""
        if self.wanted is None:
            return
        old, new = package.valid
        contents_old, contents_new = (_contents_of(side) for side in (old, new))
        # Also of packages that are not compared: what a side surely has is not missing.
        for contents in (contents_old, contents_new):
            self._find(package.package, contents)
        if package.diff is not None:
            _add_sizes(self.old, package.package, contents_old, self.wanted)
            _add_sizes(self.new, package.package, contents_new, self.wanted)
            self._count_lost(package.diff)
        elif new is None or not isinstance(package.old, InvalidPackage):
            # Where OLD alone cannot be trusted, NEW still tells what it lacks.
            self.unknown.add(package.package)

    def _find(self, package: str, contents: Collection[SpecContent]) -> None:
        wanted = self.wanted
        cells = {cell for content in contents for cell in cells_of(content)}
        self.found |= {(package, cell) for cell in cells if wanted is not None and wanted.has(package, cell)}

    def _count_lost(self, diff: PackageDiff) -> None:
        for one in diff.lost:
            # Of a stack without a lock neither is counted: nobody can tell.
            if one.cell in diff.unwanted:
                self.unwanted += 1
            elif self.wanted is not None and self.wanted.is_judged(one.cell.stack):
                self.lost += 1

    def merge(self, other: Wants) -> None:
        """Add what another share has seen."""
        self.lost += other.lost
        self.unwanted += other.unwanted
        _merge_sizes(self.old, other.old)
        _merge_sizes(self.new, other.new)
        self.found |= other.found
        self.unknown |= other.unknown

    def finish(self, old: SnapshotTotals | None, new: SnapshotTotals, selection: Selection) -> WantedDiff | None:
        """Return what is wanted of two snapshots, None where nobody asked, or one was looked at alone."""
        if self.wanted is None or old is None:
            return None
        places = old.packages_by_cell.keys() | new.packages_by_cell.keys()
        unobserved = old.reading.unobserved | new.reading.unobserved
        gaps = list_gaps(self.wanted, self.found, places, self.unknown, selection, unobserved)
        # Packages that cannot be trusted count, as they do where nothing is said of what is wanted.
        before, after = (
            Sizes(side.packages - some.packages, some.coordinates, some.stacks)
            for side, some in ((old, self.old), (new, self.new))
        )
        return WantedDiff(self.wanted, self.lost, self.unwanted, before, after, tuple(gaps))


def _contents_of(record: PackageRecord | None) -> frozenset[SpecContent]:
    return frozenset([spec.content for spec in record.specs]) if record else frozenset()


def _add_sizes(sizes: Sizes, package: str, contents: Collection[SpecContent], wanted: Wanted) -> None:
    coordinates, stacks = count_wanted(package, contents, wanted)
    sizes.packages += bool(contents) and not coordinates
    sizes.coordinates += coordinates
    for stack, number in stacks.items():
        sizes.stacks[stack] = sizes.stacks.get(stack, 0) + number


def _merge_sizes(sizes: Sizes, other: Sizes) -> None:
    sizes.packages += other.packages
    sizes.coordinates += other.coordinates
    for stack, number in other.stacks.items():
        sizes.stacks[stack] = sizes.stacks.get(stack, 0) + number
