"""Snapshots in memory, for whoever uses cachediff as a library: read whole, and compared as any others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.package import InvalidPackage, InvalidPage, PackageRecord, Snapshot, digest_packages
from cachediff.domain.selection import EVERYTHING, Selection, fits
from cachediff.domain.tags import choose_tag
from cachediff.engine.loop import compare_readers
from cachediff.garbage import collector_paused
from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.open import Door
from cachediff.sources.reader import SourceInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cachediff.domain.diff import Requirement, SnapshotDiff
    from cachediff.domain.wanted import Wanted
    from cachediff.engine.loop import Progress
    from cachediff.limits import Limits


class SnapshotInMemory:
    """A snapshot that was read, as a reader."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.info = SourceInfo(
            snapshot.source, snapshot.tag, snapshot.digest, snapshot.is_part, snapshot.reading, snapshot.graph
        )
        self._found: dict[str, PackageRecord | InvalidPackage] = {record.package: record for record in snapshot.packages}
        invalid: dict[str, list[InvalidPage]] = {}
        for page in snapshot.invalid:
            invalid.setdefault(page.package, []).append(page)
        for package, pages in invalid.items():
            # Beside an invalid page of its package a valid one cannot be trusted either.
            valid = self._found.get(package)
            self._found[package] = InvalidPackage(package, tuple(pages), valid.valid if valid else ())

    def packages(self) -> Collection[str]:
        """Return the names of all packages, valid or not."""
        return self._found.keys()

    def read(self, package: str) -> PackageRecord | InvalidPackage | None:
        """Return a package, or what is wrong with it; None where there is none of that name."""
        return self._found.get(package)


def read_snapshot(
    source: str, *, package: str = "*", limits: Limits = DEFAULT_LIMITS, progress: Progress = iter
) -> Snapshot:
    """Return the snapshot at `source`: a snapshot directory, a directory of flat pages, an archive, a revision, or one page.

    `package` is globs of packages. `progress` is given the list of packages and yields them again: whoever wants to watch
    can. Bad pages are values: they are in the snapshot's `invalid`, each with its problems. Raises InputError when there is
    no page at all.
    """
    reader = Door(limits).open(source)
    names = sorted(reader.packages())
    chosen = [name for name in names if fits(name, package)]
    with collector_paused():
        found = [reader.read(name) for name in progress(chosen)]
    records = tuple(one for one in found if isinstance(one, PackageRecord))
    bad = [one for one in found if isinstance(one, InvalidPackage)]
    invalid = sorted((page for one in bad for page in one.pages), key=lambda page: (page.package, page.path))
    # What could not be read is part of it: another bad page must make another digest.
    digest = digest_packages(pair for one in found if one is not None for pair in one.digests)
    is_part = len(chosen) < len(names)
    return Snapshot(
        source=reader.info.source,
        tag=choose_tag(one.tag for one in records),
        packages=records,
        invalid=tuple(invalid),
        digest=digest,
        is_part=is_part,
        reading=reader.info.reading,
        graph=reader.info.graph,
    )


def compare(
    old: Snapshot | None,
    new: Snapshot,
    *,
    selection: Selection = EVERYTHING,
    require: Sequence[Requirement] = (),
    wanted: Wanted | None = None,
) -> SnapshotDiff:
    """Return what differs between two snapshots, or what NEW alone adds up to where `old` is None.

    `selection` takes a part of them, `wanted` is what locks ask for.

    A package with an invalid page on either side is not compared: nothing that follows from its absence is said. Raises
    InputError where a glob of the selection matches nothing.
    """
    before = SnapshotInMemory(old) if old else None
    return compare_readers(before, SnapshotInMemory(new), selection, require=require, wanted=wanted, jobs=1)
