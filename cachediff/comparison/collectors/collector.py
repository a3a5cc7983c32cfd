"""What a collector is, and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from cachediff.domain.diff import PackageDiff
from cachediff.domain.package import InvalidPackage, PackageRecord

if TYPE_CHECKING:
    from typing import Self


# Both as read and as compared: what cannot be trusted is not compared, and counts all the same.
class ReadPackage(Struct, frozen=True):
    """A package as it was read of both sides, and what differs.

    A side that has none is None, and what differs is None where either cannot be trusted.
    """

    package: str
    old: PackageRecord | InvalidPackage | None
    new: PackageRecord | InvalidPackage | None
    diff: PackageDiff | None

    @property
    def valid(self) -> tuple[PackageRecord | None, PackageRecord | None]:
        """OLD and NEW, None where a side has no such package, or one that cannot be trusted."""
        old, new = self.old, self.new
        return old if isinstance(old, PackageRecord) else None, new if isinstance(new, PackageRecord) else None


class Collector(Protocol):
    """Sees every package of a share once.

    What it has then is sent from process to process; each one's `finish` makes the answer of it.
    """

    def add(self, package: ReadPackage) -> None:
        """See one package."""

    def merge(self, other: Self) -> None:
        """Add what another share has seen."""
