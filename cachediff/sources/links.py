"""Links above what is read: a pull request writes them, and through one it would choose what it is judged by.

Of a path as it was written, every component counts that a pull request may have written: all of a relative path, and of an
absolute one what lies below the working directory, or below the top of the outermost working tree of git that it leads into.
What is above those is the machine's own: /tmp and /var may be links there.
"""

from __future__ import annotations

import os
import stat
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.errors import InputError
from cachediff.sources.tree import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK_HINT = "links are not followed: give the directory that it leads to"


def refuse_links(path: str) -> None:
    """Raise InputError where a path leads through a link that may have come with what is judged."""
    if link := find_link(path):
        message = f"{printable(path)} cannot be read: {printable(link)} is a symbolic link"
        raise InputError(message, hint=LINK_HINT)


def find_link(path: str) -> str:
    """Return the first directory above the last component of a path that is a link and may have come with a change.

    It is empty if none is.
    """
    above = list_above(path)
    return next((one for one in above[_count_own(above) if path.startswith("/") else 0 :] if _is_link(one)), "")


def list_above(path: str) -> list[str]:
    """Return the directories above the last component of a path, as written: none is left out, and no `..` is resolved."""
    start = "/" if path.startswith("/") else ""
    parts = [part for part in path.split("/") if part]
    # Not the last part: whoever opens that says what it is.
    return [start + above for above in accumulate(parts[:-1], "{}/{}".format)]


def _count_own(above: Sequence[str]) -> int:
    """Return how many directories of an absolute path are the machine's own: all where it leads into no working tree."""
    # `.git` may be a file: it is one in a linked working tree, and in a submodule.
    return next((count for count, one in enumerate(above, 1) if os.path.lexists(f"{one}/.git") or _is_here(one)), len(above))


def _is_here(path: str) -> bool:
    try:
        return Path(path).samefile(".")
    except (OSError, ValueError):
        return False


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False  # whoever reads what is there says what is wrong with it
