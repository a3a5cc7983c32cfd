"""Where the records of an index stand in its text: an index is often one line of many megabytes."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.sources.records.index import Group

_SPACE = b" \t\r\n"


def find_keys(text: bytes, group: Group) -> Iterator[int]:
    """Yield for each record of a group the byte of the text at which its key stands, in the order of the records."""
    position = group.start
    for key, raw in group.records.items():
        quoted = b'"%b"' % key.encode("utf-8", "backslashreplace")
        found = _find_key(text, quoted, position)
        yield found if found >= 0 else position  # a key that is written with escapes: near enough
        if found >= 0:
            # What follows is the record, which is not looked into: so all keys together take one walk over the text.
            position = found + len(quoted) + len(memoryview(raw))


def _find_key(text: bytes, quoted: bytes, position: int) -> int:
    """Return where a string stands as a key: a hash may stand before as a value, in a lock's roots or a dependency."""
    while (found := text.find(quoted, position)) >= 0:
        after = found + len(quoted)
        while text[after : after + 1] and text[after] in _SPACE:
            after += 1
        if text[after : after + 1] == b":":
            return found
        position = found + 1
    return -1


class Lines:
    """Turns bytes of a text into lines and columns, both from 1; columns count characters."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._is_ascii = text.isascii()
        self._starts = [0, *(found.end() for found in re.finditer(rb"\n", text))]
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
