"""What does not fit in memory, in one temporary file without a name: forked processes share it, nobody has to remove it."""

from __future__ import annotations

import errno
import os
import weakref

from cachediff.errors import CachediffError, InputError, find_lack, name_failure


class Scratch:
    """A temporary file that is gone with the last process that has it, however that ends."""

    def __init__(self) -> None:
        """Make the file. Raises InputError where there is no place for it."""
        import tempfile

        try:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it is closed with the scratch
        except OSError as error:
            raise _no_room(error) from error
        # Python warns of a file that is dropped while it is open; this closes it as the scratch goes.
        weakref.finalize(self, file.close)
        self._handle = file.fileno()

    def write(self, data: bytes, place: int) -> None:
        """Write bytes from a place on. Raises InputError where there is no room for them."""
        view = memoryview(data)
        try:
            # A call may write a part: Linux moves at most 2 GiB at once, and a disk that fills up takes what fits.
            while view:
                written = os.pwrite(self._handle, view, place)
                view, place = view[written:], place + written
        except OSError as error:
            raise _no_room(error) from error

    def read(self, place: int, size: int) -> bytes:
        """Return bytes that were written. Raises OSError where the system refuses."""
        # At a place: forked processes share the file's position, and to seek would be to move it for all of them.
        data = os.pread(self._handle, size, place)
        while len(data) < size and (more := os.pread(self._handle, size - len(data), place + len(data))):
            data += more
        return data


def _no_room(error: OSError) -> CachediffError:
    # Of a full disk the hint below says more, for it may be that of the temporary files alone.
    if error.errno != errno.ENOSPC and (lack := find_lack(error)):
        return lack
    message = f"the directory for temporary files cannot be written: {name_failure(error)}"
    return InputError(message, hint="set TMPDIR to a directory that can be written and has room")
