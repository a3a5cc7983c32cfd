"""What probably has another name now: stacks, oses and packages for which one came that holds nearly the same. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

from cachediff.comparison.match import without_compiler
from cachediff.domain.report import ProbableRename

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cachediff.domain.diff import PackageDiff, SnapshotDiff, SnapshotTotals
    from cachediff.domain.report import Renamable

MOST_GONE = 0.2
"""Which part of what was held may be gone under the new name."""

MOST_NEW = 0.5
"""Which part of what is held under the new name may be new: to come with much else is no renaming."""

FEW = 5
"""So few things may be equal by chance: then the names have to be alike, too."""

MAX_NAMES = 200
"""How many names of a kind may be gone and have come: beyond, none is paired."""

MAX_SHARED = 10_000_000
"""How often something may be held under a name that is gone and under one that came: beyond, none is paired."""

_Held: TypeAlias = "defaultdict[str, set[Hashable]]"


def find_renames(diff: SnapshotDiff, told: Mapping[Renamable, AbstractSet[str]]) -> tuple[ProbableRename, ...]:
    """Return, for names that are gone, those that came and hold nearly the same; no name is in two of them.

    Only names of `told` are asked for. They are in the order of stacks, oses and packages, those that held most first.

    A stack and an os hold packages in cells, a package specs. An os of another version is another os, and a package with a
    name that is not alike another package.
    """
    if diff.old is None:
        return ()
    old, new = _name(diff.old), _name(diff.new)
    gone = {field: (names & old[field]) - new[field] if field in new else names for field, names in told.items()}
    came = {field: names - old[field] for field, names in new.items()}
    # A walk over all packages may be one over a file.
    if not any(gone.values()):
        return ()
    held: dict[tuple[Renamable, bool], _Held] = defaultdict(lambda: defaultdict(set))
    for package in diff.packages:
        _see(package, gone, came, held)
    found: list[ProbableRename] = []
    for field in ("stack", "os", "package"):
        found += sorted(_pair(field, held[field, False], held[field, True]), key=lambda one: (-one.held, one.old))
    return tuple(found)


def _name(side: SnapshotTotals) -> dict[Renamable, frozenset[str]]:
    return {"stack": frozenset(side.stacks), "os": side.values["os"]}


def _see(
    package: PackageDiff,
    gone: Mapping[Renamable, Collection[str]],
    came: Mapping[Renamable, Collection[str]],
    held: Mapping[tuple[Renamable, bool], _Held],
) -> None:
    """Note what a package had under names that are gone, and has under those that came."""
    for is_new, names, cells in ((False, gone, [one.cell for one in package.lost]), (True, came, package.gained)):
        for cell in cells:
            if cell.stack in names.get("stack", ()):
                held["stack", is_new][cell.stack].add((package.package, cell.platform, cell.os, cell.target))
            if cell.os in names.get("os", ()):
                held["os", is_new][cell.os].add((package.package, cell.stack, cell.platform, cell.target))
    # One name more than may be paired is enough to tell that there are too many.
    if package.old is None and len(held["package", True]) <= MAX_NAMES:
        specs = (change.new for change in package.changes)
        held["package", True][package.package] = {without_compiler(spec.coordinates) for spec in specs if spec}
    elif package.new is None and package.package in gone.get("package", ()):
        specs = (change.old for change in package.changes)
        held["package", False][package.package] = {without_compiler(spec.coordinates) for spec in specs if spec}


def _pair(field: Renamable, old: _Held, new: _Held) -> Iterator[ProbableRename]:
    """Yield who has taken whose place: of several that may have, the one whose name is most alike."""
    if max(len(old), len(new)) > MAX_NAMES:
        return
    candidates = [
        (-_compare_names(a, b), -shared, a, b) for a, b, shared in _overlap(old, new) if _is_alike(field, a, b, shared)
    ]
    went, came = set[str](), set[str]()
    for _, shared, a, b in sorted(candidates):
        if a not in went and b not in came:
            went.add(a)
            came.add(b)
            yield ProbableRename(field, a, b, -shared, len(old[a]))


def _overlap(old: _Held, new: _Held) -> Iterator[tuple[str, str, int]]:
    """Yield each two names that hold nearly the same, with how much of it both hold."""
    holders: defaultdict[Hashable, list[str]] = defaultdict(list)
    for name, things in new.items():
        for thing in things:
            holders[thing].append(name)
    # Where everything is everywhere, no name says more than another.
    if sum(len(holders.get(thing, ())) for things in old.values() for thing in things) > MAX_SHARED:
        return
    for name, things in old.items():
        shared = Counter(other for thing in things for other in holders.get(thing, ()))
        for other, count in shared.items():
            if count >= (1 - MOST_GONE) * len(things) and count >= (1 - MOST_NEW) * len(new[other]):
                yield name, other, count


def _is_alike(field: Renamable, old: str, new: str, shared: int) -> bool:
    """Return whether two names may be names of the same, which hold nearly the same."""
    likeness = _compare_names(old, new)
    if field == "package":
        return likeness >= 0.75 or _plain(old) in _plain(new) or _plain(new) in _plain(old)
    # ubuntu24.04 is no other name of ubuntu22.04: who is on the one cannot run what is built for the other.
    is_same_version = field != "os" or _digits(old) == _digits(new)
    return is_same_version and (likeness >= 0.5 or (field == "stack" and shared >= FEW))


def _compare_names(a: str, b: str) -> float:
    # Here, as most runs compare no names.
    from difflib import SequenceMatcher

    # Without autojunk, which leaves the frequent letters of a long name out of account.
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _digits(name: str) -> Iterable[str]:
    return [char for char in name if char.isdigit()]
