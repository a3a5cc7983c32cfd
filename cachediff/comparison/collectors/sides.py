"""What each side is, besides what its packages offer: what was read of it, and what of that cannot be trusted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.domain.package import InvalidPackage, InvalidPage, PackageRecord

if TYPE_CHECKING:
    from cachediff.comparison.collectors.collector import ReadPackage


class SideReading(Struct):
    """One side's packages: how many specs they have, what they were read from, the tags they have, and what is invalid.

    `empty` counts the pages without a spec, whose packages are not there.
    """

    specs: int = 0
    empty: int = 0
    digests: list[tuple[str, str]] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    invalid: list[InvalidPage] = field(default_factory=list)

    def add(self, found: PackageRecord | InvalidPackage | None) -> None:
        """Add a package."""
        if found is None:
            return
        # Also of what is invalid: the digest is of what was read, not of what was understood.
        self.digests += found.digests
        if isinstance(found, InvalidPackage):
            self.invalid += found.pages
        elif not found.written:
            self.empty += 1
        # A valid page beside an invalid one of the same name is not compared, and yet was read.
        for record in found.valid:
            self.specs += len(record.specs)
            self.tags[record.tag] = self.tags.get(record.tag, 0) + 1

    def merge(self, other: SideReading) -> None:
        """Add what another share has read."""
        self.specs += other.specs
        self.empty += other.empty
        self.digests += other.digests
        self.invalid += other.invalid
        self.tags = dict(Counter(self.tags) + Counter(other.tags))

    def finish(self) -> tuple[InvalidPage, ...]:
        """Return what is invalid, in order."""
        return tuple(sorted(self.invalid, key=lambda page: (page.package, page.path)))


class Sides(Struct):
    """Both sides."""

    old: SideReading = field(default_factory=SideReading)
    new: SideReading = field(default_factory=SideReading)

    def add(self, package: ReadPackage) -> None:
        """Add a package as it was read of both."""
        self.old.add(package.old)
        self.new.add(package.new)

    def merge(self, other: Sides) -> None:
        """Add what another share has read."""
        self.old.merge(other.old)
        self.new.merge(other.new)
