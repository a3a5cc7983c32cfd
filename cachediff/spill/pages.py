"""Files of a revision or an archive, kept in one temporary file: forked processes read it too, and memory stays flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.errors import InputError
from cachediff.limits import too_large
from cachediff.spill.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.limits import Limits

_CHUNK = 1 << 20


class PageStore:
    """The files of one source, which messages name as `shown`."""

    def __init__(self, shown: str, limits: Limits) -> None:
        self._shown = shown
        self._limits = limits
        self._end = self._total = 0
        self._scratch = Scratch()

    def keep(self, read: Callable[[int], bytes], name: str, most: int) -> StoredPage | None:
        """Return the file that `read` gives piece by piece, and None where it has more than `most` bytes.

        Raises InputError where all files together are larger than a snapshot may be, or where the disk is full.
        """
        start = self._end
        while chunk := read(_CHUNK):
            self.count(len(chunk), name)
            if self._end + len(chunk) - start > most:
                # The next file takes its place. What was read of it stays counted, so a thousand such files are not free.
                self._end = start
                return None
            self._scratch.write(chunk, self._end)
            self._end += len(chunk)
        return StoredPage(self._scratch, start, self._end - start)

    def count(self, size: int, name: str) -> None:
        """Count bytes that are read, kept or not. Raises InputError where they are more than a snapshot may have."""
        # Counted while bytes come, for a size that an archive's header claims proves nothing.
        self._total += size
        if self._total > self._limits.snapshot_bytes:
            message = f"{self._shown} is too large: {too_large('snapshot-bytes', self._limits.snapshot_bytes)} by {name}"
            raise InputError(message, hint="give the snapshot's own directory, or the snapshot alone")


class StoredPage(Struct, frozen=True, gc=False):
    """Where a file's bytes are."""

    scratch: Scratch
    start: int
    size: int

    def read(self) -> bytes:
        """Return the file's bytes. Raises OSError where the system refuses."""
        return self.scratch.read(self.start, self.size)
