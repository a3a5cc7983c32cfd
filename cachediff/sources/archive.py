"""The pages of a snapshot in an archive, which is read once and never unpacked to the file system."""

from __future__ import annotations

import struct
import tarfile
import zipfile
import zlib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS, too_large
from cachediff.sources.directory import PageFile, printable
from cachediff.sources.links import list_above
from cachediff.sources.members import DamagedError, read_members
from cachediff.sources.pages.listing import FLAT_SUFFIXES, PAGE_NAME, mark_directories, select_pages
from cachediff.spill.pages import Spool, Spooled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.limits import Limits
    from cachediff.sources.members import Member

    Content = Spooled | str
    """Where a member's bytes are, or what it is instead of a page that can be read."""

_LINKS = ("a symbolic link", "a hard link")
_DIRECTORY = "a directory"
_OTHER = "a file that is no page"
_MOST_NAMED = 5
_HINT = "make the archive again, with the snapshot's directory alone in it"


def find_pages_in_archive(path: str, limits: Limits = DEFAULT_LIMITS) -> list[PageFile]:
    """Return the pages of a snapshot at an archive's top, or in one directory below it, in order of name.

    Raises InputError for an archive that is damaged, too large, holds two snapshots or a name that leads out of it.
    """
    shown = printable(path)
    with _refusing(shown):
        contents = _keep_all(path, shown, limits)
    root = _find_root(contents, shown)
    below = {name.removeprefix(root): content for name, content in contents.items() if name.startswith(root)}
    below |= dict.fromkeys(mark_directories(below), _DIRECTORY)
    listing = ((name, content in _LINKS, content) for name, content in below.items())
    return [
        PageFile(f"{shown}:{root}{name}", name, package, *((content, "") if isinstance(content, Spooled) else (None, content)))
        for name, package, content in select_pages(listing)
    ]


def _keep_all(path: str, shown: str, limits: Limits) -> dict[str, Content]:
    """Return the members of an archive by name, with the bytes of those that may be pages. Directories are only there in a page's place."""
    spool = Spool(shown, limits)
    contents: dict[str, Content] = {}
    with closing(read_members(path, limits)) as members:
        for count, member in enumerate(members, 1):
            if count > limits.members:
                message = f"it has more than {limits.members:,} members (limit members)"
                raise DamagedError(message)
            name = _check_name(member)
            if member.kind == _DIRECTORY and not name.endswith(f"/{PAGE_NAME}"):
                continue
            if name in contents:
                message = f"it holds {name!r} twice"
                raise DamagedError(message)
            contents[name] = member.kind or _keep(member, name, spool, limits)
    return contents


def _check_name(member: Member) -> str:
    """Return a member's name without what means nothing in it. Raises DamagedError for a name that leads out of the archive."""
    name = printable(member.name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name or not (parts or member.kind == _DIRECTORY):
        message = f"it holds the name {name!r}, which is none below a directory"
        raise DamagedError(message)
    return "/".join(parts)


def _keep(member: Member, name: str, spool: Spool, limits: Limits) -> Content:
    """Return where the bytes of a regular file are kept, if it may be a page."""
    if not name.endswith((f"/{PAGE_NAME}", *FLAT_SUFFIXES)):
        return _OTHER
    with member.open() as stream:
        return spool.keep(stream.read, name) or too_large("page-bytes", limits.page_bytes)


def _find_root(contents: dict[str, Content], shown: str) -> str:
    """Return the directory that holds the snapshot, with a slash, empty for the top.

    Raises InputError where several do, or where a member says that the directory, or one above it, is a link.
    """
    names = [name for name in contents if not any(part.startswith(".") for part in name.split("/"))]
    nested = {name.rpartition("/")[0].rpartition("/")[0] for name in names if name.endswith(f"/{PAGE_NAME}")}
    flat = {name.rpartition("/")[0] for name in names if name.endswith(FLAT_SUFFIXES)}
    links = {name.rpartition("/")[0] for name in names if contents[name] in _LINKS}
    roots = _drop_inner(nested or flat or links)
    if len(roots) > 1:
        listed = ", ".join(roots[:_MOST_NAMED]) + (f" and {len(roots) - _MOST_NAMED:,} more" if len(roots) > _MOST_NAMED else "")
        message = f"{shown} holds {len(roots):,} snapshots: {listed}"
        raise InputError(message, hint="an archive has one snapshot: unpack it, and give a directory")
    root = f"{roots[0]}/" if roots and roots[0] else ""
    for above in [*list_above(root), root.removesuffix("/")]:
        if contents.get(above) in _LINKS:
            message = f"{shown}:{root} cannot be read: {above} is {contents[above]}"
            raise InputError(message, hint=_HINT)
    return root


def _drop_inner(directories: Iterable[str]) -> list[str]:
    """Return directories without those that are in another one of them: a snapshot's pages are no deeper."""
    kept: list[list[str]] = []
    for parts in sorted(directory.split("/") if directory else [] for directory in directories):
        if not kept or parts[: len(kept[-1])] != kept[-1]:
            kept.append(parts)
    return ["/".join(parts) for parts in kept]


@contextmanager
def _refusing(shown: str) -> Iterator[None]:
    """Raise InputError for whatever is wrong with an archive, or where the system refuses it."""
    from lzma import LZMAError

    damages = (DamagedError, tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError, EOFError, struct.error, ValueError, IndexError)
    try:
        yield
    except (*damages, RecursionError, NotImplementedError, RuntimeError, MemoryError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        message = f"archive {shown} cannot be read: {printable(reason[:1].lower() + reason[1:])}"
        raise InputError(message, hint=_HINT) from error
