"""The members of a tar or zip archive one after the other, without trusting a name, a size or a link in it."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections.abc import Callable  # a field of a struct has this type
from typing import IO, TYPE_CHECKING, cast

from msgspec import Struct

from cachediff.errors import InputError
from cachediff.limits import too_large
from cachediff.sources.regular import CHANGED, has_changed
from cachediff.sources.tree import describe

if TYPE_CHECKING:
    from collections.abc import Generator

    from cachediff.limits import Limits

MAX_HEADERS = 32 << 20
"""Most bytes of what is read at once besides pages: a zip's directory of so many members has less, a long name in a tar far
less."""

_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}
_CUT = "it ends before its end mark"
_GOES_ON = "more follows behind its end mark: a part of it is lost, or it is two archives in one file"
_HOLLOW = "so many zeros follow behind its end mark that a part of it must be lost"
_MAX_PADDING = 1 << 20
"""How many zeros fill up the last record: tar's have 10,240 bytes, and on a tape at most so many."""
_LARGE = "its headers are too large"
_WRONG = "a header gives a size below zero"


class DamagedError(Exception):
    """An archive is not what its format asks for; the text says how."""


class Member(Struct, frozen=True):
    """A member: its name as it stands there, what it is (empty: a regular file), and what opens it until the next comes."""

    name: str
    kind: str
    open: Callable[[], IO[bytes]]


def read_members(path: str, limits: Limits) -> Generator[Member, None, None]:
    """Yield the members of an archive in their order.

    Raises DamagedError, InputError, and whatever the libraries raise for a bad one.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - the name may end in a slash or be no text: it is opened as it stands
        before = os.fstat(file.fileno())
        yield from _read_zip(_Bounded(file)) if path.endswith(".zip") else _read_tar(_unpack(path, file), path, limits)
        if has_changed(file.fileno(), before):
            raise DamagedError(CHANGED)


# --- tar ---------------------------------------------------------------------------------------------------------------


class _TarInfo(tarfile.TarInfo):
    """A header that is one: tarfile takes a damaged one for the end, and reads a name of any length at once."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _TarInfo:
        """Return the header in a block.

        Raises DamagedError for a bad one, and tarfile's error at the end: a block of zeros.
        """
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise
            raise DamagedError(str(error) if buf else _CUT) from error
        if info.size < 0:
            raise DamagedError(_WRONG)
        # What is no file (a long name, extended headers) tarfile reads whole, by the size that it claims.
        if info.type not in tarfile.REGULAR_TYPES and info.size > MAX_HEADERS:
            raise DamagedError(_LARGE)
        return info


class _Counted:
    """A stream whose bytes are counted. Raises InputError where an archive unpacks to more than a snapshot may have."""

    def __init__(self, stream: IO[bytes], shown: str, most: int) -> None:
        self._stream, self._shown, self._most, self._left = stream, shown, most, most

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        # Counted as it comes out, since a small file unpacks to any size and no header has to say so.
        self._left -= len(data)
        if self._left < 0:
            message = f"{self._shown} is too large: it unpacks to {too_large('snapshot-bytes', self._most)}"
            raise InputError(message, hint="give the snapshot's own directory, or an archive of the snapshot alone")
        return data


def _unpack(path: str, file: IO[bytes]) -> IO[bytes]:
    """Return what a file holds without its compression, which its name tells."""
    if path.endswith((".gz", ".tgz")):
        import gzip

        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if path.endswith((".xz", ".txz")):
        import lzma

        return cast("IO[bytes]", lzma.LZMAFile(file))
    return file


def _read_tar(stream: IO[bytes], path: str, limits: Limits) -> Generator[Member, None, None]:
    counted = _Counted(stream, path, limits.snapshot_bytes)
    with tarfile.open(fileobj=cast("IO[bytes]", counted), mode="r|", tarinfo=_TarInfo, errorlevel=2) as tar:
        while info := tar.next():
            tar.members.clear()  # type: ignore[attr-defined]  # it would keep all of them
            if info.size < 0:  # by an extended header, which goes over the first
                raise DamagedError(_WRONG)
            yield Member(info.name, _name_kind(info), lambda info=info: cast("IO[bytes]", tar.extractfile(info)))  # type: ignore[misc]
        # To the end, where gzip and xz check what was read. A hole that a download left among the members looks like the end
        # mark, and what lies behind it would seem not to be in the snapshot.
        zeros = 0
        while left := cast("IO[bytes]", tar.fileobj).read(1 << 20):
            if left.strip(b"\0"):
                raise DamagedError(_GOES_ON)
            zeros += len(left)
        if zeros > _MAX_PADDING:
            raise DamagedError(_HOLLOW)


def _name_kind(info: tarfile.TarInfo) -> str:
    if info.isdir():
        return "a directory"
    # Asked first: to Python a sparse file is a regular one, too.
    return "a sparse file" if info.issparse() else _KINDS.get(info.type, "" if info.isreg() else "no file")


# --- zip ---------------------------------------------------------------------------------------------------------------


class _Bounded:
    """A file of which little is read at once: zipfile reads the whole directory, however large it says that it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, MAX_HEADERS + 1) if size >= 0 else MAX_HEADERS + 1)
        if len(data) > MAX_HEADERS:
            raise DamagedError(_LARGE)
        return data


def _read_zip(file: _Bounded) -> Generator[Member, None, None]:
    with zipfile.ZipFile(cast("IO[bytes]", file)) as archive:
        for info in archive.infolist():
            # Unix keeps a file's mode in the upper half; elsewhere it may be 0, which means a regular file.
            mode = info.external_attr >> 16
            is_plain = not info.flag_bits & 1 and info.compress_type in _PLAIN
            if not is_plain and not info.is_dir():
                what = "is encrypted" if info.flag_bits & 1 else "is compressed in another way than deflate"
                message = f"{info.orig_filename!r} {what}"
                raise DamagedError(message)
            special = stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)
            kind = describe(mode) if special else "a directory" if info.is_dir() else ""
            # The name as it is written: zipfile's own ends at a NUL, and so hides what follows.
            yield Member(info.orig_filename, kind, lambda info=info: archive.open(info))  # type: ignore[misc]
