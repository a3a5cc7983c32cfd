"""The two formats of Spack's own files: an index by itself, and a folder of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.domain.spec import DEFAULT_STACK
from cachediff.domain.tags import is_index_file
from cachediff.errors import InputError
from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from cachediff.sources.records.compressed import decompress, is_packed
from cachediff.sources.records.layout import (
    IndexFile,
    Layout,
    find_inside,
    find_manifests,
    find_one,
    find_path,
    find_several,
)
from cachediff.sources.records.names import (
    begins_index,
    find_bare_roots,
    find_roots,
    is_images,
    is_index,
    is_wanted,
)
from cachediff.sources.tree import LargeFileError, UnreadableFileError
from cachediff.text.words import list_some

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.limits import Limits
    from cachediff.sources.reader import SnapshotReader
    from cachediff.sources.records.pieces import RecordMemory
    from cachediff.sources.tree import Entry, FileTree


class IndexFormat:
    """An index by itself: a mirror, a site, an environment, or the file of one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # One, made when it is needed: a list, so that it can be that of other formats, too.
        self._memory: list[RecordMemory] = []

    def share_memory(self, other: IndexFormat) -> None:
        """Remember what another format does: a folder of indexes may hold the records of a single one."""
        self._memory = other._memory

    def is_wanted(self, name: str) -> bool:
        """Return whether what has a path may be part of an index."""
        return is_wanted(name)

    def find_roots(self, names: Iterable[str]) -> list[str]:
        """Return the folder that holds an index, or several."""
        return find_roots(names)

    def list_files(self, tree: FileTree) -> list[Entry]:
        """Return the files that an index is made of: manifests, with the blobs that they name."""
        layout = self._lay_out(tree)
        return _list_files(tree, layout) if layout else []

    def list_inside(self, tree: FileTree, inside: str) -> list[Entry]:
        """Return the files of what a manifest at a path in a mirror stands for."""
        layout = find_inside(tree, inside)
        return _list_files(tree, layout) if layout else []

    def list_manifests(self, tree: FileTree) -> dict[str, str]:
        """Return where the manifests of a mirror are, by the views that they are of, that of the whole by no name."""
        return {} if tree.is_file else find_manifests(tree)

    def holds_index(self, tree: FileTree) -> bool:
        """Return whether there is an index in a tree: of a file what it begins with tells, as many others are JSON."""
        if not tree.is_file:
            return self._lay_out(tree) is not None
        (entry,) = tree.entries()
        try:
            return begins_index(decompress(tree.read(entry, self._limits.index_bytes), self._limits.index_bytes))
        except LargeFileError:
            return True  # whoever reads it says what is wrong with it
        except UnreadableFileError:
            return False

    def open(self, source: str, tree: FileTree) -> SnapshotReader | None:
        """Return the snapshot in a tree, None where it holds no index. Raises InputError for one that cannot be read."""
        layout = self._lay_out(tree)
        return self._read(source, tree, layout) if layout else None

    def open_inside(self, source: str, tree: FileTree, inside: str) -> SnapshotReader | None:
        """Return what a manifest at a path in a mirror stands for."""
        layout = find_inside(tree, inside)
        return self._read(source, tree, layout) if layout and layout.files else None

    def open_listed(self, source: str, tree: FileTree, name: str, ref: str) -> SnapshotReader:
        """Return the indexes that a listing has for a ref. Raises InputError where it has none."""
        from cachediff.sources.records.listing import lay_out_listing

        return self._read(source, tree, lay_out_listing(tree, name, ref))

    def list_refs(self, tree: FileTree) -> list[str]:
        """Return the refs of a file that is a listing, none where it is none."""
        from cachediff.sources.records.listing import MAX_LISTING, find_refs

        (entry,) = tree.entries()
        try:
            return find_refs(decompress(tree.read(entry, MAX_LISTING), MAX_LISTING))
        except UnreadableFileError:
            return []

    def is_half(self, tree: FileTree) -> bool:
        """Return whether a file is the `index.json` of an OCI layout, which means nothing without the blobs beside it."""
        (entry,) = tree.entries()
        if entry.name.rpartition("/")[2] != "index.json":
            return False
        try:
            return is_images(tree.read(entry, self._limits.index_bytes))
        except UnreadableFileError:
            return False  # whoever reads it says why

    def _read(self, source: str, tree: FileTree, layout: Layout) -> SnapshotReader:
        # Only where there is an index: most runs have pages, and need not wait for what reads records.
        from cachediff.sources.records.pieces import RecordMemory
        from cachediff.sources.records.reader import RecordReader

        if not self._memory:
            self._memory.append(RecordMemory())
        return RecordReader(source, tree, layout, self._limits, self._memory[0])

    def _lay_out(self, tree: FileTree) -> Layout | None:
        if not tree.is_file:
            layout = find_one(tree)
            return None if layout and self._is_of_pages(tree, layout.files[0].entry) else layout
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
        # What is packed is no page: reading it will say what is wrong with it. Nor is what has an index's name, unless it
        # begins as one: a lock that is empty, or that git left in conflict.
        found = is_packed(data) or is_index(data) or (is_index_file(entry.name) and not data.startswith(b"---"))
        return Layout((IndexFile(DEFAULT_STACK, entry, read=[data]),)) if found else None

    def _is_of_pages(self, tree: FileTree, entry: Entry) -> bool:
        """Return whether what has the name of an index lies beside pages, and is none: websites have an index.json, too."""
        if not entry.name.startswith("index.json") or not any(
            tree.find("specs.md", folder) for folder in tree.entries() if folder.is_directory
        ):
            return False
        try:
            data = decompress(tree.read(entry, self._limits.index_bytes), self._limits.index_bytes)
        except UnreadableFileError:
            return True
        return not begins_index(data)


def _list_files(tree: FileTree, layout: Layout) -> list[Entry]:
    from cachediff.sources.records.index import BadIndexError
    from cachediff.sources.records.manifest import MAX_MANIFEST, read_manifest

    entries = [file.entry for file in layout.files]
    manifests = [file for file in layout.files if file.is_manifest]
    # Together, as each fetch from a revision is a process of git.
    tree.fetch([file.entry for file in manifests], MAX_MANIFEST)
    for file in layout.files:
        if file.entry.name.rpartition("/")[2] == "index.json":
            entries += _list_blobs(tree, file)
    for file in manifests:
        try:
            blob = read_manifest(tree.read(file.entry, MAX_MANIFEST), tree.show(file.entry))
        except (UnreadableFileError, BadIndexError):
            continue  # it names nothing, and whoever reads the index says why
        if entry := find_path(tree, blob.path, file.mirror):
            entries.append(entry)
    return entries


def _list_blobs(tree: FileTree, file: IndexFile) -> list[Entry]:
    """Return the two blobs that an OCI layout has of its index, as far as they are there."""
    from cachediff.sources.records import oci
    from cachediff.sources.records.index import BadIndexError
    from cachediff.sources.records.manifest import MAX_MANIFEST

    found: list[Entry] = []
    try:
        text = tree.read(file.entry, MAX_MANIFEST)
        if is_images(text) and (image := find_path(tree, oci.find_image(text, "")[0].path, file.mirror)):
            found.append(image)
            layer = find_path(tree, oci.find_layer(tree.read(image, MAX_MANIFEST), "").path, file.mirror)
            found += [layer] if layer else []
    except (UnreadableFileError, BadIndexError):
        pass  # whoever reads the index says why
    return found


class IndexFolderFormat(IndexFormat):
    """A folder of indexes of one kind, each the stack of the first folder that it lies in."""

    def find_roots(self, names: Iterable[str]) -> list[str]:
        """Return the folder that holds an index by a name that others use, too: asked after all others."""
        return find_bare_roots(names)

    def _lay_out(self, tree: FileTree) -> Layout | None:
        layout = None if tree.is_file else find_several(tree)
        if layout is None:
            return None
        # By their names alone, which is all that there is of them in an archive.
        beside = sorted(entry.name for entry in tree.entries() if not entry.is_directory and _may_be_index(entry.name))
        notes = [f"files beside the folders are left out: {list_some(beside)}"] if beside else []
        return replace(layout, notes=(*layout.notes, *notes))


def _may_be_index(name: str) -> bool:
    return not name.startswith(".") and (is_index_file(name) or name.endswith(ARCHIVE_SUFFIXES))
