"""Regular files of the file system, without following a link or waiting for a pipe."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from cachediff.errors import name_failure, raise_lack
from cachediff.sources.tree import LargeFileError, UnreadableFileError, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HEAD = 512
"""How many bytes tell what a file is."""

CHANGED = "it changed while it was read"


def read_bytes(path: str, most: int | None = None) -> bytes:
    """Return a regular file's bytes.

    Raises UnreadableFileError for a link, a pipe, a device, a directory, for more than `most` bytes, for a file that
    somebody writes at the same time, or where the system refuses, and ResourceError where no file could be read.
    """
    handle = _open(path)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError(describe(status.st_mode))
        _check_size(status.st_size, most)
        # One more than there are, so that nearly always a single read also finds the end.
        data = os.read(handle, status.st_size + 1)
        # Else the file grows, or a read gave a part: Linux moves less than 2 GiB at once, some file systems less than that.
        while len(data) != status.st_size and (more := os.read(handle, max(status.st_size - len(data), 1 << 20))):
            data += more
            _check_size(len(data), most)
        if has_changed(handle, status):
            raise UnreadableFileError(CHANGED)
        return data
    except OSError as error:
        raise_lack(error)
        raise UnreadableFileError(_describe_failure(path, error)) from error
    finally:
        os.close(handle)


def _open(path: str) -> int:
    """Return a handle on what is no link. Raises UnreadableFileError, or ResourceError where no file could be opened."""
    try:
        # Without O_NONBLOCK, to open a named pipe would be to wait for somebody who writes.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise_lack(error)
        raise UnreadableFileError(_describe_failure(path, error)) from error


@contextmanager
def open_regular(path: str) -> Iterator[BinaryIO]:
    """Open a regular file of any size.

    Raises UnreadableFileError as `read_bytes` does, at the end for one that was written meanwhile.
    """
    handle = _open(path)
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        os.close(handle)
        raise UnreadableFileError(describe(before.st_mode))
    with os.fdopen(handle, "rb") as file:
        try:
            yield file
            is_other = has_changed(handle, before)
        except OSError as error:
            raise UnreadableFileError(name_failure(error)) from error
    if is_other:
        raise UnreadableFileError(CHANGED)


def has_changed(handle: int, before: os.stat_result) -> bool:
    """Return whether an open file is not what it was before it was read.

    Half of what was there and half of what somebody writes may make a valid snapshot that nobody published.
    """
    after = os.fstat(handle)
    return (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size)


def _check_size(size: int, most: int | None) -> None:
    if most is not None and size > most:
        message = f"{size:,} bytes, more than {most:,}"
        raise LargeFileError(message)


def _describe_failure(path: str, error: OSError) -> str:
    """Return what stands at `path` where opening it failed: a link is a link, whatever the system calls the failure."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        mode = 0
    return describe(mode) if mode and not stat.S_ISREG(mode) else name_failure(error)


def read_head(path: str) -> bytes:
    """Return the first bytes of a regular file, none where it cannot be opened: whoever reads it whole will say why."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(handle, MAX_HEAD)
    except OSError:
        return b""
    finally:
        os.close(handle)
