"""What a record is as a spec: coordinates in the one canonical spelling, and what only records know."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cachediff.domain.graph import OwnContent
from cachediff.domain.spec import Coordinates, EdgeKind, EdgeKinds, RecordFacts, SpecContent, find_compiler_edge
from cachediff.domain.spelling import UNKNOWN_COMPILER, spell_compiler, spell_variants, spell_version
from cachediff.sources.records.record import FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cachediff.domain.graph import GraphNode
    from cachediff.sources.records.record import Edge, Node, Parameters

_BOOLEANS = {"true": True, "false": False}
"""What Spack reads as a boolean where a record has it as text, and then writes as one (variant.py, from_node_dict)."""

FIRST_WITH_VIRTUALS = 4
"""The first specfile whose edges name the virtuals that they provide."""


def spell_own(node: Node) -> OwnContent:
    """Return what a record is by itself, canonically spelled; its edges are in the record's order."""
    return OwnContent(
        package=node.name,
        version=spell_version(node.version),
        platform=node.arch.platform,
        os=node.arch.platform_os,
        target=node.arch.target_name,
        variants=spell_parameters(node.parameters),
        compiler=_name_compiler(node),
        flags=spell_flags(node.parameters),
        namespace=node.namespace or "",
        package_hash=node.package_hash or "",
        external=(node.external.path or "") if node.external else None,
        edges=forget_virtuals(
            spell_edges(node.dependencies), node.annotations.original_specfile_version if node.annotations else 0
        ),
    )


def spell_parameters(parameters: Parameters) -> tuple[str, ...]:
    """Return the variants among parameters, canonically spelled."""
    return spell_variants(tuple([_write_variant(*item) for item in parameters.items() if item[0] not in FLAGS]))


def spell_flags(parameters: Parameters) -> tuple[str, ...]:
    """Return the compiler flags among parameters: `cflags=-O3 -g`."""
    flags = ((name, parameters.get(name)) for name in FLAGS)
    return tuple([f"{name}={' '.join(values)}" for name, values in flags if isinstance(values, list) and values])


def spell_content(node: GraphNode, find_compiler: Callable[[str], str]) -> SpecContent:
    """Return coordinates and stacks of a record; `find_compiler` returns `name@version` of the record with a hash."""
    return _make_content(node.own, node.own.compiler or _find_compiler(node, find_compiler), node.stacks)


@lru_cache(maxsize=1 << 14)  # of both sides: what is equal is one object, whose hash is made once
def _make_content(own: OwnContent, compiler: str, stacks: tuple[str, ...]) -> SpecContent:
    coordinates = Coordinates(
        version=own.version,
        platform=own.platform,
        os=own.os,
        target=own.target,
        compiler=compiler,
        variants=own.variants,
    )
    return SpecContent(coordinates, stacks)


def spell_facts(node: GraphNode, *, mpi: tuple[str, ...] | None, is_installable: bool, knows_edges: bool) -> RecordFacts:
    """Return what a record knows that a page does not, given what follows from what it depends on."""
    own = node.own
    return RecordFacts(
        own.namespace,
        own.flags,
        own.package_hash,
        own.edges,
        node.dependencies,
        mpi,
        is_installable,
        knows_edges,
    )


def spell_edges(edges: Sequence[Edge]) -> EdgeKinds:
    """Return the edges of a record without their hashes, in order."""
    return EdgeKinds(tuple(map(spell_edge, edges)))


def spell_edge(edge: Edge) -> EdgeKind:
    """Return an edge without its hash, in one spelling for both ways of writing it."""
    if edge.parameters:
        return _intern_edge(edge.name, tuple(edge.parameters.deptypes), tuple(edge.parameters.virtuals))
    return _intern_edge(edge.name, tuple(edge.type or ()), None)


@lru_cache(maxsize=1 << 14)
def name_edge(name: str, edge: EdgeKind) -> EdgeKind:
    """Return an edge under another name."""
    return _intern_edge(name, edge.types, edge.virtuals)


@lru_cache(maxsize=1 << 14)
def forget_virtuals(edges: EdgeKinds, original: float) -> EdgeKinds:
    """Return edges as the specfile knew them that a record was first written as.

    A record of specfile 3 that a newer Spack rewrote has lists of virtuals, mostly all of them empty: nobody knew any.
    """
    if not 0 < original < FIRST_WITH_VIRTUALS or not edges.kinds:
        return edges
    # Where one is named, whoever rewrote the record worked them out.
    if any(edge.virtuals for edge in edges):
        return EdgeKinds(edges.kinds, covers_virtuals=False)
    return EdgeKinds(tuple([_intern_edge(edge.name, edge.types, None) for edge in edges]))


@lru_cache(maxsize=1 << 14)
def _intern_edge(name: str, types: tuple[str, ...], virtuals: tuple[str, ...] | None) -> EdgeKind:
    """Return the edges that are spelled alike as one object, whose hash is made once."""
    # In order, as that in a record means nothing.
    return EdgeKind(name, tuple(sorted(types)), None if virtuals is None else tuple(sorted(virtuals)))


def _write_variant(name: str, value: bool | str | list[str]) -> str:
    """Return a variant as a page writes it."""
    if isinstance(value, str):
        value = _BOOLEANS.get(value.lower(), value)
    if isinstance(value, bool):
        return ("+" if value else "~") + name
    return f"{name}={value if isinstance(value, str) else ','.join(value)}"


def _name_compiler(node: Node) -> str:
    """Return the compiler that a record names, as all do up to specfile 4 and rewritten ones after it; else nothing."""
    if node.compiler:
        return spell_compiler(f"{node.compiler.name}@{node.compiler.version}")
    return spell_compiler(node.annotations.compiler) if node.annotations and node.annotations.compiler else ""


def _find_compiler(node: GraphNode, find_compiler: Callable[[str], str]) -> str:
    """Return the compiler of a record that names none: the dependency that provides a language."""
    place = find_compiler_edge(node.own.edges)
    # One that the index does not have is unknown, which is equal to any when specs are matched.
    return UNKNOWN_COMPILER if place is None else spell_compiler(find_compiler(node.dependencies[place]))
