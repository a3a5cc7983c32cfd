"""What differs between two records by themselves, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.match import differing_variants
from cachediff.domain.spec import FieldChange
from cachediff.domain.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.domain.graph import GraphNode, OwnContent
    from cachediff.domain.spec import EdgeKinds

_PLAIN = ("version", "platform", "os", "target", "namespace")


def differing_own(old: OwnContent, new: OwnContent) -> tuple[FieldChange, ...]:
    """Return the fields in which two records of a package differ, in alphabetical order.

    `recipe` is the hash of the recipe, `external` the path of an external, `variants.<name>` one variant,
    `dependencies.<name>` what a dependency is for, and which virtuals it provides. What one of the two does not know (a
    recipe's hash before specfile 3, virtuals before 4, the compiler since 5, which is a dependency) differs from nothing.
    """
    fields = [
        FieldChange(name, getattr(old, name) or None, getattr(new, name) or None)
        for name in _PLAIN
        if getattr(old, name) != getattr(new, name)
    ]
    if old.compiler != new.compiler and old.compiler and new.compiler:
        fields.append(FieldChange("compiler", old.compiler, new.compiler))
    if old.package_hash != new.package_hash and old.package_hash and new.package_hash:
        fields.append(FieldChange("recipe", old.package_hash, new.package_hash))
    if old.external != new.external:
        fields.append(FieldChange("external", old.external, new.external))
    if old.flags != new.flags:
        fields.append(FieldChange("flags", " ".join(old.flags) or None, " ".join(new.flags) or None))
    # A record is compared with hundreds: most have the same edges, and most of their variants.
    if names := differing_variants(old.variants, new.variants):
        before, after = ({parse_variant(text)[0]: text for text in own.variants} for own in (old, new))
        fields += [FieldChange(f"variants.{name}", before.get(name), after.get(name)) for name in names]
    if old.edges != new.edges:
        fields += _differing_edges(old.edges, new.edges)
    return tuple(sorted(fields, key=lambda field: field.field))


def differing_targets(old: GraphNode, new: GraphNode) -> tuple[FieldChange, ...]:
    """Return the edges of two records that lead to other records, by name, each with the hashes that it leads to."""
    before, after = _by_name(old), _by_name(new)
    return tuple(
        FieldChange(f"dependencies.{name}", _join(before.get(name, [])), _join(after.get(name, [])))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def name_facts(fields: Sequence[FieldChange]) -> tuple[str, ...]:
    """Return what kinds of fields differ: `recipe`, `variants`, `dependencies`."""
    return tuple(sorted({field.field.partition(".")[0] for field in fields}))


def _differing_edges(old: EdgeKinds, new: EdgeKinds) -> Iterator[FieldChange]:
    # Of both sides at once: against one that knows no virtuals, each of the other's would seem to be new.
    knows = all(edge.virtuals is not None for edge in (*old, *new))
    before, after = _spell(old, knows), _spell(new, knows)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield FieldChange(f"dependencies.{name}", before.get(name), after.get(name))


def _spell(edges: EdgeKinds, with_virtuals: bool) -> dict[str, str]:
    """Return what each dependency is for, as text: `build,link mpi`."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        virtuals = ",".join((edge.virtuals or ()) if with_virtuals else ())
        found.setdefault(edge.name, []).append(" ".join(filter(None, (",".join(edge.types), virtuals))))
    return {name: "; ".join(sorted(texts)) for name, texts in found.items()}


def _by_name(node: GraphNode) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    # By hash, too: a record may depend on two of one name, in either order.
    for edge, hash_ in sorted(zip(node.own.edges, node.dependencies, strict=True), key=lambda one: (one[0].name, one[1])):
        found.setdefault(edge.name, []).append(hash_)
    return found


def _join(hashes: Sequence[str]) -> str | None:
    return "; ".join(f"/{hash_}" for hash_ in hashes) or None
