"""What explains a schema's errors in linear time finds what jsonschema finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cachediff.text import explain as explain_module
from cachediff.text import schema as schema_module
from cachediff.text.explain import Wording, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = {"title": "a number", "description": "any number", "type": "number"}
WORD = {"title": "a word", "description": "one letter", "type": "string", "maxLength": 1}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "a thing",
    "description": "a list or an object",
    "type": ["array", "object"],
    "prefixItems": [WORD],
    "items": {"$ref": "#/$defs/number"},
    "properties": {
        "a": {"$ref": "#/$defs/words"},
        "b": {"type": "object", "properties": {"c": NUMBER}, "additionalProperties": False},
    },
    "required": ["a"],
    "propertyNames": WORD,
    "additionalProperties": {"$ref": "#/$defs/number"},
    "$defs": {
        "number": NUMBER,
        "words": {"title": "words", "description": "words, none twice", "type": "array", "items": WORD, "uniqueItems": True},
    },
}
keys = st.sampled_from(["a", "b", "c", "d", "aa", "a/b"])
leaves = st.none() | st.integers(0, 3) | st.sampled_from(["x", "y", "xx"])
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
things = values | st.fixed_dictionaries(
    {"a": st.lists(st.sampled_from("xy"), max_size=3)}, optional={"b": values, "d": values}
)


@pytest.fixture(scope="module", autouse=True)
def small_schema() -> Iterator[None]:
    """Have a schema in which each keyword stands beside those that it depends on."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (explain_module, schema_module):
            patch.setattr(module, "load_schema", lambda name: SCHEMA)
        _forget()
        yield
    _forget()


def _forget() -> None:
    explain_module._explainer.cache_clear()
    explain_module._acceptor.cache_clear()


@given(things)
@example({"a": [0, 0]})
def test_the_same_errors(value: Any) -> None:
    def summed_up(errors: Any) -> list[str]:  # sorted: jsonschema's order of unknown keys is no order
        return sorted(
            repr((error.absolute_path, error.validator, error.instance, error.absolute_schema_path)) for error in errors
        )

    def repeats_a_name(items: list[Any]) -> bool:
        names = [item for item in items if isinstance(item, str)]
        return len(set(names)) < len(names)

    ours = explain_module._explainer("report").iter_errors(value)
    theirs = jsonschema.Draft202012Validator(SCHEMA).iter_errors(value)
    assert summed_up(ours) == summed_up(
        error for error in theirs if error.validator != "uniqueItems" or repeats_a_name(error.instance)
    )


def test_complaints_point_at_values_and_at_keys() -> None:
    wording = Wording("report", lambda path: "/".join(map(str, path)) or "thing")
    listed = [
        (one.pointer, one.message, one.expected, one.found, one.is_key) for one in explain({"d": "x", "e/f": 1}, wording)
    ]
    assert listed == [
        ("", "thing has no a", "words, none twice", "no a", False),
        ("/e~1f", "key of thing is not a word", "one letter", '"e/f"', True),
        ("/d", "d is not a number", "any number", '"x"', False),
    ]
