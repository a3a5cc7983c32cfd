"""What bytes mean, whatever they are: a snapshot, package by package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from cachediff.domain.graph import Graph
from cachediff.domain.package import PackageRecord
from cachediff.domain.reading import PAGES, Reading

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.domain.package import InvalidPackage
    from cachediff.limits import Limits
    from cachediff.sources.tree import Entry, FileTree


class SourceInfo(Struct, frozen=True):
    """What is known of a snapshot before its packages are read.

    It is where the snapshot is from, as reports name it, and whether some packages were left out.

    `tag` is empty, and `digest` None, where they are to be made of those of the packages. `graph` is that of an index: pages
    have no dependencies. `is_page` says that it is one page alone. `own_stacks` are those that its specs are in, where some
    are left out of the comparison; else it is None, as nobody looks at all specs for that.
    """

    source: str
    tag: str = ""
    digest: str | None = None
    is_part: bool = False
    reading: Reading = PAGES
    graph: Graph | None = None
    is_page: bool = False
    own_stacks: frozenset[str] | None = None


class SnapshotReader(Protocol):
    """A snapshot that is read a package at a time, in any order, and in processes that are forked from this one."""

    @property
    def info(self) -> SourceInfo:
        """What the snapshot is."""

    def packages(self) -> Collection[str]:
        """Return the names of all packages, each once."""

    def read(self, package: str) -> PackageRecord | InvalidPackage | None:
        """Return a package, or what is wrong with it; None where the snapshot has none of that name."""


def read_valid(reader: SnapshotReader, package: str) -> PackageRecord | None:
    """Return a package, None where the snapshot has none of that name, or what it has cannot be trusted."""
    found = reader.read(package)
    return found if isinstance(found, PackageRecord) else None


class Format(Protocol):
    """A way in which snapshots are written.

    One is made for all sides of a comparison: what it remembers of one helps with the other.
    """

    def __init__(self, limits: Limits) -> None:
        """Keep within limits."""

    def is_wanted(self, name: str) -> bool:
        """Return whether what has some path may be part of a snapshot: of an archive, nothing else is kept.

        The path of a directory ends in a slash: one that stands in a file's place is a fault of the snapshot.
        """

    def find_roots(self, names: Collection[str]) -> list[str]:
        """Return each directory that holds a snapshot, given the paths of all files of an archive; none where none does."""

    def list_files(self, tree: FileTree) -> list[Entry]:
        """Return the files that the snapshot in a tree is made of, none where it holds none of this format."""

    def open(self, source: str, tree: FileTree) -> SnapshotReader | None:
        """Return the snapshot in a tree, None where it holds none of this format.

        Raises InputError for one that cannot be read.
        """
