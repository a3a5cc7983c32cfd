"""Two whole snapshots: every package compared, the sums of both sides, and what is true of no single page."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from cachediff.compare.packages import compare_package
from cachediff.model import PackageDiff, Snapshot, SnapshotDiff, SpecCounts, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import Cell, Kind, Page, PageFacts


def compare(old: Snapshot | None, new: Snapshot, *, stack: str = "*") -> SnapshotDiff:
    """Return what differs between two snapshots, or what NEW alone adds up to where `old` is None. `stack` is a glob that narrows coverage.

    A package with an invalid page on either side is not compared: nothing that follows from its absence is said.
    """
    nothing = Snapshot("", "", ())
    before = _comparable(old or nothing, new)
    after = _comparable(new, old or nothing)
    tally = _Tally(new.tag)
    for package in sorted(before.keys() | after.keys()):
        tally.add(compare_package(package, before.get(package), after.get(package), stack=stack))
    return SnapshotDiff(
        _total(old, tally.old) if old else None,
        _total(new, tally.new),
        tuple(tally.notable),
        {kind: tally.kinds[kind] for kind in ("added", "removed", "changed", "rebuilt", "unchanged")},
        SpecCounts(**tally.specs),
        tally.lost,
        tally.gained,
        old.invalid if old else (),
        new.invalid,
        tuple(_find_shared_hashes(new)),
    )


def _comparable(side: Snapshot, other: Snapshot) -> dict[str, Page]:
    """Return a side's pages by package, without those that are invalid on the other side."""
    invalid = {page.package for page in other.invalid}
    return {page.package: page for page in side.pages if page.package not in invalid}


class _Sum:
    """What the compared packages of one side add up to."""

    def __init__(self) -> None:
        self.coordinates = 0
        self.cells = 0
        self.stacks: Counter[str] = Counter()
        self.places: set[Cell] = set()
        self.values: dict[str, set[str]] = {"platform": set(), "os": set(), "target": set()}

    def add(self, facts: PageFacts) -> None:
        self.coordinates += facts.coordinates
        self.cells += len(facts.cells)
        self.stacks.update(facts.stacks)
        self.places |= facts.cells
        for platform, os, target in facts.places:
            self.values["platform"].add(platform)
            self.values["os"].add(os)
            self.values["target"].add(target)


class _Tally:
    """Sums over packages, and the packages that have something to say."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.old = _Sum()
        self.new = _Sum()
        self.kinds: Counter[Kind] = Counter()
        self.specs: dict[str, int] = dict.fromkeys(SpecCounts.__struct_fields__, 0)
        self.lost = 0
        self.gained = 0
        self.notable: list[PackageDiff] = []

    def add(self, package: PackageDiff) -> None:
        for facts, total in ((package.old, self.old), (package.new, self.new)):
            if facts is not None:
                total.add(facts)
        self.kinds[package.kind] += 1
        for name in self.specs:
            self.specs[name] += getattr(package.specs, name)
        self.lost += len(package.lost)
        self.gained += len(package.gained)
        if package.kind not in ("rebuilt", "unchanged") or _is_at_fault(package, self.tag):
            self.notable.append(package)


def _is_at_fault(package: PackageDiff, tag: str) -> bool:
    """Return whether NEW's page of the package contradicts itself, or is not where or what it says."""
    facts = package.new
    return facts is not None and bool(facts.mismatches or facts.duplicates or facts.title != package.package or facts.tag != tag)


def _total(snapshot: Snapshot, summed: _Sum) -> Totals:
    return Totals(
        snapshot.source,
        snapshot.tag,
        snapshot.digest,
        len(snapshot.pages) + len(snapshot.invalid),
        sum(len(page.specs) for page in snapshot.pages),
        summed.coordinates,
        summed.cells,
        dict(sorted(summed.stacks.items())),
        frozenset(summed.places),
        {name: frozenset(values) for name, values in summed.values.items()},
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
