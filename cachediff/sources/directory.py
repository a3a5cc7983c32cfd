"""The file system as a tree: a directory, or one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.domain.tags import name_date
from cachediff.errors import InputError, name_failure, raise_lack
from cachediff.sources.regular import read_bytes
from cachediff.sources.tree import DIRECTORY, LINKS, Entry, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

HINT = "give a folder or a file (of pages, a mirror, a site or a lock), an archive or REV:PATH"

MAX_BESIDE = 1_000
"""How many names are looked through for one that is near to what is not there."""


class DirectoryTree:
    """What lies in a directory, or one file of it. A key is the path that opens a file."""

    def __init__(self, path: str, *, is_file: bool) -> None:
        self._path = path
        self.shown = printable(path)
        self.is_file = is_file

    def entries(self, directory: Entry | None = None) -> list[Entry]:
        """Return what lies in a directory. Raises InputError where it cannot be listed."""
        if self.is_file:
            return [Entry(printable(Path(self._path).name), self._path)]
        path = directory.key if directory else self._path
        try:
            with os.scandir(path) as entries:
                return [_describe(entry, directory) for entry in entries]
        # A ValueError is a NUL in the path, which no system call takes.
        except (OSError, ValueError) as error:
            raise refuse(path, error) from error

    def find(self, name: str, directory: Entry | None = None) -> Entry | None:
        """Return what has a path below a directory; where the system does not tell, reading will say why."""
        key = f"{directory.key if directory else self._path}/{name}"
        try:
            os.lstat(key)
        except FileNotFoundError:
            return None
        except OSError:
            pass
        # What cannot be looked at is there all the same, or a package that nobody may read would seem to be gone.
        return Entry(f"{directory.name}/{name}" if directory else name, key)

    def fetch(self, entries: Sequence[Entry], most: int) -> None:
        """Do nothing: files are read where they are."""

    def read(self, entry: Entry, most: int) -> bytes:
        """Return a file's bytes. Raises UnreadableFileError as `read_bytes` does."""
        return read_bytes(entry.key, most)

    def show(self, entry: Entry) -> str:
        """Return the path of a file."""
        return printable(entry.key)


def _describe(entry: os.DirEntry[str], directory: Entry | None) -> Entry:
    name = printable(entry.name)
    # The link's own kind: whatever it leads to is not looked at.
    kind = DIRECTORY if entry.is_dir(follow_symlinks=False) else LINKS[0] if entry.is_symlink() else ""
    return Entry(f"{directory.name}/{name}" if directory else name, entry.path, kind)


def refuse(path: str, error: OSError | ValueError) -> InputError:
    """Return why a path cannot be read. Raises ResourceError where no path could be."""
    if isinstance(error, OSError):
        raise_lack(error)
        reason = name_failure(error)
    else:
        reason = "embedded null byte"  # which each Python says in other words
    hint = _suggest(path) if isinstance(error, FileNotFoundError) else HINT
    return InputError(f"{printable(path)} cannot be read: {reason}", hint=hint)


def _suggest(path: str) -> str:
    """Return what lies beside a path that is not there and has nearly its name, or else what may be given."""
    from difflib import get_close_matches

    above, slash, name = path.rstrip("/").rpartition("/")
    try:
        beside = os.listdir(above + slash or ".")  # noqa: PTH208
    except (OSError, ValueError):
        return HINT
    # To look through all of a large folder would take longer than to compare it.
    near = get_close_matches(name, beside, n=1, cutoff=0.8) if len(beside) <= MAX_BESIDE else []
    return f"did you mean {printable(above + slash + near[0])}?" if near else HINT


def name_source(source: str) -> str:
    """Return a source as reports name it.

    A directory that is written without its name (`.`, `x/..`) gets it, for that is judged, too; and so does the directory
    of an index that is called as Spack calls all of them, where it has a date (`spack.lock` in `env-2026-07-01`).
    """
    path = source.rstrip("/") or "/"
    try:
        return printable(_add_name(path))
    except OSError:
        return printable(path)  # a working directory that somebody removed has no name


def _add_name(path: str) -> str:
    if path.rpartition("/")[2] in (".", "..") and (name := Path(path).resolve().name) and Path(path).is_dir():
        return f"{path}/../{name}".removeprefix("./")
    above = f"../{Path.cwd().name}/{path.removeprefix('./')}"
    is_nearer = not path.startswith("/") and not name_date(path) and name_date(above) and Path(path).exists()
    return above if is_nearer else path


def lstat_mode(path: str) -> int:
    """Return the mode of what is at a path, of a link its own. Raises InputError where nothing is, or the system refuses."""
    try:
        return os.lstat(path).st_mode
    except (OSError, ValueError) as error:
        raise refuse(path, error) from error
