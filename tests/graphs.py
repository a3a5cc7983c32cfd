"""Graphs of records for tests: made of names, versions and edges, with hashes that say which record is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cachediff.comparison.freshness import FreshRecords
from cachediff.domain.graph import GraphNode, OwnContent
from cachediff.domain.problem import Location
from cachediff.domain.spec import EdgeKind, EdgeKinds
from cachediff.graph.build import build_graph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachediff.domain.graph import ExternalChange, Graph


def a_record(
    package: str, *dependencies: str, version: str = "1", types: tuple[str, ...] = ("link",), **own: Any
) -> GraphNode:
    """Return a record that depends on those of some hashes; the name of each is its hash up to the first dot."""
    edges = EdgeKinds(tuple(EdgeKind(hash_.partition(".")[0], types, ()) for hash_ in dependencies))
    content = OwnContent(package, version, "linux", "debian12", "zen4", edges=edges, **own)
    return GraphNode(content, dependencies, () if content.external is not None else ("default",))


def a_graph(nodes: Mapping[str, GraphNode]) -> Graph:
    """Return the graph of records by hash."""
    return build_graph("site", nodes, Location)


def fresh(old: Mapping[str, GraphNode], new: Mapping[str, GraphNode]) -> FreshRecords:
    """Return the records of NEW that are fresh."""
    return FreshRecords(a_graph(old), a_graph(new))


def was_external(one: ExternalChange) -> tuple[str, str]:
    """Return version and path of the external in whose place another came."""
    before = {field.field: field.old or "" for field in one.fields}
    return before.get("version", one.version), before.get("external", one.path)
