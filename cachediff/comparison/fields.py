"""Which fields of two paired specs differ: by DeepDiff where a person reads it, directly where rules need it in bulk."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cachediff.comparison.match import differing_variants
from cachediff.comparison.nearest import is_same_compiler
from cachediff.domain.spec import LANGUAGES, USED_TYPES, FieldChange
from cachediff.domain.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.domain.spec import Dependency, EdgeKinds, RecordFacts, Spec, SpecContent

MAX_VARIANTS = 200
"""How many variants DeepDiff compares: more than anybody reads are compared directly, to the same effect and
in much less time."""

_FACTS = ("os", "platform", "target", "version")


def differing_fields(old: SpecContent, new: SpecContent) -> tuple[str, ...]:
    """Return the names of the fields that differ, in alphabetical order: `os`, `variants.cuda`.

    No compiler differs from `none`.
    """
    a, b = old.coordinates, new.coordinates
    fields = [name for name in _FACTS if getattr(a, name) != getattr(b, name)]
    if not is_same_compiler(a, b):
        fields.append("compiler")
    if old.stacks != new.stacks:
        fields.append("stacks")
    fields += [f"variants.{name}" for name in differing_variants(a.variants, b.variants)]
    return tuple(sorted(fields))


def differing_facts(old: RecordFacts | None, new: RecordFacts | None) -> tuple[FieldChange, ...]:
    """Return what two records say otherwise of one hash, in alphabetical order of the field.

    What one side does not say (a recipe's hash before specfile 3, virtuals before 4) differs from nothing, and so do build
    dependencies, where the hash of one does not cover them.
    """
    if old is None or new is None or old is new:
        return ()
    fields = [
        FieldChange(name, a or None, b or None)
        for name, a, b in (
            ("flags", " ".join(old.flags), " ".join(new.flags)),
            ("namespace", old.namespace, new.namespace),
            ("package_hash", old.package_hash, new.package_hash),
        )
        # That a record lists no flags says that it has none; namespace and recipe older ones may leave out.
        if a != b and (_sort_flags(old) != _sort_flags(new) if name == "flags" else a and b)
    ]
    if old.knows_dependencies and new.knows_dependencies:
        covers_virtuals = old.edges.covers_virtuals and new.edges.covers_virtuals
        fields += _differing_dependencies(*_list_covered(old, new), covers_virtuals=covers_virtuals)
    return tuple(sorted(fields, key=lambda field: field.field))


def _sort_flags(facts: RecordFacts) -> list[list[str]]:
    """Return the compiler flags of a record without their order, which Spack changes after it made the hash."""
    # Each begins with the name of its kind: `cflags=-O3 -g`.
    return [sorted(text.replace("=", "= ", 1).split()) for text in facts.flags]


def differing_pair_facts(old: Spec, new: Spec) -> tuple[FieldChange, ...]:
    """Return what else differs between two paired records, in alphabetical order of the field.

    These are flags, namespace, and who provides a virtual of both; that another compiler does is said of the compiler.
    """
    a, b = old.facts, new.facts
    if a is None or b is None:
        return ()
    fields = [
        FieldChange(name, before or None, after or None)
        for name, before, after in (
            ("flags", " ".join(a.flags), " ".join(b.flags)),
            ("namespace", a.namespace, b.namespace),
        )
        if before != after
    ]
    if a.edges != b.edges:
        before, after = _name_providers(a.edges), _name_providers(b.edges)
        # Not where one side has none: it has another dependency then, and no other provider.
        differ = {virtual for virtual in before.keys() & after.keys() if before[virtual] != after[virtual]}
        if not is_same_compiler(old.coordinates, new.coordinates):
            differ.difference_update(LANGUAGES)
        fields += [FieldChange(f"providers.{virtual}", before[virtual], after[virtual]) for virtual in sorted(differ)]
    return tuple(fields)


def _list_covered(old: RecordFacts, new: RecordFacts) -> tuple[Sequence[Dependency], Sequence[Dependency]]:
    """Return the dependencies that the hash of two records covers: before specfile 3, link and run dependencies alone."""
    if old.package_hash and new.package_hash:
        return old.dependencies, new.dependencies
    before, after = ([edge for edge in one.dependencies if not USED_TYPES.isdisjoint(edge.types)] for one in (old, new))
    return before, after


@lru_cache(maxsize=1 << 12)
def _name_providers(edges: EdgeKinds) -> dict[str, str]:
    """Return the packages that provide each virtual, as text."""
    found: dict[str, set[str]] = {}
    for edge in edges:
        for virtual in edge.virtuals or ():
            found.setdefault(virtual, set()).add(edge.name)
    return {virtual: ", ".join(sorted(names)) for virtual, names in found.items()}


def _differing_dependencies(
    old: Sequence[Dependency], new: Sequence[Dependency], *, covers_virtuals: bool
) -> Iterator[FieldChange]:
    """Yield the dependencies that only one of two records has, or that differ."""
    if old == new:
        return
    # What one of the two records cannot know makes none of its dependencies another one.
    know_virtuals = covers_virtuals and all(edge.virtuals is not None for edge in (*old, *new))
    before, after = (_by_name(edges, know_virtuals=know_virtuals) for edges in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield FieldChange(f"dependencies.{name}", before.get(name), after.get(name))


def _by_name(edges: Iterable[Dependency], *, know_virtuals: bool) -> dict[str, str]:
    """Return dependencies as text, by name: `/abc1234… build,link mpi`."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        virtuals = ",".join(edge.virtuals or ()) if know_virtuals else ""
        found.setdefault(edge.name, []).append(" ".join(filter(None, (f"/{edge.hash}", ",".join(edge.types), virtuals))))
    return {name: "; ".join(sorted(texts)) for name, texts in found.items()}


@lru_cache(maxsize=1 << 12)
def explain_fields(old: SpecContent, new: SpecContent) -> tuple[FieldChange, ...]:
    """Return what DeepDiff finds to differ between two paired specs, in alphabetical order of the field.

    The fields are those of `differing_fields`.
    """
    if old == new:
        return ()
    if len(old.coordinates.variants) + len(new.coordinates.variants) > MAX_VARIANTS:
        return list_fields(old, new)
    from deepdiff.diff import DeepDiff

    before, after = _as_plain(old), _as_plain(new)
    if is_same_compiler(old.coordinates, new.coordinates):
        # `none` is unknown, and nothing can be said to have changed into it.
        del before["compiler"], after["compiler"]
    # Deep at any rate: by default two dictionaries that have little in common are only said to be other ones.
    diff = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    names = [item.path(output_format="list")[0] for items in diff.values() for item in items]
    return tuple([FieldChange(name, before.get(name), after.get(name)) for name in sorted(names)])


def list_fields(old: SpecContent, new: SpecContent) -> tuple[FieldChange, ...]:
    """Return what `explain_fields` does, by direct comparison: for more than anybody reads."""
    before, after = _as_plain(old), _as_plain(new)
    return tuple([FieldChange(name, before.get(name), after.get(name)) for name in differing_fields(old, new)])


def _as_plain(content: SpecContent) -> dict[str, str]:
    """Return a spec's fields by name, each as text, a variant's as `variants.<name>`."""
    c = content.coordinates
    fields = {name: getattr(c, name) for name in _FACTS}
    variants = {f"variants.{parse_variant(text)[0]}": text for text in c.variants}
    return {**fields, "compiler": c.compiler, "stacks": ", ".join(content.stacks), **variants}
