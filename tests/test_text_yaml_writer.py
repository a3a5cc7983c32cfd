"""YAML that is written: every reader takes it for the text that it was."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cachediff.text.yaml_writer import write_fields, write_text
from tests.examples import examples

TEXT = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp")
LOADERS = {yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)}
words = st.sampled_from(
    [
        "true",
        "False",
        "YES",
        "no",
        "oN",
        "off",
        "null",
        "y",
        "N",
        "inf",
        ".nan",
        "1e3",
        "1.10",
        "0x1f",
        "1:30",
        "~",
        "<<",
        "=",
    ]
)
texts = words | st.text("aeflnotruy0.:-# ", max_size=6) | st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=examples(500))
@given(texts)
@example("2025-03-30")
@example("a\u2028b\x85\ufeff\x7f\U000e0001")
def test_a_text_is_read_back_as_text(text: str) -> None:
    written = write_text(text)
    assert len(written.splitlines()) <= 1
    for loader in LOADERS:
        assert _compose(written, loader) == [(text, True)]
        assert _compose(f"[{written}]", loader) == [(text, True)]


def _compose(written: str, loader: Any) -> list[tuple[str, bool]]:
    """Return the text of each single value, and whether it is text."""
    root: Any = yaml.compose(written, loader)
    nodes = root.value if isinstance(root, yaml.SequenceNode) else [root]
    return [(node.value, node.tag in TEXT) for node in nodes]


@given(st.dictionaries(st.sampled_from("abc"), texts))
def test_an_object_is_read_back(fields: dict[str, str]) -> None:
    assert yaml.safe_load(write_fields(fields)) == fields


@pytest.mark.parametrize(
    "word", ["gcc", "e4s-neoverse_v2", "runner pool retired", "acceptance-expired", "trues", "@spack/ci"]
)
def test_what_is_plainly_text_is_plain(word: str) -> None:
    assert write_text(word) == (f'"{word}"' if word.startswith("@") else word)
