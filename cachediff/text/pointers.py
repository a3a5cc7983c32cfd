"""JSON pointers (RFC 6901): from the names on the way to a value, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_POINTER = 1_000
"""How long a JSON pointer in a report may be: a longer one ends at what holds the value."""


def write_pointer(names: Iterable[str | int], most: int | None = None) -> str:
    """Return the JSON pointer to what the names lead to; one of more than `most` characters is cut between its parts."""
    pointer = ""
    for name in names:
        part = str(name).replace("~", "~0").replace("/", "~1")
        # Cut at once: a hostile page has long keys, many levels deep, and a thousand places to point at.
        if most is not None and len(pointer) + 1 + len(part) > most:
            break
        pointer += f"/{part}"
    return pointer


def parse_pointer(pointer: str) -> list[str]:
    """Return the names in a JSON pointer; the index of a list's item is a name, too."""
    # `~1` first, as RFC 6901 has it: else `~01`, which means `~1`, would become a slash.
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
