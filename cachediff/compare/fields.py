"""Which fields of two paired specs differ: by DeepDiff where a person reads it, by direct comparison where rules need it in bulk."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cachediff.compare.match import differing_variants, is_same_compiler
from cachediff.model import FieldChange
from cachediff.spelling import parse_variant

if TYPE_CHECKING:
    from cachediff.model import Body

_FACTS = ("version", "compiler", "platform", "os", "target")


def differing_fields(old: Body, new: Body) -> tuple[str, ...]:
    """Return the names of the fields that differ, in alphabetical order, a variant's as `variants.<name>`. A `none` compiler differs from none."""
    a, b = old.coordinates, new.coordinates
    fields = [name for name in _FACTS if name != "compiler" and getattr(a, name) != getattr(b, name)]
    if not is_same_compiler(a, b):
        fields.append("compiler")
    if old.stacks != new.stacks:
        fields.append("stacks")
    fields += [f"variants.{name}" for name in differing_variants(a.variants, b.variants)]
    return tuple(sorted(fields))


@lru_cache(maxsize=1 << 14)
def explain_fields(old: Body, new: Body) -> tuple[FieldChange, ...]:
    """Return what differs between two paired specs, in alphabetical order of the field. DeepDiff tells, on what the two do not share."""
    if old == new:
        return ()
    from deepdiff.diff import DeepDiff

    names = differing_fields(old, new)
    if not names:
        return ()
    diff = DeepDiff(_as_dict(old, names), _as_dict(new, names), ignore_order=True, view="tree", threshold_to_diff_deeper=0)
    changes = {}
    for items in diff.values():
        for item in items:
            path = item.path(output_format="list")
            name = ".".join(str(part) for part in path[:2]) if path[0] == "variants" else str(path[0])
            changes[name] = FieldChange(name, _show(old, name), _show(new, name))
    return tuple(changes[name] for name in sorted(changes))


def _as_dict(body: Body, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the named fields of a spec as plain values: variants by name, and sets for what has no order."""
    c = body.coordinates
    fields: dict[str, Any] = {name: getattr(c, name) for name in _FACTS if name in names}
    if "stacks" in names:
        fields["stacks"] = set(body.stacks)
    variants = dict(map(parse_variant, c.variants))
    fields["variants"] = {name: set(values) for name, values in variants.items() if f"variants.{name}" in names}
    return fields


def _show(body: Body, name: str) -> str | None:
    """Return one field's value as text, None where a variant is not there."""
    if name == "stacks":
        return ", ".join(body.stacks)
    kind, _, variant = name.partition(".")
    if kind != "variants":
        return str(getattr(body.coordinates, kind))
    return next((text for text in body.coordinates.variants if parse_variant(text)[0] == variant), None)
