"""What a snapshot's tag says: its kind and its date.

A tag stands on the pages: whoever writes them chooses it. A name is what a reviewer sees, so it comes first where it says
something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachediff.domain.tags import is_date, name_date, name_snapshot, name_tag

if TYPE_CHECKING:
    from cachediff.domain.diff import SnapshotTotals

# Not `\d`, which other scripts have digits for.
_DATED = re.compile(r".*-([0-9]{4}-[0-9]{2}-[0-9]{2})")
_RELEASE = re.compile(r"v[0-9]+(\.[0-9]+)*")


def tag_date(tag: str) -> str:
    """Return the date in a tag as `YYYY-MM-DD`, which sorts as it should; empty where there is none."""
    found = _DATED.fullmatch(tag)
    return found[1] if found else ""


def tag_kind(tag: str) -> str:
    """Return `dated` (develop-2025-03-30), `mutable` (develop) or `a release` (v0.22.4); empty for any other tag."""
    if tag_date(tag):
        return "dated"
    if tag == "develop":
        return "mutable"
    return "a release" if _RELEASE.fullmatch(tag) else ""


def tag_of(side: SnapshotTotals) -> str:
    """Return what a snapshot is: its name where that is a tag, else the tag of its pages."""
    return name_tag(side.source) or side.tag


def name_of(side: SnapshotTotals) -> str:
    """Return how a finding names a snapshot: pages by their tag, and an index, which says nothing of itself, by its name."""
    return tag_of(side) if side.reading.kind == "pages" else name_snapshot(side.source)


def date_of(side: SnapshotTotals) -> str:
    """Return the date of a snapshot as `YYYY-MM-DD`: of pages that in their tag, of an index that in its name.

    A day that does not exist is none.
    """
    date = tag_date(tag_of(side)) if side.reading.kind == "pages" else name_date(side.source)
    return date if is_date(date) else ""
