"""The snapshots of a directory, here and in a revision of git, and what the working tree does to those of the revision."""

from __future__ import annotations

import os
import stat
from hashlib import sha1, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.errors import InputError
from cachediff.history.choice import Candidate, is_tag
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.git import find_top, list_files
from cachediff.sources.git_paths import GitPath, find_git_path
from cachediff.sources.links import refuse_links
from cachediff.sources.open import Door
from cachediff.sources.revision import RevisionTree, refuse_links_in_git
from cachediff.sources.tree import UnreadableFileError, describe, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.limits import Limits
    from cachediff.sources import git
    from cachediff.sources.tree import Entry, FileTree

    Entries = dict[str, git.Entry]
    """The files of a directory in a revision, by their names below it."""

_HINT = "ROOT is a directory of snapshots, each a directory named by its tag, such as develop-2025-03-30"


def list_snapshots(root: str) -> list[Candidate]:
    """Return the snapshots in a directory, or in one of a revision (`REV:ROOT`).

    Raises InputError where no dated one is there.
    """
    place = find_git_path(root)
    found = _list_in_git(place, _list_files(place)) if place else _list_here(root)
    _require_dated(found, root)
    return list(found.values())


def compare_with_revision(root: str, revision: str, limits: Limits = DEFAULT_LIMITS) -> list[Candidate]:
    """Return a revision's snapshots and those the working tree adds or changes: what a pull request does to a directory.

    Raises InputError where the working tree has no dated snapshot there, where the directory is in no repository, and for an
    unknown revision.
    """
    here = _list_here(root)
    _require_dated(here, root)
    place = _find_in_repository(root, revision)
    files = _list_files(place)
    there = _list_in_git(place, files)
    candidates = [_describe_published(one, files[name], is_kept=name in here) for name, one in there.items()]
    for name, one in here.items():
        if not _is_published(files.get(name)):
            candidates.append(replace(one, state="added"))
        elif _is_changed(one.source, files[name], limits):
            candidates.append(replace(one, state="changed"))
    return candidates


def _is_published(entries: Entries | None) -> bool:
    """Return whether a directory of a revision has a page, or is a link: else there is nothing in it to lose."""
    return entries is not None and ("" in entries or bool(Door().list_files(RevisionTree(entries, "", DEFAULT_LIMITS))))


def _describe_published(one: Candidate, entries: Entries, *, is_kept: bool) -> Candidate:
    return one if is_kept or not _is_published(entries) else replace(one, state="removed")


def _require_dated(found: dict[str, Candidate], root: str) -> None:
    if not any(one.date for one in found.values()):
        message = f"{printable(root)} holds no dated snapshot"
        raise InputError(message, hint=_HINT)


def _list_here(root: str) -> dict[str, Candidate]:
    """Return the snapshots of a directory by name.

    A link with a snapshot's name counts as one: reading it says what is wrong with it.
    """
    path = root.rstrip("/") or "/"
    # Before anything is listed: a link of the pull request could lead to snapshots of anybody's.
    refuse_links(path)
    try:
        mode = Path(path).lstat().st_mode
        if not stat.S_ISDIR(mode):
            message = f"{printable(root)} is {describe(mode)}, not a directory of snapshots"
            raise InputError(message, hint=_HINT)
        with os.scandir(path) as entries:
            names = [
                entry.name
                for entry in entries
                if is_tag(entry.name) and (entry.is_symlink() or entry.is_dir(follow_symlinks=False))
            ]
    # A path with a NUL is a ValueError.
    except (OSError, ValueError) as error:
        message = f"{printable(root)} cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
        raise InputError(message, hint=_HINT) from error
    # A source with a colon would be read as `REV:PATH`.
    above = path if path.startswith(("/", ".")) or ":" not in path else f"./{path}"
    return {name: Candidate(name, f"{above.rstrip('/')}/{name}") for name in sorted(names)}


def _list_in_git(place: GitPath, files: Iterable[str]) -> dict[str, Candidate]:
    """Return the snapshots of a directory in a revision by name."""
    above = f"{place.revision}:{place.path}{'/' if place.path else ''}"
    return {name: Candidate(name, f"{above}{name}") for name in files}


def _list_files(place: GitPath) -> dict[str, Entries]:
    """Return the files of each snapshot of a place by their names below it; what is no directory has one, without a name.

    Raises InputError where the place is below a link.
    """
    start = len(place.path) + 1 if place.path else 0
    files: dict[str, Entries] = {}
    found = list_files(place)
    # Git lists nothing below a link, so only an empty answer can be the work of one.
    if not found or (len(found) == 1 and found[0].path == place.path):
        refuse_links_in_git(place)
    for entry in found:
        name, slash, below = entry.path[start:].partition("/")
        # A file of that name is no snapshot; a link is, and whoever reads it says what is wrong with it.
        if is_tag(name) and (slash or not entry.is_file):
            files.setdefault(name, {})[below] = entry
    return files


def _find_in_repository(root: str, revision: str) -> GitPath:
    """Return where a directory of the working tree is in a revision.

    Raises InputError where it is in no repository, or in another one.
    """
    top, real = Path(find_top()).resolve(), Path(root).resolve()
    if not real.is_relative_to(top):
        message = f"{printable(root)} is not in the repository of the working directory"
        raise InputError(message, hint=f"go to the repository that has {revision}")
    path = "/".join(real.relative_to(top).parts)
    return GitPath(revision, path, f"{revision}:{path}")


def _is_changed(source: str, entries: Entries, limits: Limits) -> bool:
    """Return whether the pages of a directory are not byte for byte those of a revision.

    A link is what it was where it leads there.
    """
    if "" in entries or Path(source).is_symlink():
        link = entries[""].id if "" in entries else ""
        return _read_link(source, link) != link
    door = Door(limits)
    before = RevisionTree(entries, source, limits)
    # Git knows its ids already, so what is published need not be read.
    ids = {file.name: before.identify(file) for file in door.list_files(before)}
    try:
        tree = door.open_tree(source)
        files = door.list_files(tree)
    # A change where there were pages: whoever compares the two says what is wrong here.
    except InputError:
        return bool(ids)
    if ids.keys() != {file.name for file in files}:
        return True
    return any(_identify(file, tree, ids[file.name], limits) != ids[file.name] for file in files)


def _read_link(path: str, like: str) -> str:
    """Return the id that git would give a link, by the same algorithm as another id; empty where there is none."""
    try:
        return _hash(os.fsencode(Path(path).readlink()), like)
    except OSError:
        return ""


def _identify(file: Entry, tree: FileTree, like: str, limits: Limits) -> str:
    """Return the id that git would give a file's bytes, by the algorithm of another id; empty where it cannot be read."""
    try:
        return _hash(tree.read(file, limits.page_bytes), like)
    except UnreadableFileError:
        return ""


def _hash(data: bytes, like: str) -> str:
    # A repository's object format is sha1 or sha256, and its ids tell which.
    algorithm = sha256 if len(like) == 64 else sha1
    # Git chose it, and nothing here is safe because of it. Systems that ban sha1 allow it for such uses alone.
    return algorithm(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
