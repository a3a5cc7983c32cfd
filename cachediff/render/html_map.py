"""The coverage map of the HTML page, which tells of each place what became of the packages in it.

It has stacks down, oses and their targets across. Where most of that would be empty, as many stacks have a target or two
each, it is a list: each stack with its places, and a bar for each.
"""

from __future__ import annotations

from itertools import groupby
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cachediff.domain.report import CellCount

State: TypeAlias = Literal["lost", "shrunk", "same", "grown"]
STATES: tuple[State, ...] = ("lost", "shrunk", "same", "grown")

MAX_SQUARES = 100_000
"""How many places a map has room for, those with nothing in them, too: a real one has 1,000.

Nobody reads a larger one, or opens it.
"""

MAX_LISTED = 2_000
"""How many places a list has room for."""

SPARSE = 4
"""A map is a list where not even one square of so many is filled."""

BAR = 1_000
"""How long the longest bar is."""


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


class Place(Struct, frozen=True):
    """One place of a list, and the parts of its bar: packages that both sides have, that came, and that are lost."""

    square: Square
    kept: int
    gained: int
    lost: int


class Stack(Struct, frozen=True):
    """One stack of a list, a place in it, and all of its places."""

    stack: str
    index: int
    places: tuple[Place, ...]


class Map(Struct, frozen=True):
    """Where packages are: stacks down, oses and their targets across, or else a list of stacks.

    `states` counts the squares of each, `notched` those that are.

    `too_large` is the number of stacks and of columns of a map that is too large to draw: that has none of the rest.
    """

    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    states: dict[State, int]
    notched: int
    stacks: tuple[Stack, ...] = ()
    too_large: tuple[int, int] | None = None


def lay_out(coverage: tuple[CellCount, ...]) -> Map:
    """Return the map: stacks that fill the same columns stand together in a grid, those that lost most first in a list."""
    squares = [_square(index, place) for index, place in enumerate(coverage)]
    by_stack: dict[str, list[Square]] = {}
    for square in squares:
        by_stack.setdefault(square.count.stack, []).append(square)
    across = sorted({_arch(place) for place in coverage})
    states: dict[State, int] = {state: sum(square.state == state for square in squares) for state in STATES}
    empty = Map(groups=(), lines=(), states=states, notched=sum(square.is_notched for square in squares))
    room = len(by_stack) * len(across)
    is_list = SPARSE * len(squares) < room
    # A hostile report has every place in a stack and a column of its own, and a map of the square of that.
    if len(squares) > MAX_LISTED if is_list else room > MAX_SQUARES:
        return replace(empty, too_large=(len(by_stack), len(across)))
    if is_list:
        return replace(empty, stacks=_list_stacks(by_stack))
    return replace(empty, groups=_group(across, squares), lines=_draw_lines(across, by_stack))


def _group(across: list[tuple[str, str, str]], squares: list[Square]) -> tuple[Group, ...]:
    """Return the columns, those of one os together."""
    by_arch = {_arch(square.count): square.index for square in squares}
    numbers = {arch: number for number, arch in enumerate(across, 1)}
    return tuple(
        Group(platform, os, tuple(Column(arch[2], numbers[arch], by_arch[arch]) for arch in inside))
        for (platform, os), inside in groupby(across, key=lambda arch: arch[:2])
    )


def _draw_lines(across: list[tuple[str, str, str]], by_stack: dict[str, list[Square]]) -> tuple[Line, ...]:
    numbers = {arch: number for number, arch in enumerate(across)}
    rows = {stack: {numbers[_arch(square.count)]: square for square in squares} for stack, squares in by_stack.items()}
    down = sorted(rows.items(), key=lambda line: (sorted(line[1]), line[0]))
    return tuple(
        Line(stack, by_stack[stack][0].index, tuple(row.get(number) for number in range(len(across)))) for stack, row in down
    )


def _list_stacks(by_stack: dict[str, list[Square]]) -> tuple[Stack, ...]:
    longest = max(square.count.old + square.count.gained for squares in by_stack.values() for square in squares)
    down = sorted(by_stack.items(), key=lambda line: (-sum(square.count.lost for square in line[1]), line[0]))
    return tuple(
        Stack(stack, squares[0].index, tuple(_measure(square, max(longest, 1)) for square in squares))
        for stack, squares in down
    )


def _measure(square: Square, longest: int) -> Place:
    def scale(packages: int) -> int:
        # What is lost is seen, however little it is.
        return max(BAR * packages // longest, BAR // 100) if packages > 0 else 0

    count = square.count
    return Place(square, scale(count.old - count.lost), scale(count.gained), scale(count.lost))


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
