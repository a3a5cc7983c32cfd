"""The packages that lost something, found while the rules look at all of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from cachediff.domain.diff import PackageDiff

if TYPE_CHECKING:
    from collections.abc import Iterator


class WatchedPackages(Collection[PackageDiff]):
    """The packages of a comparison; `losers` are those that lost a cell or an MPI, or are gone, once somebody has seen all.

    A walk of its own for these would read all of a large comparison from the disk once more.
    """

    def __init__(self, packages: Collection[PackageDiff]) -> None:
        self._packages = packages
        self.losers: tuple[PackageDiff, ...] = ()

    def __len__(self) -> int:
        """Return how many packages there are."""
        return len(self._packages)

    def __iter__(self) -> Iterator[PackageDiff]:
        """Yield the packages in their order."""
        found = []
        for package in self._packages:
            if _is_loser(package):
                found.append(package)
            yield package
        self.losers = tuple(found)

    def __contains__(self, package: object) -> bool:
        """Return whether this is one of them."""
        return any(package == one for one in self)


def _is_loser(package: PackageDiff) -> bool:
    return bool(package.lost) or package.new is None or any(change.kind == "mpi" for change in package.needed_facets)
