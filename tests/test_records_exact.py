"""Pairs of real indexes and locks: what was kept, changed and lost, as an independent reference has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.index_files import WHOLE, compare, needs_whole
from tests.make_index_fixtures import FIXTURES

EXPECTED: dict[str, Any] = json.loads((WHOLE / "expected.json").read_bytes()) if WHOLE.exists() else {}
PAIRS: dict[str, dict[str, str]] = json.loads((WHOLE / "pairs.json").read_bytes()) if WHOLE.exists() else {}
READ = sorted(name for name, pair in EXPECTED.items() if pair["old"]["format"] != "lock v3")


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
    assert (report.verdict, report.findings) == ("pass", ())
    assert report.integrity
    assert report.integrity.new.mismatched == 0
    assert report.integrity.new.records == EXPECTED[name]["new"]["records"]


@pytest.mark.parametrize(
    ("kind", "format", "specs", "lost", "integrity"),
    [
        ("mirror", "buildcache v8", (0, 6, 1, 2, 1), ["gperf"], (12, 13)),
        ("site", "site v8", (0, 6, 3, 2, 1), ["gperf"], (12, 13)),
        ("lock", "lock v6", (0, 6, 2, 2, 0), [], (10, 12)),
        ("v2", "buildcache v7", (0, 0, 3, 2, 2), ["libiconv", "zlib"], (0, 6)),
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
