"""The JSON of what is no report: an object whose lists have a line for each item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FORMAT_VERSION = 1
"""Raised whenever a field of an answer comes, goes or changes its meaning."""

_encode = msgspec.json.Encoder().encode


def write_answer(fields: Mapping[str, Any], lists: Collection[str]) -> str:
    """Return an answer as JSON, field by field; `lists` names those that have an item a line."""
    lines = [f'"format_version": {FORMAT_VERSION}']
    for name, value in fields.items():
        items = [_encode(item).decode() for item in value] if name in lists else []
        text = "[\n{}\n]".format(",\n".join(items)) if items else _encode(value).decode()
        lines.append(f'"{name}": {text}')
    return "{\n" + ",\n".join(lines) + "\n}\n"
