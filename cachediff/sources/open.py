"""The one door: where somebody says that a snapshot is, and what reads it there."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from cachediff.domain.tags import is_index_file, name_tag
from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.directory import HINT, DirectoryTree, lstat_mode, name_source
from cachediff.sources.kinds import ARCHIVE_SUFFIXES, refuse_strange_file
from cachediff.sources.links import refuse_links
from cachediff.sources.pages.listing import PAGE_NAME
from cachediff.sources.pages.reader import PageFormat
from cachediff.sources.records.format import IndexFolderFormat, IndexFormat
from cachediff.sources.records.names import begins_index, split_file, split_manifest
from cachediff.sources.regular import read_head
from cachediff.sources.tree import UnreadableFileError, describe, drop_inner, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from cachediff.limits import Limits
    from cachediff.sources.reader import Format, SnapshotReader
    from cachediff.sources.tree import Entry, FileTree

FORMATS: tuple[type[Format], ...] = (IndexFormat, PageFormat, IndexFolderFormat)
"""The formats that are read, in the order in which they are asked for a snapshot in a tree."""


_HINT = (
    "a snapshot is a directory of <package>/specs.md files, or of flat .md or .txt pages; a mirror, an installation with"
    " .spack-db, an environment with spack.lock, a folder of those, or the file itself"
)

_MANIFEST = "spack.yaml"
_CONCRETIZE = "spack.yaml says what an environment asks for, spack.lock what it got: spack concretize writes that"


class Door:
    """Opens snapshots within some limits.

    Those of one comparison are opened by one door: what is learned of one serves the other.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        # Made once for all sides, for what they remember.
        self._formats = [format_(limits) for format_ in FORMATS]
        # One more, for what only an index is asked: a listing, a manifest in its mirror, views.
        self._index = IndexFormat(limits)
        for format_ in self._formats:
            if isinstance(format_, IndexFormat):
                format_.share_memory(self._index)

    def open(self, source: str) -> SnapshotReader:
        """Return what reads the snapshot at a path (directory, file or archive), or at `REV:PATH` if nothing has that name.

        Raises InputError where nothing is there, it cannot be listed, is or lies below a symbolic link, holds no snapshot,
        or more than a limit allows.
        """
        # First, since what stands behind the sign is no part of a path.
        if "#" in source and (found := self._open_listed(source)):
            return found
        mirror, inside = split_manifest(source)
        tree = self.open_tree(mirror)
        # Of what begins as an index no more is read twice.
        if tree.is_file and not begins_index(read_head(mirror)) and self._index.is_half(tree):
            mirror, inside = split_file(source)
            tree = self.open_tree(mirror)
        if inside:
            # Never the mirror in its place, which is another snapshot.
            if reader := self._index.open_inside(name_source(source), tree, inside):
                return reader
            message = f"{printable(source)} cannot be read: no such file or directory"
            raise InputError(message, hint=_HINT)
        if tree.is_file and split_file(source)[1] == _MANIFEST:
            message = f"{printable(source)} is no lock"
            raise InputError(message, hint=_CONCRETIZE)
        for format_ in self._list_formats(tree):
            if reader := format_.open(name_source(source), tree):
                if isinstance(format_, IndexFormat):
                    self._refuse_pages(source, tree)
                return reader
        raise self.refuse_above(source, tree) or _refuse_empty(source, tree)

    def _list_formats(self, tree: FileTree) -> Iterator[Format]:
        """Yield the formats in turn, that of pages last where no package has one: a README is nobody's page."""
        first, pages, *others = self._formats
        yield first
        has_packages = tree.is_file or any(tree.find(PAGE_NAME, one) for one in tree.entries() if one.is_directory)
        yield from (pages, *others) if has_packages else (*others, pages)

    def refuse_above(self, source: str, tree: FileTree) -> InputError | None:
        """Return that a folder holds snapshots and is none; None where it holds none either."""
        from cachediff.sources.below import refuse_above

        return refuse_above(source, tree, self.is_snapshot)

    def is_snapshot(self, source: str) -> bool:
        """Return whether there is a snapshot at a path, as far as names tell: any folder may have flat `.md` files."""
        try:
            files = self.list_files(self.open_tree(source))
        except InputError:
            return False
        return bool(files) and bool(name_tag(source) or any("/" in file.name or is_index_file(file.name) for file in files))

    def _open_listed(self, source: str) -> SnapshotReader | None:
        """Return the indexes that a listing has for a ref, None where a name is of something else."""
        from cachediff.sources.records.listing import LISTING, split_ref

        listing, ref = split_ref(source)
        if ref is None:
            return None
        if listing.endswith(ARCHIVE_SUFFIXES):
            return self._index.open_listed(printable(source), self._open_archive(listing, _find_listings), LISTING, ref)
        above, name = split_file(listing)
        return self._index.open_listed(printable(source), self.open_tree(above), name, ref)

    def _refuse_pages(self, source: str, tree: FileTree) -> None:
        """Raise InputError where pages lie beside an index: a README there is nobody's page."""
        if pages := self._list_beside(tree):
            message = f"{printable(source)} holds an index and pages: {pages[0].name}"
            raise InputError(message, hint="a snapshot is of one kind: name the folder, or the file, of one of them")

    def _list_beside(self, tree: FileTree) -> list[Entry]:
        """Return the pages that lie beside an index: those of packages, and flat files that are written as one."""
        files = [] if tree.is_file else PageFormat(self.limits).list_files(tree)
        tree.fetch([file for file in files if "/" not in file.name], self.limits.page_bytes)
        return [file for file in files if "/" in file.name or self._looks_like_page(tree, file)]

    def _looks_like_page(self, tree: FileTree, file: Entry) -> bool:
        try:
            data = tree.read(file, self.limits.page_bytes)
        except UnreadableFileError:
            return False
        # In the front matter, where a page has it: a README may speak of it.
        return data.startswith(b"---") and b"\nspec_details:" in data.partition(b"\n---")[0]

    def open_tree(self, source: str) -> FileTree:
        """Return the files of a snapshot. Raises InputError as `open` does."""
        if not source:
            message = "the name of a snapshot is empty"
            raise InputError(message, hint=HINT)
        # Before the file system is looked at: a whole name of a revision is never a path, whatever file has that name.
        if ":" in source:
            from cachediff.sources.revision import open_revision

            if tree := open_revision(source, self.limits):
                return tree
        # Not before: of a revision the links in it count (`refuse_links_in_git`), and none here.
        refuse_links(source)
        # By name and kind: a directory may be called x.tar, too.
        if source.endswith(ARCHIVE_SUFFIXES) and stat.S_ISREG(lstat_mode(source)):
            return self._open_archive(source)
        return _open_here(source)

    def list_files(self, tree: FileTree, inside: str = "") -> list[Entry]:
        """Return the files that the snapshot in a tree is made of, or one inside of it, none where it holds none.

        What lies beside them and makes it unreadable is among them.

        Raises InputError for one without a list.
        """
        if inside:
            return self._index.list_inside(tree, inside)
        for format_ in self._list_formats(tree):
            if files := format_.list_files(tree):
                # Pages beside an index are none of its files, and nobody reads it any more.
                return files + self._list_beside(tree) if isinstance(format_, IndexFormat) else files
        return []

    def list_inside(self, tree: FileTree) -> dict[str, str]:
        """Return the paths of a mirror's manifests by the views that they are of; that of the whole has no name."""
        return self._index.list_manifests(tree)

    def list_refs(self, source: str) -> list[str]:
        """Return the refs of a listing of indexes, none of anything else."""
        # By its name first: a directory of snapshots need not be opened twice to know that it is no file.
        if not is_index_file(source):
            return []
        tree = self.open_tree(source)
        return self._index.list_refs(tree) if tree.is_file else []

    def holds_index(self, tree: FileTree) -> bool:
        """Return whether there is an index in a tree, or several. Raises InputError where they cannot be listed."""
        return any(format_.holds_index(tree) for format_ in self._formats if isinstance(format_, IndexFormat))

    def is_of_index(self, name: str) -> bool:
        """Return whether what has a path may be part of an index."""
        return self._index.is_wanted(name)

    def _open_archive(self, source: str, find_roots: Callable[[Collection[str]], list[str]] | None = None) -> FileTree:
        from cachediff.sources.archive import open_archive

        refuse_strange_file(source, printable(source), read_head(source))
        return open_archive(source, self.limits, self._is_wanted, find_roots or self._find_roots)

    def _is_wanted(self, name: str) -> bool:
        return any(format_.is_wanted(name) for format_ in self._formats)

    def _find_roots(self, names: Collection[str]) -> list[str]:
        # The first format that finds any: a README beside an index is no page. Pages of packages are, wherever they lie: an
        # archive of them with an environment below means what the folder means.
        first, pages, *others = self._formats
        if roots := first.find_roots(names):
            return drop_inner([*roots, *pages.find_roots([name for name in names if name.endswith("/specs.md")])])
        return next((drop_inner(roots) for format_ in (pages, *others) if (roots := format_.find_roots(names))), [])


def _refuse_empty(source: str, tree: FileTree) -> InputError:
    """Return that nothing is there that is read: of an environment, perhaps not yet."""
    names = {entry.name for entry in tree.entries()} if not tree.is_file else set[str]()
    if _MANIFEST in names:
        return InputError(f"{printable(source)} holds spack.yaml and no spack.lock", hint=_CONCRETIZE)
    return InputError(f"{printable(source)} holds no page and no index", hint=_HINT)


def _find_listings(names: Collection[str]) -> list[str]:
    """Return the folders of an archive that hold a listing of indexes."""
    from cachediff.sources.records.listing import LISTING

    return [name.rpartition("/")[0] for name in names if name.rpartition("/")[2] == LISTING]


def _open_here(source: str) -> FileTree:
    """Return a directory of the file system, or a file. Raises InputError for anything else."""
    # With a slash behind it, lstat would follow a link.
    path = source.rstrip("/") or "/"
    mode = lstat_mode(path)
    if stat.S_ISREG(mode):
        refuse_strange_file(path, printable(source), read_head(path))
        return DirectoryTree(path, is_file=True)
    if not stat.S_ISDIR(mode):
        message = f"{printable(source)} is {describe(mode)}, not a directory of pages"
        raise InputError(message, hint="give the directory itself")
    return DirectoryTree(path, is_file=False)
