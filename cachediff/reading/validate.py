"""A page's values against schemas/page.schema.json: jsonschema-rs accepts, and jsonschema explains what it did not accept."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from cachediff.reading.yaml_tree import escape_pointer
from cachediff.schema import load_schema

if TYPE_CHECKING:
    import jsonschema
    import jsonschema_rs

MAX_COMPLAINTS = 50
"""How many complaints about one page are told: a page with more is as broken as it gets."""


class Complaint(Struct, frozen=True):
    """One value that the schema does not allow, at a JSON pointer."""

    pointer: str
    message: str
    expected: str
    found: str


def is_valid_page(page: dict[str, Any]) -> bool:
    """Return whether the page's front matter fits the schema."""
    return _page_validator().is_valid(page)


def is_valid_spec(spec: dict[str, Any]) -> bool:
    """Return whether one entry of `spec_details` fits the schema: a page is valid when it is without its specs, and each spec is."""
    return _spec_validator().is_valid(spec)


def explain(page: object) -> list[Complaint]:
    """Return why the schema does not accept a page: the first complaint a pointer, in order of the page, at most MAX_COMPLAINTS."""
    complaints: dict[str, Complaint] = {}
    for error in islice(_explainer().iter_errors(page), MAX_COMPLAINTS):
        complaint = _complain(error)
        complaints.setdefault(complaint.pointer, complaint)
    return list(complaints.values())


def _complain(error: jsonschema.ValidationError) -> Complaint:
    """Return jsonschema's error in our words: the schema's `title` and `description` say what was expected."""
    pointer = "".join(f"/{escape_pointer(str(part))}" for part in error.absolute_path)
    noun = _name_place(list(error.absolute_path))
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "required":
        missing = next(name for name in schema["required"] if name not in cast("dict[str, Any]", error.instance))
        wanted = _follow(schema["properties"][missing])
        return Complaint(pointer, f"{noun} has no {missing}", wanted["description"], f"no {missing}")
    return Complaint(pointer, f"{noun} is not {schema['title']}", schema["description"], show_value(error.instance))


def _name_place(path: list[str | int]) -> str:
    """Return what stands at a path, in words: `spec hash`, `meta num_specs`, `page`."""
    words = ["spec" if part == "spec_details" else str(part) for part in path if not isinstance(part, int)]
    if path == ["spec_details"]:
        return "spec_details"
    return " ".join(words) or "page"


def _follow(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the definition that a property refers to."""
    reference = schema.get("$ref", "")
    found: dict[str, Any] = load_schema("page")["$defs"].get(reference.removeprefix("#/$defs/"), schema)
    return found


def show_value(value: object) -> str:
    """Return a value as JSON, cut to what fits a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


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
def _explainer() -> jsonschema.Draft202012Validator:
    import jsonschema

    return jsonschema.Draft202012Validator(load_schema("page"))
