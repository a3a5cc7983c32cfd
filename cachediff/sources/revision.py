"""A revision of git as a tree, straight from the object store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from cachediff.errors import InputError, name_failure, raise_lack
from cachediff.sources.git import lack, list_files, read_blobs
from cachediff.sources.git_paths import GitPath, find_git_path
from cachediff.sources.kinds import ARCHIVE_SUFFIXES, name_archive, refuse_strange_file
from cachediff.sources.links import LINK_HINT, list_above
from cachediff.sources.regular import MAX_HEAD
from cachediff.sources.tree import Entry, LargeFileError, Listing, UnreadableFileError, describe, printable
from cachediff.spill.pages import PageStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cachediff.limits import Limits
    from cachediff.sources import git
    from cachediff.spill.pages import StoredPage


_SUBMODULE_HINT = "a revision of its own repository has what is in it: go into the submodule, and name that revision"


class RevisionTree:
    """What lies below a path of a revision, or one file there. A key is a path below that one, as git has it."""

    def __init__(self, files: Mapping[str, git.Entry], shown: str, limits: Limits, *, is_file: bool = False) -> None:
        self.shown = shown
        self.is_file = is_file
        self._above = "" if is_file else shown if shown.endswith(":") else f"{shown}/"
        self._files = files
        self._listing = Listing({key: Entry(printable(key), key, name_kind(entry)) for key, entry in files.items()})
        self.entries, self.find = self._listing.entries, self._listing.find
        self._limits = limits
        self._store: PageStore | None = None
        self._kept: dict[str, StoredPage | None] = {}

    def fetch(self, entries: Sequence[Entry], most: int) -> None:
        """Keep the bytes of files of at most `most` bytes in a temporary file.

        Raises InputError where an object is missing.
        """
        wanted = [entry for entry in entries if not entry.kind and entry.key not in self._kept]
        if not wanted:
            return
        store = self._store = self._store or PageStore(self.shown, self._limits)
        # One process of git for all that is wanted, for to start it takes longer than to print a page.
        with closing(read_blobs([self._files[entry.key].id for entry in wanted], self.shown)) as blobs:
            for entry, blob in zip(wanted, blobs, strict=True):
                if blob.size > most:
                    # Git prints it all the same, so it costs what it would if it were kept.
                    store.count(blob.size, entry.name)
                self._kept[entry.key] = None if blob.size > most else store.keep(blob.read, entry.name, most)

    def read(self, entry: Entry, most: int) -> bytes:
        """Return a file's bytes. Raises UnreadableFileError for what is no regular file, or larger than `most`."""
        # As a rule all is there already; a reader that asks for one file alone pays for a process of git.
        self.fetch([entry], most)
        return read_kept(entry, self._kept.get(entry.key), most)

    def show(self, entry: Entry) -> str:
        """Return the path of a file as `REV:PATH`."""
        return self._above + entry.name if self._above else self.shown

    def identify(self, entry: Entry) -> str:
        """Return the id of a regular file's object, empty for anything else."""
        return "" if entry.kind else self._files[entry.key].id


def read_kept(entry: Entry, kept: StoredPage | None, most: int) -> bytes:
    """Return the bytes of a file that a tree has set aside, None where it is too large.

    Raises UnreadableFileError as `FileTree.read`.
    """
    if entry.kind:
        raise UnreadableFileError(entry.kind)
    if kept is None or kept.size > most:
        message = f"more than {most:,} bytes"
        raise LargeFileError(message)
    try:
        return kept.read()
    except OSError as error:
        raise_lack(error)
        raise UnreadableFileError(name_failure(error)) from error


def open_revision(source: str, limits: Limits) -> RevisionTree | None:
    """Return what is at `REV:PATH`, and None where that names no revision.

    Raises InputError where nothing is, or no file that is read.
    """
    place = find_git_path(source)
    if place is None:
        return None
    shown = printable(source.rstrip("/"))
    found = list_files(place)
    if not found:
        refuse_links_in_git(place)
        raise lack(place)
    if len(found) == 1 and found[0].path == place.path:
        return _open_file(found[0], shown, limits)
    return RevisionTree(list_below(place.path, found), shown, limits)


def list_below(path: str, files: Iterable[git.Entry]) -> dict[str, git.Entry]:
    """Return files by their paths below a directory that all of them are in."""
    start = len(path) + 1 if path else 0
    return {entry.path[start:]: entry for entry in files}


def _open_file(file: git.Entry, shown: str, limits: Limits) -> RevisionTree:
    """Return the tree of one file. Raises InputError where it is none that is read."""
    if not file.is_file or file.path.endswith(ARCHIVE_SUFFIXES):
        what = f"a {name_archive(file.path)} archive, which is only read as a file" if file.is_file else name_kind(file)
        message = f"{shown} is {what}, not a directory of pages"
        raise InputError(message, hint=_SUBMODULE_HINT if file.is_submodule else "give the directory itself")
    # By its name alone, before anything of it is printed.
    refuse_strange_file(file.path, shown, b"")
    name = file.path.rpartition("/")[2]
    tree = RevisionTree({name: file}, shown, limits, is_file=True)
    try:
        head = tree.read(Entry(printable(name), name), limits.largest_file)[:MAX_HEAD]
    # Told like a page of a directory that is too large: invalid, by the limit's name.
    except LargeFileError:
        return tree
    refuse_strange_file(file.path, shown, head)
    return tree


def refuse_links_in_git(place: GitPath) -> None:
    """Raise InputError where a path that a revision lacks leads through a link in it, or is one."""
    # Git looks through no link: of what would lie below one it says no more than that it is not there.
    for path in [*list_above(place.path), place.path]:
        found = list_files(GitPath(place.revision, path, place.shown))
        if len(found) == 1 and found[0].path == path and not found[0].is_file:
            message = (
                f"{printable(place.shown)} cannot be read: {printable(path)} is {name_kind(found[0])} in {place.revision}"
            )
            raise InputError(message, hint=_SUBMODULE_HINT if found[0].is_submodule else LINK_HINT)


def name_kind(entry: git.Entry) -> str:
    """Return what is no regular file, in words, and nothing for one that is."""
    # Asked before the mode is: 0160000 is a commit, and of no kind that `stat` knows.
    return "" if entry.is_file else "a submodule" if entry.is_submodule else describe(entry.mode)
