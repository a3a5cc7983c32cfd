"""The coverage map of the HTML page: stacks down, oses and their targets across.

Each place tells what became of the packages in it.
"""

from __future__ import annotations

from itertools import groupby
from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.report import CellCount

State: TypeAlias = Literal["lost", "shrunk", "same", "grown"]
STATES: tuple[State, ...] = ("lost", "shrunk", "same", "grown")

MAX_SQUARES = 100_000
"""How many places a map has room for, those with nothing in them, too: a real one has 1,000.

Nobody reads a larger one, or opens it.
"""


class Square(Struct, frozen=True):
    """One place of the map. `index` is its place in the report's coverage, `change` what went and came.

    `is_notched` says that packages are lost where the count does not tell it, because as many or more came.
    """

    index: int
    count: CellCount
    state: State
    change: str
    is_notched: bool


class Column(Struct, frozen=True):
    """One (platform, os, target): its number from 1, and a place in it."""

    target: str
    number: int
    index: int


class Group(Struct, frozen=True):
    """The columns of one os."""

    platform: str
    os: str
    columns: tuple[Column, ...]


class Line(Struct, frozen=True):
    """One stack, a place in it, and what is in each column: None where it has nothing and had nothing."""

    stack: str
    index: int
    squares: tuple[Square | None, ...]


class Map(Struct, frozen=True):
    """Where packages are: stacks down, oses and their targets across.

    `states` counts the squares of each, `notched` those that are.

    `too_large` is the number of stacks and of columns of a map that is too large to draw: that has no groups and no lines.
    """

    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    states: dict[State, int]
    notched: int
    too_large: tuple[int, int] | None = None


def lay_out(coverage: tuple[CellCount, ...]) -> Map:
    """Return the coverage map. Stacks that fill the same columns stand together."""
    squares = [_square(index, place) for index, place in enumerate(coverage)]
    across = sorted({_arch(place) for place in coverage})
    numbers = {arch: number for number, arch in enumerate(across, 1)}
    by_arch = {_arch(square.count): square.index for square in squares}
    by_stack: dict[str, dict[int, Square]] = {}
    for square in squares:
        by_stack.setdefault(square.count.stack, {})[numbers[_arch(square.count)]] = square
    states: dict[State, int] = {state: sum(square.state == state for square in squares) for state in STATES}
    notched = sum(square.is_notched for square in squares)
    # A hostile report has every place in a stack and a column of its own, and a map of the square of that.
    if len(by_stack) * len(across) > MAX_SQUARES:
        return Map(groups=(), lines=(), states=states, notched=notched, too_large=(len(by_stack), len(across)))
    down = sorted(by_stack.items(), key=lambda line: (sorted(line[1]), line[0]))
    groups = groupby(across, key=lambda arch: arch[:2])
    return Map(
        tuple(
            Group(platform, os, tuple(Column(arch[2], numbers[arch], by_arch[arch]) for arch in inside))
            for (platform, os), inside in groups
        ),
        tuple(
            Line(stack, next(iter(row.values())).index, tuple(row.get(number) for number in numbers.values()))
            for stack, row in down
        ),
        states,
        notched,
    )


def _arch(place: CellCount) -> tuple[str, str, str]:
    return place.platform, place.os, place.target


def _square(index: int, place: CellCount) -> Square:
    """Return a place with its state: by the number of packages, as `shrunk` means fewer of them."""
    went, came = f"−{place.lost:,}" if place.lost else "", f"+{place.gained:,}" if place.gained else ""
    change = f"{went} {came}".strip()
    if place.old and not place.new:
        return Square(index, place, "lost", "lost", is_notched=False)
    if place.new < place.old:
        return Square(index, place, "shrunk", change, is_notched=False)
    if place.new > place.old:
        return Square(index, place, "grown", change if place.old else "new", is_notched=place.lost > 0)
    return Square(index, place, "same", change, is_notched=place.lost > 0)
