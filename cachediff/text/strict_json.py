"""JSON that says one thing: what Python lets pass, and others read otherwise or cannot write, is refused."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from cachediff.text.problems import shorten


def load_json(text: bytes | str) -> Any:
    """Return the value that a text holds.

    Raises ValueError where it is no JSON, has a key of one object twice, or half a character, and RecursionError where it
    nests too deep.
    """
    value = json.loads(text, object_pairs_hook=_make_object)
    try:
        # An escape may stand for one half: Python keeps it, and neither jsonschema-rs nor a report can hold it.
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        message = "a string holds half a character"
        raise ValueError(message) from error
    return value


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        message = f"the key {shorten(json.dumps(twice))} stands twice"
        raise ValueError(message)
    return found
