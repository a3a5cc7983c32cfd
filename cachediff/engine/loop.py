"""The one comparison: package by package, on as many processes as cores, in memory that the largest package bounds.

The answer is the same to the byte, whatever the number of processes and whatever reads the snapshots.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cachediff.comparison.collectors.collector import ReadPackage
from cachediff.comparison.collectors.names import Names
from cachediff.comparison.collectors.pairs import Pairs
from cachediff.comparison.collectors.requirements import RequirementCounts
from cachediff.comparison.collectors.shared_hashes import SharedHashes
from cachediff.comparison.collectors.sides import Sides
from cachediff.comparison.collectors.totals import Totals
from cachediff.comparison.collectors.wants import Wants
from cachediff.comparison.packages import compare_package
from cachediff.comparison.selection import check_globs
from cachediff.domain.diff import Requirement, SnapshotDiff, SnapshotTotals
from cachediff.domain.package import PackageRecord, digest_packages
from cachediff.domain.reading import narrow
from cachediff.domain.selection import EVERYTHING, Selection, fits
from cachediff.domain.tags import choose_tag
from cachediff.domain.wanted import Wanted
from cachediff.engine.graphs import add_graphs
from cachediff.engine.hidden import find_hidden, find_hidden_stacks
from cachediff.engine.stacks import add_left_out, align_stacks, count_required, require_stacks
from cachediff.engine.workers import Worker, count_jobs, while_alive
from cachediff.garbage import collector_paused
from cachediff.sources.reader import SnapshotReader, read_valid
from cachediff.spill.diffs import CHUNK, Chunk, DiffSpill, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from cachediff.comparison.collectors.collector import Collector
    from cachediff.comparison.collectors.sides import SideReading
    from cachediff.comparison.collectors.totals import SideSum
    from cachediff.domain.diff import PackageDiff

    Progress = Callable[[list[str]], Iterable[str]]

MAX_KEPT = 2048
"""How many packages that differ are kept in memory; more are set aside in a temporary file."""


class _Task(Struct, frozen=True):
    """What a process has to do: some packages of two snapshots. `tag` is the one that all of NEW should have.

    `whole` is NEW in its own stacks, whatever OLD knows. `unsure` are packages with a record of NEW that cannot be trusted.
    """

    packages: list[str]
    old: SnapshotReader | None
    new: SnapshotReader
    whole: SnapshotReader
    selection: Selection
    require: tuple[Requirement, ...]
    tag: str
    unsure: frozenset[str] = frozenset()
    wanted: Wanted | None = None


class _Share(Struct):
    """What one process finds: one collector a field."""

    totals: Totals
    sides: Sides
    requirements: RequirementCounts
    hashes: SharedHashes
    names: Names
    pairs: Pairs
    wants: Wants

    @classmethod
    def start(cls, task: _Task) -> _Share:
        return cls(
            Totals(task.tag, task.selection),
            Sides(),
            RequirementCounts.start(task.require),
            SharedHashes(),
            Names(task.selection),
            Pairs(has_graphs=bool(task.old and task.old.info.graph and task.new.info.graph)),
            Wants(task.wanted),
        )

    def collectors(self) -> tuple[Collector, ...]:
        return msgspec.structs.astuple(self)

    def merge(self, other: _Share) -> None:
        for ours, theirs in zip(self.collectors(), other.collectors(), strict=True):
            ours.merge(theirs)


def compare_readers(
    old: SnapshotReader | None,
    new: SnapshotReader,
    selection: Selection = EVERYTHING,
    *,
    require: Sequence[Requirement] = (),
    wanted: Wanted | None = None,
    jobs: int | None = None,
    progress: Progress = iter,
) -> SnapshotDiff:
    """Return what differs between the parts of two snapshots that a selection takes.

    Where `old` is None, it is what NEW alone adds up to. Losses are measured by what locks ask for (`wanted`), if any do.
    What NEW has of what is required (`require`) is counted on all of it that is read. A package that cannot be trusted on
    either side is not compared: nothing that follows from its absence is said. `jobs` defaults to the number of cores;
    `progress` is given the packages of this process's share and yields them again. Raises InputError where a glob of the
    selection matches nothing, or locks are of stacks that no side knows, and WorkerError where a process ended early.
    """
    whole, (old, new) = new, align_stacks(old, new)
    require_stacks(wanted, new)
    names = sorted({*(old.packages() if old else ()), *new.packages()})
    check_globs("package", selection.package, names)
    chosen = [name for name in names if fits(name, selection.package)]
    is_part = new.info.is_part or (old is not None and old.info.is_part)
    selection = selection if is_part else _widen(selection, (*names, *whole.packages()))
    # Rules compare with the tag of the whole, which is known only at the end; a guess saves a second walk over all packages.
    task = _Task(
        packages=chosen,
        old=old,
        new=new,
        whole=whole,
        selection=selection,
        require=tuple(require),
        tag=new.info.tag or _guess_tag(chosen, new),
        # Of NEW alone: what a bad record of OLD hides is asked by its name, and its hash (`find_hidden`).
        unsure=frozenset(fault.package for fault in new.info.reading.faults if fault.kind == "record"),
        wanted=wanted,
    )
    return _conclude(task, *_compare_by_tag(task, count_jobs(jobs, len(chosen)), progress))


def _widen(selection: Selection, packages: Iterable[str]) -> Selection:
    # A glob that takes every package narrows nothing, so rules about the whole snapshot stay due.
    takes_all = all(fits(name, selection.package) for name in packages)
    return msgspec.structs.replace(selection, package="*") if takes_all else selection


def _conclude(task: _Task, share: _Share, packages: Collection[PackageDiff]) -> SnapshotDiff:
    """Return the comparison that all shares add up to. Raises InputError where a glob matches nothing."""
    # First of all: beside a glob that matches nothing, whatever was counted is no answer.
    share.names.finish()
    old, new, sides = task.old, task.new, share.sides
    invalid_old, invalid_new = sides.old.finish(), sides.new.finish()
    # Whatever OLD's stacks are: a requirement is about NEW alone.
    required = share.requirements if task.whole is new else count_required(task.whole, task.require)
    add_left_out(share.totals, task.whole, new, task.selection)
    graph, packages = add_graphs(
        old, new, packages, share.pairs, selection=task.selection, wanted=task.wanted, unsure=task.unsure
    )
    total_old = _describe(old, task, sides.old, share.totals.old) if old else None
    total_new = _describe(new, task, sides.new, share.totals.new)
    return SnapshotDiff(
        old=total_old,
        new=total_new,
        packages=packages,
        kinds=share.totals.finish(),
        specs=share.totals.specs,
        lost=share.totals.lost,
        gained=share.totals.gained,
        facets_lost=share.totals.facets_lost,
        facets_gained=share.totals.facets_gained,
        invalid_old=invalid_old,
        invalid_new=invalid_new,
        # Such a page may hide that the package was removed: OLD's cannot be read, and NEW has none.
        hidden=find_hidden(old, task.whole, invalid_old),
        hidden_stacks=find_hidden_stacks(old, new, task.selection),
        alone=share.totals.finish_alone(),
        shared_hashes=share.hashes.finish(lambda: _read_valid(task.packages, new)),
        requirement_counts=required.finish(invalid_new),
        selection=task.selection,
        graph=graph,
        wanted=share.wants.finish(total_old, total_new, task.selection),
    )


def _compare_by_tag(task: _Task, jobs: int, progress: Progress) -> tuple[_Share, Collection[PackageDiff]]:
    """Return what all processes find, by the tag that most of NEW has."""
    with collector_paused():
        share, packages = _compare_all(task, jobs, progress)
        tag = task.new.info.tag or choose_tag(share.sides.new.tags)
        if tag != task.tag:
            # The package that gave the tag is the odd one out: rare, and wrong enough to look at everything again.
            share, packages = _compare_all(msgspec.structs.replace(task, tag=tag), jobs, progress)
        return share, packages


def _describe(reader: SnapshotReader, task: _Task, side: SideReading, total: SideSum) -> SnapshotTotals:
    """Return what a side adds up to: of all that was read, and of what was compared."""
    info = reader.info
    return SnapshotTotals(
        source=info.source,
        tag=info.tag or choose_tag(side.tags),
        digest=digest_packages(side.digests) if info.digest is None else info.digest,
        packages=len({*reader.packages()}.intersection(task.packages)) - side.empty,
        specs=side.specs,
        coordinates=total.coordinates,
        cells=total.cells,
        stacks=dict(sorted(total.stacks.items())),
        packages_by_cell=dict(sorted(total.packages_by_cell.items())),
        values=total.values(),
        uses_root=total.uses_root,
        tags=dict(sorted(side.tags.items())),
        reading=narrow(info.reading, task.selection.package),
    )


def _read_valid(packages: Iterable[str], reader: SnapshotReader) -> Iterator[PackageRecord]:
    """Return the packages that can be trusted, one after the other."""
    return filter(None, (read_valid(reader, package) for package in packages))


def _guess_tag(packages: Iterable[str], new: SnapshotReader) -> str:
    """Return the tag of the first valid package of NEW, which is nearly always that of all; empty where none is valid."""
    return next((record.tag for record in _read_valid(packages, new)), "")


def _compare_all(task: _Task, jobs: int, progress: Progress) -> tuple[_Share, Collection[PackageDiff]]:
    """Return what all processes find. Packages are dealt out in turn, so that no share has all the large ones."""
    tasks = [msgspec.structs.replace(task, packages=task.packages[number::jobs]) for number in range(jobs)]
    elsewhere: list[_ShareElsewhere] = []
    spill = DiffSpill()
    try:
        # Added one by one, so that where a third process cannot be started the first two are known, and stopped below.
        elsewhere += map(_ShareElsewhere, tasks[1:])
        share = _compare_share(tasks[0], spill, MAX_KEPT, progress)
        for other in elsewhere:
            share.merge(other.finish())
    finally:
        for other in elsewhere:
            other.stop()
    return share, gather([spill, *(other.spill for other in elsewhere)], share.totals.notable, MAX_KEPT)


def _compare_share(task: _Task, spill: DiffSpill, most: int, progress: Progress = iter) -> _Share:
    """Return what one process finds in its share of the packages; from `most` of them on, those that differ are spilled."""
    share = _Share.start(task)
    collectors = share.collectors()
    notable = share.totals.notable
    for name in progress(task.packages):
        package = _compare(name, task)
        for collector in collectors:
            collector.add(package)
        if len(notable) >= most:
            spill.put(notable)
            # Cleared and not replaced: the collector holds this very list.
            notable.clear()
    return share


def _compare(package: str, task: _Task) -> ReadPackage:
    """Return a package of both sides, compared where it can be trusted on both."""
    old = task.old.read(package) if task.old else None
    new = task.new.read(package)
    known_old = old if isinstance(old, PackageRecord) else None
    known_new = new if isinstance(new, PackageRecord) else None
    # None passes: a package that one side lacks is compared. What cannot be trusted is not, and counts as no absence.
    if known_old is not old or known_new is not new or package in task.unsure:
        return ReadPackage(package, old, new, None)
    # A page without a spec offers what no page offers: its package is gone. Where both are such, nothing is.
    if known_old and known_new and bool(known_old.written) != bool(known_new.written):
        known_old, known_new = (side if side.written else None for side in (known_old, known_new))
    diff = compare_package(package, known_old, known_new, selection=task.selection, wanted=task.wanted)
    return ReadPackage(package, old, new, diff)


class _ShareElsewhere:
    """A share that another process compares: packages that differ are spilled, all else that it finds is its answer."""

    def __init__(self, task: _Task) -> None:
        self.spill = DiffSpill()
        # Before the fork, so that both processes have the same file without a name.
        self.spill.open()
        # Asked here, before the fork: the child's answer could already be who adopted it.
        parent = os.getpid()

        def compute() -> bytes:
            share = _compare_share(task, self.spill, CHUNK, lambda packages: while_alive(parent, packages))
            # To the file, however few are left: sent through the pipe, those of all workers would be in the parent's memory.
            self.spill.put(share.totals.notable)
            share.totals.notable.clear()
            share.wants.wanted = None  # the parent has it
            return msgspec.msgpack.encode((share, self.spill.chunks))

        self._worker = Worker(compute)
        self.stop = self._worker.stop

    def finish(self) -> _Share:
        """Return what was found. Raises WorkerError where the process ended without saying."""
        share, self.spill.chunks = msgspec.msgpack.decode(self._worker.finish(), type=tuple[_Share, list[Chunk]])
        return share
