"""Two whole snapshots: every package compared, the sums of both sides, and what is true of no single page."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.compare.packages import compare_package
from cachediff.compare.supplies import count_on, name_supplies
from cachediff.compare.tally import Tally
from cachediff.model import InvalidPage, Snapshot, SnapshotDiff, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.compare.tally import SideSum
    from cachediff.model import Page, Requirement, Supply


def compare(old: Snapshot | None, new: Snapshot, *, stack: str = "*", require: Sequence[Requirement] = ()) -> SnapshotDiff:
    """Return what differs between two snapshots, or what NEW alone adds up to where `old` is None. `stack` is a glob that narrows coverage.

    What NEW offers of what is required is counted on all of its valid pages.
    A package with an invalid page on either side is not compared: nothing that follows from its absence is said.
    """
    nothing = Snapshot("", "", ())
    before = _comparable(old or nothing, new)
    after = _comparable(new, old or nothing)
    tally = Tally(new.tag)
    for package in sorted(before.keys() | after.keys()):
        tally.add(compare_package(package, before.get(package), after.get(package), stack=stack))
    return conclude(
        tally,
        _describe(old) if old else None,
        _describe(new),
        tuple(_find_shared_hashes(new)),
        name_supplies(require, [sum(count_on(page, one) for page in new.pages) for one in require], new.invalid),
    )


def conclude(
    tally: Tally,
    old: SideInfo | None,
    new: SideInfo,
    shared_hashes: tuple[tuple[str, tuple[str, ...]], ...],
    supplies: tuple[Supply, ...],
) -> SnapshotDiff:
    """Return the comparison that all packages add up to. `tally` holds its packages in order."""
    return SnapshotDiff(
        _total(old, tally.old) if old else None,
        _total(new, tally.new),
        tuple(tally.notable),
        {kind: tally.kinds.get(kind, 0) for kind in ("added", "removed", "changed", "rebuilt", "unchanged")},
        tally.specs,
        tally.lost,
        tally.gained,
        old.invalid if old else (),
        new.invalid,
        shared_hashes,
        supplies,
    )


class SideInfo(Struct, frozen=True):
    """What a snapshot is, besides its packages: where it is from, and how many pages and specs it has."""

    source: str
    tag: str
    digest: str
    packages: int
    specs: int
    invalid: tuple[InvalidPage, ...]


def _describe(snapshot: Snapshot) -> SideInfo:
    return SideInfo(
        snapshot.source,
        snapshot.tag,
        snapshot.digest,
        len(snapshot.pages) + len(snapshot.invalid),
        sum(len(page.specs) for page in snapshot.pages),
        snapshot.invalid,
    )


def _comparable(side: Snapshot, other: Snapshot) -> dict[str, Page]:
    """Return a side's pages by package, without those that are invalid on the other side."""
    invalid = {page.package for page in other.invalid}
    return {page.package: page for page in side.pages if page.package not in invalid}


def _total(side: SideInfo, total: SideSum) -> Totals:
    return Totals(
        side.source,
        side.tag,
        side.digest,
        side.packages,
        side.specs,
        total.coordinates,
        total.cells,
        dict(sorted(total.stacks.items())),
        dict(sorted(total.places.items())),
        total.values(),
    )


def _find_shared_hashes(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each hash that stands on the pages of several packages."""
    seen: dict[str, str] = {}
    shared: defaultdict[str, set[str]] = defaultdict(set)
    for page in snapshot.pages:
        for spec in page.specs:
            first = seen.setdefault(spec.hash, page.package)
            if first != page.package:
                shared[spec.hash] |= {first, page.package}
    yield from ((hash_, tuple(sorted(packages))) for hash_, packages in sorted(shared.items()))
