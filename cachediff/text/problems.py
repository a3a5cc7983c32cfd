"""Flaws of a text as problems of a file: where each one is, and the piece of the line that shows it."""

from __future__ import annotations

import json

from msgspec import Struct

from cachediff.domain.problem import Excerpt, Location, Problem

MAX_EXCERPT = 80
"""Longest piece of a line that a problem shows."""

MAX_BEFORE = 40
"""How much of that piece may stand before what is wrong."""

MAX_FOUND = 80
"""How much of a value is told: what fits a line."""


class TextError(Struct, frozen=True):
    """What is wrong in a text: `length` characters from `start` (from 0), or the value at a JSON pointer, starting there."""

    start: int
    length: int
    pointer: str
    message: str
    expected: str
    found: str


def locate(flaw: TextError, text: str, shown: str) -> Problem:
    """Return a flaw of a file's text as a problem. Lines end in line feeds alone; `shown` is the path that messages name."""
    # Not by splitlines, which ends lines at form feeds and U+2028, too.
    begin = text.rfind("\n", 0, flaw.start) + 1
    end = text.find("\n", flaw.start)
    line = text[begin : end if end >= 0 else len(text)]
    column = flaw.start - begin
    location = Location(shown, text.count("\n", 0, flaw.start) + 1, column + 1, flaw.pointer)
    return Problem(
        message=flaw.message,
        location=location,
        expected=flaw.expected,
        found=flaw.found,
        excerpt=crop(line, column, flaw.length),
    )


def crop(line: str, column: int, length: int) -> Excerpt | None:
    """Return the piece of a line around `length` characters from `column` on, cut between words; None for a blank line."""
    if not line.strip():
        return None
    # All specs of a page are on one line, which may have hundreds of kilobytes.
    start = max(0, column - MAX_BEFORE)
    if start:
        start = line.find(" ", start, column) + 1 or start
    end = min(len(line), start + MAX_EXCERPT)
    if end < len(line):
        end = max(line.rfind(" ", column + length, end), 0) or end
    before, after = ("… " if start else ""), (" …" if end < len(line) else "")
    return Excerpt(f"{before}{line[start:end]}{after}", len(before) + column - start, max(1, min(length, end - column)))


def shorten(text: str, most: int = MAX_FOUND) -> str:
    """Return a text cut to what fits a line."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def show_value(value: object) -> str:
    """Return a value as JSON, cut to what fits a line."""
    return shorten(json.dumps(value, ensure_ascii=False))
