"""The reader of archives: pages whose names stay below the snapshot, or a refusal."""

from __future__ import annotations

from contextlib import suppress

from cachediff.errors import InputError
from cachediff.sources.archive import find_pages_in_archive
from cachediff.sources.directory import UnreadableFileError, read_page_file
from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from tests.fuzz.scratch import keep

OUTCOMES = {"pages", "no page", "refused"}
SEEDS = ()


def check(data: bytes) -> str:
    """Return what came of an archive whose first byte says its kind. Raises AssertionError for a name that leads elsewhere."""
    suffix = ARCHIVE_SUFFIXES[data[0] % len(ARCHIVE_SUFFIXES)] if data else ".tar"
    try:
        pages = find_pages_in_archive(str(keep(data[1:], f"snapshot{suffix}")))
    except InputError:
        return "refused"
    for page in pages:
        assert not {"", ".", ".."} & {*page.name.split("/")}
        assert "/" not in page.package
        with suppress(UnreadableFileError):
            read_page_file(page)
    return "pages" if pages else "no page"
