"""Pairs of real indexes and locks: what was kept, changed and lost, as an independent reference has it."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.engine.memory import read_snapshot
from tests.index_files import WHOLE, compare, needs_whole, rules_of
from tests.make_index_fixtures import FIXTURES
from tests.make_index_fixtures import main as write_fixtures

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.package import Snapshot
    from cachediff.domain.spec import Spec

EXPECTED: dict[str, Any] = json.loads((WHOLE / "expected.json").read_bytes()) if WHOLE.exists() else {}
PAIRS: dict[str, dict[str, str]] = json.loads((WHOLE / "pairs.json").read_bytes()) if WHOLE.exists() else {}
READ = sorted(EXPECTED)


@needs_whole
@pytest.mark.parametrize("name", READ or ["none"])
def test_every_number_is_that_of_the_reference(name: str) -> None:
    expected, pair = EXPECTED[name], PAIRS[name]
    report = compare(WHOLE / pair["old"], WHOLE / pair["new"])
    specs = report.summary.specs
    assert (specs.unchanged, specs.rebuilt, specs.changed, specs.added, specs.removed) == tuple(
        expected[bucket] for bucket in ("kept", "rebuilt", "changed", "added", "removed")
    )
    assert report.old
    for side, known in ((report.old, expected["old"]), (report.new, expected["new"])):
        assert (side.format, side.specs, side.packages) == (known["format"], known["installs"], known["packages"])
    # The reference knows no stacks: a cell there is one in any of them.
    lost = {(one.package, cell.platform, cell.os, cell.target) for one in report.packages for cell in one.cells.lost}
    assert lost == {*map(tuple, expected["cells_lost"])}
    gained = {(one.package, cell.platform, cell.os, cell.target) for one in report.packages for cell in one.cells.gained}
    assert gained == {*map(tuple, expected["cells_gained"])}


@needs_whole
@pytest.mark.parametrize("name", READ or ["none"])
def test_no_true_index_has_a_finding_of_its_own(name: str) -> None:
    pair = PAIRS[name]
    report = compare(WHOLE / pair["new"], WHOLE / pair["new"])
    # The one with a hole has it on both sides, where it is a warning.
    assert report.verdict == "pass"
    assert rules_of(report) == ({"dependency-missing": ["cd-lib"]} if name == "v3-mini-signed" else {})
    assert len(report.findings) == (name == "v3-mini-signed")
    assert report.integrity
    assert report.integrity.new.mismatched == 0
    assert report.integrity.new.records == EXPECTED[name]["new"]["records"]


# --- what a report does not count --------------------------------------------------------------------------------------

EXEMPT = {("lock-v6-cuckoo-2025-12-03", "new"): 1}
"""Records since specfile 4 that give another hash than theirs: the external glibc that Spack makes itself."""

VIEWS = ("e4s", "developer-tools-x86_64_v3-linux-gnu")


@cache
def read_side(name: str, side: str) -> Snapshot:
    """Return one side of a real pair."""
    return read_snapshot(str(WHOLE / PAIRS[name][side]))


def specs_of(snapshot: Snapshot) -> list[tuple[str, Spec]]:
    """Return all specs of a snapshot, each with its package."""
    return [(record.package, spec) for record in snapshot.packages for spec in record.specs]


@pytest.mark.slow
@needs_whole
@pytest.mark.parametrize("name", READ or ["none"])
def test_what_every_spec_is(name: str) -> None:
    versions = []
    for number, side in enumerate(("old", "new")):
        snapshot = read_side(name, side)
        expected, specs = EXPECTED[name][side], specs_of(snapshot)
        assert len({(package, spec.coordinates) for package, spec in specs}) == expected["coordinates"]
        nodes = snapshot.graph.nodes.values() if snapshot.graph else ()
        assert sum(node.is_explicit for node in nodes if node.stacks) == expected["explicit"]
        compilers = Counter(spec.coordinates.compiler for _, spec in specs)
        namespaces = Counter(spec.facts.namespace for _, spec in specs if spec.facts)
        assert namespaces == {key: counts[number] for key, counts in EXPECTED[name]["namespaces"].items() if counts[number]}
        # Of compilers the reference names those of many specs alone.
        listed = EXPECTED[name]["compilers"]
        assert {key: compilers[key] for key in listed} == {key: counts[number] for key, counts in listed.items()}
        versions.append({(package, spec.coordinates.version) for package, spec in specs})
    assert sorted(versions[0] - versions[1]) == sorted(map(tuple, EXPECTED[name]["versions_lost"]))
    assert sorted(versions[1] - versions[0]) == sorted(map(tuple, EXPECTED[name]["versions_gained"]))


@pytest.mark.slow
@needs_whole
@pytest.mark.parametrize("name", READ or ["none"])
def test_every_hash_that_can_be_recomputed_is(name: str) -> None:
    for side in ("old", "new"):
        reading = read_side(name, side).reading
        assert (reading.faults, reading.unobserved) == ((), frozenset())
        assert reading.integrity
        is_old = int(reading.format.rpartition("v")[2]) < (5 if reading.kind == "lock" else 7)
        assert reading.integrity.not_recomputable == (reading.integrity.records if is_old else EXEMPT.get((name, side), 0))


@pytest.mark.slow
@needs_whole
@pytest.mark.parametrize(("side", "overlap", "cells"), [("old", 43, 254), ("new", 45, 258)])
def test_a_mirror_is_the_union_of_its_views(side: str, overlap: int, cells: int) -> None:
    mirror = "v3-e4s-devtools"
    whole, *views = (
        {spec.hash for _, spec in specs_of(read_side(name, side))}
        for name in (mirror, *(f"{mirror} view {one}" for one in VIEWS))
    )
    assert whole == views[0] | views[1]
    assert len(whole) == len(views[0]) + len(views[1]) - overlap
    report = compare(WHOLE / PAIRS[mirror][side], WHOLE / PAIRS[mirror][side])
    assert report.summary.cells.new == cells
    assert {place.stack for place in report.coverage} == {*VIEWS}


@needs_whole
def test_the_script_gives_the_committed_cuts(tmp_path: Path) -> None:
    write_fixtures(WHOLE, tmp_path / "index")
    committed, written = (
        {path.relative_to(above): path.read_bytes() for path in above.rglob("*") if path.is_file()}
        for above in (FIXTURES, tmp_path / "index")
    )
    assert written == committed
    assert sum(map(len, committed.values())) < 800_000


# --- cuts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "format", "specs", "lost", "integrity"),
    [
        ("mirror", "buildcache v8", (0, 25, 6, 2, 1), ["gperf"], (36, 37)),
        ("hole", "buildcache v8", (0, 3, 2, 0, 1), ["cd-lib"], (6, 6)),
        ("site", "site v8", (0, 25, 8, 2, 1), ["gperf"], (36, 37)),
        ("lock", "lock v6", (0, 25, 7, 2, 0), [], (34, 36)),
        ("v2", "buildcache v7", (0, 6, 16, 4, 2), ["libiconv", "zlib"], (0, 27)),
    ],
)
def test_cuts(kind: str, format: str, specs: tuple[int, ...], lost: list[str], integrity: tuple[int, int]) -> None:
    report = compare(FIXTURES / kind / "old", FIXTURES / kind / "new")
    counts = report.summary.specs
    assert (counts.unchanged, counts.rebuilt, counts.changed, counts.added, counts.removed) == specs
    assert [one.package for one in report.packages if one.cells.lost] == lost
    assert report.new.format == format
    assert report.integrity
    assert report.integrity.old
    assert (report.integrity.old.recomputed, report.integrity.new.recomputed) == integrity


def test_a_spec_that_nothing_tells_apart_but_its_dependencies_is_rebuilt() -> None:
    report = compare(FIXTURES / "mirror" / "old", FIXTURES / "mirror" / "new")
    assert report.verdict == "fail"
    assert [finding.message for finding in report.findings if finding.severity == "error"] == [
        "package gperf is gone: 1 spec in 1 cell lost"
    ]
