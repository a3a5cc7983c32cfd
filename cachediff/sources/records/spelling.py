"""What a record is as a spec: coordinates in the one canonical spelling, and what only records know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.spec import Coordinates, Dependency, RecordFacts
from cachediff.domain.spelling import UNKNOWN_COMPILER, spell_compiler, spell_variants, spell_version
from cachediff.sources.records.record import FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.sources.records.record import Edge, Node

LANGUAGES = ("c", "cxx", "fortran")
"""The virtuals that a compiler provides, the one that names a spec's compiler first."""


def spell_coordinates(node: Node, find_compiler: Callable[[str], str]) -> Coordinates:
    """Return what a record is, canonically spelled; `find_compiler` returns `name@version` of the record with a hash."""
    return Coordinates(
        version=spell_version(node.version),
        platform=node.arch.platform,
        os=node.arch.platform_os,
        target=node.arch.target_name,
        compiler=_name_compiler(node, find_compiler),
        variants=spell_variants(tuple(_write_variant(*item) for item in node.parameters.items() if item[0] not in FLAGS)),
    )


def spell_facts(node: Node, *, is_explicit: bool) -> RecordFacts:
    """Return what a record knows that a page does not."""
    flags = ((name, node.parameters.get(name)) for name in FLAGS)
    return RecordFacts(
        namespace=node.namespace or "",
        flags=tuple([f"{name}={' '.join(values)}" for name, values in flags if isinstance(values, list) and values]),
        package_hash=node.package_hash or "",
        dependencies=tuple(sorted(map(_spell_edge, node.dependencies))),
        is_explicit=is_explicit,
    )


def _spell_edge(edge: Edge) -> Dependency:
    if edge.parameters:
        return Dependency(
            edge.name, edge.hash, tuple(sorted(edge.parameters.deptypes)), tuple(sorted(edge.parameters.virtuals))
        )
    return Dependency(edge.name, edge.hash, tuple(sorted(edge.type or ())))


def _write_variant(name: str, value: bool | str | list[str]) -> str:
    """Return a variant as a page writes it."""
    if isinstance(value, bool):
        return ("+" if value else "~") + name
    return f"{name}={value if isinstance(value, str) else ','.join(value)}"


def _name_compiler(node: Node, find_compiler: Callable[[str], str]) -> str:
    """Return a spec's compiler: the record's own up to specfile 4, since then the dependency that provides a language."""
    if node.compiler:
        return spell_compiler(f"{node.compiler.name}@{node.compiler.version}")
    if node.annotations and node.annotations.compiler:
        return spell_compiler(node.annotations.compiler)
    for language in LANGUAGES:
        for edge in node.dependencies:
            if edge.parameters and language in edge.parameters.virtuals:
                # One that the index does not have is unknown, which is equal to any when specs are matched.
                return spell_compiler(find_compiler(edge.hash))
    return UNKNOWN_COMPILER
