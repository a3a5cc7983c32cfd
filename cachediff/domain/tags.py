"""The tag of a snapshot: what its packages say, and what the name says under which somebody gave it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ON_PAGES = re.compile(r"develop(-[0-9]{4}-[0-9]{2}-[0-9]{2})?|v[0-9]+(\.[0-9]+)+")
# No digit before the date, else `12025-03-30` would have one. DOTALL, for the name of a directory may hold a line end.
_ENDS_DATED = re.compile(r"(.*[^0-9])?([0-9]{4}-[0-9]{2}-[0-9]{2})", re.DOTALL)
_ARCHIVE = re.compile(r"\.(tar(\.[a-z0-9]+)?|tgz|txz|zip)\Z")


def name_date(source: str) -> str:
    """Return the date at the end of a snapshot's name, empty without one.

    Where all of a revision is the snapshot, the name is the revision's.
    """
    found = _ENDS_DATED.fullmatch(_last_part(source).removesuffix(":").rpartition(":")[2])
    return found[2] if found else ""


def name_tag(source: str) -> str:
    """Return the name of a snapshot's directory or archive where that is a tag as pages have it, else nothing."""
    name = _last_part(source).rpartition(":")[2]
    return name if _ON_PAGES.fullmatch(name) else ""


def is_tag(name: str) -> bool:
    """Return whether a name is a tag as pages have it."""
    return bool(_ON_PAGES.fullmatch(name))


def _last_part(source: str) -> str:
    """Return the last component of a path or `REV:PATH`, of an archive without its suffix."""
    # `develop-2025-03-30/.` and a slash at the end name the same directory.
    parts = [part for part in source.split("/") if part not in ("", ".")]
    return _ARCHIVE.sub("", parts[-1]) if parts else ""


def choose_tag(tags: Iterable[str]) -> str:
    """Return the tag that most packages have (the alphabetically first of several), empty without packages."""
    # A tie must not depend on the order in which pages were read.
    counts = Counter(tags)
    return min(counts, key=lambda tag: (-counts[tag], tag), default="")
