"""The snapshots of a directory, here and in a revision of git, and what the working tree does to those of the revision."""

from __future__ import annotations

import os
import stat
from hashlib import sha1, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.errors import InputError
from cachediff.git import Place, find_place, find_top, list_files
from cachediff.limits import DEFAULT_LIMITS
from cachediff.model import Page
from cachediff.policy.choice import Candidate, is_tag
from cachediff.reading.bodies import Bodies
from cachediff.reading.files import UnreadableFileError, describe, find_pages, printable, read_page_file
from cachediff.reading.listing import PAGE_NAME
from cachediff.reading.page import read_page
from cachediff.reading.revisions import select_entries
from cachediff.reading.snapshot import choose_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.git import Entry
    from cachediff.limits import Limits
    from cachediff.reading.files import PageFile

_HINT = "ROOT is a directory of snapshots, each a directory named by its tag, such as develop-2025-03-30"


def list_snapshots(root: str, limits: Limits = DEFAULT_LIMITS) -> list[Candidate]:
    """Return the snapshots in a directory, or in one of a revision (`REV:ROOT`). Raises InputError where no dated one is there."""
    place = find_place(root)
    found = _list_in_git(place, _list_files(place), limits) if place else _list_here(root, limits)
    _require_dated(found, root)
    return list(found.values())


def compare_with_revision(root: str, revision: str, limits: Limits = DEFAULT_LIMITS) -> list[Candidate]:
    """Return the snapshots of a revision, and those that the working tree adds or changes: what a pull request does to a directory.

    Raises InputError where the working tree has no dated snapshot there, where the directory is in no repository, and for an unknown
    revision.
    """
    here = _list_here(root, limits)
    _require_dated(here, root)
    place = _find_in_repository(root, revision)
    files = _list_files(place)
    there = _list_in_git(place, files, limits)
    candidates = [one if name in here else replace(one, state="removed") for name, one in there.items()]
    for name, one in here.items():
        if name not in there:
            candidates.append(replace(one, state="added"))
        elif one.date and _is_changed(one.source, files[name], limits):
            candidates.append(replace(one, state="changed"))
    return candidates


def _require_dated(found: dict[str, Candidate], root: str) -> None:
    if not any(one.date for one in found.values()):
        message = f"{printable(root)} holds no dated snapshot"
        raise InputError(message, hint=_HINT)


def _list_here(root: str, limits: Limits) -> dict[str, Candidate]:
    """Return the snapshots of a directory by name. A link with a snapshot's name counts as one: reading it says what is wrong with it."""
    path = root.rstrip("/") or "/"
    try:
        mode = Path(path).lstat().st_mode
        if not stat.S_ISDIR(mode):
            message = f"{printable(root)} is {describe(mode)}, not a directory of snapshots"
            raise InputError(message, hint=_HINT)
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and is_tag(entry.name))]
    except (OSError, ValueError) as error:
        message = f"{printable(root)} cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
        raise InputError(message, hint=_HINT) from error
    above = path if path.startswith(("/", ".")) or ":" not in path else f"./{path}"
    return dict(_name({name: f"{above.rstrip('/')}/{name}" for name in sorted(names)}, limits))


def _list_in_git(place: Place, files: dict[str, dict[str, Entry]], limits: Limits) -> dict[str, Candidate]:
    """Return the snapshots of a directory in a revision by name."""
    above = f"{place.revision}:{place.path}{'/' if place.path else ''}"
    return dict(_name({name: f"{above}{name}" for name in files}, limits))


def _name(sources: dict[str, str], limits: Limits) -> Iterator[tuple[str, Candidate]]:
    """Yield the snapshots among directories, by name. One that is not named by a tag has that of its pages."""
    for name, source in sources.items():
        tag = name if is_tag(name) else "" if name.startswith(".") else _read_tag(source, limits)
        if tag:
            yield name, Candidate(tag, source)


def _read_tag(source: str, limits: Limits) -> str:
    """Return the tag that most pages of a directory have; empty where it is no snapshot but a package of one, or something else."""
    try:
        files = find_pages(source, limits)
    except InputError:
        return ""
    if any(file.name == PAGE_NAME for file in files):
        return ""
    bodies = Bodies(limits)
    pages = (read_page(file, file.name, bodies) for file in files)
    return choose_tag(page.tag for page in pages if isinstance(page, Page))


def _list_files(place: Place) -> dict[str, dict[str, Entry]]:
    """Return the files in each directory of a place, by their names below it; a link that has a snapshot's name stands for one without."""
    start = len(place.path) + 1 if place.path else 0
    files: dict[str, dict[str, Entry]] = {}
    for entry in list_files(place):
        name, slash, below = entry.path[start:].partition("/")
        if slash:
            files.setdefault(name, {})[below] = entry
        elif not entry.is_file and is_tag(name):
            files[name] = {}
    return files


def _find_in_repository(root: str, revision: str) -> Place:
    """Return where a directory of the working tree is in a revision. Raises InputError where it is in no repository, or in another one."""
    top, real = Path(find_top()).resolve(), Path(root).resolve()
    if not real.is_relative_to(top):
        message = f"{printable(root)} is not in the repository of the working directory"
        raise InputError(message, hint=f"go to the repository that has {revision}")
    path = "/".join(real.relative_to(top).parts)
    return Place(revision, path, f"{revision}:{path}")


def _is_changed(source: str, entries: dict[str, Entry], limits: Limits) -> bool:
    """Return whether the pages of a directory are not byte for byte those of a revision."""
    before = {name: entry.id if entry and entry.is_file else "" for name, _, entry in select_entries(entries.items())}
    try:
        files = find_pages(source, limits)
    except InputError:
        files = []
    if before.keys() != {file.name for file in files}:
        return True
    return any(_identify(file, before[file.name], limits) != before[file.name] for file in files)


def _identify(file: PageFile, like: str, limits: Limits) -> str:
    """Return the id that git would give the bytes of a page, by the same algorithm as another id; empty where it cannot be read."""
    try:
        data = read_page_file(file, limits.page_bytes)
    except UnreadableFileError:
        return ""
    algorithm = sha256 if len(like) == 64 else sha1
    return algorithm(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
