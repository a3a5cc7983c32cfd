"""Markdown that fits where it goes: what does not is cut from the least important end, on whole rows, and said on line 2."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable  # a field of a struct has this type
from typing import Literal

from msgspec import Struct

from cachediff.text.words import number


class Limit(Struct, frozen=True):
    """How long a report may be: a comment is limited in characters, a job summary in bytes of UTF-8."""

    most: int
    unit: Literal["characters", "bytes"] = "characters"

    def measure(self, text: str) -> int:
        """Return how long a text is."""
        # GitHub counts a comment's characters, and a summary's bytes.
        return len(text) if self.unit == "characters" else len(text.encode("utf-8", "backslashreplace"))


def _say_nothing(left: int) -> list[str]:
    del left
    return []


class Part(Struct, frozen=True):
    """A listing: what opens it, rows of one line or more, and what closes it.

    Importance 0 always stays, the highest goes first. `noun` says what a row is, `more` how many rows there are that are not
    even offered; `rest` returns the lines that stand for so many rows that are not shown. `priority` are the places of the
    rows, those first that stay longest; without it the last row goes first.
    """

    importance: int
    rows: list[list[str]]
    opening: list[str] = []
    closing: list[str] = []
    noun: str = "line"
    more: int = 0
    rest: Callable[[int], list[str]] = _say_nothing
    priority: list[int] = []

    def show(self, count: int) -> str:
        """Return the so many rows that stay longest, in their order, with what belongs around them."""
        left = len(self.rows) - count + self.more
        rows = [self.rows[place] for place in sorted(self.priority[:count])] if self.priority else self.rows[:count]
        lines = [*self.opening, *(line for row in rows for line in row), *(self.rest(left) if left else ())]
        return "\n".join([*lines, *self.closing])


def open_fold(summary: str) -> list[str]:
    """Return what opens a fold; the empty line makes GitLab read what is in it as markdown.

    `summary` is ours, or was escaped.
    """
    return [f"<details><summary>{summary}</summary>", ""]


CLOSED = ["", "</details>"]
"""What ends a fold."""


def fit(parts: list[Part], limit: Limit, if_cut: str) -> str:
    """Return the parts as paragraphs within the limit, which only those of importance 0 may break.

    `if_cut` is said where rows are cut; it may be empty.
    """
    parts = [part for part in parts if part.rows]
    # Most reports fit, and then nothing is counted.
    whole = _join([part.show(len(part.rows)) for part in parts])
    if limit.measure(whole) <= limit.most:
        return whole
    # Below the verdict, before all that may go: a report that is cut still says which rules have errors.
    # The first is the headline, which is never cut.
    first, *parts = [*parts[:1], *([Part(1, [[if_cut]], noun="")] if if_cut else []), *parts[1:]]
    shown = [0 if part.importance else len(part.rows) for part in parts]
    # Measured with everything left out, so that the note on line 2 is as long as it can get.
    room = limit.most - limit.measure(_assemble(first, parts, shown, limit))
    for place in sorted(range(len(parts)), key=lambda place: parts[place].importance):
        if parts[place].importance:
            # Two for the empty line between paragraphs.
            shown[place] = _count_fitting(parts[place], room - 2, limit)
            room -= limit.measure(parts[place].show(shown[place])) + 2 if shown[place] else 0
    return _assemble(first, parts, shown, limit)


def _assemble(first: Part, parts: list[Part], shown: list[int], limit: Limit) -> str:
    """Return so many rows of each part as paragraphs, and below the first what is left out.

    Most is left out where nothing is shown.
    """
    left: dict[str, int] = {}
    for part, count in zip(parts, shown, strict=True):
        if count < len(part.rows) and part.noun:
            left[part.noun] = left.get(part.noun, 0) + len(part.rows) - count + part.more
    said = ", ".join(number(count, noun) for noun, count in left.items())
    note = f"{said} left out to fit into {limit.most:,} {limit.unit}: all is in the JSON and HTML reports"
    listed = [part.show(count) for part, count in zip(parts, shown, strict=True) if count]
    return _join([f"{first.show(1)}\n{note}", *listed])


def _count_fitting(part: Part, room: int, limit: Limit) -> int:
    """Return how many of a part's rows fit into the room, with what belongs around them."""
    if limit.measure(part.show(len(part.rows))) <= room:
        return len(part.rows)
    # Longer with each row, so a few tries find it, and not one for every row of thousands.
    return bisect_right(range(1, len(part.rows)), room, key=lambda count: limit.measure(part.show(count)))


def _join(paragraphs: list[str]) -> str:
    return "\n\n".join(paragraphs) + "\n"
