"""Where the indexes of a snapshot lie in a tree, and which stack each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.domain.problem import Problem
from cachediff.domain.spec import DEFAULT_STACK
from cachediff.domain.tags import is_tag
from cachediff.errors import InputError
from cachediff.sources.records.names import MANIFEST, MANIFESTS
from cachediff.sources.tree import Entry
from cachediff.text.words import list_some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.sources.tree import FileTree

_PACKED = ("", ".gz", ".xz")
_PLACES = (f"{MANIFESTS}/{MANIFEST}", "build_cache/index.json", ".spack-db/index.json", "spack.lock", "index.json")
"""Where an index lies below the folder that is named: a v3 and a v2 mirror, an installation, an environment, and what is
named itself, `.spack-db` or `build_cache`."""

_KINDS = {"spack.lock": "a lock", ".spack-db/index.json": "a site", "index.json": "an index"}
_MIRROR = "a mirror"
_NESTED = {_MIRROR: "mirror", "a lock": "environment"}
_UNVIEWED = "views are no stacks here: in a folder of several, a mirror is one stack"
MAX_DEPTH = 8
"""How many folders deep an index may lie in a folder of several."""


class IndexFile(Struct, frozen=True):
    """One file that holds an index, or a manifest that names it: which stack it is, and in which mirror the manifest lies.

    The stack is empty for the index of a whole mirror, whose views are the stacks. `is_aside` says that it is a snapshot of
    its own, of which only the names are wanted, and `problem` why there is nothing to read. `read` has the bytes, once, of
    what was read to tell what it is: to be taken from there, so that none stay in memory.
    """

    stack: str
    entry: Entry
    mirror: Entry | None = None
    is_manifest: bool = False
    is_aside: bool = False
    problem: Problem | None = None
    # Each has a list of its own, since msgspec copies an empty one.
    read: list[bytes] = []


class Layout(Struct, frozen=True):
    """The indexes of one snapshot, whether it knows stacks, and what a reader of the report has to know."""

    files: tuple[IndexFile, ...]
    has_stacks: bool = False
    notes: tuple[str, ...] = ()


class Folders:
    """The folders of a tree, each listed once; links are none."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._known: dict[str, dict[str, Entry]] = {}
        self.is_cut = False

    def list(self, folder: Entry | None) -> dict[str, Entry]:
        """Return what lies in a folder, by name."""
        key = folder.key if folder else ""
        if key not in self._known:
            self._known[key] = {entry.name.rpartition("/")[2]: entry for entry in self._tree.entries(folder)}
        return self._known[key]

    def find(self, path: str, folder: Entry | None) -> Entry | None:
        """Return what lies at a path below a folder. Raises InputError where a link is on the way."""
        for part in path.split("/"):
            if folder is not None and folder.is_link:
                message = f"{self._tree.show(folder)} is {folder.kind}: nothing is read through it"
                raise InputError(message, hint="put the files themselves there")
            if folder is not None and not folder.is_directory:
                return None
            found = self.list(folder).get(part)
            if found is None:
                return None
            folder = found
        return folder

    def show(self, folder: Entry | None) -> str:
        """Return the path that messages name."""
        return self._tree.show(folder) if folder else self._tree.shown

    def find_packed(self, path: str, folder: Entry | None) -> Entry | None:
        """Return the file at a path, or that with a suffix of compression."""
        found = (self.find(path + suffix, folder) for suffix in _PACKED)
        return next((entry for entry in found if entry is not None), None)


def find_path(tree: FileTree, path: str, folder: Entry | None) -> Entry | None:
    """Return what lies at a path below a folder. Raises InputError where a link is on the way."""
    return Folders(tree).find(path, folder)


def find_inside(tree: FileTree, inside: str) -> Layout | None:
    """Return what a manifest at a path in a mirror stands for: the mirror with its views, or one view."""
    folders = Folders(tree)
    entry = folders.find(inside, None)
    if entry and inside == f"{MANIFESTS}/{MANIFEST}":
        return _find_mirror(folders, None)
    is_manifest = inside.endswith(MANIFEST)
    return Layout((IndexFile(DEFAULT_STACK, entry, None, is_manifest=is_manifest),)) if entry else None


def find_manifests(tree: FileTree) -> dict[str, str]:
    """Return the paths of the manifests of a v3 mirror, by the names of the views that they are of; the whole has no name.

    The manifest of a view need not be there: whoever reads it says so.
    """
    folders = Folders(tree)
    try:
        above = folders.find(MANIFESTS, None)
    except InputError:
        return {}  # below a link is no mirror
    if above is None or not above.is_directory:
        return {}
    names = {name for name, entry in folders.list(above).items() if entry.is_directory or entry.is_link}
    whole = {"": f"{MANIFESTS}/{MANIFEST}"} if MANIFEST in folders.list(above) else {}
    return whole | {name: f"{MANIFESTS}/{name}/{MANIFEST}" for name in sorted(names - {MANIFEST})}


def find_one(tree: FileTree) -> Layout | None:
    """Return the one index in a folder, of a v3 mirror with its views; None where none is there.

    Raises InputError where a lock and a site, say, lie side by side.
    """
    folders = Folders(tree)
    found = _find_places(folders, None)
    if not found:
        return None
    kinds = {_KINDS.get(place, _MIRROR) for place in found}
    if len(kinds) > 1:
        message = f"{tree.shown} holds {' and '.join(sorted(kinds))}"
        raise InputError(message, hint="name the one that is meant: its file, or its folder")
    return _lay_out(folders, found, None)


def find_several(tree: FileTree) -> Layout | None:
    """Return the indexes in a folder of them, each the stack of the first folder that it lies in; None without any."""
    folders = Folders(tree)
    found: list[tuple[str, Layout]] = []
    for name, entry in sorted(folders.list(None).items()):
        if name.startswith(".") or not (entry.is_directory or entry.is_link):
            continue
        found += [(name, layout) for layout in ([_link(name, entry)] if entry.is_link else _search(folders, entry, 1))]
    files = [file for name, layout in found for file in _put_in(name, layout)]
    # Links alone tell of no index, and a folder of pages may have some.
    if all(file.entry.is_link for file in files):
        return None
    notes = [note for _, layout in found for note in layout.notes]
    if any(layout.has_stacks for _, layout in found):
        notes.append(_UNVIEWED)
    if folders.is_cut:
        notes.append(f"folders of more than {MAX_DEPTH} levels are left out")
    if len(found) > 1 and len({name for name, _ in found}) == 1:
        notes.append(
            f"all {len(found):,} indexes lie in {found[0][0]}, which is one stack: name it to compare each by itself"
        )
    return Layout(tuple(files), has_stacks=True, notes=tuple(dict.fromkeys(notes)))


def _link(name: str, entry: Entry) -> Layout:
    return Layout((IndexFile(name, entry),))


def _put_in(stack: str, layout: Layout) -> list[IndexFile]:
    """Return the files of an index that is one stack: of a mirror with views the index of the whole, or else all views."""
    first, *_ = layout.files
    files = [file for file in layout.files if not file.is_aside] if first.stack else [first]
    return [IndexFile(stack, file.entry, file.mirror, is_manifest=file.is_manifest) for file in files]


def find_at(folders: Folders, folder: Entry, stack: str) -> list[IndexFile]:
    """Return the files of the index in a folder, as one stack; none without one."""
    found = _find_places(folders, folder)
    return _put_in(stack, _lay_out(folders, found, folder)) if found else []


def _search(folders: Folders, folder: Entry, depth: int) -> Iterator[Layout]:
    """Yield the indexes in a folder, or in those below it; what lies below an index belongs to that."""
    if found := _find_places(folders, folder):
        yield _lay_out(folders, found, folder)
    elif depth < MAX_DEPTH:
        for name, entry in sorted(folders.list(folder).items()):
            if entry.is_directory and not name.startswith("."):
                yield from _search(folders, entry, depth + 1)
    elif any(entry.is_directory for entry in folders.list(folder).values()):
        folders.is_cut = True


def _find_places(folders: Folders, folder: Entry | None) -> dict[str, Entry]:
    """Return what is found of the places where indexes lie, the best known first."""
    found = {place: entry for place in _PLACES if (entry := folders.find_packed(place, folder)) is not None}
    # A mirror without an index of the whole is one still: its views are read.
    if _PLACES[0] not in found and _find_views(folders, folder):
        found = {_PLACES[0]: Entry("", ""), **found}
    if len(found) > 1:
        found.pop("index.json", None)  # a name that others use, too
    return found


def _lay_out(folders: Folders, found: dict[str, Entry], folder: Entry | None) -> Layout:
    place, entry = next(iter(found.items()))
    notes = _note_below(folders, _KINDS.get(place, _MIRROR), folder)
    if place != _PLACES[0]:
        # The blobs of an OCI layout lie beside its index.json.
        return Layout((IndexFile(DEFAULT_STACK, entry, folder),), notes=notes)
    layout = _find_mirror(folders, folder)
    if "build_cache/index.json" in found:
        notes = ("build_cache beside v3 is left out: a mirror of both layouts is read as v3", *notes)
    return Layout(layout.files, layout.has_stacks, (*layout.notes, *notes))


def _note_below(folders: Folders, kind: str, folder: Entry | None) -> tuple[str, ...]:
    """Return that a mirror or an environment has others of its kind in its folders, of which nothing is read."""
    if kind not in _NESTED:
        return ()
    below = [entry.name for _, entry in sorted(folders.list(folder).items()) if _is_of_kind(folders, kind, entry)]
    if not below:
        return ()
    return (f"the {_NESTED[kind]} has others in its folders, which are left out: {list_some(below)}",)


def _is_of_kind(folders: Folders, kind: str, entry: Entry) -> bool:
    if not entry.is_directory:
        return False
    try:
        return any(_KINDS.get(place, _MIRROR) == kind for place in _find_places(folders, entry))
    except InputError:
        return False  # nothing is read there, so that whatever is wrong with it is nobody's concern


def _find_mirror(folders: Folders, mirror: Entry | None) -> Layout:
    """Return the index of a v3 mirror and its views, each of them a stack, but for those that are named like snapshots."""
    root = folders.find(f"{MANIFESTS}/{MANIFEST}", mirror)
    views = _find_views(folders, mirror)
    stacks = [name for name in views if not is_tag(name)]
    if not root and not stacks:
        message = f"{folders.show(mirror)} has no index of the whole, and each of its views is a snapshot of its own"
        raise InputError(message, hint=f"name the manifest of one of them: {MANIFESTS}/{max(views)}/{MANIFEST}")
    files = [IndexFile("" if stacks else DEFAULT_STACK, root, mirror, is_manifest=True)] if root else []
    if stacks:
        files += [
            IndexFile(name, entry, mirror, is_manifest=True, is_aside=is_tag(name)) for name, entry in sorted(views.items())
        ]
    notes = () if root else ("the mirror has no index of the whole: its views are read",)
    return Layout(tuple(files), has_stacks=bool(stacks), notes=(*notes, *_note_nested(folders, mirror)))


def _note_nested(folders: Folders, mirror: Entry | None) -> tuple[str, ...]:
    """Return that there are views in the folders of views, of which nothing is read."""
    above = folders.find(MANIFESTS, mirror)
    outer = {name: entry for name, entry in folders.list(above).items() if entry.is_directory} if above else {}
    found = [
        f"{name}/{inner}"
        for name, entry in sorted(outer.items())
        for inner, folder in sorted(folders.list(entry).items())
        if folder.is_directory and MANIFEST in folders.list(folder)
    ]
    return (f"views in folders of views are left out: {list_some(found)}",) if found else ()


def _find_views(folders: Folders, mirror: Entry | None) -> dict[str, Entry]:
    """Return the manifests of a mirror's views, by the names of the views; of one that is a link, that."""
    above = folders.find(MANIFESTS, mirror)
    if above is None or not above.is_directory:
        return {}
    # A link is a view that cannot be read: passed over, its stack would be one that never was.
    found = {
        name: entry if entry.is_link else folders.find(MANIFEST, entry) if entry.is_directory else None
        for name, entry in folders.list(above).items()
        if name != MANIFEST
    }
    return {name: entry for name, entry in found.items() if entry is not None}
