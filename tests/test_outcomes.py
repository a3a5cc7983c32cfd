"""What became of removed specs and lost cells: tables of what one package had and has, and random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, get_args

import pytest
from hypothesis import given

from cachediff.comparison.outcomes import outcome_of_cell, outcome_of_spec
from cachediff.domain.diff import Outcome
from cachediff.engine.memory import compare
from tests.builders import an_entry
from tests.strategies import Entry, snapshot_of, snapshot_pairs

if TYPE_CHECKING:
    from cachediff.domain.diff import PackageDiff, SnapshotDiff

Entries: TypeAlias = list[Entry]

KEPT = {"zlib": [an_entry(900, stacks=["e4s", "hep"])]}
"""Another package, so that both stacks are there."""


def mpi(number: int, **fields: object) -> Entry:
    """Return an entry that no other pairs with unless it is of the same version or place."""
    return an_entry(number, variants=["+mpi"], **fields)


SPECS: dict[str, tuple[Entries, Entries, list[Outcome]]] = {
    "one of two equal specs goes": ([mpi(1), mpi(2)], [mpi(1)], ["merged"]),
    "two compilers become one": ([mpi(1), mpi(2, compiler="llvm@17.0.6")], [mpi(1)], ["merged"]),
    "an equal spec stays in another stack only": (
        [mpi(1, stacks=["e4s"]), mpi(2, stacks=["hep"])],
        [mpi(2, stacks=["hep"])],
        ["lost"],
    ),
    "an equal spec stays in one of two stacks": ([mpi(1, stacks=["e4s", "hep"]), mpi(2)], [mpi(2)], ["lost"]),
    "two versions make way for one": (
        [mpi(1, version="1.0"), mpi(2, version="1.1")],
        [mpi(3, version="2.0")],
        ["superseded"],
    ),
    "a version goes and another, that was there, stays": (
        [mpi(1, version="1.0"), mpi(2, version="2.0")],
        [mpi(2, version="2.0")],
        ["lost"],
    ),
    "a version goes and another, that was there, changes": (
        [mpi(1, version="1.0"), mpi(2, version="2.0")],
        [an_entry(3, version="2.0", variants=["~mpi"])],
        ["lost"],
    ),
    "a new version is in one of two stacks, and an equal spec in the other": (
        [mpi(1, stacks=["e4s", "hep"]), mpi(2, stacks=["e4s"]), mpi(3, stacks=["hep"])],
        [mpi(4, stacks=["e4s"], version="2.0"), mpi(3, stacks=["hep"])],
        ["superseded"],
    ),
    "a new version came to another place": (
        [mpi(1, os="rhel8"), mpi(2)],
        [mpi(2), an_entry(3, version="2.0", variants=["~mpi"])],
        ["lost"],
    ),
    "a target that the lost one's machines run is there": (
        [mpi(1, target="zen4"), an_entry(2, target="x86_64_v3")],
        [an_entry(2, target="x86_64_v3")],
        ["retargeted"],
    ),
    "a target that they do not run is there": (
        [mpi(1, target="x86_64_v3"), an_entry(2, target="zen4")],
        [an_entry(2, target="zen4")],
        ["lost"],
    ),
    "another os came in place of the lost one": (
        [mpi(1, os="rhel8"), mpi(2, os="rhel8")],
        [mpi(3, os="rhel9")],
        ["retargeted"],
    ),
    "one of two equal specs came to another os and target": (
        [mpi(1, os="rhel8"), mpi(2, os="rhel8", compiler="llvm@17.0.6"), an_entry(3, os="rhel8", version="2")],
        [mpi(4, os="rhel9", target="zen4"), an_entry(3, os="rhel8", version="2")],
        ["retargeted"],
    ),
    "a variant goes and nothing else comes": ([mpi(1), an_entry(2)], [an_entry(2)], ["lost"]),
    "an orphan goes and an equal spec stays in a stack": ([mpi(1, stacks=[]), mpi(2)], [mpi(2)], ["merged"]),
    "an orphan goes": ([mpi(1, stacks=[]), an_entry(2, os="rhel8")], [an_entry(2, os="rhel8")], ["lost"]),
    "the stack goes": ([mpi(1, stacks=["gone"]), an_entry(2)], [an_entry(2)], ["stack-gone"]),
    "the stack goes, and in the other an equal spec stays": (
        [mpi(1, stacks=["e4s", "gone"]), mpi(2)],
        [mpi(2)],
        ["stack-gone"],
    ),
    "one stack goes, and the other stays without it": ([mpi(1, stacks=["gone", "hep"]), mpi(2)], [mpi(2)], ["lost"]),
    "two stacks go": ([mpi(1, stacks=["gone", "lapsed"]), mpi(2)], [mpi(2)], ["stack-gone"]),
}


@pytest.mark.parametrize("case", SPECS)
def test_removed_specs(case: str) -> None:
    """Each removed spec of the package has its word."""
    old, new, expected = SPECS[case]
    assert spec_fates(compare(snapshot_of({"hdf5": old} | KEPT), snapshot_of({"hdf5": new} | KEPT))) == expected


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [(["e4s"], "package-gone"), (["gone"], "stack-gone"), (["e4s", "gone"], "package-gone"), ([], "package-gone")],
)
def test_specs_of_a_removed_package(stacks: list[str], expected: Outcome) -> None:
    """What is gone with its stack is said to be so; else the package took it along."""
    assert spec_fates(compare(snapshot_of({"hdf5": [mpi(1, stacks=stacks)]} | KEPT), snapshot_of(KEPT))) == [expected]


CELLS: dict[str, tuple[Entries, Entries, list[Outcome]]] = {
    "a cell goes": ([mpi(1, stacks=["e4s", "hep"])], [mpi(1, stacks=["hep"])], ["lost"]),
    "its stack goes": ([mpi(1, stacks=["gone", "hep"])], [mpi(1, stacks=["hep"])], ["stack-gone"]),
    "its package goes": ([mpi(1)], [], ["package-gone"]),
    "its package goes with its stack": ([mpi(1, stacks=["gone"])], [], ["stack-gone"]),
    "a target that its machines run stays": ([mpi(1, target="zen4"), mpi(2)], [mpi(2)], ["retargeted"]),
    "an os comes in its place": ([mpi(1)], [mpi(2, os="rhel8")], ["retargeted"]),
    "a version comes to another cell": ([mpi(1), mpi(2, os="rhel8")], [mpi(3, os="rhel8", version="2.0")], ["lost"]),
}


@pytest.mark.parametrize("case", CELLS)
def test_lost_cells(case: str) -> None:
    """Each lost cell of the package has its word; a package without entries has no page."""
    old, new, expected = CELLS[case]
    assert (
        cell_fates(compare(snapshot_of({"hdf5": old} | KEPT), snapshot_of(({"hdf5": new} if new else {}) | KEPT)))
        == expected
    )


@given(snapshot_pairs())
def test_nothing_is_without_a_word(pair: tuple[dict[str, Entries], dict[str, Entries]]) -> None:
    """Every removed spec and every lost cell has a fate, and nothing else has."""
    diff = compare(snapshot_of(pair[0]), snapshot_of(pair[1]))
    fates = set(get_args(Outcome))
    assert fates >= {*spec_fates(diff), *cell_fates(diff)}
    assert len(spec_fates(diff)) == diff.specs.removed
    others = [(change, package) for package in diff.packages for change in package.changes if change.kind != "removed"]
    assert all(outcome_of_spec(change, package, diff.new.stacks) is None for change, package in others)


@given(snapshot_pairs())
def test_words_agree_with_what_is_there(pair: tuple[dict[str, Entries], dict[str, Entries]]) -> None:
    """Specs that are `merged` or `superseded` have kept their cells.

    `stack-gone` needs a gone stack, `package-gone` a gone package.
    """
    diff = compare(snapshot_of(pair[0]), snapshot_of(pair[1]))
    for package in diff.packages:
        lost = {(one.cell.stack, one.cell.platform, one.cell.os, one.cell.target) for one in package.lost}
        for change in package.changes:
            fate, spec = outcome_of_spec(change, package, diff.new.stacks), change.old
            if spec is None or fate is None:
                continue
            c = spec.coordinates
            if fate in ("merged", "superseded"):
                assert not lost & {(stack, c.platform, c.os, c.target) for stack in spec.stacks}
            if fate == "stack-gone":
                assert set(spec.stacks) - diff.new.stacks.keys()
            if fate == "package-gone":
                assert package.kind == "removed"


def spec_fates(diff: SnapshotDiff) -> list[Outcome | None]:
    """Return the fates of all removed specs, in order."""
    return [
        outcome_of_spec(change, package, diff.new.stacks)
        for package in diff.packages
        for change in package.changes
        if change.kind == "removed"
    ]


def cell_fates(diff: SnapshotDiff) -> list[Outcome]:
    """Return the fates of all lost cells, in order."""
    return [fate for package in diff.packages for fate in _cells_of(package, diff)]


def _cells_of(package: PackageDiff, diff: SnapshotDiff) -> list[Outcome]:
    return [outcome_of_cell(lost, package, diff.new.stacks) for lost in package.lost]
