"""Where bytes lie, whatever they mean: what every kind of file tree answers, and says where a file cannot be read."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DIRECTORY = "a directory"
LINKS = ("a symbolic link", "a hard link", "a submodule")
"""What leads elsewhere; nothing of it is followed."""


class Entry(Struct, frozen=True, gc=False):
    """A name in a tree: its path below the root as text, what it is if no regular file, and what the tree knows it by."""

    name: str
    key: str
    kind: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether entries lie below it."""
        return self.kind == DIRECTORY

    @property
    def is_link(self) -> bool:
        """Whether it leads elsewhere."""
        return self.kind in LINKS


class FileTree(Protocol):
    """A directory, a revision of git, an archive: names, and the bytes of regular files.

    Limits, links and damage are its business.
    """

    @property
    def shown(self) -> str:
        """How messages name the tree."""

    @property
    def is_file(self) -> bool:
        """Whether somebody gave one file, which is all that there is in the tree."""

    def entries(self, directory: Entry | None = None) -> Iterable[Entry]:
        """Return what lies in a directory, without one at the root. Raises InputError where it cannot be listed."""

    def find(self, name: str, directory: Entry | None = None) -> Entry | None:
        """Return what has a name below a directory, None where nothing has."""

    def fetch(self, entries: Sequence[Entry], most: int) -> None:
        """Make files of at most so many bytes ready to be read, in processes that are forked later, too."""

    def read(self, entry: Entry, most: int) -> bytes:
        """Return a file's bytes. Raises UnreadableFileError for what is no regular file, and for more bytes than `most`."""

    def show(self, entry: Entry) -> str:
        """Return the path that messages name."""


class UnreadableFileError(Exception):
    """A file whose bytes cannot be had; the text says what it is instead of a readable file."""


class LargeFileError(UnreadableFileError):
    """A file that is larger than it may be."""


class Listing:
    """The names of a tree that knows all of its files: their entries by key, which is a path below the root."""

    def __init__(self, files: Mapping[str, Entry]) -> None:
        self._below: dict[str, dict[str, Entry]] = {"": {}}
        for key, entry in files.items():
            self._add(key, entry)

    def _add(self, key: str, entry: Entry) -> None:
        above, _, name = key.rpartition("/")
        # Git and archives list files: the directories above follow from their paths.
        if above and above not in self._below:
            self._below[above] = {}
            self._add(above, Entry(printable(above), above, DIRECTORY))
        if key in self._below:  # files lie below it: whatever it is besides, it is a directory
            entry = Entry(entry.name, key, DIRECTORY)
        self._below[above][name] = entry

    def entries(self, directory: Entry | None = None) -> Iterable[Entry]:
        """Return what lies in a directory, without one at the root."""
        return self._below.get(directory.key if directory else "", {}).values()

    def find(self, name: str, directory: Entry | None = None) -> Entry | None:
        """Return what has a path below a directory, None where nothing has."""
        above, _, last = join(directory, name).rpartition("/")
        return self._below.get(above, {}).get(last)


def join(directory: Entry | None, name: str) -> str:
    """Return the key of a name below a directory."""
    return f"{directory.key}/{name}" if directory else name


def drop_inner(directories: Iterable[str]) -> list[str]:
    """Return directories without those that are in another one of them: a snapshot's files are no deeper."""
    kept: list[list[str]] = []
    # By parts and not as text, in which `a-b` comes between `a` and `a/c`.
    for parts in sorted(directory.split("/") if directory else [] for directory in directories):
        if not kept or parts[: len(kept[-1])] != kept[-1]:
            kept.append(parts)
    return ["/".join(parts) for parts in kept]


def printable(name: str) -> str:
    """Return a file name as valid text: bytes that are not UTF-8, which Python keeps as surrogates, become escapes."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")


def describe(mode: int) -> str:
    """Return what a file's mode makes it, in words."""
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: DIRECTORY,
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "a regular file")
