"""What is missing, blocked or unneeded where it is easily taken for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cachediff.comparison.collectors.pairs import Pairs
from cachediff.comparison.externals import list_external_changes
from cachediff.comparison.freshness import FreshRecords
from cachediff.comparison.graphs import compare_graphs
from cachediff.comparison.missing import count_blocked, list_missing
from cachediff.comparison.needed import find_unneeded
from cachediff.domain.cell import Cell, LostCell
from cachediff.domain.graph import GraphNode, OwnContent
from cachediff.domain.selection import Selection
from cachediff.domain.spec import EdgeKind, EdgeKinds
from cachediff.render.rebuilds import say_cause
from tests.graph_models import Nodes, graph_of
from tests.index_files import a_database, a_node, an_edge, put, read

if TYPE_CHECKING:
    from pathlib import Path


def a_record(package: str, *dependencies: str, stacks: tuple[str, ...] = ("s",), **fields: str | None) -> GraphNode:
    """Return a record; of a dependency the name is what comes before the first digit of its hash."""
    edges = EdgeKinds(tuple(EdgeKind(hash_.rstrip("0123456789"), ("link",), ()) for hash_ in dependencies))
    own = OwnContent(package, "1", "linux", "debian12", "zen4", edges=edges)
    return GraphNode(replace(own, **fields), dependencies, stacks)


CELL = Cell("s", "linux", "debian12", "zen4")


def unneeded(old: Nodes, new: Nodes, partners: dict[str, str]) -> list[str]:
    """Return the packages whose cell nobody needs, given that `tool` lost it."""
    return [*find_unneeded(graph_of(old), graph_of(new), {"tool": [LostCell(CELL)]}, partners)]


OLD = {"tool1": a_record("tool"), "user1": a_record("user", "tool1"), "other1": a_record("other")}


def test_what_its_dependents_dropped_is_unneeded() -> None:
    new = {"user2": a_record("user"), "other2": a_record("other")}
    assert unneeded(OLD, new, {"user1": "user2", "other1": "other2"}) == ["tool"]


@pytest.mark.parametrize("gap", [{}, {"tool2": a_record("tool", stacks=())}])
def test_what_another_spec_came_to_depend_on_is_needed(gap: Nodes) -> None:
    new = {"user2": a_record("user"), "other2": a_record("other", "tool2"), **gap}
    assert unneeded(OLD, new, {"user1": "user2", "other1": "other2"}) == []


@pytest.mark.parametrize(
    "elsewhere",
    [
        a_record("tool", os="rhel9"),
        a_record("tool", stacks=(), os="rhel9"),
        a_record("tool", stacks=(), external="/usr"),
    ],
)
def test_what_is_had_elsewhere_is_not(elsewhere: GraphNode) -> None:
    new = {"user2": a_record("user"), "other2": a_record("other", "tool2"), "tool2": elsewhere}
    assert unneeded(OLD, new, {"user1": "user2", "other1": "other2"}) == ["tool"]


def test_a_dependent_that_left_the_stack_needs_it_still() -> None:
    new = {"user2": a_record("user", stacks=("t",)), "other2": a_record("other")}
    assert unneeded(OLD, new, {"user1": "user2", "other1": "other2"}) == []


# --- missing -----------------------------------------------------------------------------------------------------------


def known(old: Nodes, new: Nodes, stack: str = "s") -> dict[str, bool]:
    """Return what NEW misses in a stack, and of each whether OLD did."""
    graphs = graph_of(old), graph_of(new)
    specs = [{hash_ for hash_, node in graph.nodes.items() if stack in node.stacks} for graph in graphs]
    return {one.hash: one.was_missing for one in list_missing(graphs[1], specs[1], graphs[0], specs[0], stack)}


def test_what_was_missing_before_is_known_under_another_hash() -> None:
    assert known({"user1": a_record("user", "zlib1")}, {"user2": a_record("user", "zlib2")}) == {"zlib2": True}


def test_what_blocks_more_than_it_did_is_news() -> None:
    new = {"user2": a_record("user", "zlib2"), "other2": a_record("other", "zlib2")}
    assert known({"user1": a_record("user", "zlib1")}, new) == {"zlib2": False}
    # Nor is it known because it has the same hash.
    same = {"user1": a_record("user", "zlib1"), "other2": a_record("other", "zlib1")}
    assert known({"user1": a_record("user", "zlib1")}, same) == {"zlib1": False}


def test_one_that_was_missing_eases_one() -> None:
    new = {"user2": a_record("user", "zlib2"), "other2": a_record("other", "zlib3")}
    assert known({"user1": a_record("user", "zlib1")}, new) == {"zlib2": True, "zlib3": False}


def test_what_was_missing_and_leaves_another_package_without_an_install_is_news() -> None:
    old = {"user1": a_record("user", "zlib1"), "other1": a_record("other")}
    assert known(old, {"user2": a_record("user"), "other2": a_record("other", "zlib2")}) == {"zlib2": False}
    # Another spec of the cell serves its users, as before.
    new = {"user2": a_record("user"), "other2": a_record("other", "zlib2"), "other3": a_record("other", version="2")}
    assert known(old, new) == {"zlib2": True}
    # One that is not compared may do so in another stack.
    both = ("s", "t")
    old = {"user1": a_record("user", "zlib1", stacks=both), "user2": a_record("user", stacks=both)}
    new = {
        "user1": a_record("user", "zlib2", stacks=both),
        "user3": a_record("user"),
        "user4": a_record("user", stacks=("t",)),
    }
    assert known(old, new) == {"zlib2": True}
    # A cell that came had none to lose.
    old = {"user1": a_record("user", "zlib1"), "other1": a_record("other")}
    new = {"user2": a_record("user"), "other1": a_record("other"), "fresh2": a_record("fresh", "zlib2")}
    assert known(old, new) == {"zlib2": True}


def test_what_is_missing_behind_a_stack_that_was_not_compared_is_told() -> None:
    nodes = {"user1": a_record("user", "lib1"), "lib1": a_record("lib", "zlib1", stacks=("t",))}
    graph = graph_of(nodes)
    # As engine/stacks.py does with a stack that one side could not observe.
    nodes["lib1"].stacks = ()
    assert [(one.hash, one.specs, one.examples) for one in list_missing(graph, {"user1"})] == [("zlib1", 1, ("lib/lib1",))]


def test_cells_are_blocked_in_the_stacks_that_are_compared() -> None:
    nodes = {"user1": a_record("user", "zlib1", stacks=("s", "t"))}
    assert [count_blocked(graph_of(nodes), nodes.keys(), stack) for stack in ("*", "s", "s,t", "!s", "u")] == [2, 1, 2, 1, 0]


# --- records of thousands ----------------------------------------------------------------------------------------------


def test_the_record_that_is_most_like_is_found_among_thousands() -> None:
    old = {f"tool{number}": a_record("tool", target=f"t{number % 7}", namespace=f"n{number}") for number in range(3000)}
    new = {"new1": a_record("tool", target="t3", namespace="n1001", package_hash="other")}
    found = FreshRecords(graph_of(old), graph_of(new)).find_old("new1")
    assert found
    assert old[found].own.target == "t3"


# --- files -------------------------------------------------------------------------------------------------------------


def test_one_hash_in_several_stacks_is_one_spec(tmp_path: Path) -> None:
    zlib = a_node("zlib")
    user = a_node("user", dependencies=[an_edge("zlib", zlib["hash"])])
    for stack in ("one", "two"):
        put(tmp_path / stack / "build_cache" / "index.json", a_database(user, zlib))
    graph = read(tmp_path).info.graph
    assert graph
    assert {node.stacks for node in graph.nodes.values()} == {("one", "two")}
    assert graph.missing == ()


def external(path: str, package_hash: str, *, virtuals: tuple[str, ...] | None) -> GraphNode:
    record = a_record("mpich", "hwloc1", external=path, package_hash=package_hash)
    return replace(record, own=replace(record.own, edges=EdgeKinds((EdgeKind("hwloc", ("link",), virtuals),))))


@pytest.mark.parametrize(
    ("path", "package_hash", "fields"), [("/usr", "p", []), ("/opt", "p", ["external"]), ("/usr", "q", [])]
)
def test_what_one_record_of_an_external_does_not_know_is_no_change(path: str, package_hash: str, fields: list[str]) -> None:
    old = {"a": external("/usr", "", virtuals=None), "hwloc1": a_record("hwloc")}
    new = {"a": external(path, package_hash, virtuals=("x",)), "hwloc1": a_record("hwloc")}
    found = [*list_external_changes(graph_of(old), graph_of(new))]
    assert [[field.field for field in one.fields] for one in found] == ([fields] if fields else [])


def test_a_compiler_that_became_a_dependency_is_no_other_one() -> None:
    """Since specfile 5 no record names its compiler, and every one would be said to have lost it."""
    old = {"a": replace(record := a_record("app"), own=replace(record.own, compiler="gcc@12"))}
    for compiler, fields in (("", []), ("gcc@13", ["compiler"])):
        new = {"b": replace(record, own=replace(record.own, compiler=compiler, package_hash="p"))}
        found = compare_graphs(graph_of(old), graph_of(new), Pairs(has_graphs=True), Selection()).rebuilds
        assert found
        assert [[field.field for field in cause.fields] for cause in found.causes] == [fields]


def test_a_cause_that_differs_only_in_what_one_record_does_not_know_says_so() -> None:
    old = {"a": a_record("app")}
    new = {"b": a_record("app", package_hash="p")}
    found = compare_graphs(graph_of(old), graph_of(new), Pairs(has_graphs=True), Selection()).rebuilds
    assert found
    assert [say_cause(cause) for cause in found.causes] == ["app@1: it differs in nothing that is compared"]
