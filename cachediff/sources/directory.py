"""Finding a snapshot's pages and reading their bytes, without following a link or waiting for a pipe.

A source is a path or `REV:PATH`. Pages of a revision and of an archive are kept in a temporary file as they are found.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from cachediff.errors import InputError, raise_lack
from cachediff.limits import DEFAULT_LIMITS, at_most
from cachediff.sources.kinds import ARCHIVE_SUFFIXES, read_head, refuse_strange_file
from cachediff.sources.links import find_link
from cachediff.sources.pages.listing import PAGE_NAME, select_pages
from cachediff.spill.pages import Spooled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.limits import Limits

LINK_HINT = "links are not followed: give the directory that it leads to"
_HINT = "give a snapshot directory, a directory of pages, one page, an archive or REV:PATH"


class PageFile(Struct, frozen=True, gc=False):
    """One page to read: `path` says where it is, `name` is its path below the snapshot, `package` is its directory (empty: its title says).

    `path` opens it, unless its bytes are `spooled`, or `fault` says what stands there instead of a page.
    """

    path: str
    name: str
    package: str
    spooled: Spooled | None = None
    fault: str = ""


class UnreadableFileError(Exception):
    """A page file whose bytes cannot be had; the text says what it is instead of a readable file."""


class LargeFileError(UnreadableFileError):
    """A file that is larger than it may be."""


def find_pages(source: str, limits: Limits = DEFAULT_LIMITS) -> list[PageFile]:
    """Return the pages of a snapshot in order of name: `<package>/specs.md`, else flat `.md` and `.txt` files, else the file itself.

    A snapshot is a directory or a file, one of a revision of git (`REV:PATH`, where nothing else has that name), or an archive.
    Raises InputError when `source` is not there, cannot be listed, is or lies below a symbolic link, holds no page or more than a limit
    allows.
    """
    if not source:
        message = "the name of a snapshot is empty"
        raise InputError(message, hint=_HINT)
    pages = _find_elsewhere(source, limits)
    if pages is None:
        path, shown = source.rstrip("/") or "/", printable(source)
        try:
            mode = Path(path).lstat().st_mode
            if stat.S_ISREG(mode):
                refuse_strange_file(path, shown, read_head(path))
                return [PageFile(path, Path(path).name, "")]
            if not stat.S_ISDIR(mode):
                message = f"{shown} is {describe(mode)}, not a directory of pages"
                raise InputError(message, hint="give the directory itself")
            pages = [PageFile(file, name, package) for name, package, file in select_pages(_list(path))]
        except (OSError, ValueError) as error:
            if isinstance(error, OSError):
                raise_lack(error)
            reason = getattr(error, "strerror", None) or str(error)
            message = f"{shown} cannot be read: {reason.lower()}"
            raise InputError(message, hint=_HINT) from error
    if not pages:
        message = f"{printable(source)} holds no page"
        raise InputError(message, hint=f"a snapshot is a directory of <package>/{PAGE_NAME} files, or of flat .md or .txt pages")
    if len(pages) > limits.pages:
        message = f"{printable(source)} holds {len(pages):,} pages, and a snapshot {at_most(limits.pages, 'pages', 'pages')}"
        raise InputError(message, hint="docs/limits.md says how to allow more")
    return pages


def _find_elsewhere(source: str, limits: Limits) -> list[PageFile] | None:
    """Return the pages of a revision or an archive, and None where `source` is neither."""
    if ":" in source:
        from cachediff.sources.revision import find_pages_in_git

        pages = find_pages_in_git(source, limits)
        if pages is not None:
            return pages
    refuse_links(source)
    if source.endswith(ARCHIVE_SUFFIXES) and Path(source).is_file() and not Path(source).is_symlink():
        from cachediff.sources.archive import find_pages_in_archive

        refuse_strange_file(source, printable(source), read_head(source))
        return find_pages_in_archive(source, limits)
    return None


def refuse_links(path: str) -> None:
    """Raise InputError where a path leads through a link that may have come with what is judged."""
    if link := find_link(path):
        message = f"{printable(path)} cannot be read: {printable(link)} is a symbolic link"
        raise InputError(message, hint=LINK_HINT)


def _list(path: str) -> Iterator[tuple[str, bool, str]]:
    """Yield what `select_pages` asks for: files and links of a directory, and the page of each directory in it."""
    with os.scandir(path) as entries:
        for entry in entries:
            name = printable(entry.name)
            if not entry.is_dir(follow_symlinks=False):
                yield name, entry.is_symlink(), entry.path
            elif _has_page(entry.path):
                yield f"{name}/{PAGE_NAME}", False, f"{entry.path}/{PAGE_NAME}"


def _has_page(directory: str) -> bool:
    """Return whether something stands where a package's page would be; where the system does not tell, reading will say why."""
    try:
        os.lstat(f"{directory}/{PAGE_NAME}")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def printable(name: str) -> str:
    """Return a file name as valid text: bytes that are not UTF-8, which Python keeps as surrogates, become escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def name_source(source: str) -> str:
    """Return a source as reports name it: a directory that is written without its name (`.`, `x/..`) gets it, for that is judged, too."""
    path = source.rstrip("/") or "/"
    if path.rpartition("/")[2] in (".", "..") and (name := Path(path).resolve().name) and Path(path).is_dir():
        path = f"{path}/../{name}".removeprefix("./")
    return printable(path)


def read_page_file(file: PageFile, most: int | None = None) -> bytes:
    """Return the bytes of a page, wherever it is. Raises UnreadableFileError as `read_bytes` does."""
    if file.fault:
        raise UnreadableFileError(file.fault)
    if file.spooled is None:
        return _read_within(file.path, most)
    try:
        return file.spooled.read()
    except OSError as error:
        raise_lack(error)
        raise UnreadableFileError((error.strerror or str(error)).lower()) from error


def _read_within(path: str, most: int | None) -> bytes:
    try:
        return read_bytes(path, most)
    except LargeFileError as error:
        message = f"{error} (limit page-bytes)"
        raise LargeFileError(message) from error


def read_bytes(path: str, most: int | None = None) -> bytes:
    """Return a regular file's bytes.

    Raises UnreadableFileError for a link, a pipe, a device, a directory, for more than `most` bytes, for a file that somebody writes at the
    same time, or where the system refuses, and ResourceError where no file could be read.
    """
    handle = _open(path)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError(describe(status.st_mode))
        _check_size(status.st_size, most)
        size = status.st_size + 1
        data = os.read(handle, size)
        while len(data) == size and (more := os.read(handle, 1 << 20)):
            data += more
            size += len(more)
            _check_size(len(data), most)
        after = os.fstat(handle)
        if (after.st_mtime_ns, after.st_size) != (status.st_mtime_ns, status.st_size):
            message = "it changed while it was read"
            raise UnreadableFileError(message)
        return data
    except OSError as error:
        raise_lack(error)
        raise UnreadableFileError(_describe_failure(path, error)) from error
    finally:
        os.close(handle)


def _open(path: str) -> int:
    """Return a handle on what is no link. Raises UnreadableFileError, or ResourceError where no file could be opened."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise_lack(error)
        raise UnreadableFileError(_describe_failure(path, error)) from error


@contextmanager
def open_regular(path: str) -> Iterator[BinaryIO]:
    """Open a regular file of any size. Raises UnreadableFileError as `read_bytes` does, at the end for one that was written meanwhile."""
    handle = _open(path)
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        os.close(handle)
        raise UnreadableFileError(describe(before.st_mode))
    with os.fdopen(handle, "rb") as file:
        try:
            yield file
            after = os.fstat(handle)
        except OSError as error:
            raise UnreadableFileError((error.strerror or str(error)).lower()) from error
    if (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size):
        message = "it changed while it was read"
        raise UnreadableFileError(message)


def _check_size(size: int, most: int | None) -> None:
    if most is not None and size > most:
        message = f"{size:,} bytes, more than {most:,}"
        raise LargeFileError(message)


def _describe_failure(path: str, error: OSError) -> str:
    """Return what stands at `path` where opening it failed: a link is a link, whatever the system calls the failure."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        mode = 0
    return describe(mode) if mode and not stat.S_ISREG(mode) else (error.strerror or str(error)).lower()


def describe(mode: int) -> str:
    """Return what a file's mode makes it, in words."""
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "a regular file")
