"""Files that are gzip or xz, by their first bytes: unpacked in memory, and never to more than is allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from cachediff.sources.tree import LargeFileError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\0"
_MAX_DICTIONARY = 128 << 20
"""How much memory unpacking xz may take: what `xz -9` asks for is half of it."""

_FIRST_PIECE = 1 << 12
"""How many bytes are given to what unpacks a second part of a file: then twice as many, and so on."""

_TOO_MUCH_MEMORY = "memory usage limit exceeded"
"""What the library for xz says of that."""

_ZEROS = re.compile(rb"\0*+")


class Unpacker(Protocol):
    """What unpacks one part of a file."""

    @property
    def eof(self) -> bool:
        """Whether its end was seen."""

    @property
    def unused_data(self) -> bytes:
        """What was given to it from behind its end."""

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        """Return what comes out, at most so many bytes."""


def is_packed(data: bytes) -> bool:
    """Return whether a file is gzip or xz."""
    return data.startswith((_GZIP, _XZ))


def decompress(data: bytes, most: int) -> bytes:
    """Return a file's bytes without its compression, as they are where it has none.

    Raises UnreadableFileError where it is damaged, and LargeFileError where it unpacks to more than `most` bytes.
    """
    if data.startswith(_GZIP):
        return _gunzip(data, most)
    return _unxz(data, most) if data.startswith(_XZ) else data


def _gunzip(data: bytes, most: int) -> bytes:
    import zlib

    return _unpack(data, most, lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), (zlib.error,), "gzip")


def _unxz(data: bytes, most: int) -> bytes:
    from lzma import LZMADecompressor, LZMAError

    return _unpack(data, most, lambda: LZMADecompressor(memlimit=_MAX_DICTIONARY), (LZMAError,), "xz")


def _unpack(data: bytes, most: int, make: Callable[[], Unpacker], errors: tuple[type[Exception], ...], kind: str) -> bytes:
    parts: list[bytes] = []
    # The first at once, as a rule the only one; of others some at a time, since an unpacker copies what is behind its end.
    start, size = 0, len(data)
    while start < len(data):
        unpacker = make()
        while not unpacker.eof:
            piece = data[start : start + size]
            if not piece:
                message = f"damaged {kind}: it ends early"
                raise UnreadableFileError(message)
            try:
                # One more byte than may be: that it can be had is all that has to be known of a bomb.
                parts.append(unpacker.decompress(piece, most + 1))
            except errors as error:
                reason = str(error).lower()
                is_large = reason == _TOO_MUCH_MEMORY
                what = f"it takes more than {_MAX_DICTIONARY >> 20} MiB of memory to unpack"
                message = what if is_large else f"damaged {kind}: {reason}"
                raise UnreadableFileError(message) from error
            most = _spend(parts[-1], most)
            start += len(piece) - len(unpacker.unused_data)
            size *= 2
        # A file may be several, one after the other; zeros after the last are padding.
        start = _skip_zeros(data, start)
        size = _FIRST_PIECE
    return b"".join(parts)


def _skip_zeros(data: bytes, start: int) -> int:
    found = _ZEROS.match(data, start)
    return found.end() if found else start


def _spend(part: bytes, most: int) -> int:
    """Return how many bytes may still come."""
    if len(part) > most:
        message = f"it unpacks to more than {most:,} bytes"
        raise LargeFileError(message)
    return most - len(part)
