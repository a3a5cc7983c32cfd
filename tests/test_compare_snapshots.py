"""Two whole snapshots: what is counted, what is kept, what a real week gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cachediff.comparison.packages import compare_package, pair_up
from cachediff.domain.diff import SpecCounts
from cachediff.domain.package import InvalidPage, Snapshot
from cachediff.domain.problem import Location, Problem
from cachediff.domain.selection import Selection
from cachediff.engine.memory import compare, read_snapshot
from tests.builders import TAG, a_hash, a_meta, an_entry
from tests.strategies import Entry, page_of, snapshot_of

if TYPE_CHECKING:
    from cachediff.domain.diff import Kind, PackageDiff, SnapshotDiff
    from cachediff.domain.package import PackageRecord

REAL = Path(__file__).parent.parent / "fixtures" / "real"


def package_in(diff: SnapshotDiff, name: str) -> PackageDiff:
    return next(package for package in diff.packages if package.package == name)


def with_invalid(snapshot: Snapshot, *packages: str) -> Snapshot:
    """Return a snapshot that has broken pages, too."""
    problem = Problem("page is empty", Location("specs.md"), "a page", "nothing")
    invalid = tuple(InvalidPage(package, f"new/{package}/specs.md", (problem,)) for package in packages)
    return Snapshot(snapshot.source, snapshot.tag, snapshot.packages, invalid)


# --- packages ----------------------------------------------------------------------------------------------------------

ONE = [an_entry(1)]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (None, ONE, "added"),
        (ONE, None, "removed"),
        (ONE, ONE, "unchanged"),
        (ONE, [an_entry(2)], "rebuilt"),
        (ONE, [an_entry(1, compiler="none")], "unchanged"),
        (ONE, [an_entry(2, compiler="none")], "rebuilt"),
        (ONE, [an_entry(1, size=7)], "unchanged"),
        (ONE, [an_entry(1, stacks=["hep"])], "changed"),
        (ONE, [an_entry(2, stacks=["hep"])], "changed"),
        (ONE, [an_entry(1, os="rhel8")], "changed"),
        (ONE, [an_entry(2, version="2.0")], "changed"),
        (ONE, [an_entry(2), an_entry(3)], "changed"),
        (ONE, [], "changed"),
        ([], [], "unchanged"),
    ],
)
def test_kind_of_a_package(old: list[Entry] | None, new: list[Entry] | None, kind: Kind) -> None:
    pages = [None if entries is None else page_of(entries) for entries in (old, new)]
    assert compare_package("hdf5", *pages).kind == kind


@pytest.mark.parametrize(
    ("old", "new", "news"),
    [
        ([an_entry(1)], [an_entry(1)], []),
        ([an_entry(1)], [an_entry(2)], []),
        ([an_entry(1)], [an_entry(2, stacks=["hep"])], ["rebuilt"]),
        ([an_entry(1)], [an_entry(1, stacks=["hep"])], ["unchanged"]),
        ([an_entry(1)], [an_entry(1, version="2.0")], ["unchanged"]),
        ([an_entry(1)], [an_entry(2, version="2.0")], ["changed"]),
        (
            [an_entry(1), an_entry(2, os="rhel8")],
            [an_entry(3, version="2.0"), an_entry(4, os="sles15")],
            ["changed", "changed"],
        ),
        (
            [an_entry(1, os="a"), an_entry(2, os="b", version="3"), an_entry(3)],
            [an_entry(4, os="c", version="4"), an_entry(5), an_entry(6, stacks=["hep"])],
            ["removed", "removed", "added", "added"],
        ),
    ],
)
def test_what_is_news(old: list[Entry], new: list[Entry], news: list[Kind]) -> None:
    assert [change.kind for change in compare_package("hdf5", page_of(old), page_of(new)).changes] == news


def test_every_pair_can_be_had() -> None:
    old, new = page_of([an_entry(1), an_entry(2), an_entry(3, os="a")]), page_of([an_entry(1), an_entry(4)])
    assert [change.kind for change in pair_up(old, new)] == ["removed", "rebuilt", "unchanged"]
    assert [change.kind for change in pair_up(None, new)] == ["added", "added"]
    assert [change.kind for change in pair_up(old, None)] == ["removed", "removed", "removed"]


def test_narrowing_to_stacks() -> None:
    old = page_of([an_entry(1, stacks=["e4s", "hep"]), an_entry(2, stacks=["hep"], os="rhel8"), an_entry(3, stacks=[])])
    new = page_of([an_entry(1, stacks=["e4s-arm", "hep"])])
    narrowed = compare_package("hdf5", old, new, selection=Selection(stack="e4s*"))
    assert narrowed.specs == SpecCounts(old=1, new=1, unchanged=1)
    assert [lost.cell.stack for lost in narrowed.lost] == ["e4s"]
    assert [cell.stack for cell in narrowed.gained] == ["e4s-arm"]
    assert [(change.old.stacks, change.new.stacks) for change in narrowed.changes if change.old and change.new] == [
        (("e4s",), ("e4s-arm",))
    ]
    assert compare_package("hdf5", old, new, selection=Selection(stack="*")) == compare_package("hdf5", old, new)
    assert compare_package("hdf5", old, new, selection=Selection(stack="ml")).specs == SpecCounts()


# --- snapshots ---------------------------------------------------------------------------------------------------------


def test_sums() -> None:
    old = snapshot_of({"hdf5": [an_entry(1), an_entry(2, stacks=["hep"])], "zlib": [an_entry(3)]})
    new = snapshot_of({"hdf5": [an_entry(1), an_entry(4, os="rhel8")], "bzip2": [an_entry(5), an_entry(6, compiler="none")]})
    diff = compare(old, new)
    assert diff.kinds == {"added": 1, "removed": 1, "changed": 1, "rebuilt": 0, "unchanged": 0}
    assert diff.specs == SpecCounts(old=3, new=4, unchanged=1, added=3, removed=2)
    assert (diff.lost, diff.gained) == (2, 2)
    assert diff.old
    assert (diff.old.packages, diff.old.specs, diff.old.coordinates, diff.old.cells) == (2, 3, 2, 3)
    assert (diff.new.packages, diff.new.specs, diff.new.coordinates, diff.new.cells) == (2, 4, 3, 3)
    assert (diff.old.stacks, diff.new.stacks) == ({"e4s": 2, "hep": 1}, {"e4s": 3})
    assert diff.new.values == {"platform": {"linux"}, "os": {"rhel8", "ubuntu22.04"}, "target": {"x86_64_v3"}}
    assert {(cell.stack, cell.os): packages for cell, packages in diff.old.packages_by_cell.items()} == {
        ("e4s", "ubuntu22.04"): 2,
        ("hep", "ubuntu22.04"): 1,
    }
    assert [package.package for package in diff.packages] == ["bzip2", "hdf5", "zlib"]


def test_values_of_an_orphan_are_values_of_the_snapshot() -> None:
    diff = compare(None, snapshot_of({"hdf5": [an_entry(1, stacks=[], os="rhel8", target="zen4")]}))
    assert (diff.new.cells, diff.new.stacks, diff.new.packages_by_cell) == (0, {}, {})
    assert diff.new.values == {"platform": {"linux"}, "os": {"rhel8"}, "target": {"zen4"}}


def test_packages_that_have_nothing_to_say_are_only_counted() -> None:
    old = snapshot_of({"hdf5": [an_entry(1)], "zlib": [an_entry(2)]})
    diff = compare(old, snapshot_of({"hdf5": [an_entry(1)], "zlib": [an_entry(3)]}))
    assert diff.packages == ()
    assert (diff.kinds["unchanged"], diff.kinds["rebuilt"]) == (1, 1)


def faulty_pages() -> list[PackageRecord]:
    entries = [an_entry(1)]
    true = page_of(entries)
    return [
        page_of(entries, meta=a_meta(entries) | {"num_specs": 2}),
        page_of(entries * 2),
        replace(true, title="zlib"),
        replace(true, tag="develop-1999-12-31"),
    ]


@pytest.mark.parametrize("page", faulty_pages(), ids=["claims", "duplicates", "title", "tag"])
def test_pages_at_fault_are_kept(page: PackageRecord) -> None:
    snapshot = Snapshot("new", TAG, (page,))
    assert [package.kind for package in compare(snapshot, snapshot).packages] == ["unchanged"]
    assert [package.kind for package in compare(None, snapshot).packages] == ["added"]


def test_a_snapshot_alone() -> None:
    diff = compare(None, snapshot_of({"hdf5": [an_entry(1)]}))
    assert diff.old is None
    assert (diff.new.packages, diff.new.specs, diff.new.cells) == (1, 1, 1)
    assert (diff.specs, diff.gained) == (SpecCounts(new=1, added=1), 1)


def test_a_package_with_an_invalid_page_is_not_compared() -> None:
    whole = snapshot_of({"hdf5": [an_entry(1)], "zlib": [an_entry(2, os="rhel8")]})
    broken = with_invalid(snapshot_of({"hdf5": [an_entry(1)]}), "zlib")
    for old, new in ((whole, broken), (broken, whole)):
        diff = compare(old, new)
        assert diff.packages == ()
        assert (diff.lost, diff.gained, diff.kinds["unchanged"]) == (0, 0, 1)
        assert diff.old
        for side in (diff.old, diff.new):
            assert (side.packages, side.cells) == (2, 1)
            assert side.values["os"] == {"ubuntu22.04"}
        assert (len(diff.invalid_old), len(diff.invalid_new)) == (len(old.invalid), len(new.invalid))


def test_hashes_of_two_packages() -> None:
    new = snapshot_of(
        {
            "zlib": [an_entry(1), an_entry(2)],
            "hdf5": [an_entry(1)],
            "bzip2": [an_entry(1), an_entry(3)],
            "gcc": [an_entry(3)],
        }
    )
    shared = ((a_hash(1), ("bzip2", "hdf5", "zlib")), (a_hash(3), ("bzip2", "gcc")))
    found = compare(None, new).shared_hashes
    assert tuple((one.hash, tuple(package for package, _ in one.holders)) for one in found) == shared
    assert {place.path for one in found for _, place in one.holders} == {page.path for page in new.packages}
    assert compare(new, snapshot_of({"zlib": [an_entry(1)]})).shared_hashes == ()


# --- a real week -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def week() -> SnapshotDiff:
    """Return 2025-03-23 → 03-30 of seven packages."""
    return compare(read_snapshot(str(REAL / "week" / "old")), read_snapshot(str(REAL / "week" / "new")))


def test_the_week_adds_up(week: SnapshotDiff) -> None:
    assert week.kinds == {"added": 0, "removed": 0, "changed": 4, "rebuilt": 3, "unchanged": 0}
    assert week.specs == SpecCounts(old=75, new=75, rebuilt=71, changed=2, added=2, removed=2)
    assert week.old
    assert (week.old.cells, week.new.cells, week.lost, week.gained) == (44, 42, 2, 0)
    assert not any(package.facets_lost for package in week.packages)


@pytest.mark.parametrize(
    ("package", "counts", "lost"),
    [
        (
            "gcc",
            SpecCounts(old=3, new=1, rebuilt=1, removed=2),
            [
                ("developer-tools-aarch64-linux-gnu", "linux", "rhel8", "aarch64"),
                ("developer-tools-x86_64_v3-linux-gnu", "linux", "centos7", "x86_64_v3"),
            ],
        ),
        ("emacs", SpecCounts(old=3, new=3, rebuilt=1, changed=2), []),
        ("cuda", SpecCounts(old=12, new=13, rebuilt=12, added=1), []),
        ("py-pip", SpecCounts(old=42, new=43, rebuilt=42, added=1), []),
    ],
)
def test_packages_of_the_week(
    week: SnapshotDiff, package: str, counts: SpecCounts, lost: list[tuple[str, str, str, str]]
) -> None:
    diff = package_in(week, package)
    assert diff.specs == counts
    assert [(cell.cell.stack, cell.cell.platform, cell.cell.os, cell.cell.target) for cell in diff.lost] == lost


def test_gasnet_left_a_stack() -> None:
    diff = compare(read_snapshot(str(REAL / "gasnet-2024" / "old")), read_snapshot(str(REAL / "gasnet-2024" / "new")))
    gasnet = package_in(diff, "gasnet")
    assert gasnet.specs.unchanged == 7
    assert diff.old
    assert "e4s" in diff.old.stacks
    assert "e4s" not in diff.new.stacks
    assert any(change.new and not change.new.stacks for change in gasnet.changes)


@pytest.mark.parametrize("case", ["week/old", "week/new", "gasnet-2024/old", "gasnet-2024/new"])
def test_a_real_snapshot_against_itself(case: str) -> None:
    snapshot = read_snapshot(str(REAL / case))
    diff = compare(snapshot, snapshot)
    assert diff.packages == ()
    assert diff.specs.unchanged == diff.specs.old == diff.specs.new
