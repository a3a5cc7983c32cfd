"""The reader of archives: pages whose names stay below the snapshot, or a refusal."""

from __future__ import annotations

from contextlib import suppress

from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.kinds import ARCHIVE_SUFFIXES
from cachediff.sources.open import Door
from cachediff.sources.pages.listing import list_pages
from cachediff.sources.tree import UnreadableFileError
from tests.fuzz.scratch import keep

OUTCOMES = {"pages", "no page", "refused"}
SEEDS = ()


def check(data: bytes) -> str:
    """Return what came of an archive whose first byte says its kind.

    Raises AssertionError for a name that leads elsewhere.
    """
    suffix = ARCHIVE_SUFFIXES[data[0] % len(ARCHIVE_SUFFIXES)] if data else ".tar"
    try:
        tree = Door().open_tree(str(keep(data[1:], f"snapshot{suffix}")))
    except InputError:
        return "refused"
    pages = list_pages(tree)
    for page in pages:
        assert not {"", ".", ".."} & {*page.entry.name.split("/")}
        assert "/" not in page.package
        with suppress(UnreadableFileError):
            tree.read(page.entry, DEFAULT_LIMITS.page_bytes)
    return "pages" if pages else "no page"
