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
# Not `\d`, which other scripts have digits for; and `fromisoformat` alone would take 20250330 and 2025-W13-7.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ARCHIVE = re.compile(r"\.(tar(\.[a-z0-9]+)?|tgz|txz|zip)\Z")
# How Spack calls the files and folders of every index, which tells nothing of one; a view's name is not among them.
_FIXED = re.compile(
    r"(?:\A|(?<=[/:]))(?:(?:build_cache/|\.spack-db/)?index\.json(?:\.[gx]z)?|build_cache|\.spack-db|spack\.lock(?:\.[gx]z)?"
    r"|v3/manifests/index/(?:(?P<view>[^/]+)/)?index\.manifest\.json|blobs/[a-z0-9]+/[0-9a-f]{2}/[0-9a-f]{64,128})\Z"
)
_VIEW = re.compile(r"(?:\A|(?<=[/:]))v3/manifests/index/[^/]+/index\.manifest\.json\Z")
_INDEX_FILE = re.compile(r"\.(json|lock)(\.[gx]z)?\Z")


def name_date(source: str) -> str:
    """Return the date at the end of a snapshot's name, empty without one.

    Where all of a revision is the snapshot, or an index at its top, the name is the revision's. A view has its mirror's date
    where it has none of its own.
    """
    found = _ENDS_DATED.fullmatch(_INDEX_FILE.sub("", name_snapshot(source)))
    if not found and (above := _VIEW.sub("", source)) != source:
        return name_date(above)
    return found[2] if found else ""


def is_date(text: str) -> bool:
    """Return whether a text is a day that exists, as `YYYY-MM-DD`."""
    if _DATE.fullmatch(text) is None or not text.isascii():
        return False
    year, month, day = map(int, text.split("-"))
    # By hand, as what reads the clock has no place here, and datetime could.
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return year > 0 and 1 <= month <= len(days) and 1 <= day <= days[month - 1]


def is_index_file(name: str) -> bool:
    """Return whether a file's name is one that an index may have, whatever stands before its suffix."""
    return bool(_INDEX_FILE.search(name))


def name_snapshot(source: str) -> str:
    """Return what a snapshot is called: the last component of its name that somebody chose, of a revision that of its path.

    It is the folder of an index whose file and folders have the names that Spack gives them, or the view, or the revision.
    """
    return _last_part(source).removesuffix(":").rpartition(":")[2]


def name_tag(source: str) -> str:
    """Return the name of a snapshot's directory or archive where that is a tag as pages have it, else nothing."""
    name = _last_part(source).rpartition(":")[2]
    return name if _ON_PAGES.fullmatch(name) else ""


def is_tag(name: str) -> bool:
    """Return whether a name is a tag as pages have it."""
    return bool(_ON_PAGES.fullmatch(name))


def _last_part(source: str) -> str:
    """Return the last component of a path or `REV:PATH` that is not fixed, of an archive without its suffix."""
    # `develop-2025-03-30/.` and a slash at the end name the same directory.
    path = "/".join(part for part in source.split("/") if part not in ("", "."))
    named = _FIXED.sub(lambda found: found["view"] or "", path).rstrip("/")
    return _ARCHIVE.sub("", named.rpartition("/")[2])


def choose_tag(tags: Iterable[str]) -> str:
    """Return the tag that most packages have (the alphabetically first of several), empty without packages."""
    # A tie must not depend on the order in which pages were read.
    counts = Counter(tags)
    return min(counts, key=lambda tag: (-counts[tag], tag), default="")
