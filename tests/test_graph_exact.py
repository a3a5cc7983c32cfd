"""Pairs of real indexes and locks: why hashes are new, and what cannot be installed, as an independent reference has it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.comparison.graphs import select_specs
from cachediff.comparison.missing import list_missing
from cachediff.domain.package import PackageRecord
from cachediff.domain.selection import EVERYTHING
from tests.comparing import compare_sources
from tests.graphs import was_external
from tests.index_files import WHOLE, needs_whole, read

if TYPE_CHECKING:
    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.graph import Graph
    from cachediff.sources.reader import SnapshotReader

EXPECTED: dict[str, Any] = json.loads((WHOLE / "expected.json").read_bytes()) if WHOLE.exists() else {}
PAIRS: dict[str, dict[str, str]] = json.loads((WHOLE / "pairs.json").read_bytes()) if WHOLE.exists() else {}
READ = sorted(EXPECTED) or ["none"]
SIDES = ("old", "new")


@cache
def compare_pair(name: str) -> SnapshotDiff:
    """Return the comparison of a real pair."""
    return compare_sources(str(WHOLE / PAIRS[name]["old"]), str(WHOLE / PAIRS[name]["new"]))


@cache
def read_side(name: str, side: str) -> SnapshotReader:
    """Return what reads one side of a real pair."""
    return read(WHOLE / PAIRS[name][side])


def graph_of(name: str, side: str) -> Graph:
    """Return the graph of one side of a real pair."""
    graph = read_side(name, side).info.graph
    assert graph
    return graph


@pytest.mark.slow
@needs_whole
@pytest.mark.parametrize("name", READ)
def test_why_hashes_are_new(name: str) -> None:
    expected, found = EXPECTED[name], compare_pair(name).graph.rebuilds
    assert found
    causes = expected["causes"]
    counts = (found.self_changed, found.rewired, found.unexplained)
    assert counts == (causes["self_changed"], causes["rewired"], causes["unexplained"])
    top = [(one["name"], one["version"], one["hash"], one["kind"], one["external"]) for one in causes["top"]]
    widest = found.causes[: len(top)]
    assert [(one.package, one.version, one.hash, one.kind, one.is_external) for one in widest] == top
    reaches = [(one["reaches"], one["alone"]) for one in causes["top"]]
    assert [(one.reaches, one.alone) for one in widest] == reaches
    assert len(found.causes) == min(100, found.self_changed + found.rewired)
    assert found.fresh == sum(expected[bucket] for bucket in ("rebuilt", "changed", "added"))
    assert (found.recipes_changed, found.dependencies_only) == (expected["recipe_changed"], expected["rebuilt_deps_only"])


@needs_whole
@pytest.mark.parametrize("name", READ)
def test_where_it_begins(name: str) -> None:
    expected, found = EXPECTED[name], compare_pair(name).graph.rebuilds
    assert found
    assert found.origins_total == expected["origins"]
    top = [(one["name"], one["version"], one["hash"], one["external"], one["explains"]) for one in expected["top_origins"]]
    widest = found.origins[: len(top)]
    assert [(one.package, one.version, one.hash, one.is_external, one.reaches) for one in widest] == top


@pytest.mark.slow
@needs_whole
@pytest.mark.parametrize("name", READ)
def test_what_cannot_be_installed(name: str) -> None:
    for side, known in zip(SIDES, EXPECTED[name]["dangling"], strict=True):
        graph = graph_of(name, side)
        specs = select_specs(graph, EVERYTHING)
        missing = [*list_missing(graph, specs)]
        assert sum(one.reason == "not in the snapshot" for one in missing) == known["holes"]
        assert sum(one.reason == "no record" for one in missing) == known["absent"]
        assert [f"{one.package}/{one.hash[:7]}" for one in missing][:5] == known["examples"]
        assert graph.uninstallable <= {*specs}
        assert len(graph.uninstallable) == known["uninstallable"]
        assert all(one.specs <= known["uninstallable"] for one in missing)
    diff = compare_pair(name).graph
    assert len(diff.missing) == known["holes"] + known["absent"]


@needs_whole
@pytest.mark.parametrize("name", READ)
def test_what_nobody_needs(name: str) -> None:
    diff = compare_pair(name)
    expected = sorted(map(tuple, EXPECTED[name]["unneeded"]))
    cells = [(package, cell) for package, some in diff.graph.unneeded.items() for cell in some]
    assert sorted((package, cell.platform, cell.os, cell.target) for package, cell in cells) == expected
    marked = [(one.package, lost.cell) for one in diff.packages for lost in one.lost if lost.is_unneeded]
    assert sorted(marked) == sorted(cells)


@needs_whole
@pytest.mark.parametrize("name", READ)
def test_which_externals_came_and_went(name: str) -> None:
    expected = EXPECTED[name]
    old, new = (
        {
            (node.own.package, node.own.version, node.own.external)
            for node in graph_of(name, side).nodes.values()
            if node.is_external
        }
        for side in SIDES
    )
    assert new - old == {*map(tuple, expected["externals_added"])}
    assert old - new == {*map(tuple, expected["externals_removed"])}
    for side in SIDES:
        assert sum(node.is_external for node in graph_of(name, side).nodes.values()) == expected[side]["externals"]
    # What is another has come and has gone, unless it is another at the same place.
    for one in compare_pair(name).graph.externals:
        came, went = (one.package, one.version, one.path), (one.package, *was_external(one))
        assert came == went or (came in new - old and went in old - new)
        assert one.fields


@needs_whole
@pytest.mark.parametrize("name", READ)
def test_which_mpi_cells_lost(name: str) -> None:
    old, new = (mpi_by_cell(read_side(name, side)) for side in SIDES)
    lost = sorted((*cell, mpi) for cell in old.keys() & new.keys() for mpi in old[cell] - new[cell])
    assert lost == sorted(map(tuple, EXPECTED[name]["mpi_lost"]))


def mpi_by_cell(reader: SnapshotReader) -> dict[tuple[str, ...], set[str]]:
    """Return the MPIs that the specs of each package at each place reach: the reference knows no stacks."""
    found: dict[tuple[str, ...], set[str]] = {}
    for package in reader.packages():
        record = reader.read(package)
        assert isinstance(record, PackageRecord)
        for spec in record.specs:
            at = spec.coordinates
            assert spec.facts
            found.setdefault((package, at.platform, at.os, at.target), set()).update(spec.facts.mpi or ())
    return found


@needs_whole
def test_the_recipe_of_an_external_reaches_all() -> None:
    found = compare_pair("v3-e4s-devtools").graph
    assert found.rebuilds
    first = found.rebuilds.causes[0]
    assert (first.package, first.path, first.facts) == ("gcc", "/usr", ("recipe",))
    assert (first.reaches, found.rebuilds.fresh) == (213, 213)
    assert [(one.package, [field.field for field in one.fields], one.reaches) for one in found.externals] == [
        ("gcc", ["recipe"], 213)
    ]
