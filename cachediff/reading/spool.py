"""Pages that are no files, kept in one anonymous temporary file: forked processes read it too, and memory stays flat."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAGE = 64 << 20
"""Most bytes of one page: the largest that are published have hundreds of kilobytes."""

MAX_TOTAL = 1 << 30
"""Most bytes of all pages of a snapshot, or of all that an archive unpacks to: all tags ever published have 150 MB."""

TOO_LARGE = f"larger than {MAX_PAGE >> 20} MiB"
_CHUNK = 1 << 20


class Spool:
    """A temporary file without a name, which ends with the last page that is in it. `shown` is the source that messages name."""

    def __init__(self, shown: str) -> None:
        import tempfile

        self._shown = shown
        self._end = self._total = 0
        self._handle: int | None = None
        try:
            with tempfile.TemporaryFile() as file:
                self._handle = os.dup(file.fileno())
        except OSError as error:
            raise self._lack_room(error) from error

    def __del__(self) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def keep(self, read: Callable[[int], bytes], name: str) -> Spooled | None:
        """Return the page that `read` gives piece by piece, and None where it is larger than a page may be.

        Raises InputError where all pages together are larger than a snapshot may be, or where the disk is full.
        """
        start = self._end
        while chunk := read(_CHUNK):
            self.count(len(chunk), name)
            if self._end + len(chunk) - start > MAX_PAGE:
                self._end = start
                return None
            self._write(chunk)
        return Spooled(self, start, self._end - start)

    def count(self, size: int, name: str) -> None:
        """Count bytes that are read, kept or not. Raises InputError where they are more than a snapshot may have."""
        self._total += size
        if self._total > MAX_TOTAL:
            message = f"{self._shown} is too large: more than {MAX_TOTAL >> 30} GiB by {name}"
            raise InputError(message, hint="give the snapshot's own directory, or the snapshot alone")

    def _write(self, chunk: bytes) -> None:
        assert self._handle is not None  # noqa: S101 - it is there once the spool is made
        view = memoryview(chunk)
        try:
            while view:
                written = os.pwrite(self._handle, view, self._end)
                self._end += written
                view = view[written:]
        except OSError as error:
            raise self._lack_room(error) from error

    def _lack_room(self, error: OSError) -> InputError:
        message = f"{self._shown} cannot be read: no temporary file for its pages ({(error.strerror or str(error)).lower()})"
        return InputError(message, hint="TMPDIR names a directory with room")

    def read(self, start: int, size: int) -> bytes:
        """Return bytes that were kept. Raises OSError where the system refuses."""
        assert self._handle is not None  # noqa: S101
        data = os.pread(self._handle, size, start)
        while len(data) < size and (more := os.pread(self._handle, size - len(data), start + len(data))):
            data += more
        return data


class Spooled(Struct, frozen=True, gc=False):
    """Where a page's bytes are in a spool."""

    spool: Spool
    start: int
    size: int

    def read(self) -> bytes:
        """Return the page's bytes. Raises OSError where the system refuses."""
        return self.spool.read(self.start, self.size)
