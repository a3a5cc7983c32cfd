"""Where the JSON Schemas are (beside the package in a wheel, else at the checkout's top) and what accepts values by them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    import jsonschema_rs

SchemaName: TypeAlias = Literal[
    "page", "database", "lock", "manifest", "listing", "policy", "report", "why", "impact", "show", "rules", "validate"
]
SCHEMA_NAMES: tuple[SchemaName, ...] = get_args(SchemaName)


def schema_path(name: SchemaName) -> Path:
    """Return the path of one schema file."""
    here = Path(__file__).parents[1]
    shipped = here / "schemas" / f"{name}.schema.json"
    return shipped if shipped.exists() else here.parent / "schemas" / f"{name}.schema.json"


@cache
def load_schema(name: SchemaName) -> dict[str, Any]:
    """Return one schema as parsed JSON. Do not change what it returns: every caller gets the same object."""
    schema: dict[str, Any] = json.loads(schema_path(name).read_text(encoding="utf-8"))
    return schema


@cache
def load_validator(name: SchemaName, *path: str) -> jsonschema_rs.Draft202012Validator:
    """Return what tells whether a value fits a schema, or the part of it that a path leads to."""
    part = load_schema(name)
    for key in path:
        part = part[key]
    return compile_part(name, part)


def compile_part(name: SchemaName, part: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Return what tells whether a value fits a part of a schema, which may refer to the schema's definitions."""
    import jsonschema_rs

    schema = load_schema(name)
    # A part may be a mere `$ref`, which is looked up from the top of the schema that it is compiled in.
    return jsonschema_rs.Draft202012Validator({"$schema": schema["$schema"], "$defs": schema["$defs"], **part})
