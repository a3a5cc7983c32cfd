"""Which names in a listing are a snapshot's pages: one answer for a directory, a tree of git and an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    Item = TypeVar("Item")

PAGE_NAME = "specs.md"
FLAT_SUFFIXES = (".md", ".txt")


def select_pages(listing: Iterable[tuple[str, bool, Item]]) -> list[tuple[str, str, Item]]:
    """Return the pages of a listing as (name, package, item) in order of name: `<package>/specs.md`, else flat `.md` and `.txt` files.

    A listing has names below the snapshot, of files and of whatever stands where a page would; it says of each whether it is a link, and
    gives an item that comes back. A link where a page or its directory could be counts as one: reading it says what is wrong with it.
    The package of a flat page is empty: its title says.
    """
    nested, flat, links = [], [], []
    for name, is_link, item in listing:
        top, _, below = name.partition("/")
        if top.startswith("."):
            continue
        if below:
            if below == PAGE_NAME:
                nested.append((name, top, item))
        elif top.endswith(FLAT_SUFFIXES):
            flat.append((name, "", item))
        elif is_link:
            links.append((f"{top}/{PAGE_NAME}", top, item))
    return sorted(nested + links if nested else flat or links, key=lambda page: page[0])


def mark_directories(names: Iterable[str]) -> set[str]:
    """Return the names of pages that are directories, for files lie below them."""
    return {"/".join(parts[:2]) for name in names if len(parts := name.split("/", 2)) == 3 and parts[1] == PAGE_NAME}
