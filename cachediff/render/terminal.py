"""What stands on a terminal: page text made harmless, colours, and lines that fit."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

from cachediff.render.visible import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.problem import Excerpt
    from cachediff.render.options import Options

_COLORS = {"error": "31", "warning": "33", "note": "36", "pass": "32", "fail": "31", "bold": "1", "dim": "2"}
_COLORS |= {"removed": "31", "added": "32", "changed": "33", "rebuilt": "2", "unchanged": "2"}
_ASCII = {"→": "->", "…": "...", "−": "-"}
_RUNNER_COMMAND = re.compile(r"::|##\[")
"""What makes a CI runner obey a line: two colons at its start, `##[` anywhere."""

MAX_TEXT = 2_000
"""Longest page text in one place: what is longer is cut before it is escaped."""

# No word is broken (fill), so one without end would be a line without end.
_LONG_WORD = re.compile(r"(\S{499})\S{2,}")


def finish(text: str, options: Options) -> str:
    """Return text as stdout can show it: without arrows and ellipses where it is not UTF-8."""
    if options.is_ascii:
        for sign, plain in _ASCII.items():
            text = text.replace(sign, plain)
        text = text.encode("ascii", "backslashreplace").decode()
    return text


def escape(text: str) -> str:
    r"""Return page text as it may stand on a terminal and in a CI log.

    What does not print, or reorders what does, is shown as `\x1b`, `\u202e`; commands to a CI runner are broken the same way
    (`:\x3a`); text is cut, and so is a word of more than 500 characters.
    """
    # Cut first: escaping makes up to ten characters of one.
    cut = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return "".join(escape_each(_LONG_WORD.sub(r"\1…", cut)))


def escape_each(text: str) -> list[str]:
    """Return what is shown for each character of page text."""
    # Nearly all characters are plain, and to ask make_visible takes longer than to look.
    shown = [char if " " <= char <= "~" else make_visible(char) for char in text]
    for command in _RUNNER_COMMAND.finditer(text):
        # The last character alone: a command that misses one is no command.
        last = command.end() - 1
        shown[last] = f"\\x{ord(text[last]):x}"
    return shown


def count_columns(text: str) -> int:
    """Return how many columns of a terminal text takes: none for a combining mark, two for a wide character."""
    if text.isascii():
        return len(text)
    return sum(0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def paint(text: str, color: str, options: Options) -> str:
    """Return text in the colour of what it says, if colours are wanted."""
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if options.color and color else text


def crop(excerpt: Excerpt, room: int) -> tuple[str, int, int]:
    """Return the piece of an excerpt that fits into so many characters, and where its mark is there: start and length."""
    text, start, length = excerpt.text, excerpt.start, excerpt.length
    if len(text) <= room:
        return text, start, length
    # Two ellipses, each with a blank.
    length = min(length, room - 4)
    first = min(start, max(0, start + length + 4 - room))
    if first:
        # At a blank where there is one, so that no word is cut.
        first = text.find(" ", first, start) + 1 or first
    before = "… " if first else ""
    last = first + room - len(before)
    if last < len(text):
        last = max(text.rfind(" ", start + length, last - 1), 0) or last - 2
    after = " …" if last < len(text) else ""
    return f"{before}{text[first:last]}{after}", len(before) + start - first, length


def wrap(lead: str, text: str, color: str, options: Options) -> Iterator[str]:
    """Yield a lead, nearly always of ours, and page text, wrapped below each other."""
    # Escaped all the same: in a report that somebody else wrote a rule's name may be anything.
    lead = finish(escape(lead), options)
    indent = " " * (len(lead) + 1 if len(lead) < 28 else 4)
    first, *rest = fill(text, options, initial_indent=" " * (len(lead) + 1), subsequent_indent=indent)
    yield f"{paint(lead, color, options)} {first[len(lead) + 1 :]}".rstrip()
    yield from rest


def fill(text: str, options: Options, *, initial_indent: str = "", subsequent_indent: str) -> list[str]:
    """Return page text as lines, escaped; what may be copied is never broken within a word."""
    shown = finish(escape(text), options)
    # In less than 40 columns every line would be a word.
    wrapper = textwrap.TextWrapper(
        max(options.width, 40) - 1,
        initial_indent,
        subsequent_indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.wrap(shown) or [""]
