"""A page's values against schemas/page.schema.json: jsonschema-rs accepts, and jsonschema explains what it did not accept."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from cachediff.text.problems import shorten
from cachediff.text.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema
    import jsonschema_rs

MAX_COMPLAINTS = 50
"""How many problems of one page are told: a page with more is as broken as it gets."""


class Complaint(Struct, frozen=True):
    """One value that the schema does not allow, at a JSON pointer; `is_key` says that it is the key there, not the value."""

    pointer: str
    message: str
    expected: str
    found: str
    is_key: bool = False


def is_valid_page(page: dict[str, Any]) -> bool:
    """Return whether the page's front matter fits the schema."""
    return _page_validator().is_valid(page)


def is_valid_spec(spec: dict[str, Any]) -> bool:
    """Return whether one entry of `spec_details` fits the schema: a page is valid when it is without its specs, and each spec is."""
    return _spec_validator().is_valid(spec)


def is_valid_field(kind: str, field: str, value: object) -> bool:
    """Return whether one field of a spec (`kind` is its definition's name) fits its part of the schema: a spec is valid when each does."""
    return _field_validator(kind, field).is_valid(value)


def explain(page: Any) -> list[Complaint]:
    """Return why the schema does not accept a page: each complaint once, of at most MAX_COMPLAINTS errors."""
    errors = islice(_explainer().iter_errors(page), MAX_COMPLAINTS)
    return list(dict.fromkeys(complaint for error in errors for complaint in _complain(error)))


def _complain(error: jsonschema.ValidationError) -> Iterator[Complaint]:
    """Yield jsonschema's error in our words: the schema's `title` and `description` say what was expected."""
    path = list(error.absolute_path)
    schema = cast("dict[str, Any]", error.schema)
    if error.validator == "required":
        for name in schema["required"]:
            if name not in cast("dict[str, Any]", error.instance):
                expected = _follow(schema["properties"][name])["description"]
                yield Complaint(_point(path), f"{_name_place(path)} has no {name}", expected, f"no {name}")
        return
    is_key = "propertyNames" in error.absolute_schema_path
    pointer = _point([*path, str(error.instance)] if is_key else path)
    noun = f"key of {_name_place(path)}" if is_key else _name_place(path)
    yield Complaint(pointer, f"{noun} is not {schema['title']}", schema["description"], show_value(error.instance), is_key)


def _point(path: list[str | int]) -> str:
    """Return a path as a JSON pointer."""
    from cachediff.text.yaml_tree import write_pointer

    return write_pointer(path)


def _name_place(path: list[str | int]) -> str:
    """Return what stands at a path, in words: `spec hash`, `meta num_specs`, `page`."""
    if path == ["spec_details"]:
        return "spec_details"
    words = ["spec" if part == "spec_details" else shorten(part) for part in path if isinstance(part, str)]
    return " ".join(words) or "page"


def _follow(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the definition that a property refers to."""
    reference = schema.get("$ref", "")
    found: dict[str, Any] = load_schema("page")["$defs"].get(reference.removeprefix("#/$defs/"), schema)
    return found


def show_value(value: object) -> str:
    """Return a value as JSON, cut to what fits a line."""
    return shorten(json.dumps(value, ensure_ascii=False))


@cache
def _page_validator() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(load_schema("page"))


@cache
def _spec_validator() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    schema = load_schema("page")
    return jsonschema_rs.Draft202012Validator({"$schema": schema["$schema"], "$ref": "#/$defs/spec", "$defs": schema["$defs"]})


@cache
def _field_validator(kind: str, field: str) -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    schema = load_schema("page")
    part = schema["$defs"][kind]["properties"][field]
    return jsonschema_rs.Draft202012Validator({"$schema": schema["$schema"], "$defs": schema["$defs"], **part})


@cache
def _explainer() -> jsonschema.protocols.Validator:
    import jsonschema

    validator: type[jsonschema.protocols.Validator] = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator,
        {
            "uniqueItems": _find_repeated,
            "items": _find_wrong_items,
            "propertyNames": _find_wrong_names,
            "additionalProperties": _find_wrong_values,
        },
    )
    return validator(load_schema("page"))


def _find_wrong_items(validator: Any, part: Any, items: object, _: object) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with the items of a list. Those that jsonschema-rs accepts are not looked at: a page may have many."""
    fits = _part_validator(json.dumps(part)).is_valid
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if not fits(item):
            yield from validator.descend(item, part, path=index)


def _find_wrong_names(validator: Any, part: Any, value: object, _: object) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with the keys of an object."""
    fits = _part_validator(json.dumps(part)).is_valid
    for name in value if isinstance(value, dict) else ():
        if not fits(name):
            yield from validator.descend(instance=name, schema=part)


def _find_wrong_values(validator: Any, part: Any, value: object, _: object) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with the values of an object whose schema names none of its keys."""
    fits = _part_validator(json.dumps(part)).is_valid
    for name, inner in value.items() if isinstance(value, dict) else ():
        if not fits(inner):
            yield from validator.descend(inner, part, path=name)


@cache
def _part_validator(part: str) -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    schema = load_schema("page")
    return jsonschema_rs.Draft202012Validator({"$schema": schema["$schema"], "$defs": schema["$defs"], **json.loads(part)})


def _find_repeated(_: object, wanted: bool, items: object, schema: object) -> Iterator[jsonschema.ValidationError]:
    """Yield an error where a list names something twice, in linear time; jsonschema's own check may take the square of a list's length."""
    from jsonschema import ValidationError

    names = [item for item in items if isinstance(item, str)] if isinstance(items, list) else []
    if wanted and len(set(names)) < len(names):
        yield ValidationError("a name is repeated")
