"""Pages as a snapshot: which file is which package's, and what its files are together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.domain.package import InvalidPackage, InvalidPage, PackageRecord
from cachediff.domain.problem import Location, Problem
from cachediff.domain.reading import PAGES
from cachediff.errors import InputError
from cachediff.limits import at_most
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.listing import PAGE_NAME, find_pageless, find_roots, is_page_name, list_pages
from cachediff.sources.pages.page import find_title, parse_page
from cachediff.sources.reader import SourceInfo
from cachediff.sources.tree import LargeFileError, UnreadableFileError
from cachediff.text.words import list_some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cachediff.limits import Limits
    from cachediff.sources.pages.listing import PageFile
    from cachediff.sources.tree import Entry, FileTree


class PageReader:
    """A directory of pages, or one page.

    A flat directory may hold several that claim one package: then none of them can be trusted.
    """

    def __init__(self, source: str, tree: FileTree, pages: Sequence[PageFile], decoder: SpecDecoder) -> None:
        # The directory of one page is that page, as far as anybody meant it.
        is_page = tree.is_file or [page.entry.name for page in pages] == [PAGE_NAME]
        self.info = SourceInfo(source, is_page=is_page, reading=replace(PAGES, notes=_note_pageless(tree, pages)))
        self._tree = tree
        self._contents = decoder
        self._most = decoder.limits.page_bytes
        # Before any process is forked: what git prints can be read by one alone.
        tree.fetch([page.entry for page in pages], self._most)
        self._files: dict[str, list[PageFile]] = {}
        for page in pages:
            self._files.setdefault(page.package or self._find_package(page), []).append(page)

    def packages(self) -> Collection[str]:
        """Return the packages that the pages' directories or titles name."""
        return self._files.keys()

    def read(self, package: str) -> PackageRecord | InvalidPackage | None:
        """Return a package's page, or all that is wrong with its pages."""
        files = self._files.get(package, [])
        found = [self._read_page(file) for file in files]
        # Of several pages nobody can say which one is right, even where all are valid.
        if len(found) == 1 and isinstance(found[0], PackageRecord):
            return found[0]
        return InvalidPackage(package, tuple(_refuse_several(page, found) for page in found)) if found else None

    def _find_package(self, file: PageFile) -> str:
        """Return the package that a page claims: of one that starts as the generator writes it, no more is parsed."""
        try:
            title = find_title(self._tree.read(file.entry, self._most))
        except UnreadableFileError:
            title = ""  # what else could name it, reading knows
        return title or self._read_page(file).package

    def _read_page(self, file: PageFile) -> PackageRecord | InvalidPage:
        try:
            data = self._tree.read(file.entry, self._most)
        except UnreadableFileError as error:
            # Here, as it takes YAML: time that most runs do not need.
            from cachediff.sources.pages.frontmatter import guess_package

            reason = f"{error} (limit page-bytes)" if isinstance(error, LargeFileError) else str(error)
            problem = Problem(
                f"page cannot be read: {reason}", Location(file.shown), "a regular file that can be read", reason
            )
            return InvalidPage(guess_package(file), file.shown, (problem,))
        return parse_page(data, file, self._contents)


class PageFormat:
    """Pages as Spack's website had them until June 2025; specs that were understood once are remembered."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._contents = SpecDecoder(limits)

    def is_wanted(self, name: str) -> bool:
        """Return whether what has a path may be a page."""
        return is_page_name(name)

    def find_roots(self, names: Iterable[str]) -> list[str]:
        """Return the directories that hold pages, or directories with pages."""
        return find_roots(names)

    def list_files(self, tree: FileTree) -> list[Entry]:
        """Return the pages in a tree, in order of path."""
        return [page.entry for page in list_pages(tree)]

    def open(self, source: str, tree: FileTree) -> PageReader | None:
        """Return the snapshot of pages in a tree, None where it holds none.

        Raises InputError for more pages than a limit allows.
        """
        pages = list_pages(tree)
        if len(pages) > self._limits.pages:
            message = (
                f"{tree.shown} holds {len(pages):,} pages, and a snapshot {at_most(self._limits.pages, 'pages', 'pages')}"
            )
            raise InputError(message, hint="docs/limits.md says how to allow more")
        return PageReader(source, tree, pages, self._contents) if pages else None


def _note_pageless(tree: FileTree, pages: Sequence[PageFile]) -> tuple[str, ...]:
    """Return that there are folders without a page, as where one of all could not be downloaded."""
    names = find_pageless(tree, pages)
    return (f"folders without {PAGE_NAME} are left out: {list_some(names)}",) if names else ()


def _refuse_several(page: PackageRecord | InvalidPage, found: Sequence[PackageRecord | InvalidPage]) -> InvalidPage:
    """Return one of a package's pages as invalid: where a valid one is not the only page, nobody can tell which is right."""
    if isinstance(page, InvalidPage):
        return page
    others = sorted(other.path for other in found if other is not page)
    message = f"package {page.package} has {len(found)} pages"
    problem = Problem(message, page.locate("/title"), "one page a package", others[0])
    return InvalidPage(page.package, page.path, (problem,), page.digest)
