"""Compared packages set aside in a temporary file, so that memory stays flat however many there are."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cachediff.domain.diff import PackageDiff
from cachediff.spill.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK = 128
"""How many packages are written and read at a time."""

_encode = msgspec.msgpack.Encoder().encode


@cache
def _decoder() -> msgspec.msgpack.Decoder[list[PackageDiff]]:
    """Return what reads packages back: made when it is needed, as that takes 2 ms, and most comparisons stay in memory."""
    return msgspec.msgpack.Decoder(list[PackageDiff])


class Chunk(Struct, frozen=True, gc=False):
    """Where some packages are in the file, in bytes, and how many they are."""

    start: int
    size: int
    packages: int


class DiffSpill:
    """A temporary file that holds packages in the order in which they came.

    A forked process may fill one that was opened before.
    """

    def __init__(self) -> None:
        # Not opened here: a comparison that stays in memory makes no file.
        self._scratch: Scratch | None = None
        self.chunks: list[Chunk] = []

    def open(self) -> Scratch:
        """Make the file, which is gone with this. Raises InputError where there is no place for it."""
        self._scratch = self._scratch or Scratch()
        return self._scratch

    def put(self, packages: Sequence[PackageDiff]) -> None:
        """Write packages after those that are there. Raises InputError where there is no room for them."""
        scratch = self.open()
        for start in range(0, len(packages), CHUNK):
            some = packages[start : start + CHUNK]
            data = _encode(some)
            end = self.chunks[-1].start + self.chunks[-1].size if self.chunks else 0
            scratch.write(data, end)
            self.chunks.append(Chunk(end, len(data), len(some)))

    def __iter__(self) -> Iterator[PackageDiff]:
        """Yield the packages."""
        for chunk in self.chunks:
            yield from _decoder().decode(self.open().read(chunk.start, chunk.size))


class SpilledPackages(Collection[PackageDiff]):
    """All packages of a comparison, in order: those of several spills, each in order, and those in memory."""

    def __init__(self, spills: Sequence[DiffSpill], rest: Sequence[PackageDiff], count: int) -> None:
        self._spills = spills
        self._rest = rest
        self._count = count

    def __len__(self) -> int:
        """Return how many packages there are."""
        return self._count

    def __iter__(self) -> Iterator[PackageDiff]:
        """Yield the packages, read anew."""
        # Packages are dealt out in order, so each spill is sorted, and merging holds one chunk of each.
        return heapq.merge(*self._spills, self._rest, key=attrgetter("package"))

    def __contains__(self, package: object) -> bool:
        """Return whether a package is among them."""
        return any(package == one for one in self)


def gather(spills: Sequence[DiffSpill], rest: Sequence[PackageDiff], most: int) -> Collection[PackageDiff]:
    """Return all packages in order: in memory, unless there are more than `most`."""
    # Counted from the chunks: to count packages by reading them would be to read the whole file.
    count = len(rest) + sum(chunk.packages for spill in spills for chunk in spill.chunks)
    if count > most:
        return SpilledPackages(spills, rest, count)
    return tuple(sorted(chain(*spills, rest), key=attrgetter("package")))
