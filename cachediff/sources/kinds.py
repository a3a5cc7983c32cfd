"""What a file is that is no page, by its first bytes and its name.

It is an archive of some kind, or what Git LFS leaves in a file's place.
"""

from __future__ import annotations

import re

from cachediff.errors import InputError

ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".zip")
"""The archives that are read."""

LFS_HEAD = b"version https://git-lfs.github.com/spec/"
"""How a pointer of Git LFS starts: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md."""

LFS_MESSAGE = "page is a Git LFS pointer, not the page"
LFS_HINT = (
    "git lfs pull brings the files that pointers stand for (in a workflow, actions/checkout with lfs: true);"
    " a revision of git holds none: give a directory that has them"
)


_MAGIC = (
    (b"BZh", "bzip2", (".bz2", ".tbz", ".tbz2")),
    (b"\x28\xb5\x2f\xfd", "Zstandard", (".zst", ".tzst")),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", (".7z",)),
    (b"Rar!\x1a\x07", "RAR", (".rar",)),
    (b"\xed\xab\xee\xdb", "RPM", (".rpm",)),
    (b"!<arch>\n", "ar", (".deb",)),
    (b"LZIP", "lzip", (".lz", ".tlz")),
    (b"\x5d\x00\x00", "LZMA", (".lzma",)),
    (b"\x04\x22\x4d\x18", "LZ4", (".lz4",)),
    (b"\x1f\x9d", "compress", (".Z", ".taz")),
    (b"MSCF", "cabinet", (".cab",)),
    (b"070701", "cpio", (".cpio",)),
    (b"hsqs", "SquashFS", (".squashfs", ".sqsh")),
    (b"\x1f\x8b", "gzip", (".gz", ".tgz")),
    (b"\xfd7zXZ\0", "xz", (".xz", ".txz")),
    (b"PK\x03\x04", "zip", (".zip",)),
    # An archive without members begins with its end.
    (b"PK\x05\x06", "zip", (".zip",)),
)
# Where `ustar` stands in a header; older tars have no such mark, and are told by their names.
_TAR_AT = 257

_PACKERS = ("gzip", "xz")
_PACKED_INDEX = re.compile(r"(?:\.(?:json|lock)(?:\.gz|\.xz)?|/[0-9a-f]{64,128})\Z")
"""Names that an index may have, compressed or not: a blob is named by its digest alone."""


def name_archive(name: str, head: bytes = b"") -> str:
    """Return what kind of archive or compressed file something is, by its first bytes or else its name; empty for none."""
    if head[_TAR_AT:].startswith(b"ustar"):  # looked at first: a tar starts with the name of a member, which may be anything
        return "tar"
    for magic, kind, _ in _MAGIC:
        if head.startswith(magic):
            return kind
    return next((kind for _, kind, suffixes in _MAGIC if name.endswith(suffixes)), "tar" if name.endswith(".tar") else "")


def refuse_strange_file(name: str, shown: str, head: bytes) -> None:
    """Raise InputError where a one-file snapshot is neither a page nor an archive of a kind read under such a name."""
    if head.startswith(LFS_HEAD):
        message = f"{shown} is a Git LFS pointer, not the file that it stands for"
        raise InputError(message, hint=LFS_HINT)
    kind = name_archive(name, head)
    if kind in _PACKERS and _PACKED_INDEX.search(name):
        return  # of one file, which the format of indexes unpacks
    # Else an archive called x.md would be told as a damaged page, and a zip called x.tar as a damaged tar.
    if kind and not (name.endswith(ARCHIVE_SUFFIXES) and kind == name_archive(name)):
        what = "first bytes" if kind == name_archive("", head) else "name"
        message = f"{shown} cannot be read: by its {what}, it is {kind}"
        raise InputError(
            message, hint=f"archives that are read end in {', '.join(ARCHIVE_SUFFIXES)}, and are what they end in"
        )
