"""Rows of a listing while they come, however many: those that can be shown are kept as text, the others are only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.budget import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Rows:
    """At most `most` rows, and none after the first that is beyond `room` characters.

    No budget that is smaller ever shows that one.
    """

    def __init__(self, most: int, room: int) -> None:
        self.kept: list[list[str]] = []
        self.count = 0
        self._most, self._room = most, room

    def add(self, write: Callable[[], Iterable[str]]) -> None:
        """Count a row; `write` returns its lines, and is called where it is kept."""
        self.count += 1
        # `write` is a function, since most rows of a long report are never shown.
        if len(self.kept) < self._most and self._room >= 0:
            self.kept.append([*self._cut(write())])

    def _cut(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines up to the first that is beyond the room."""
        for line in lines:
            yield line
            self._room -= len(line)
            if self._room < 0:
                return

    def part(
        self,
        importance: int,
        noun: str,
        opening: list[str],
        closing: Iterable[str] = (),
        rest: Callable[[int], list[str]] = lambda left: [],
    ) -> Part:
        """Return the listing."""
        return Part(
            importance=importance,
            rows=self.kept,
            opening=opening,
            closing=[*closing],
            noun=noun,
            more=self.count - len(self.kept),
            rest=rest,
        )
