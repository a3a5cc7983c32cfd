"""An archive as a tree: it is read once and never unpacked to the file system."""

from __future__ import annotations

import struct
import tarfile
import zipfile
import zlib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cachediff.errors import InputError
from cachediff.sources.links import list_above
from cachediff.sources.members import DamagedError, read_members
from cachediff.sources.revision import read_kept
from cachediff.sources.tree import DIRECTORY, Entry, Listing, drop_inner, printable
from cachediff.spill.pages import PageStore
from cachediff.text.words import list_some

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from cachediff.limits import Limits
    from cachediff.sources.members import Member
    from cachediff.spill.pages import StoredPage

_NOT_READ = "a file that is not read"
_DATABASE = ".spack-db"
"""The one hidden directory that a snapshot may be in: an installation's database."""

_HINT = "make the archive again, with the snapshot's directory alone in it"


class ArchiveTree:
    """The files of an archive below one of its directories. A key is the name of a member below that."""

    def __init__(self, files: dict[str, Entry], kept: dict[str, StoredPage | None], shown: str, root: str) -> None:
        self.shown = shown
        self.is_file = False
        self._root = root
        self._kept = kept
        # With the slash, or `a` would also be the root of what lies in `ab`.
        below = {key.removeprefix(root): entry for key, entry in files.items() if key.startswith(root)}
        self._listing = Listing({key: Entry(key, key, entry.kind) for key, entry in below.items()})
        self.entries, self.find = self._listing.entries, self._listing.find

    def fetch(self, entries: Sequence[Entry], most: int) -> None:
        """Do nothing: files were kept as they came by."""

    def read(self, entry: Entry, most: int) -> bytes:
        """Return a file's bytes. Raises UnreadableFileError for what is no regular file, or larger than `most`."""
        return read_kept(entry, self._kept.get(self._root + entry.key), most)

    def show(self, entry: Entry) -> str:
        """Return the path of a file, after that of the archive."""
        return f"{self.shown}:{self._root}{entry.name}"


def open_archive(
    path: str, limits: Limits, is_wanted: Callable[[str], bool], find_roots: Callable[[Collection[str]], list[str]]
) -> ArchiveTree:
    """Return the tree of the snapshot in an archive, at its top or in a directory: `find_roots` finds those that hold one.

    Only files that are wanted, by their names, can be read. Raises InputError for an archive that is damaged, too large,
    holds two snapshots or a name that leads out of it.
    """
    shown = printable(path)
    with refusing(shown):
        files, kept = _keep_all(path, shown, limits, is_wanted)
    root = _find_root(files, shown, find_roots)
    with refusing(shown):
        _check_links(files)
    return ArchiveTree(files, kept, shown, root)


def _keep_all(
    path: str, shown: str, limits: Limits, is_wanted: Callable[[str], bool]
) -> tuple[dict[str, Entry], dict[str, StoredPage | None]]:
    """Return what an archive holds, by name, and the bytes of the files that are wanted."""
    store = PageStore(shown, limits)
    files: dict[str, Entry] = {}
    kept: dict[str, StoredPage | None] = {}
    # In one pass: a packed tar is a stream, in which nothing can be looked at again.
    with closing(read_members(path, limits)) as members:
        for count, member in enumerate(members, 1):
            if count > limits.members:
                message = f"it has more than {limits.members:,} members (limit members)"
                raise DamagedError(message)
            name = _check_name(member)
            if member.kind == DIRECTORY and not is_wanted(f"{name}/"):
                continue  # it has files below it, or does not matter
            if name in files:
                # Which of two counts depends on what unpacks it, so a reviewer could see one and the gate judge the other.
                message = f"it holds {name!r} twice"
                raise DamagedError(message)
            files[name] = Entry(name, name, member.kind or ("" if is_wanted(name) else _NOT_READ))
            if not files[name].kind:
                with member.open() as stream:
                    # The larger of both limits: what a file is, and which one it has to keep, is known when it is read.
                    kept[name] = store.keep(stream.read, name, limits.largest_file)
    return files, kept


def _check_links(files: dict[str, Entry]) -> None:
    """Raise DamagedError where files lie below what is a link: unpacked, they would be somewhere else."""
    # Not while members come: a link may stand behind what lies below it.
    links = {name for name, entry in files.items() if entry.is_link}
    for name in files if links else ():
        if through := links.intersection(list_above(name)):
            message = f"it holds {name!r} below {min(through)!r}, which is a link"
            raise DamagedError(message)


def _check_name(member: Member) -> str:
    """Return a member's name without what means nothing in it.

    Raises DamagedError for a name that leads out of the archive.
    """
    name = printable(member.name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name or not (parts or member.kind == DIRECTORY):
        message = f"it holds the name {name!r}, which is none below a directory"
        raise DamagedError(message)
    return "/".join(parts)


def _find_root(files: dict[str, Entry], shown: str, find_roots: Callable[[Collection[str]], list[str]]) -> str:
    """Return the directory that holds the snapshot, with a slash, empty for the top.

    Raises InputError where several do, or where a member says that the directory, or one above it, is a link.
    """
    # As in a directory nothing hidden counts, but for the database of an installation.
    names = [name for name in files if not any(part.startswith(".") and part != _DATABASE for part in name.split("/"))]
    # A link may stand where pages should: to say that is better than that there are none.
    links = {name.rpartition("/")[0] for name in names if files[name].is_link}
    roots = find_roots([f"{name}/" if files[name].is_directory else name for name in names]) or drop_inner(links)
    if len(roots) > 1:
        message = f"{shown} holds {len(roots):,} snapshots: {list_some(roots)}"
        raise InputError(message, hint="an archive has one snapshot: unpack it, and give a directory")
    root = f"{roots[0]}/" if roots and roots[0] else ""
    for above in [*list_above(root), root.removesuffix("/")]:
        if above in files and files[above].is_link:
            message = f"{shown}:{root} cannot be read: {above} is {files[above].kind}"
            raise InputError(message, hint=_HINT)
    return root


@contextmanager
def refusing(shown: str) -> Iterator[None]:
    """Raise InputError for whatever is wrong with an archive, or where the system refuses it."""
    from lzma import LZMAError

    # Wide, since the libraries trust the fields of a header, and raise whatever a wrong one leads to.
    damages = (
        DamagedError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
        EOFError,
        struct.error,
        ValueError,
        IndexError,
    )
    try:
        yield
    except (*damages, RecursionError, NotImplementedError, RuntimeError, MemoryError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        message = f"archive {shown} cannot be read: {printable(reason[:1].lower() + reason[1:])}"
        raise InputError(message, hint=_HINT) from error
