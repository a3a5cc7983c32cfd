"""Files that are gzip or xz, by their first bytes: unpacked in memory, and never to more than is allowed."""

from __future__ import annotations

from cachediff.sources.tree import LargeFileError, UnreadableFileError

_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\0"
_MAX_DICTIONARY = 128 << 20
"""How much memory unpacking xz may take: what `xz -9` asks for is half of it."""


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

    parts: list[bytes] = []
    while data:
        # One more byte than may be: that it can be had is all that has to be known of a bomb.
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            parts.append(unpacker.decompress(data, most + 1))
        except zlib.error as error:
            message = f"damaged gzip: {error}"
            raise UnreadableFileError(message) from error
        most = _spend(parts[-1], most)
        if not unpacker.eof:
            message = "damaged gzip: it ends early"
            raise UnreadableFileError(message)
        # A gzip file may be several, one after the other; zeros after the last are padding.
        data = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _unxz(data: bytes, most: int) -> bytes:
    from lzma import LZMADecompressor, LZMAError

    parts: list[bytes] = []
    while data:
        unpacker = LZMADecompressor(memlimit=_MAX_DICTIONARY)
        try:
            parts.append(unpacker.decompress(data, most + 1))
        except LZMAError as error:
            message = f"damaged xz: {str(error).lower()}"
            raise UnreadableFileError(message) from error
        most = _spend(parts[-1], most)
        if not unpacker.eof:
            message = "damaged xz: it ends early"
            raise UnreadableFileError(message)
        data = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _spend(part: bytes, most: int) -> int:
    """Return how many bytes may still come."""
    if len(part) > most:
        message = f"it unpacks to more than {most:,} bytes"
        raise LargeFileError(message)
    return most - len(part)
