"""What a snapshot's tag says, its kind and its date, and what the name says under which somebody gave the snapshot.

A tag stands on the pages: whoever writes them chooses it. A name is what a reviewer sees, so it comes first where it says something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cachediff.model import Totals

_DATED = re.compile(r".*-([0-9]{4}-[0-9]{2}-[0-9]{2})")
_RELEASE = re.compile(r"v[0-9]+(\.[0-9]+)*")
_ON_PAGES = re.compile(r"develop(-[0-9]{4}-[0-9]{2}-[0-9]{2})?|v[0-9]+(\.[0-9]+)+")
_ENDS_DATED = re.compile(r"(.*[^0-9])?([0-9]{4}-[0-9]{2}-[0-9]{2})", re.DOTALL)
_ARCHIVE = re.compile(r"\.(tar(\.[a-z0-9]+)?|tgz|txz|zip)\Z")


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


def name_date(source: str) -> str:
    """Return the date at the end of a snapshot's name (or of its revision's, where all of that is the snapshot), empty without one."""
    found = _ENDS_DATED.fullmatch(_last_part(source).removesuffix(":").rpartition(":")[2])
    return found[2] if found else ""


def name_tag(source: str) -> str:
    """Return the name of a snapshot's directory or archive where that is a tag as pages have it, else nothing."""
    name = _last_part(source).rpartition(":")[2]
    return name if _ON_PAGES.fullmatch(name) else ""


def tag_of(side: Totals) -> str:
    """Return what a snapshot is: its name where that is a tag, else the tag of its pages."""
    return name_tag(side.source) or side.tag


def _last_part(source: str) -> str:
    """Return the last component of a path or `REV:PATH`, of an archive without its suffix."""
    parts = [part for part in source.split("/") if part not in ("", ".")]
    return _ARCHIVE.sub("", parts[-1]) if parts else ""
