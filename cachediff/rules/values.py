"""Stacks, platforms, oses and targets that are gone or new: in the whole snapshot, and in one package. The rules on them share this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from cachediff.model import Observation, Subject
from cachediff.rules.rule import count, list_some, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import Cell, Lost, PackageDiff, PageFacts, SnapshotDiff, Totals

Dimension: TypeAlias = Literal["stack", "platform", "os", "target"]
_PLACE: dict[Dimension, int] = {"platform": 0, "os": 1, "target": 2}


def removed(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that no package has any more, unless something serves its users in every package that goes on."""
    if diff.old is None:
        return
    for value in sorted(values_of(diff.old, dimension) - values_of(diff.new, dimension)):
        lost = [cell for package in diff.packages for cell in lost_with(package, dimension, value)]
        if not is_served_everywhere(diff, dimension, value):
            packages = sum(any(True for _ in lost_with(package, dimension, value)) for package in diff.packages)
            yield Observation(
                Subject(**{dimension: value}),
                f"{dimension} {value} is gone: {count(len(lost), 'cell')} of {count(packages, 'package')} lost",
            )


def added(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that no package had before."""
    if diff.old is None:
        return
    for value in sorted(values_of(diff.new, dimension) - values_of(diff.old, dimension)):
        gained = [[cell for cell in package.gained if getattr(cell, dimension) == value] for package in diff.packages]
        packages = sum(map(bool, gained))
        yield Observation(
            Subject(**{dimension: value}),
            f"{dimension} {value} is new: {count(sum(map(len, gained)), 'cell')} of {count(packages, 'package')} gained",
        )


def dropped(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that a package has no spec for any more, unless something serves its users."""
    for package in on_both_sides(diff):
        for value in gone_from(package, dimension):
            if not is_served(package, dimension, value):
                yield Observation(
                    Subject(package=package.package, **{dimension: value}),
                    f"{package.package} has no spec for {dimension} {value} any more{_lost_text(package, dimension, value)}",
                    place_in(package),
                )


def gained(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value that a package had no spec for."""
    for package in on_both_sides(diff):
        assert package.old is not None
        assert package.new is not None
        for value in sorted(values_in(package.new, dimension) - values_in(package.old, dimension)):
            yield Observation(
                Subject(package=package.package, **{dimension: value}),
                f"{package.package} has specs for {dimension} {value} now",
                place_in(package),
            )


def served(diff: SnapshotDiff, dimension: Dimension) -> Iterator[Observation]:
    """Yield each value whose lost cells are all served by another, in one package, and in every package that goes on."""
    for package in on_both_sides(diff):
        gone = set(gone_from(package, dimension))
        servers: dict[str, set[str]] = {}
        for lost in package.lost:
            value = getattr(lost.cell, dimension)
            if is_served(package, dimension, value) if value in gone else dimension == _told_by(package, lost):
                servers.setdefault(value, set()).add(_server(lost, dimension))
        for value, others in sorted(servers.items()):
            message = f"{package.package} goes from {dimension} {value} to {list_some(others)}"
            yield Observation(Subject(package=package.package, **{dimension: value}), message, place_in(package))
    for value in sorted(values_of(diff.old, dimension) - values_of(diff.new, dimension)) if diff.old else ():
        if is_served_everywhere(diff, dimension, value):
            packages = sum(value in gone_from(package, dimension) for package in diff.packages)
            yield Observation(Subject(**{dimension: value}), f"{dimension} {value} gives way to another in {count(packages, 'package')}")


def _told_by(package: PackageDiff, lost: Lost) -> Dimension | None:
    """Return which dimension's rule tells of a lost cell whose values all stay in the package: none where nothing serves its users."""
    if package.new is None or not is_unexplained(lost.cell, package.new):
        return None
    return "target" if lost.served_by_target else "os" if lost.served_by_os else None


def values_of(side: Totals, dimension: Dimension) -> frozenset[str]:
    """Return the values of a whole snapshot."""
    return frozenset(side.stacks) if dimension == "stack" else side.values[dimension]


def values_in(facts: PageFacts, dimension: Dimension) -> set[str]:
    """Return the values of one page, of specs in a stack or not."""
    return set(facts.stacks) if dimension == "stack" else {place[_PLACE[dimension]] for place in facts.places}


def gone_from(package: PackageDiff, dimension: Dimension) -> list[str]:
    """Return the values that a package has lost, in order; none where it has no page on a side."""
    if package.old is None or package.new is None:
        return []
    return sorted(values_in(package.old, dimension) - values_in(package.new, dimension))


def lost_with(package: PackageDiff, dimension: Dimension, value: str) -> Iterator[Lost]:
    """Yield the package's lost cells that have a value."""
    return (lost for lost in package.lost if getattr(lost.cell, dimension) == value)


def is_served(package: PackageDiff, dimension: Dimension, value: str) -> bool:
    """Return whether each lost cell with an os or a target has one in NEW that serves its users, in the same stack."""
    served = [_server(lost, dimension) for lost in lost_with(package, dimension, value)]
    return bool(served) and all(served)


def is_served_everywhere(diff: SnapshotDiff, dimension: Dimension, value: str) -> bool:
    """Return whether every package that goes on and lost a value serves its users in another way."""
    losers = [package for package in diff.packages if value in gone_from(package, dimension)]
    return bool(losers) and all(is_served(package, dimension, value) for package in losers)


def is_unexplained(cell: Cell, facts: PageFacts) -> bool:
    """Return whether each of a cell's values is on a page though the cell is not: no rule on single values speaks of it."""
    dimensions: tuple[Dimension, ...] = ("stack", "platform", "os", "target")
    return all(getattr(cell, dimension) in values_in(facts, dimension) for dimension in dimensions)


def _server(lost: Lost, dimension: Dimension) -> str:
    """Return what serves a lost cell's users in one dimension: nothing stands in for a stack or a platform."""
    return {"target": lost.served_by_target, "os": lost.served_by_os}.get(dimension, "")


def _lost_text(package: PackageDiff, dimension: Dimension, value: str) -> str:
    """Return how many cells went with a value, and where they were."""
    cells = [lost.cell for lost in lost_with(package, dimension, value)]
    if not cells:
        return ""
    where = {f"{cell.os}/{cell.target}" if dimension == "stack" else cell.stack for cell in cells}
    return f": {count(len(cells), 'cell')} lost ({list_some(where)})"
