"""What snapshots a directory has, here and in a revision of git: by their names, and where they have no tag as indexes."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cachediff.domain.tags import is_index_file, is_tag, name_tag
from cachediff.errors import InputError, name_failure
from cachediff.history.choice import Candidate, is_snapshot_name
from cachediff.sources.directory import DirectoryTree
from cachediff.sources.git import list_files, list_names
from cachediff.sources.git_paths import GitPath
from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from cachediff.sources.links import refuse_links
from cachediff.sources.revision import RevisionTree, list_below, name_kind, refuse_links_in_git
from cachediff.sources.tree import DIRECTORY, Entry, describe, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from cachediff.history.choice import State
    from cachediff.limits import Limits
    from cachediff.sources import git
    from cachediff.sources.open import Door

    Entries = dict[str, git.Entry]
    """The files of a directory in a revision, by their names below it."""

_LOOKS_DATED = re.compile(r"([0-9]{4})[^0-9]?([0-9]{1,2})[^0-9]?([0-9]{1,2})")
"""What somebody may have meant as a date: `2025-3-30`, `20250330`, or one with more behind it."""

HINT = (
    "ROOT is a directory of snapshots, each a directory named by its tag, such as develop-2025-03-30, or an index whose name"
    " ends in a date, such as mirror-2026-07-01 or 2026-07-01.lock; or it is a mirror with dated views"
)

LISTING_HINT = "cachediff schema listing says what a listing is, and cachediff {0}#OLD {0}#NEW compares any two of its refs"


class Listed(Struct, frozen=True):
    """A snapshot of a directory: where it lies, or the mirror that it is a view of, and then the path of its manifest there.

    `entries` are its files in a revision; what is no directory has one, without a name.
    """

    candidate: Candidate
    place: str
    inside: str = ""
    entries: Entries | None = None

    @property
    def is_link(self) -> bool:
        """Whether it is no snapshot but leads to one, or to anything."""
        alone = (self.entries or {}).get("")
        return (alone is not None and not alone.is_file) if self.entries else Path(self.place).is_symlink()

    def open(self, limits: Limits) -> RevisionTree:
        """Return the files in a revision."""
        entries = self.entries or {}
        files = {self.candidate.tag: entries[""]} if "" in entries else entries
        return RevisionTree(files, self.place, limits, is_file="" in entries)


def list_here(root: str, door: Door) -> dict[str, Listed]:
    """Return the snapshots of a directory by their paths below it.

    A link with a snapshot's name counts as one: reading it says what is wrong with it.
    """
    path = root.rstrip("/") or "/"
    # Before anything is listed: a link of the pull request could lead to snapshots of anybody's.
    refuse_links(path)
    try:
        mode = Path(path).lstat().st_mode
    # A path with a NUL is a ValueError.
    except (OSError, ValueError) as error:
        message = f"{printable(root)} cannot be read: {name_failure(error)}"
        raise InputError(message, hint=HINT) from error
    if stat.S_ISREG(mode) and is_index_file(path):
        message = f"{printable(root)} is neither a directory of snapshots nor a listing of indexes"
        raise InputError(message, hint=LISTING_HINT.format(printable(root)))
    if not stat.S_ISDIR(mode):
        message = f"{printable(root)} is {describe(mode)}, not a directory of snapshots"
        raise InputError(message, hint=HINT)
    tree = DirectoryTree(path, is_file=False)
    above = _name_above(path)
    views = door.list_inside(tree)
    names = _choose_names(tree.entries(), views, lambda name: door.holds_index(door.open_tree(f"{above}/{name}")))
    found = {name: Listed(Candidate(name, f"{above}/{name}"), f"{above}/{name}") for name in names}
    for name, inside in _list_own(views):
        found[inside] = Listed(Candidate(name, f"{above}/{inside}"), above or "/", inside)
    return found


def list_refs(listing: str, refs: Iterable[str]) -> dict[str, Listed]:
    """Return the refs of a listing that are called like snapshots."""
    sources = {ref: f"{listing}#{ref}" for ref in refs if is_snapshot_name(ref)}
    return {ref: Listed(Candidate(ref, source), source) for ref, source in sources.items()}


def find_here(root: str, names: Iterable[str]) -> dict[str, Listed]:
    """Return those of some names without a tag that something in a directory has, an index or not."""
    above = _name_above(root.rstrip("/") or "/")
    places = {name: f"{above}/{name}" for name in names if not is_snapshot_name(name)}
    return {name: Listed(Candidate(name, place), place) for name, place in places.items() if os.path.lexists(place)}


def find_others(root: str, known: Collection[str], door: Door, after: str = "") -> list[Listed]:
    """Return what is a snapshot in a directory and none of those known: of another name with a date, or an archive.

    The date need not be spelled as in a tag, nor be one: it may be a slip of the pen. With `after`, a date, only what seems
    to be later counts.
    """
    path = root.rstrip("/") or "/"
    above = _name_above(path)
    found: list[Listed] = []
    for entry in DirectoryTree(path, is_file=False).entries():
        name = _name(entry)
        place = f"{above}/{name}"
        if name in known or entry.is_link or not _may_be_meant(name) or (after and _guess_date(name) <= after):
            continue
        if door.is_snapshot(place) if entry.is_directory else name.endswith(ARCHIVE_SUFFIXES):
            found.append(Listed(Candidate(name, place, is_other=True), place))
    return sorted(found, key=lambda one: one.place)


def find_gone(root: str, place: GitPath, known: Collection[str], door: Door) -> list[Listed]:
    """Return what `find_others` would find in a directory of a revision, of what is not here any more."""
    above = _name_above(root.rstrip("/") or "/")
    return _find_others_there(place, known, door, lambda name: not os.path.lexists(f"{above}/{name}"), "removed")


def find_later_there(place: GitPath, known: Collection[str], door: Door, after: str) -> list[Listed]:
    """Return what `find_others` would find in a directory of a revision that seems to be later than a date."""
    return _find_others_there(place, known, door, lambda name: _guess_date(name) > after)


def _find_others_there(
    place: GitPath, known: Collection[str], door: Door, is_asked: Callable[[str], bool], state: State = ""
) -> list[Listed]:
    found: list[Listed] = []
    for name in list_names(place):
        if name in known or not _may_be_meant(name) or not is_asked(name):
            continue
        files = find_there(place, name)
        source = f"{place.revision}:{place.path}{'/' if place.path else ''}{name}"
        one = Listed(Candidate(name, source, state, is_other=True), source, entries=files)
        if name.endswith(ARCHIVE_SUFFIXES) if "" in files else _has_files(one, door):
            found.append(one)
    return found


def _may_be_meant(name: str) -> bool:
    return bool(_LOOKS_DATED.search(name) or name_tag(name))


def _guess_date(name: str) -> str:
    """Return the last thing in a name that may be meant as a date, as one is written; empty without one."""
    found = [(year, int(month), int(day)) for year, month, day in _LOOKS_DATED.findall(name)]
    return next((f"{year}-{month:02}-{day:02}" for year, month, day in reversed(found) if month <= 12 and day <= 31), "")


def _has_files(one: Listed, door: Door) -> bool:
    try:
        return bool(door.list_files(one.open(door.limits)))
    except InputError:
        return True


def find_stacks(some: Iterable[Listed], door: Door) -> dict[str, Listed]:
    """Return the indexes of a mirror beside those of its views that are snapshots of their own, by their paths in it."""
    view = next((one for one in some if one.inside), None)
    if view is None:
        return {}
    above = view.candidate.source.removesuffix(view.inside)
    tree = door.open_tree(view.place) if view.entries is None else view.open(door.limits)
    paths = [path for name, path in door.list_inside(tree).items() if not is_tag(name)]
    return {path: replace(view, candidate=Candidate(path, above + path, is_other=True), inside=path) for path in paths}


def find_there(place: GitPath, name: str) -> Entries:
    """Return the files of one thing in a directory of a revision, by their paths below it; of a file one without a name."""
    path = f"{place.path}/{name}" if place.path else name
    return list_below(path, list_files(GitPath(place.revision, path, f"{place.shown}/{name}")))


def _name_above(path: str) -> str:
    # A source with a colon would be read as `REV:PATH`.
    return (path if path.startswith(("/", ".")) or ":" not in path else f"./{path}").rstrip("/")


def list_there(place: GitPath, door: Door) -> dict[str, Listed]:
    """Return the snapshots of a directory in a revision by their paths below it.

    Raises InputError where the place is below a link.
    """
    files = _list_files(place)
    above = f"{place.revision}:{place.path}{'/' if place.path else ''}"
    # Of many pages no tree is made: a mirror is all that one is needed for.
    undated = ((name, below) for name, below in files.items() if not Candidate(name, "").date)
    paths = ((f"{name}/{path}", file) for name, below in undated for path, file in below.items())
    of_mirror = {path: file for path, file in paths if door.is_of_index(path)}
    views = door.list_inside(RevisionTree(of_mirror, place.shown, door.limits))

    def make(name: str) -> Listed:
        return Listed(Candidate(name, above + name), above + name, entries=files[name])

    names = _choose_names(
        (Entry(printable(name), name, _tell_kind(below)) for name, below in files.items()),
        views,
        lambda name: door.holds_index(make(name).open(door.limits)),
    )
    found = {name: make(name) for name in names}
    for name, inside in _list_own(views):
        found[inside] = Listed(Candidate(name, above + inside), place.shown, inside, of_mirror)
    return found


def _list_files(place: GitPath) -> dict[str, Entries]:
    """Return the files of a place by the first part of their paths, then by the rest."""
    start = len(place.path) + 1 if place.path else 0
    files: dict[str, Entries] = {}
    found = list_files(place)
    # Git lists nothing below a link, so only an empty answer can be the work of one.
    if not found or (len(found) == 1 and found[0].path == place.path):
        refuse_links_in_git(place)
    for entry in found:
        name, _, below = entry.path[start:].partition("/")
        files.setdefault(name, {})[below] = entry
    return files


def _tell_kind(below: Entries) -> str:
    return name_kind(below[""]) if "" in below else DIRECTORY


def _choose_names(entries: Iterable[Entry], views: dict[str, str], holds_index: Callable[[str], bool]) -> list[str]:
    """Return the names of snapshots: tags, and dated names of indexes.

    What is called like an index but for the date counts, too, for a broken one must not be passed over.
    """
    names: list[str] = []
    series: dict[tuple[str, str], list[Entry]] = {}
    # The folder of the layout, `v3`, is called like a release, and is no snapshot.
    own = {path.partition("/")[0] for path in views.values()}
    for entry in entries:
        # A file of that name is no snapshot; a link is, and whoever reads it says what is wrong with it.
        name, is_file = _name(entry), not (entry.is_directory or entry.is_link)
        if is_snapshot_name(name):
            names += [name] if not is_file and name not in own else []
        elif (one := Candidate(name, "")).date and (not is_file or is_index_file(name)):
            series.setdefault(one.series, []).append(entry)
    for some in series.values():
        if any(not entry.is_link and _may_hold(_name(entry), holds_index) for entry in some):
            names += map(_name, some)
    return sorted(names)


def _name(entry: Entry) -> str:
    return entry.key.rpartition("/")[2]


def _may_hold(name: str, holds_index: Callable[[str], bool]) -> bool:
    try:
        return holds_index(name)
    except InputError:
        return True  # whoever reads it says what is wrong with it


def _list_own(views: dict[str, str]) -> list[tuple[str, str]]:
    """Return the views that are snapshots of their own, each with its path: all others are stacks of the mirror."""
    # By what decides where a mirror is read: a view must not be both, or neither.
    return [(name, path) for name, path in views.items() if is_tag(name)]
