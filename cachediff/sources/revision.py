"""The pages of a snapshot in a revision of git, straight from the object store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from cachediff.errors import InputError
from cachediff.limits import Limits, too_large
from cachediff.sources.directory import LINK_HINT, PageFile, describe, printable
from cachediff.sources.git import Entry, Place, find_place, lack, list_files, read_blobs
from cachediff.sources.kinds import ARCHIVE_SUFFIXES, MOST_HEAD, name_archive, refuse_strange_file
from cachediff.sources.links import list_above
from cachediff.sources.pages.listing import mark_directories, select_pages
from cachediff.spill.pages import Spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.spill.pages import Spooled

Found = tuple[str, str, Entry | None]
"""A page in git: its name below the snapshot, its package, and its entry (none where a directory stands in its place)."""


def find_pages_in_git(source: str, limits: Limits) -> list[PageFile] | None:
    """Return the pages of `REV:PATH` in order of name, and None where that names no revision. Raises InputError as `find_pages` does."""
    place = find_place(source)
    if place is None:
        return None
    shown = printable(source.rstrip("/"))
    entries = list_files(place)
    if not entries:
        refuse_links_in_git(place)
        raise lack(place)
    if len(entries) == 1 and entries[0].path == place.path:
        pages = _read([(printable(place.path.rpartition("/")[2]), "", _only_page(entries[0], shown))], shown, "", limits)
        if pages[0].spooled:
            refuse_strange_file(place.path, shown, pages[0].spooled.read()[:MOST_HEAD])
        return pages
    start = len(place.path) + 1 if place.path else 0
    found = select_entries((entry.path[start:], entry) for entry in entries)
    return _read(found, shown, shown if shown.endswith(":") else f"{shown}/", limits)


def refuse_links_in_git(place: Place) -> None:
    """Raise InputError where a path that a revision lacks leads through a link in it, or is one."""
    for path in [*list_above(place.path), place.path]:
        found = list_files(Place(place.revision, path, place.shown))
        if len(found) == 1 and found[0].path == path and not found[0].is_file:
            message = f"{printable(place.shown)} cannot be read: {printable(path)} is {name_kind(found[0])} in {place.revision}"
            raise InputError(message, hint=LINK_HINT)


def _only_page(entry: Entry, shown: str) -> Entry:
    """Return the entry of a source that is one page. Raises InputError where it is no page."""
    if entry.is_file and not entry.path.endswith(ARCHIVE_SUFFIXES):
        refuse_strange_file(entry.path, shown, b"")
        return entry
    what = f"a {name_archive(entry.path)} archive, which is only read as a file" if entry.is_file else name_kind(entry)
    message = f"{shown} is {what}, not a directory of pages"
    raise InputError(message, hint="give the directory itself")


def select_entries(entries: Iterable[tuple[str, Entry]]) -> list[Found]:
    """Return the pages among the files of a snapshot, which are given with their names below it."""
    return select_pages(_list(dict(entries)))


def _list(entries: dict[str, Entry]) -> Iterator[tuple[str, bool, Entry | None]]:
    for name, entry in entries.items():
        yield printable(name), not entry.is_file, entry
    for name in mark_directories(entries):
        yield printable(name), False, None


def name_kind(entry: Entry | None) -> str:
    """Return what stands where a page would, in words."""
    if entry is None:
        return "a directory"
    return "a submodule" if entry.is_submodule else describe(entry.mode)


def _read(found: list[Found], shown: str, above: str, limits: Limits) -> list[PageFile]:
    """Return pages with their bytes, or with what stands there instead; `above` is what their names stand below, empty for one page."""
    kept = _keep([entry for _, _, entry in found if entry and entry.is_file], shown, limits)
    large = too_large("page-bytes", limits.page_bytes)
    pages = []
    for name, package, entry in found:
        spooled = kept.get(entry.path) if entry else None
        fault = "" if spooled else large if entry and entry.is_file else name_kind(entry)
        pages.append(PageFile(above + name if above else shown, name, package, spooled, fault))
    return pages


def _keep(entries: list[Entry], shown: str, limits: Limits) -> dict[str, Spooled]:
    """Return where the bytes of files are, by path, without those that are too large for a page."""
    if not entries:
        return {}
    spool, kept = Spool(shown, limits), {}
    with closing(read_blobs([entry.id for entry in entries], shown)) as blobs:
        for entry, blob in zip(entries, blobs, strict=True):
            if blob.size > limits.page_bytes:
                spool.count(blob.size, printable(entry.path))
            elif spooled := spool.keep(blob.read, printable(entry.path)):
                kept[entry.path] = spooled
    return kept
