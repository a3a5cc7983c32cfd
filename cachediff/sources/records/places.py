"""Where the records of an index stand in its text: an index is often one line of many megabytes."""

from __future__ import annotations

import re
from bisect import bisect_right


class Lines:
    """Turns bytes of a text into lines and columns, both from 1; columns count characters."""

    def __init__(self, text: bytes) -> None:
        self._is_ascii = text.isascii()
        # Nearly always without the text, which would be most of what is in memory while the other side is read.
        self._text = b"" if self._is_ascii else text
        # Looked for at all first, which takes a tenth of the time where the text is one line.
        breaks = re.finditer(rb"\n", text) if b"\n" in text else ()
        self._starts = [0, *(found.end() for found in breaks)]
        # Most of a long line beyond ASCII was counted for the place before this one.
        self._last = (0, 0, 0)

    def locate(self, position: int) -> tuple[int, int]:
        """Return line and column of a byte."""
        line = bisect_right(self._starts, position)
        start = self._starts[line - 1]
        if self._is_ascii:
            return line, position - start + 1
        counted_line, counted, characters = self._last
        if counted_line != line or counted > position:
            counted, characters = start, 0
        characters += len(self._text[counted:position].decode("utf-8", "replace"))
        self._last = (line, position, characters)
        return line, characters + 1
