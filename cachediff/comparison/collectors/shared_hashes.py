"""Hashes that several packages of NEW claim: a binary is one package's."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field

from cachediff.domain.diff import SharedHash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cachediff.comparison.collectors.collector import ReadPackage
    from cachediff.domain.package import PackageRecord
    from cachediff.domain.problem import Location

AT_A_TIME = 200_000
"""How many hashes are looked at at a time."""


class SharedHashes(Struct):
    """A number of eight bytes for each hash of NEW: two that are equal are worth a second look."""

    # A bytearray and no array: it is sent between processes by msgspec, which knows no arrays.
    numbers: bytearray = field(default_factory=bytearray)

    def add(self, package: ReadPackage) -> None:
        """Note the hashes of one package."""
        _, new = package.valid
        if new is not None:
            # Python's hashes of text differ from run to run; workers are forks of one run, so theirs are the same.
            self.numbers += array("q", [hash(spec.hash) for spec in new.specs]).tobytes()

    def merge(self, other: SharedHashes) -> None:
        """Add the hashes of another share."""
        self.numbers += other.numbers

    def finish(self, read: Callable[[], Iterable[PackageRecord]]) -> tuple[SharedHash, ...]:
        """Return each hash that several packages have, in order.

        Where numbers hint at one, the valid packages of NEW are read again.
        """
        # Two hashes may have one number by chance, so only the hashes themselves prove anything.
        repeated = find_repeated(array("q", bytes(self.numbers)))
        return find_shared_hashes(read(), repeated) if repeated else ()


def find_shared_hashes(packages: Iterable[PackageRecord], numbers: set[int]) -> tuple[SharedHash, ...]:
    """Return each hash that several packages have, in order, among those with some numbers."""
    holders: defaultdict[str, set[tuple[str, Location]]] = defaultdict(set)
    for package in packages:
        for spec in package.specs:
            if hash(spec.hash) in numbers:
                holders[spec.hash].add((package.package, package.locate()))
    shared = sorted((hash_, sorted(found, key=_by_package)) for hash_, found in holders.items() if len(found) > 1)
    return tuple(SharedHash(hash_, tuple(found)) for hash_, found in shared)


def _by_package(holder: tuple[str, Location]) -> tuple[str, str]:
    return holder[0], holder[1].path


def find_repeated(numbers: array[int]) -> set[int]:
    """Return the numbers that occur more than once.

    They are looked at in parts: a set of all would be the largest thing in memory.
    """
    parts = len(numbers) // AT_A_TIME + 1
    repeated = set()
    for part in range(parts):
        some = [number for number in numbers if number % parts == part] if parts > 1 else numbers
        if len(set(some)) < len(some):
            repeated |= {number for number, count in Counter(some).items() if count > 1}
    return repeated
