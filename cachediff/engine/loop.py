"""Two snapshots read and compared package by package, on as many processes as there are cores, in memory that the largest package bounds.

The answer is that of `read_snapshot` and `compare`, to the byte, whatever the number of processes and wherever the pages lie. Every page
file has a package before anything is compared, and a package may have several files: a policy may merge packages, and a directory of
flat pages may hold two that claim one package.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct, field

from cachediff.comparison.packages import compare_package
from cachediff.comparison.requirements import count_on, name_supplies
from cachediff.comparison.selection import Names, check_globs, is_outside
from cachediff.comparison.snapshots import SideInfo, conclude, find_shared_hashes
from cachediff.comparison.totals import Tally
from cachediff.domain.diff import Requirement, SharedHash
from cachediff.domain.package import InvalidPage, Page
from cachediff.domain.selection import EVERYTHING, Selection, fits
from cachediff.engine.workers import Worker, while_alive
from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS, Limits
from cachediff.sources.directory import PageFile, find_pages, name_source, printable
from cachediff.sources.kinds import LFS_HINT, LFS_MESSAGE
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.page import find_package, read_page
from cachediff.sources.snapshot import choose_tag, collector_paused, digest_pages, settle
from cachediff.spill.diffs import CHUNK, Chunk, Shelf, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from cachediff.domain.diff import PackageDiff, Side, SnapshotDiff
    from cachediff.domain.problem import Problem

    Progress = Callable[[list["Pair"]], Iterable["Pair"]]

SMALL_INPUT = 500
"""How many pages one process reads sooner than a second one is started."""

MOST_KEPT = 2048
"""How many packages that differ are kept in memory; more are set aside in a temporary file."""

AT_A_TIME = 200_000
"""How many hashes are looked at at a time."""

Files = tuple[PageFile, ...]
Pair = tuple[str, Files, Files]


class Renaming(Protocol):
    """Other names for what OLD has."""

    def name(self, package: str) -> str:
        """Return what a package is called now."""

    def rename(self, package: str, pages: Sequence[Page]) -> Page:
        """Return the one page of a package, as it is called now, that these pages were."""


class _Task(Struct, frozen=True):
    """What a process has to do. `tag` is the one that all pages of NEW should have."""

    pairs: list[Pair]
    selection: Selection
    tag: str
    require: tuple[Requirement, ...]
    rename: Renaming | None
    limits: Limits


class _SideShare(Struct):
    """What one side's pages of a share say that no comparison of packages does."""

    specs: int = 0
    digests: list[tuple[str, str]] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    invalid: list[InvalidPage] = field(default_factory=list)

    def add(self, page: Page) -> None:
        self.specs += len(page.specs)
        self.tags[page.tag] = self.tags.get(page.tag, 0) + 1

    def merge(self, other: _SideShare) -> None:
        self.specs += other.specs
        self.digests += other.digests
        self.invalid += other.invalid
        self.tags = dict(Counter(self.tags) + Counter(other.tags))


class _Share(Struct):
    """What one process finds. `hashes` holds a number for each hash of NEW: two that are equal are worth a second look.

    `names` is filled where a selection chooses by what is in the pages.
    """

    tally: Tally
    old: _SideShare = field(default_factory=_SideShare)
    new: _SideShare = field(default_factory=_SideShare)
    hashes: bytes = b""
    supplies: list[int] = field(default_factory=list)
    names: Names = field(default_factory=Names)

    def merge(self, other: _Share) -> None:
        self.supplies = [a + b for a, b in zip(self.supplies, other.supplies, strict=True)]
        self.tally.merge(other.tally)
        self.old.merge(other.old)
        self.new.merge(other.new)
        self.hashes += other.hashes
        self.names.merge(other.names)


def compare_sources(
    old: str,
    new: str,
    selection: Selection = EVERYTHING,
    *,
    require: Sequence[Requirement] = (),
    rename: Renaming | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    progress: Progress = iter,
) -> SnapshotDiff:
    """Return what differs between the parts of the snapshots at two paths that a selection takes; `jobs` defaults to the number of cores.

    `require` is counted on NEW, and `rename` is applied to OLD before anything is selected or compared. `progress` is given the pairs of
    page files of this process's share and yields them again. Raises InputError where a side has no page, OLD no valid one, or a glob
    of the selection matches nothing, and WorkerError where a process ended early.
    """
    before = _group(find_pages(old, limits), limits, rename.name if rename else str)
    after = _group(find_pages(new, limits), limits)
    pairs = _pair_files(before, after, selection.package)
    task = _Task(pairs, selection, _guess_tag(pairs, limits), tuple(require), rename, limits)
    with collector_paused():
        share, packages = _compare_all(task, _count_jobs(jobs, pairs), progress)
        tag = choose_tag(share.new.tags)
        if tag != task.tag:
            # The page that gave the tag is the odd one out: rare, and wrong enough to look at everything again.
            share, packages = _compare_all(msgspec.structs.replace(task, tag=tag), _count_jobs(jobs, pairs), progress)
    if _chooses_by_content(selection):
        share.names.check(selection)
    if len(pairs) == len(before.keys() | after.keys()):
        selection = msgspec.structs.replace(selection, package="*")
    diff = conclude(
        share.tally,
        packages,
        _describe(old, "old", share.old, pairs),
        _describe(new, "new", share.new, pairs),
        _look_for_shared_hashes(pairs, share.hashes, limits),
        name_supplies(require, share.supplies, share.new.invalid),
        selection,
    )
    return require_comparable(diff)


def require_comparable(diff: SnapshotDiff) -> SnapshotDiff:
    """Return a comparison as it is. Raises InputError where OLD has pages and none is valid: nothing was compared, which is no pass."""
    if diff.old and 0 < diff.old.packages <= len({page.package for page in diff.invalid_old}):
        problem = diff.invalid_old[0].problems[0]
        which = f"none of its {diff.old.packages:,} pages is" if diff.old.packages > 1 else "its only page is not"
        first = f"{problem.location.path}:{problem.location.line}" if problem.location.line else problem.location.path
        message = f"nothing can be compared with {diff.old.source}: {which} valid\n  {first}: {problem.message}"
        raise InputError(message, hint=_advise(problem))
    return diff


def _advise(problem: Problem) -> str:
    """Return what to do about an OLD whose pages are all like one."""
    if problem.message == LFS_MESSAGE:
        return LFS_HINT
    return f"is it a snapshot? expected there: {problem.expected}; cachediff validate says what is wrong with each page"


def _chooses_by_content(selection: Selection) -> bool:
    # `*,typo` takes all there is, and yet a part of it is a typo.
    return any(getattr(selection, name) != "*" for name in ("stack", "os", "target"))


def _group(files: Sequence[PageFile], limits: Limits, name: Callable[[str], str] = str) -> dict[str, Files]:
    """Return the page files of each package, those of several packages that `name` gives one name in order of their own."""
    decoder = SpecDecoder(limits)
    named = [file if file.package else msgspec.structs.replace(file, package=find_package(file, decoder)) for file in files]
    groups: dict[str, Files] = {}
    for file in sorted(named, key=lambda file: (file.package, file.name)):
        package = name(file.package)
        groups[package] = (*groups.get(package, ()), file)
    return groups


def _pair_files(old: Mapping[str, Files], new: Mapping[str, Files], package: str) -> list[Pair]:
    """Return each package that globs leave in with its page files on either side, in order. Raises InputError for a glob without any."""
    names = sorted(old.keys() | new.keys())
    check_globs("package", package, names)
    return [(name, old.get(name, ()), new.get(name, ())) for name in names if fits(name, package)]


def _guess_tag(pairs: list[Pair], limits: Limits) -> str:
    """Return the tag of the first valid page of NEW, which is nearly always that of all; empty where none is valid."""
    decoder = SpecDecoder(limits)
    pages = (page for _, _, files in pairs for page in _read_all(files, decoder))
    return next((page.tag for page in pages if isinstance(page, Page)), "")


def _count_jobs(jobs: int | None, pairs: list[Pair]) -> int:
    if jobs is not None:
        return max(1, min(jobs, len(pairs)))
    return 1 if len(pairs) < SMALL_INPUT else len(os.sched_getaffinity(0))


def _compare_all(task: _Task, jobs: int, progress: Progress) -> tuple[_Share, Collection[PackageDiff]]:
    """Return what all processes find. Packages are dealt out in turn, so that no share has all the large ones."""
    tasks = [msgspec.structs.replace(task, pairs=task.pairs[number::jobs]) for number in range(jobs)]
    elsewhere: list[_ShareElsewhere] = []
    shelf = Shelf()
    try:
        elsewhere += map(_ShareElsewhere, tasks[1:])
        share = _compare_share(tasks[0], shelf, MOST_KEPT, progress)
        for other in elsewhere:
            share.merge(other.finish())
    finally:
        for other in elsewhere:
            other.stop()
    return share, gather([shelf, *(other.shelf for other in elsewhere)], share.tally.notable, MOST_KEPT)


def _compare_share(task: _Task, shelf: Shelf, most: int, progress: Progress = iter) -> _Share:
    """Return what one process finds in its share of the packages; from `most` of them on, those that differ go to the shelf."""
    share = _Share(Tally(task.tag), supplies=[0] * len(task.require))
    decoder = SpecDecoder(task.limits)
    hashes = array("q")
    chooses = _chooses_by_content(task.selection)
    for package, old_files, new_files in progress(task.pairs):
        known = len(share.old.invalid) + len(share.new.invalid)
        old = _read(package, old_files, share.old, decoder, task.rename)
        new = _read(package, new_files, share.new, decoder)
        if new is not None:
            hashes.extend([hash(spec.hash) for spec in new.specs])
            for position, requirement in enumerate(task.require):
                share.supplies[position] += count_on(new, requirement)
        if chooses:
            share.names.add_all((old, new), task.selection)
        if len(share.old.invalid) + len(share.new.invalid) == known:
            compared = compare_package(package, old, new, selection=task.selection)
            if new is not None or not is_outside(compared, task.selection):
                share.tally.add(compared)
            if len(share.tally.notable) >= most:
                shelf.put(share.tally.notable)
                share.tally.notable.clear()
    share.hashes = hashes.tobytes()
    return share


def _read(package: str, files: Files, side: _SideShare, decoder: SpecDecoder, rename: Renaming | None = None) -> Page | None:
    """Return what the valid ones of a package's pages are together, and add to a side what they and the invalid ones say."""
    if not files:
        return None
    found = _read_all(files, decoder)
    side.digests += [(page.package, page.digest) for page in found]
    side.invalid += [msgspec.structs.replace(page, package=package) for page in found if isinstance(page, InvalidPage)]
    pages = [page for page in found if isinstance(page, Page)]
    if not pages:
        return None
    page = rename.rename(package, pages) if rename else pages[0]
    side.add(page)
    return page


def _read_all(files: Files, decoder: SpecDecoder) -> list[Page | InvalidPage]:
    """Return the pages in files of one package, those that claim to be its only one made invalid."""
    found = [read_page(file, printable(file.path), decoder) for file in files]
    return found if len(found) == 1 else [*settle(found)]


class _ShareElsewhere:
    """A share that another process compares: packages that differ go to a shelf, all else that it finds is its answer."""

    def __init__(self, task: _Task) -> None:
        self.shelf = Shelf()
        self.shelf.open()
        parent = os.getpid()

        def compute() -> bytes:
            share = _compare_share(task, self.shelf, CHUNK, lambda pairs: while_alive(parent, pairs))
            self.shelf.put(share.tally.notable)
            share.tally.notable.clear()
            return msgspec.msgpack.encode((share, self.shelf.chunks))

        self._worker = Worker(compute)
        self.stop = self._worker.stop

    def finish(self) -> _Share:
        """Return what was found. Raises WorkerError where the process ended without saying."""
        share, self.shelf.chunks = msgspec.msgpack.decode(self._worker.finish(), type=tuple[_Share, list[Chunk]])
        return share


def _describe(source: str, side: Side, share: _SideShare, pairs: list[Pair]) -> SideInfo:
    """Return what a side is, besides its packages."""
    position = 1 if side == "old" else 2
    invalid = sorted(share.invalid, key=lambda page: (page.package, page.path))
    return SideInfo(
        name_source(source),
        choose_tag(share.tags),
        digest_pages(share.digests),
        sum(bool(pair[position]) for pair in pairs),
        share.specs,
        tuple(invalid),
        {pair[0] for pair in pairs if pair[position]},
        share.tags,
    )


def _look_for_shared_hashes(pairs: list[Pair], numbers: bytes, limits: Limits) -> tuple[SharedHash, ...]:
    """Return each hash that stands on pages of several packages of NEW; where numbers hint at one, pages are read once more."""
    repeated = _find_repeated(array("q", numbers))
    if not repeated:
        return ()
    decoder = SpecDecoder(limits)
    pages = (page for _, _, files in pairs for page in _read_all(files, decoder))
    return find_shared_hashes((page for page in pages if isinstance(page, Page)), lambda hash_: hash(hash_) in repeated)


def _find_repeated(numbers: array[int]) -> set[int]:
    """Return the numbers that occur more than once, looking at some at a time: a set of all would be the largest thing in memory."""
    parts = len(numbers) // AT_A_TIME + 1
    repeated = set()
    for part in range(parts):
        some = [number for number in numbers if number % parts == part] if parts > 1 else numbers
        if len(set(some)) < len(some):
            repeated |= {number for number, count in Counter(some).items() if count > 1}
    return repeated
