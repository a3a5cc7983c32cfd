"""Which files of a tree are a snapshot's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.domain.package import SourceMap
from cachediff.sources.tree import Entry, drop_inner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.sources.tree import FileTree

PAGE_NAME = "specs.md"
FLAT_SUFFIXES = (".md", ".txt")


class PageFile(Struct, frozen=True, gc=False):
    """One page to read: the path messages name, its directory as package (empty: its title says), its place in the tree."""

    shown: str
    package: str
    entry: Entry


def map_page(path: str, meta: int = 5, specs: int = 6) -> SourceMap:
    """Return where the values of a page stand, given the lines of its two big ones: all others are among the first."""
    # The lines of a page as the generator writes it: a fence, title, layout, categories, meta, spec_details.
    return SourceMap(path, (("", 2), ("/meta", meta), ("/spec_details", specs)), "/spec_details")


def is_page_name(name: str) -> bool:
    """Return whether what has a path may be a page, or a directory in the place of a package's page (it ends in a slash)."""
    return name.endswith((*FLAT_SUFFIXES, f"/{PAGE_NAME}/"))


def find_roots(names: Iterable[str]) -> list[str]:
    """Return the directories that hold snapshots, given all paths: those above packages, else those of flat pages.

    A directory, whose path ends in a slash, counts in the place of a package's page.
    """
    nested, flat = set(), set()
    for name in names:
        above, _, last = name.removesuffix("/").rpartition("/")
        # At the top it is a flat page: no directory says of which package.
        if last == PAGE_NAME and above:
            nested.add(above.rpartition("/")[0])
        if is_page_name(last):
            flat.add(above)
    return drop_inner(nested or flat)


def list_pages(tree: FileTree) -> list[PageFile]:
    """Return the pages of a tree in order of path.

    They are `<package>/specs.md`, else flat `.md` and `.txt` files, else the one file that it is.

    A link where a page or its directory could be counts as one: reading it says what is wrong with it. Raises InputError
    where the tree cannot be listed.
    """
    nested, flat, links = [], [], []
    for entry in tree.entries():
        if tree.is_file:
            flat.append(PageFile(tree.show(entry), "", entry))
        # Of git, editors and systems, which have no package.
        elif entry.name.startswith("."):
            continue
        elif entry.is_directory:
            if page := tree.find(PAGE_NAME, entry):
                nested.append(PageFile(tree.show(page), entry.name, page))
        elif is_page_name(entry.name):
            flat.append(PageFile(tree.show(entry), "", entry))
        elif entry.is_link:
            links.append(PageFile(tree.show(entry), entry.name, Entry(f"{entry.name}/{PAGE_NAME}", entry.key, entry.kind)))
    return sorted(nested + links if nested else flat or links, key=lambda page: page.entry.name)


def find_pageless(tree: FileTree, pages: Iterable[PageFile]) -> list[str]:
    """Return the folders beside those of packages in which files lie and no page: a copy may have left the page out."""
    packages = {page.package for page in pages}
    # Of flat pages a folder is no package's.
    if tree.is_file or "" in packages:
        return []
    others = [
        one for one in tree.entries() if one.is_directory and one.name not in packages and not one.name.startswith(".")
    ]
    return sorted(one.name for one in others if any(not inner.is_directory for inner in tree.entries(one)))
