"""A whole snapshot: its files found, its pages read, its tag decided."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from cachediff.domain.package import InvalidPage, Page, Snapshot
from cachediff.domain.problem import Location, Problem
from cachediff.domain.selection import fits
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.directory import PageFile, find_pages, name_source, printable
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.page import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cachediff.limits import Limits

    Progress = Callable[[list[PageFile]], Iterable[PageFile]]


def read_snapshot(source: str, *, package: str = "*", limits: Limits = DEFAULT_LIMITS, progress: Progress = iter) -> Snapshot:
    """Return the snapshot at `source`: a snapshot directory, a directory of flat pages, or one page; `package` is globs of packages.

    `progress` is given the list of page files and yields them again: whoever wants to watch can.
    Bad pages are values: they are in the snapshot's `invalid`, each with its problems. Raises InputError when there is no page at all.
    """
    files = find_pages(source, limits)
    decoder = SpecDecoder(limits)
    with collector_paused():
        found = [read_page(file, printable(file.path), decoder) for file in progress(files)]
    settled = [page for page in settle(found) if fits(page.package, package)]
    pages = sorted((page for page in settled if isinstance(page, Page)), key=lambda page: page.package)
    invalid = sorted((page for page in settled if isinstance(page, InvalidPage)), key=lambda page: (page.package, page.path))
    tag = choose_tag(page.tag for page in pages)
    digest = digest_pages((page.package, page.digest) for page in settled)
    return Snapshot(name_source(source), tag, tuple(pages), tuple(invalid), digest)


def choose_tag(tags: Iterable[str]) -> str:
    """Return the tag that most pages have (the alphabetically first of several), empty without pages."""
    counts = Counter(tags)
    return min(counts, key=lambda tag: (-counts[tag], tag), default="")


def digest_pages(digests: Iterable[tuple[str, str]]) -> str:
    """Return one digest of a snapshot's bytes, from each page's package and its own digest: where pages lie, and how, means nothing."""
    total = sha256()
    for name, digest in sorted(digests):
        total.update(f"{name}\0{digest}\n".encode("utf-8", "backslashreplace"))
    return f"sha256:{total.hexdigest()}"


def settle(found: list[Page | InvalidPage]) -> Iterator[Page | InvalidPage]:
    """Yield the pages, with those that claim one package between them made invalid: nobody can tell which is right."""
    counts = Counter(page.package for page in found)
    for page in found:
        if isinstance(page, Page) and counts[page.package] > 1:
            others = sorted(other.path for other in found if other.package == page.package and other is not page)
            problem = Problem(
                f"package {page.package} has {counts[page.package]} pages",
                Location(page.path, 2, 1, "/title"),
                "one page a package",
                others[0],
            )
            yield InvalidPage(page.package, page.path, (problem,), page.digest)
        else:
            yield page


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking the growing snapshot again and again: nothing here makes cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # else the host has frozen something, which stays frozen
                # Makes objects old ones without a walk over them: to the collector all of a snapshot would be new, and none is garbage.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
