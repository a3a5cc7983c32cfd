"""The two formats of Spack's own files: an index by itself, and a folder of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.spec import DEFAULT_STACK
from cachediff.errors import InputError
from cachediff.sources.records.compressed import is_packed
from cachediff.sources.records.layout import (
    IndexFile,
    Layout,
    find_inside,
    find_one,
    find_roots,
    find_several,
    is_index,
    is_wanted,
)
from cachediff.sources.tree import LargeFileError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.limits import Limits
    from cachediff.sources.reader import SnapshotReader
    from cachediff.sources.tree import Entry, FileTree


class IndexFormat:
    """An index by itself: a mirror, a site, an environment, or the file of one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def is_wanted(self, name: str) -> bool:
        """Return whether what has a path may be part of an index."""
        return is_wanted(name)

    def find_roots(self, names: Iterable[str]) -> list[str]:
        """Return the folder that holds an index, or several."""
        return find_roots(names)

    def list_files(self, tree: FileTree) -> list[Entry]:
        """Return the files that name what an index holds."""
        layout = self._lay_out(tree)
        return [file.entry for file in layout.files] if layout else []

    def open(self, source: str, tree: FileTree) -> SnapshotReader | None:
        """Return the snapshot in a tree, None where it holds no index. Raises InputError for one that cannot be read."""
        layout = self._lay_out(tree)
        return self._read(source, tree, layout) if layout else None

    def open_inside(self, source: str, tree: FileTree, inside: str) -> SnapshotReader | None:
        """Return what a manifest at a path in a mirror stands for."""
        layout = find_inside(tree, inside)
        return self._read(source, tree, layout) if layout and layout.files else None

    def _read(self, source: str, tree: FileTree, layout: Layout) -> SnapshotReader:
        # Only where there is an index: most runs have pages, and need not wait for what reads records.
        from cachediff.sources.records.reader import RecordReader

        return RecordReader(source, tree, layout, self._limits)

    def _lay_out(self, tree: FileTree) -> Layout | None:
        if not tree.is_file:
            return find_one(tree)
        (entry,) = tree.entries()
        try:
            data = tree.read(entry, self._limits.index_bytes)
        except LargeFileError as error:
            if self._limits.index_bytes < self._limits.page_bytes:
                return None  # a page may be so large
            message = f"{tree.show(entry)} cannot be read: {error} (limit index-bytes)"
            raise InputError(message, hint="docs/limits.md says how to allow more") from error
        except UnreadableFileError:
            return None
        # What is packed is no page: reading it will say what is wrong with it.
        found = is_packed(data) or is_index(data)
        return Layout((IndexFile(DEFAULT_STACK, entry),)) if found else None


class IndexFolderFormat(IndexFormat):
    """A folder of indexes of one kind, each the stack of the first folder that it lies in."""

    def _lay_out(self, tree: FileTree) -> Layout | None:
        return None if tree.is_file else find_several(tree)
