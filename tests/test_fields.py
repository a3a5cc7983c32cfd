"""Which fields of two paired specs differ: DeepDiff, which people read, and direct comparison, which rules use, agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.comparison import fields
from cachediff.comparison.fields import differing_fields, explain_fields, list_fields
from cachediff.domain.spec import Coordinates, FieldChange, SpecContent
from cachediff.domain.spelling import parse_variant, spell_variants
from tests.builders import a_spec
from tests.examples import examples
from tests.strategies import crowded_entries, entries, spec_of

NAMES = st.sampled_from(("a", "cuda", "__dunder", "_private", "a.b", "root['x']", "languages", 'quo"te', "\u00e9", "os"))
"""Names of variants that might trip DeepDiff over its own paths."""


@st.composite
def odd_contents(draw: st.DrawFn) -> SpecContent:
    """Draw a content whose variants share some names or none."""
    texts = [draw(st.sampled_from(("+", "~"))) + name for name in draw(st.lists(NAMES, max_size=4, unique=True))]
    texts += [f"{name}={draw(st.text(max_size=4))}" for name in draw(st.lists(NAMES, max_size=2, unique=True))]
    version, platform, os, target = (draw(st.sampled_from(("1", "2\n3", ""))) for _ in range(4))
    compiler = draw(st.sampled_from(("none", "gcc@1", "gcc@2")))
    stacks = draw(st.lists(st.sampled_from(("e4s", "hep", "e4s,hep")), max_size=2, unique=True))
    coordinates = Coordinates(version, platform, os, target, compiler, spell_variants(tuple(texts)))
    return SpecContent(coordinates, tuple(sorted(stacks)))


CONTENTS = (
    odd_contents()
    | entries().map(lambda entry: spec_of(entry).content)
    | crowded_entries().map(lambda entry: spec_of(entry).content)
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, []),
        ({"version": "1.0"}, {"version": "1.1"}, [("version", "1.0", "1.1")]),
        ({"compiler": "gcc@11"}, {"compiler": "gcc@13"}, [("compiler", "gcc@11", "gcc@13")]),
        ({"compiler": "gcc@11"}, {"compiler": "none"}, []),
        ({"compiler": "none"}, {"compiler": "gcc@11"}, []),
        ({"compiler": "none", "os": "a"}, {"compiler": "gcc@11", "os": "b"}, [("os", "a", "b")]),
        (
            {"platform": "linux", "os": "rhel8", "target": "zen4"},
            {"platform": "darwin", "os": "sequoia", "target": "m2"},
            [("os", "rhel8", "sequoia"), ("platform", "linux", "darwin"), ("target", "zen4", "m2")],
        ),
        ({"stacks": ["hep", "e4s"]}, {"stacks": ["e4s"]}, [("stacks", "e4s, hep", "e4s")]),
        ({"stacks": ["e4s"]}, {"stacks": []}, [("stacks", "e4s", "")]),
        ({"variants": ["+native"]}, {"variants": ["~native"]}, [("variants.native", "+native", "~native")]),
        ({"variants": ["~strip"]}, {"variants": []}, [("variants.strip", "~strip", None)]),
        ({"variants": []}, {"variants": ["languages=c"]}, [("variants.languages", None, "languages=c")]),
        (
            {"variants": ["languages='c,jit'", "+a"]},
            {"variants": ["languages:=c", "+a"]},
            [("variants.languages", "languages=c,jit", "languages=c")],
        ),
        (
            {"variants": [f"+a{n}" for n in range(10, 40)]},
            {"variants": [f"+b{n}" for n in range(10, 40)]},
            [
                *((f"variants.a{n}", f"+a{n}", None) for n in range(10, 40)),
                *((f"variants.b{n}", None, f"+b{n}") for n in range(10, 40)),
            ],
        ),
        (
            {"variants": ["+a", "+b", "+c"], "version": "2"},
            {"variants": ["x=1", "y=1", "z=1"], "version": "10"},
            [
                ("variants.a", "+a", None),
                ("variants.b", "+b", None),
                ("variants.c", "+c", None),
                ("variants.x", None, "x=1"),
                ("variants.y", None, "y=1"),
                ("variants.z", None, "z=1"),
                ("version", "2", "10"),
            ],
        ),
    ],
)
def test_fields(old: dict[str, object], new: dict[str, object], expected: list[tuple[str, str | None, str | None]]) -> None:
    before, after = a_spec(**old).content, a_spec(**new).content  # type: ignore[arg-type]
    assert explain_fields(before, after) == tuple(FieldChange(*field) for field in expected)
    assert differing_fields(before, after) == tuple(name for name, _, _ in expected)


@settings(deadline=None, max_examples=examples(300))
@given(CONTENTS, CONTENTS)
def test_both_ways_name_the_same_fields(old: SpecContent, new: SpecContent) -> None:
    explained = explain_fields(old, new)
    assert list_fields(old, new) == explained
    assert tuple(change.field for change in explained) == differing_fields(old, new)
    assert all(change.old != change.new for change in explained)
    assert explain_fields(new, old) == tuple(FieldChange(change.field, change.new, change.old) for change in explained)


def test_more_variants_than_anybody_reads_are_compared_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = 0

    def parse(text: str) -> tuple[str, tuple[str, ...]]:
        nonlocal parsed
        parsed += 1
        return parse_variant(text)

    old, new = (a_spec(variants=[f"v{n}={value}" for n in range(2_000)]).content for value in (1, 2))
    monkeypatch.setattr("deepdiff.diff.DeepDiff", None)
    monkeypatch.setattr(fields, "parse_variant", parse)
    assert explain_fields(old, new) == tuple(
        FieldChange(f"variants.{n}", f"{n}=1", f"{n}=2") for n in sorted(f"v{n}" for n in range(2_000))
    )
    assert parsed <= 2 * 2_000


def test_deepdiff_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "differing_fields", None)
    monkeypatch.setattr("deepdiff.diff.DeepDiff", lambda *_, **__: {})
    assert explain_fields(a_spec(version="its own").content, a_spec(version="another").content) == ()
    explain_fields.cache_clear()
