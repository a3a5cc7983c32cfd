"""Finding a snapshot's page files and reading their bytes, without following a link or waiting for a pipe."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import Struct

from cachediff.errors import InputError

PAGE_NAME = "specs.md"
FLAT_SUFFIXES = (".md", ".txt")
_HINT = "give a snapshot directory, a directory of pages or one page"


class PageFile(Struct, frozen=True, gc=False):
    """One page to read: `path` opens it, `name` is its path below the snapshot, `package` is its directory (empty: its title says)."""

    path: str
    name: str
    package: str


class UnreadableFileError(Exception):
    """A page file whose bytes cannot be had; the text says what it is instead of a readable file."""


def find_pages(source: str) -> list[PageFile]:
    """Return the page files of a snapshot in order of name: `<package>/specs.md`, else flat `.md` and `.txt` files, else the file itself.

    Raises InputError when `source` is not there, cannot be listed, is a symbolic link or holds no page.
    """
    if not source:
        message = "the name of a snapshot is empty"
        raise InputError(message, hint=_HINT)
    path, shown = source.rstrip("/") or "/", printable(source)
    try:
        mode = Path(path).lstat().st_mode
        if stat.S_ISREG(mode):
            return [PageFile(path, Path(path).name, "")]
        if not stat.S_ISDIR(mode):
            message = f"{shown} is {describe(mode)}, not a directory of pages"
            raise InputError(message, hint="give the directory itself")
        pages = sorted(_list_pages(path), key=lambda page: page.name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{shown} cannot be read: {reason.lower()}"
        raise InputError(message, hint=_HINT) from error
    if not pages:
        message = f"{shown} holds no page"
        raise InputError(message, hint=f"a snapshot is a directory of <package>/{PAGE_NAME} files, or of flat .md or .txt pages")
    return pages


def _list_pages(path: str) -> list[PageFile]:
    """Return the pages of a directory. A link where a page could be counts as one: reading it says what is wrong with it."""
    nested, flat, links = [], [], []
    with os.scandir(path) as entries:
        for entry in entries:
            name = printable(entry.name)
            if name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if _has_page(entry.path):
                    nested.append(PageFile(f"{entry.path}/{PAGE_NAME}", f"{name}/{PAGE_NAME}", name))
            elif name.endswith(FLAT_SUFFIXES):
                flat.append(PageFile(entry.path, name, ""))
            elif entry.is_symlink():
                links.append(PageFile(entry.path, f"{name}/{PAGE_NAME}", name))
    return nested + links if nested else flat or links


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


def read_bytes(path: str) -> bytes:
    """Return a regular file's bytes. Raises UnreadableFileError for a link, a pipe, a device, a directory, or where the system refuses."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableFileError(_describe_failure(path, error)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError(describe(status.st_mode))
        size = status.st_size + 1
        data = os.read(handle, size)
        while len(data) == size and (more := os.read(handle, 1 << 20)):
            data += more
            size += len(more)
        return data
    except OSError as error:
        raise UnreadableFileError(_describe_failure(path, error)) from error
    finally:
        os.close(handle)


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
