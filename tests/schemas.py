"""What tells whether something fits one of the project's schemas, made once: that takes longer than to ask it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jsonschema
import jsonschema_rs

from cachediff.text.schema import load_schema

if TYPE_CHECKING:
    from cachediff.text.schema import SchemaName


@cache
def load_whole(name: SchemaName) -> jsonschema_rs.Draft202012Validator:
    """Return what tells whether a document fits a schema."""
    return jsonschema_rs.Draft202012Validator(load_schema(name))


@cache
def load_explained(name: SchemaName, part: str) -> jsonschema.Draft202012Validator:
    """Return what tells whether a value fits a definition of a schema, as jsonschema reads it."""
    schema = load_schema(name)
    return jsonschema.Draft202012Validator(
        {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{part}"}
    )
