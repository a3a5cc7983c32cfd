"""Two whole snapshots: every package compared, the sums of both sides, and what is true of no single page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.comparison.packages import compare_package
from cachediff.comparison.requirements import count_on, name_supplies
from cachediff.comparison.selection import is_outside
from cachediff.comparison.totals import Tally
from cachediff.domain.diff import SharedHash, SnapshotDiff, Totals
from cachediff.domain.package import InvalidPage, Snapshot
from cachediff.domain.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cachediff.comparison.totals import SideSum
    from cachediff.domain.diff import PackageDiff, Requirement, Supply
    from cachediff.domain.package import Page
    from cachediff.domain.selection import Selection


def compare(old: Snapshot | None, new: Snapshot, *, selection: Selection = EVERYTHING, require: Sequence[Requirement] = ()) -> SnapshotDiff:
    """Return what differs between two snapshots, or what NEW alone adds up to where `old` is None.

    `selection` is what of them is compared; its packages were chosen when the snapshots were read.
    What NEW offers of what is required is counted on all of its valid pages.
    A package with an invalid page on either side is not compared: nothing that follows from its absence is said.
    """
    nothing = Snapshot("", "", ())
    before = _comparable(old or nothing, new)
    after = _comparable(new, old or nothing)
    tally = Tally(new.tag)
    for package in sorted(before.keys() | after.keys()):
        compared = compare_package(package, before.get(package), after.get(package), selection=selection)
        if compared.new is not None or not is_outside(compared, selection):
            tally.add(compared)
    return conclude(
        tally,
        tuple(tally.notable),
        _describe(old) if old else None,
        _describe(new),
        find_shared_hashes(new.pages),
        name_supplies(require, [sum(count_on(page, one) for page in new.pages) for one in require], new.invalid),
        selection,
    )


def conclude(
    tally: Tally,
    packages: Collection[PackageDiff],
    old: SideInfo | None,
    new: SideInfo,
    shared_hashes: tuple[SharedHash, ...],
    supplies: tuple[Supply, ...],
    selection: Selection,
) -> SnapshotDiff:
    """Return the comparison that all packages add up to. `packages` are those that differ or are at fault, in order."""
    return SnapshotDiff(
        _total(old, tally.old) if old else None,
        _total(new, tally.new),
        packages,
        {kind: tally.kinds.get(kind, 0) for kind in ("added", "removed", "changed", "rebuilt", "unchanged")},
        tally.specs,
        tally.lost,
        tally.gained,
        old.invalid if old else (),
        new.invalid,
        _find_hidden(old.invalid, new.names) if old else (),
        shared_hashes,
        supplies,
        selection=selection,
    )


class SideInfo(Struct, frozen=True):
    """What a snapshot is, besides its packages: where it is from, what its pages are called and how many specs they have.

    `names` are the packages of all its pages, valid or not; `tags` counts the valid ones.
    """

    source: str
    tag: str
    digest: str
    packages: int
    specs: int
    invalid: tuple[InvalidPage, ...]
    names: Collection[str] = ()
    tags: dict[str, int] = {}


def _describe(snapshot: Snapshot) -> SideInfo:
    names = {page.package for page in snapshot.pages} | {page.package for page in snapshot.invalid}
    return SideInfo(
        snapshot.source,
        snapshot.tag,
        snapshot.digest,
        len(names),
        sum(len(page.specs) for page in snapshot.pages),
        snapshot.invalid,
        names,
        Counter(page.tag for page in snapshot.pages),
    )


def _find_hidden(invalid: Iterable[InvalidPage], names: Collection[str]) -> tuple[str, ...]:
    """Return the packages of invalid pages in OLD that are not among the names of NEW, in order."""
    return tuple(sorted({page.package for page in invalid if page.package not in names}))


def _comparable(side: Snapshot, other: Snapshot) -> dict[str, Page]:
    """Return a side's pages by package, without those of packages with an invalid page on either: renamed, a package has several."""
    invalid = {page.package for page in (*side.invalid, *other.invalid)}
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
        total.uses_root,
        dict(sorted(side.tags.items())),
    )


def find_shared_hashes(pages: Iterable[Page], is_likely: Callable[[str], bool] = lambda _: True) -> tuple[SharedHash, ...]:
    """Return each hash that stands on the pages of several packages, in order; `is_likely` may leave out what is surely none."""
    holders: defaultdict[str, set[tuple[str, str, int]]] = defaultdict(set)
    for page in pages:
        holder = page.package, page.path, page.specs_line
        for spec in page.specs:
            if is_likely(spec.hash):
                holders[spec.hash].add(holder)
    return tuple(SharedHash(hash_, tuple(sorted(found))) for hash_, found in sorted(holders.items()) if len(found) > 1)
