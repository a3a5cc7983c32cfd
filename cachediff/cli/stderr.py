"""What is said on stderr: the conversation, in which page text commands neither a terminal nor a CI runner."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def say(message: str, hint: str = "") -> None:
    """Write a message, which may have several lines, and perhaps a hint."""
    write_lines([*message.split("\n"), f"hint: {hint}"] if hint else message.split("\n"))


def write_lines(lines: Iterable[str]) -> None:
    """Write lines, escaped. Nobody may be there to read."""
    from cachediff.render.terminal import escape

    with suppress(OSError):
        # None where the run was started with stderr closed.
        if sys.stderr:
            sys.stderr.write("".join(f"{escape(line)}\n" for line in lines))
