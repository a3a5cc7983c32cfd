"""Page text that can be seen: what every format does to it before it escapes what means something in its own language."""

from __future__ import annotations

import re

MAX_TEXT = 1_000
"""Longest page text that is shown: what is longer is cut before it is escaped.

Specs with all their variants come near to it.
"""

MAX_PATH = 4_096
"""Longest path that is shown: as long as a path can be, for it must still lead to the file."""

_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that Python prints and nobody sees: Unicode's default ignorables.

Some readers skip them when they look for a word.
"""


def make_visible(text: str, most: int = MAX_TEXT) -> str:
    r"""Return page text cut to `most` characters, on one line.

    What does not print, or reorders what does, is written as in `\x1b` and `\u202e`.
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    # Nearly all text, and done here.
    if cut.isascii() and cut.isprintable():
        return cut
    return _BLANK.sub(_name, "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut))


def _name(char: re.Match[str]) -> str:
    return ascii(char[0])[1:-1]
