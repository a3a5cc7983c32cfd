"""What is read by its text alone is what the schema accepts, and what JSON and YAML read: nothing less is taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cachediff.domain.package import PackageRecord
from cachediff.sources.pages.claims import ClaimsReader, make_claims
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.fragments import VARIANTS, SpecFragments, is_name, read_names, spell_content
from cachediff.sources.pages.page import _head
from cachediff.sources.pages.validate import is_valid_page, is_valid_spec
from cachediff.text.schema import load_validator
from tests.examples import examples
from tests.pages import PageValues, has_same_reading, parse_fast, read_real

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.spec import Spec

thorough = settings(max_examples=examples(400), deadline=None, derandomize=True)

WEEK = read_real("week/new")
ODD = [
    *'"\\,[]{}: +~-=@%/.a9_\x00\x1f\x7f\x80\x85\xa0\xe9\u2028',
    r"\/",
    r"\u0061",
    r"\n",
    '", "',
    '"]',
    '["',
    "root",
    "a" * 254,
    "b" * 255,
]
near_names = st.text(
    st.sampled_from([text for text in ODD if len(text) == 1]) | st.characters(max_codepoint=0x7F), max_size=6
)
near_names |= st.integers(253, 257).map("n".__mul__) | st.sampled_from(
    ["gcc@=11.4.0", "x86_64_v3", "e4s-neoverse_v1", "+cuda", "cuda_arch=80,90"]
)
names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1, max_size=5)


def yaml_value(text: str) -> Any:
    """Return what YAML reads as a value within a mapping, or what is wrong with it."""
    try:
        return yaml.safe_load(f"key: {text}\n")["key"]
    except (yaml.YAMLError, ValueError) as error:
        return error


def json_value(text: bytes) -> Any:
    """Return what JSON reads, or what is wrong with it."""
    try:
        return json.loads(text)
    except ValueError as error:
        return error


@st.composite
def edited(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """Return a text after a few edits: something odd put in, or a part left out or repeated."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.sampled_from([0, 0, 1, 2, 5]))
        text = text[:start] + draw(st.sampled_from(["", text[start:end] * 2, *ODD])) + text[end:]
    return text.encode("utf-8")


lists = edited(st.lists(names, max_size=4).map(json.dumps) | st.lists(near_names, max_size=3).map(json.dumps))


def is_valid_field(field: str, value: object) -> bool:
    """Return whether the schema accepts one field of a spec: a spec is valid where each is."""
    return load_validator("page", "$defs", "spec", "properties", field).is_valid(value)


@thorough
@given(near_names | st.text(max_size=3))
def test_a_name_is_one_to_the_schema_and_to_both_languages(text: str) -> None:
    if is_name(text):
        assert is_valid_field("os", text)
        assert yaml_value(f'"{text}"') == json_value(f'"{text}"'.encode()) == text


@thorough
@given(names)
def test_a_printable_name_is_taken(text: str) -> None:
    assert is_name(text)


@thorough
@given(lists)
def test_a_list_of_names_is_one_to_the_schema_and_to_both_languages(text: bytes) -> None:
    found = read_names(text)
    if found is not None:
        assert is_valid_field("stacks", found)
        assert yaml_value(text.decode()) == json_value(text) == found


@thorough
@given(st.lists(names, unique=True, max_size=4))
def test_a_list_of_printable_names_is_taken(found: list[str]) -> None:
    assert read_names(json.dumps(found).encode()) == found


@thorough
@given(lists)
def test_a_list_of_variants_is_one_to_the_schema_and_to_both_languages(text: bytes) -> None:
    if VARIANTS.fullmatch(text):
        found = json_value(text)
        assert is_valid_field("variants", found)
        assert yaml_value(text.decode()) == found


PIECES = [json.dumps(spec)[1:-1] for data in WEEK.values() for spec in PageValues.of(data).specs[:3]]


@thorough
@given(edited(st.sampled_from(PIECES)))
def test_a_spec_in_fragments_is_one_to_the_schema_and_to_both_languages(piece: bytes) -> None:
    start = piece.find(b'"hash": "') + len('"hash": "')
    found = SpecFragments().read(piece[:start], piece[start + 32 :])
    if found is not None:
        digits = b"a" * 32  # what stands there is not looked at here
        text = b"{%b%b%b}" % (piece[:start], digits, piece[start + 32 :])
        fields = json_value(text)
        assert is_valid_spec(fields)
        assert yaml_value(text.decode()) == fields
        assert spell_content(fields) == found


METAS = [json.dumps(PageValues.of(data).meta) for data in WEEK.values()]


def in_page(meta: object) -> dict[str, object]:
    """Return a page that is valid if its `meta` is."""
    return {"title": "x", "layout": "cache", "categories": ["package", "develop"], "meta": meta, "spec_details": []}


@thorough
@given(edited(st.sampled_from(METAS)))
def test_claims_in_fragments_are_some_to_the_schema_and_to_both_languages(line: bytes) -> None:
    assume(b"\n" not in line)
    claims = ClaimsReader().read(line)
    if claims is not None:
        meta = json_value(line)
        assert is_valid_page(in_page(meta))
        assert yaml_value(line.decode()) == meta
        assert make_claims(meta) == claims


@pytest.mark.parametrize("meta", METAS)
def test_what_the_generator_claims_is_taken(meta: str) -> None:
    assert ClaimsReader().read(meta.encode()) == make_claims(json.loads(meta))


@pytest.mark.parametrize("piece", PIECES)
def test_specs_of_the_generator_are_taken(piece: str) -> None:
    before, _, after = piece.partition(json.loads(f"{{{piece}}}")["hash"])
    assert SpecFragments().read(before.encode(), after.encode()) == spell_content(json.loads(f"{{{piece}}}"))


@pytest.mark.parametrize(
    "change",
    [
        lambda meta: meta.update(num_specs=-1),
        lambda meta: meta.update(num_specs=2**63),
        lambda meta: meta.update(num_specs=1.0),
        lambda meta: meta.update(note=1),
        lambda meta: meta.pop("oss"),
        lambda meta: meta.update(oss=["a", "a"]),
        lambda meta: meta.update(oss=[""]),
        lambda meta: meta.update(oss=["a b"]),
        lambda meta: meta.update(oss=[1]),
        lambda meta: meta.update(oss="a"),
        lambda meta: meta["num_specs_by_stack"].update({"a b": 1}),
        lambda meta: meta["num_specs_by_stack"].update({"a": True}),
    ],
)
def test_claims_that_are_wrong_or_odd_are_in_doubt(change: Callable[[dict[str, Any]], object]) -> None:
    meta = json.loads(METAS[0])
    change(meta)
    assert ClaimsReader().read(json.dumps(meta).encode()) is None


@settings(thorough, max_examples=examples(100))
@given(
    st.from_regex(_head(), fullmatch=True)
    | st.integers(250, 260).map(lambda n: b'---\ntitle: "%b"\nlayout: cache\n' % (b"a" * n))
)
def test_a_head_that_looks_right_is(head: bytes) -> None:
    if not head.endswith(b"meta: "):
        head += b"categories: [package, develop]\nmeta: "
    rest = WEEK["emacs"].partition(b"\nmeta: ")[2]
    assert has_same_reading(head + rest, WEEK["emacs"])


def test_a_full_table_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {package: parse_fast(data) for package, data in WEEK.items()}
    monkeypatch.setattr("cachediff.sources.pages.fragments.MAX_FRAGMENTS", 2)
    monkeypatch.setattr("cachediff.sources.pages.decoder.MAX_CONTENTS", 2)
    decoder = SpecDecoder()
    found = {package: parse_fast(data, decoder) for package, data in WEEK.items()}
    assert found == expected
    assert all(isinstance(page, PackageRecord) for page in found.values())


def test_equal_contents_are_one_object() -> None:
    decoder = SpecDecoder()
    fields = json.loads(f"{{{PIECES[0]}}}")
    line = f"[{{{PIECES[0]}}}, {{{PIECES[0].replace(fields['hash'], 'a' * 32)}}}]".encode()
    specs: list[Spec] = decoder.read_specs(line) or []
    assert len(specs) == 2
    assert all(spec.content is decoder.make_spec(fields, 0).content for spec in specs)
