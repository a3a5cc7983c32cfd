"""Where the JSON Schemas are: beside the package in a wheel, at the top of the checkout otherwise."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

SchemaName: TypeAlias = Literal["page", "policy", "report"]
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
