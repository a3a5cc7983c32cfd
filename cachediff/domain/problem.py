"""Where something is wrong in a file, and what."""

from __future__ import annotations

from msgspec import Struct


class Location(Struct, frozen=True, gc=False):
    """A place in a file.

    Line and column count from 1 (0: the file as a whole), the pointer is a JSON pointer into its front matter.
    """

    path: str
    line: int = 0
    column: int = 0
    pointer: str = ""

    @property
    def shown(self) -> str:
        """The place as editors open it: `path:line:column`, or the path of a file as a whole."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


class Excerpt(Struct, frozen=True, gc=False):
    """A cropped line of a file, with the part that matters: `length` characters from `start` on."""

    # Cropped where the problem is found: the line with all specs of a page has hundreds of kilobytes.
    text: str
    start: int
    length: int


class Problem(Struct, frozen=True, gc=False):
    """Why a page cannot be trusted."""

    message: str
    location: Location
    expected: str
    found: str
    excerpt: Excerpt | None = None
