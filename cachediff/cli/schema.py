"""`cachediff schema [NAME]`: the JSON Schemas, as they are shipped."""

from __future__ import annotations

from typing import Annotated

import typer

from cachediff.errors import UsageError


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[page|database|lock|manifest|listing|policy|report|why|impact|show|rules|validate]",
            help="Which schema; none lists them.",
        ),
    ] = None,
) -> int:
    """Print one schema, or list them. Returns 0."""
    from cachediff.cli.output import write_stdout
    from cachediff.text.schema import SCHEMA_NAMES, load_schema, schema_path

    if name is None:
        write_stdout("".join(f"{one:10}{load_schema(one)['title']}\n" for one in SCHEMA_NAMES))
        return 0
    found = next((one for one in SCHEMA_NAMES if one == name), None)
    if found is None:
        message = f"unknown schema {name!r}"
        raise UsageError(message, hint=f"schemas are {', '.join(SCHEMA_NAMES)}")
    write_stdout(schema_path(found).read_text(encoding="utf-8"))
    return 0
