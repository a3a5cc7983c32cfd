"""The snapshots of a directory, here and in a revision of git, and what the working tree does to those of the revision."""

from __future__ import annotations

import os
from hashlib import sha1, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.domain.tags import name_date
from cachediff.errors import InputError
from cachediff.history.listing import (
    HINT,
    LISTING_HINT,
    Listed,
    find_gone,
    find_here,
    find_later_there,
    find_others,
    find_stacks,
    find_there,
    list_here,
    list_refs,
    list_there,
)
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.directory import DirectoryTree
from cachediff.sources.git import find_fork, find_top
from cachediff.sources.git_paths import GitPath, find_git_path, find_tree
from cachediff.sources.open import Door
from cachediff.sources.records.names import MANIFEST, MANIFESTS, split_file
from cachediff.sources.tree import Entry, UnreadableFileError, printable

if TYPE_CHECKING:
    from cachediff.history.choice import Candidate
    from cachediff.limits import Limits
    from cachediff.sources.tree import FileTree

_WHOLE = f"{MANIFESTS}/{MANIFEST}"
_IS_ONE = "it is a snapshot itself: did you mean cachediff latest {}?"
_IS_UNDATED = "it is a snapshot itself, whose name has no date: cachediff REV:PATH PATH compares it with what it was in git"


def list_snapshots(root: str, limits: Limits) -> list[Candidate]:
    """Return the snapshots in a directory, or in one of a revision (`REV:ROOT`), or the refs of a listing of indexes.

    What is a snapshot there, and by its name none of those, is among them if it seems to be later than all of them.

    Raises InputError where no dated one is there.
    """
    door = Door(limits)
    place = None
    if refs := door.list_refs(root):
        found = list_refs(root, refs)
        if not any(one.candidate.date for one in found.values()):
            message = f"{printable(root)} has no ref with the name of a dated snapshot, such as develop-2025-03-30"
            raise InputError(message, hint=LISTING_HINT.format(printable(root)))
    else:
        place = find_git_path(root)
        found = list_there(place, door) if place else list_here(root, door)
    _require_dated(found, root, door)
    newest = max(one.candidate.date for one in found.values())
    later: list[Listed] = []
    if place:
        later = find_later_there(place, found, door, newest)
    elif not refs:
        later = find_others(root, found, door, newest)
    return [one.candidate for one in [*found.values(), *later]]


def compare_with_revision(root: str, revision: str, limits: Limits = DEFAULT_LIMITS) -> list[Candidate]:
    """Return a revision's snapshots and those the working tree adds or changes: what a pull request does to a directory.

    It does what it does to what it began with, the commit that the revision and HEAD have in common.

    Raises InputError where the working tree has no dated snapshot there, where the directory is in no repository, and for an
    unknown revision.
    """
    door = Door(limits)
    if door.list_refs(root):
        message = f"{printable(root)} is a listing, of which nobody can tell what a change does to it"
        raise InputError(message, hint="leave out --against, or compare two refs: cachediff LISTING#OLD LISTING#NEW")
    here = list_here(root, door)
    _require_dated(here, root, door)
    place = _find_in_repository(root, revision)
    there = list_there(place, door)
    published = _find_published(there, door)
    fork = _find_fork(place)
    # What is in the revision only since then, the change neither removes nor changes, though it lacks it.
    was = there if fork == place else list_there(fork, door)
    before = published if was is there else _find_published(was, door)
    # What was an index, and by itself is none any more, is still there.
    here |= find_here(root, [name for name in published if not there[name].inside and name not in here])
    candidates = [
        replace(one.candidate, state="removed") if name in published & before and name not in here else one.candidate
        for name, one in there.items()
    ]
    for name, one in here.items():
        if name in before and not _is_changed(one, was[name], door):
            continue
        if name not in published:
            candidates.append(replace(one.candidate, state="added"))
        elif was is there or _is_changed(one, there[name], door):
            # Changed on both sides: what the change does to it is what it does to the one that it began with.
            is_other = name in before and was[name].entries != there[name].entries
            was_at = was[name].candidate.source if is_other else ""
            is_link = one.is_link or there[name].is_link
            candidates.append(replace(one.candidate, state="changed", was_at=was_at, is_link=is_link))
    return candidates + _list_others(root, fork, here, was, door)


def _find_fork(place: GitPath) -> GitPath:
    """Return a place as it was where the working tree and a revision parted; the same where nobody can tell, or now."""
    fork = find_fork(place.revision)
    # By their trees: a commit that changes no file parts nothing.
    if not fork or find_tree(fork, place.shown) == find_tree(place.revision, place.shown):
        return place
    return GitPath(fork, place.path, f"{fork}:{place.path}")


def _find_published(found: dict[str, Listed], door: Door) -> set[str]:
    return {name for name, one in found.items() if _is_published(one, door)}


def _list_others(
    root: str, place: GitPath, here: dict[str, Listed], there: dict[str, Listed], door: Door
) -> list[Candidate]:
    """Return what a change does to snapshots that are none of those that are chosen from.

    They are archives, what has pages and a date but no tag for a name, and of a mirror with dated views its other indexes.
    """
    found: list[Candidate] = []
    ours, theirs = (find_stacks(side.values(), door) for side in (here, there))
    # The index of the whole is one file: with its views it would change with each that is added.
    whole = [replace(one, place=one.candidate.source, inside="") for one in ours.values() if one.inside == _WHOLE]
    for one in [*find_others(root, here, door), *whole]:
        before = find_there(place, one.candidate.tag)
        is_changed = bool(before) and _is_changed(one, Listed(one.candidate, place.shown, entries=before), door)
        if is_changed or not before:
            found.append(replace(one.candidate, state="changed" if before else "added"))
    for path in sorted((theirs.keys() | ours.keys()) - {_WHOLE}):
        one = ours.get(path) or theirs[path]
        if path not in theirs or path not in ours:
            found.append(replace(one.candidate, state="added" if path in ours else "removed"))
        elif _is_changed(one, theirs[path], door):
            found.append(replace(one.candidate, state="changed"))
    return found + [one.candidate for one in find_gone(root, place, here.keys() | there.keys(), door)]


def _is_published(one: Listed, door: Door) -> bool:
    """Return whether what is in a revision has a page or an index, or is a link: else there is nothing in it to lose."""
    if one.entries is None or "" in one.entries:
        return one.entries is not None
    try:
        return bool(door.list_files(one.open(door.limits), one.inside))
    except InputError:
        return True  # whoever reads it says what is wrong with it


def _require_dated(found: dict[str, Listed], root: str, door: Door) -> None:
    if not any(one.candidate.date for one in found.values()):
        message = f"{printable(root)} holds no dated snapshot"
        path = root.rstrip("/")
        # What is named without its name lies in the folder above, which its path does not have.
        is_nameless = path.rpartition("/")[2] in (".", "..")
        above = printable(f"{path}/..".removeprefix("./") if is_nameless else split_file(path)[0])
        is_one = _IS_ONE.format(above) if name_date(str(Path(path).resolve()) if is_nameless else path) else _IS_UNDATED
        raise InputError(message, hint=is_one if door.is_snapshot(root) else HINT)


def find_in_revision(source: str, revision: str) -> str:
    """Return where a path of the working tree is in a revision; any other source as it is.

    What a change brings along must not be what it is measured by.
    """
    if find_git_path(source):
        return source
    top = Path(find_top()).resolve()
    # As it is written, since a change can write links: none of them is followed in a revision.
    path = Path(os.path.normpath(Path.cwd() / source))
    path = path if path.is_relative_to(top) else Path(source).resolve()
    return f"{revision}:{'/'.join(path.relative_to(top).parts)}" if path.is_relative_to(top) else source


def _find_in_repository(root: str, revision: str) -> GitPath:
    """Return where a directory of the working tree is in a revision.

    Raises InputError where it is in no repository, or in another one.
    """
    # Both without links: git names its top so, and a clone may lie below one.
    top, real = Path(find_top()).resolve(), Path(root).resolve()
    if not real.is_relative_to(top):
        message = f"{printable(root)} is not in the repository of the working directory"
        raise InputError(message, hint=f"go to the repository that has {revision}")
    path = "/".join(real.relative_to(top).parts)
    return GitPath(revision, path, f"{revision}:{path}")


def _is_changed(here: Listed, there: Listed, door: Door) -> bool:
    """Return whether the files of a snapshot are not byte for byte those of a revision.

    A link is what it was where it leads there.
    """
    limits = door.limits
    if here.is_link or there.is_link:
        link = (there.entries or {})[""].id if there.is_link else ""
        return _read_link(here.place, link) != link
    # An archive is one file in git, whatever it holds.
    if "" in (there.entries or {}) and here.candidate.is_other:
        file = (there.entries or {})[""]
        return _identify(Entry(file.path, here.place), DirectoryTree(here.place, is_file=True), file.id, limits) != file.id
    before = there.open(limits)
    try:
        was = _list_files(before, there.inside, door)
    except InputError:
        return _differs(here.place, there, limits)
    try:
        tree = door.open_tree(here.place)
        files = _list_files(tree, here.inside, door)
    # A change where there were files: whoever compares the two says what is wrong here.
    except InputError:
        return bool(was)
    # Git knows its ids already, so what is published need not be read.
    ids = {file.name: before.identify(file) for file in was}
    if ids.keys() != {file.name for file in files}:
        return True
    return any(_identify(file, tree, ids[file.name], limits) != ids[file.name] for file in files)


def _differs(place: str, there: Listed, limits: Limits) -> bool:
    """Return whether any file of a revision is another one now: of a snapshot whose own files nobody can tell."""
    tree = DirectoryTree(place, is_file=False)
    for path, file in (there.entries or {}).items():
        entry = Entry(path, f"{place}/{path}")
        if (_identify(entry, tree, file.id, limits) if file.is_file else _read_link(entry.key, file.id)) != file.id:
            return True
    return False


def _list_files(tree: FileTree, inside: str, door: Door) -> list[Entry]:
    """Return the files of a snapshot; the only one is one, whatever is in it."""
    return list(tree.entries()) if tree.is_file else door.list_files(tree, inside)


def _read_link(path: str, like: str) -> str:
    """Return the id that git would give a link, by the same algorithm as another id; empty where there is none."""
    try:
        # Git keeps a link as a file that holds where it leads.
        return _hash(os.fsencode(Path(path).readlink()), like)
    except OSError:
        return ""


def _identify(file: Entry, tree: FileTree, like: str, limits: Limits) -> str:
    """Return the id that git would give a file's bytes, by the algorithm of another id; empty where it cannot be read."""
    try:
        return _hash(tree.read(file, limits.largest_file), like)
    except UnreadableFileError:
        return ""


def _hash(data: bytes, like: str) -> str:
    # A repository's object format is sha1 or sha256, and its ids tell which.
    algorithm = sha256 if len(like) == 64 else sha1
    # Git chose it, and nothing here is safe because of it. Systems that ban sha1 allow it for such uses alone.
    return algorithm(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
