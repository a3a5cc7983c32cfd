"""Stacks, platforms, oses and targets that are gone or new: in the whole snapshot, and in one package.

The rules on them share this.

A value is gone from a package that has no spec with it any more, in a stack or not. The cells that went with it may be
served: by a target that their users can run, or by an os that came in place of theirs. What is served moved, and rules of
its own tell that. What only orphans had, so that no cell went with it, is milder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.cell import DIMENSIONS, Dimension
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import locate_in, on_both_sides
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cachediff.domain.cell import Cell, LostCell
    from cachediff.domain.diff import PackageDiff, PackageFacts, SnapshotDiff, SnapshotTotals

# Where each stands in an entry of PackageFacts.arches.
_PLACE: dict[Dimension, int] = {"platform": 0, "os": 1, "target": 2}


# --- the checks of the rules -------------------------------------------------------------------------------------------


def removed(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value no package has any more, unless something serves its users in all packages that had it and go on."""
    for value, losers in _losers(diff, dimension).items():
        unserved = [(package, lost) for package, lost in losers if not is_served(lost, dimension)]
        if not losers:
            continue  # whoever had it does not need it any more
        # A package that is gone took its values along: it counts only where all that had the value are gone.
        if any(package.new for package, _ in unserved) or not any(package.new for package, _ in losers):
            losses = [package.package for package, lost in unserved for _ in lost]
            message = f"{dimension} {value} is gone: {_add_up(losses, 'lost')}"
            # Without a lost cell only orphans had the value: nobody who uses a stack misses it.
            yield Observation(Subject(**{dimension: value}), message, is_eased=not losses)


def added(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that no package had before."""
    gainers: dict[str, list[str]] = {
        value: [] for value in sorted(values_of(diff.new, dimension) - values_of(diff.old, dimension))
    }
    # Packages may be on disk: they are read again only where something is new.
    for package in diff.packages if gainers else ():
        for cell in package.gained:
            if getattr(cell, dimension) in gainers:
                gainers[getattr(cell, dimension)].append(package.package)
    for value, packages in gainers.items():
        yield Observation(Subject(**{dimension: value}), f"{dimension} {value} is new: {_add_up(packages, 'gained')}")


def dropped(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that a package has no spec for any more, unless something serves its users."""
    for package in on_both_sides(diff):
        for value, lost in gone_from(package, dimension).items():
            if not is_served(lost, dimension):
                where = _list_places([one.cell for one in lost], dimension, "lost")
                message = f"{package.package} has no spec for {dimension} {value} any more: {where}"
                subject = Subject(package=package.package, **{dimension: value})
                # Without a lost cell only orphans had it, as above.
                yield Observation(subject, message, locate_in(package), is_eased=not lost)


def gained(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that a package had no spec for."""
    for package in on_both_sides(diff):
        came: dict[str, list[Cell]] = {value: [] for value in sorted(_values_without(package.new, package.old, dimension))}
        for cell in package.gained if came else ():
            # A cell with no new value goes into a list that nobody keeps: cell-gained tells of it.
            came.get(getattr(cell, dimension), []).append(cell)
        for value, cells in came.items():
            where = _list_places(cells, dimension, "gained")
            message = f"{package.package} has specs for {dimension} {value} now: {where}"
            yield Observation(Subject(package=package.package, **{dimension: value}), message, locate_in(package))


def served(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value of a package whose lost cells are served by another."""
    for package in on_both_sides(diff):
        for value, lost in sorted(_served_in(package, dimension).items()):
            where = _list_places([one.cell for one in lost], dimension, "moved")
            message = f"{package.package} goes from {dimension} {value} to {_list_servers(lost, dimension)}: {where}"
            yield Observation(Subject(package=package.package, **{dimension: value}), message, locate_in(package))


def served_everywhere(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that no package has any more, and whose lost cells are served by another in some."""
    for value, losers in _losers(diff, dimension).items():
        # The others are told by the rule on what is removed.
        moved = [(package, one) for package, lost in losers if is_served(lost, dimension) for one in lost]
        if moved:
            others = _list_servers([one for _, one in moved], dimension)
            sums = _add_up([package.package for package, _ in moved], "moved")
            yield Observation(Subject(**{dimension: value}), f"{dimension} {value} gives way to {others}: {sums}")


# --- what is there, and what is gone -----------------------------------------------------------------------------------


def values_of(side: SnapshotTotals | None, dimension: Dimension) -> frozenset[str]:
    """Return the values of a whole snapshot, none where there is no snapshot."""
    if side is None:
        return frozenset()
    return frozenset(side.stacks) if dimension == "stack" else side.values[dimension]


def values_in(page: PackageFacts | None, dimension: Dimension) -> set[str]:
    """Return the values of one page, of specs in a stack or not; none where there is no page."""
    if page is None:
        return set()
    return set(page.stacks) if dimension == "stack" else {arch[_PLACE[dimension]] for arch in page.arches}


def _values_without(page: PackageFacts | None, other: PackageFacts | None, dimension: Dimension) -> set[str]:
    """Return the values of one page that another lacks: most often none, which whole sets tell sooner than single values."""
    if (
        page
        and other
        and (page.stacks.keys() <= other.stacks.keys() if dimension == "stack" else page.arches <= other.arches)
    ):
        return set()
    return values_in(page, dimension) - values_in(other, dimension)


def gone_from(package: PackageDiff, dimension: Dimension) -> dict[str, list[LostCell]]:
    """Return the values that a package has no spec for any more, in order, each with the cells that went with it.

    A value all of whose cells nobody needs any more is not among them: dependency-dropped or unwanted-dropped tells of it.
    """
    gone: dict[str, list[LostCell]] = {value: [] for value in sorted(_values_without(package.old, package.new, dimension))}
    for lost in package.lost if gone else ():
        if getattr(lost.cell, dimension) in gone:
            gone[getattr(lost.cell, dimension)].append(lost)
    # Asked once for all values: the property makes it anew each time.
    needed = frozenset(package.needed) if gone else frozenset()
    for value, cells in [*gone.items()] if len(needed) < len(package.lost) else ():
        gone[value] = [lost for lost in cells if lost in needed]
        # A value of orphans had no cell from the start, and stays.
        if cells and not gone[value]:
            del gone[value]
    return gone


def is_served(lost: Collection[LostCell], dimension: Dimension) -> bool:
    """Return whether there are lost cells, and each has in the same stack another os, or target, that serves its users."""
    # Where no cell went along, only orphans had the value: then there are no users to be served.
    return bool(lost) and all(_server(one, dimension) for one in lost)


def among_kept(cells: Collection[Cell], page: PackageFacts | None) -> set[Cell]:
    """Return the cells whose every value is on a page, wherever that is: no rule on single values speaks of them."""
    if not cells:
        return set()
    # (e4s, zen4) may be gone while other cells keep e4s, and others zen4: no list of the page shows that.
    kept = [(dimension, values_in(page, dimension)) for dimension in DIMENSIONS]
    return {cell for cell in cells if all(getattr(cell, dimension) in values for dimension, values in kept)}


def _losers(diff: SnapshotDiff, dimension: Dimension) -> dict[str, list[tuple[PackageDiff, list[LostCell]]]]:
    """Return the values that no package has any more, in order.

    Each comes with the packages that had it and the cells that they lost with it.
    """
    losers: dict[str, list[tuple[PackageDiff, list[LostCell]]]] = {
        value: [] for value in sorted(values_of(diff.old, dimension) - values_of(diff.new, dimension))
    }
    for package in diff.packages if losers else ():
        for value, lost in gone_from(package, dimension).items():
            if value in losers:
                losers[value].append((package, lost))
    return losers


def _served_in(package: PackageDiff, dimension: Dimension) -> dict[str, list[LostCell]]:
    """Return the lost cells of a package that another value serves, by the value that they lost.

    That value is gone from the package and served wherever it was, or it is kept elsewhere and served here: by a target
    where one can.
    """
    # As of most packages: what loses no cell has none that is served.
    if not package.lost:
        return {}
    found = {value: lost for value, lost in gone_from(package, dimension).items() if is_served(lost, dimension)}
    # A cell that is gone while all its values stay elsewhere is told once, of the dimension that serves it.
    kept = among_kept([lost.cell for lost in package.needed], package.new)
    for lost in package.needed:
        if lost.cell in kept and dimension == ("target" if lost.served_by_target else "os" if lost.served_by_os else ""):
            found.setdefault(getattr(lost.cell, dimension), []).append(lost)
    return found


def _server(lost: LostCell, dimension: Dimension) -> str:
    """Return what serves a lost cell's users in one dimension: nothing stands in for a stack or a platform."""
    return {"target": lost.served_by_target, "os": lost.served_by_os}.get(dimension, "")


# --- words -------------------------------------------------------------------------------------------------------------


def _add_up(packages: Collection[str], verb: str) -> str:
    """Return what happened to how many cells, given the package of each: `12 cells of 3 packages lost`."""
    cells = f"{number(len(packages), 'cell')} of {number(len(set(packages)), 'package')}"
    return f"{cells} {verb}" if packages else f"no cell {verb}"


def _list_places(cells: Collection[Cell], dimension: Dimension, verb: str) -> str:
    """Return what happened to how many cells, and where as far as the dimension does not say: `2 cells lost (e4s, hep)`."""
    where = {f"{cell.os}/{cell.target}" if dimension == "stack" else cell.stack for cell in cells}
    return f"{number(len(cells), 'cell')} {verb} ({list_sorted(where)})" if cells else f"no cell {verb}"


def _list_servers(lost: Iterable[LostCell], dimension: Dimension) -> str:
    return list_sorted({_server(one, dimension) for one in lost})
