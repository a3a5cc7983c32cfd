"""Rows of a listing while they come, however many: those that can be shown are kept as text, the others are only counted."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.render.budget import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class _Row(Struct, frozen=True):
    """A row that is kept: `key` is what rows are in order of, `size` its characters."""

    key: tuple[tuple[object, ...], int]
    lines: list[str]
    size: int


class Rows:
    """At most `most` rows, those of the lowest rank, and none after the first that is beyond `room` characters.

    No budget that is smaller ever shows that one. Rows of one rank stay in the order in which they came.
    """

    def __init__(self, most: int, room: int) -> None:
        self.count = 0
        self._rows: list[_Row] = []
        self._most, self._room, self._size = most, room, 0

    @property
    def kept(self) -> list[list[str]]:
        """The lines of each row that is kept, in order."""
        return [row.lines for row in self._rows]

    def add(self, write: Callable[[], Iterable[str]], rank: tuple[object, ...] = ()) -> None:
        """Count a row; `write` returns its lines, and is called where it is kept."""
        self.count += 1
        key = rank, self.count
        # `write` is a function, since most rows of a long report are never shown.
        is_full = len(self._rows) >= self._most or self._size > self._room
        if is_full and (not self._rows or key > self._rows[-1].key):
            return
        lines = [*self._cut(write())]
        row = _Row(key, lines, sum(map(len, lines)))
        insort(self._rows, row, key=attrgetter("key"))
        self._size += row.size
        while len(self._rows) > self._most or self._size - self._rows[-1].size > self._room:
            self._size -= self._rows.pop().size

    def _cut(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines up to the first that is beyond the room."""
        room = self._room
        for line in lines:
            yield line
            room -= len(line)
            if room < 0:
                return

    def part(
        self,
        importance: int,
        noun: str,
        opening: list[str],
        closing: Iterable[str],
        rest: Callable[[int], list[str]],
    ) -> Part:
        """Return the listing."""
        return Part(
            importance=importance,
            rows=self.kept,
            opening=opening,
            closing=[*closing],
            noun=noun,
            more=self.count - len(self._rows),
            rest=rest,
        )
