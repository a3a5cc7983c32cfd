"""What a page adds up to, and which of its claims are not borne out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.comparison.counts import add_up, find_mismatches
from cachediff.domain.spec import ROOT
from tests.builders import a_hash, a_meta, an_entry
from tests.examples import examples
from tests.strategies import Entry, entry_lists, page_of, respelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.domain.diff import PackageFacts

Found = tuple[str, str, tuple[str, ...], tuple[str, ...], str]


def mismatches_of(entries: list[Entry], meta: dict[str, Any]) -> list[Found]:
    """Return the mismatches of a page as plain tuples: field, stack, claimed, counted, pointer."""
    page = page_of(entries, meta=meta)
    return [(found.field, found.stack, found.claimed, found.counted, found.pointer) for found in find_mismatches(page)]


def without_root(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries as pages held them before 2023-06: no spec names root."""
    return [entry | {"stacks": [stack for stack in entry["stacks"] if stack != ROOT]} for entry in entries]


TWO = [an_entry(1, stacks=["e4s"]), an_entry(2, stacks=["e4s", "hep"], compiler="gcc@=12.3.0", version="1.1")]
TRUE = a_meta(TWO)


def by_stack(**counts: int) -> dict[str, Any]:
    return {"num_specs_by_stack": TRUE["num_specs_by_stack"] | counts}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, []),
        ({"num_specs": 3}, [("num_specs", "", ("3",), ("2",), "/meta/num_specs")]),
        ({"num_specs": 1}, [("num_specs", "", ("1",), ("2",), "/meta/num_specs")]),
        (by_stack(e4s=1), [("num_specs_by_stack", "e4s", ("1",), ("2",), "/meta/num_specs_by_stack/e4s")]),
        (by_stack(root=3), [("num_specs_by_stack", "root", ("3",), ("2",), "/meta/num_specs_by_stack/root")]),
        (by_stack(ml=1), [("num_specs_by_stack", "ml", ("1",), ("0",), "/meta/num_specs_by_stack/ml")]),
        (by_stack(ml=0), []),
        (by_stack(**{"a/b~c": 1}), [("num_specs_by_stack", "a/b~c", ("1",), ("0",), "/meta/num_specs_by_stack/a~1b~0c")]),
        (
            {"num_specs_by_stack": {"e4s": 2, "root": 2}},
            [("num_specs_by_stack", "hep", ("0",), ("1",), "/meta/num_specs_by_stack")],
        ),
        (
            {"num_specs_by_stack": {"e4s": 2, "hep": 1}},
            [("num_specs_by_stack", "root", ("0",), ("2",), "/meta/num_specs_by_stack")],
        ),
        ({"compilers": ["gcc@11.4.0"]}, [("compilers", "", (), ("gcc@12.3.0",), "/meta/compilers")]),
        ({"compilers": ["gcc@=12.3.0", "gcc@=11.4.0"]}, []),
        ({"compilers": ["gcc@12.3.0", "gcc@=12.3.0", "gcc@11.4.0"]}, []),
        ({"compilers": ["gcc@12.3.0", "clang@=17", "gcc@11.4.0"]}, [("compilers", "", ("llvm@17",), (), "/meta/compilers")]),
        ({"versions": ["=1.1", "1.0"]}, []),
        ({"versions": ["1.0", "2.0"]}, [("versions", "", ("2.0",), ("1.1",), "/meta/versions")]),
        ({"oss": []}, [("oss", "", (), ("ubuntu22.04",), "/meta/oss")]),
        ({"platforms": ["darwin", "linux"]}, [("platforms", "", ("darwin",), (), "/meta/platforms")]),
        ({"targets": ["zen4"]}, [("targets", "", ("zen4",), ("x86_64_v3",), "/meta/targets")]),
        ({"stacks": ["hep", "root"]}, [("stacks", "", (), ("e4s",), "/meta/stacks")]),
        ({"stacks": ["e4s", "hep"]}, [("stacks", "", (), ("root",), "/meta/stacks")]),
        ({"stacks": ["root", "hep", "e4s"]}, []),
    ],
)
def test_mismatches(claims: dict[str, Any], expected: list[Found]) -> None:
    assert mismatches_of(TWO, TRUE | claims) == expected


def test_every_mismatch_is_told() -> None:
    wrong = {"num_specs": 9, "num_specs_by_stack": {"root": 9}, "compilers": [], "oss": [], "platforms": [], "stacks": []}
    fields = [found[0] for found in mismatches_of(TWO, TRUE | wrong | {"targets": [], "versions": []})]
    counts = ["num_specs", "num_specs_by_stack", "num_specs_by_stack", "num_specs_by_stack"]
    assert fields == [*counts, "compilers", "oss", "platforms", "stacks", "targets", "versions"]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"num_specs_by_stack": {"e4s": 2, "hep": 1}, "stacks": ["e4s", "hep"]}, []),
        ({"num_specs_by_stack": {"e4s": 2, "hep": 1, "root": 2}, "stacks": ["e4s", "hep", "root"]}, []),
        ({"num_specs_by_stack": {"e4s": 2, "hep": 1, "root": 2}, "stacks": ["e4s", "hep"]}, []),
        (
            {"num_specs_by_stack": {"e4s": 2, "hep": 1, "root": 3}, "stacks": ["e4s", "hep"]},
            [("num_specs_by_stack", "root", ("3",), ("2",), "/meta/num_specs_by_stack/root")],
        ),
        (
            {"num_specs_by_stack": {"e4s": 1, "hep": 1}, "stacks": ["e4s"]},
            [
                ("num_specs_by_stack", "e4s", ("1",), ("2",), "/meta/num_specs_by_stack/e4s"),
                ("stacks", "", (), ("hep",), "/meta/stacks"),
            ],
        ),
    ],
)
def test_pages_whose_specs_do_not_name_root(claims: dict[str, Any], expected: list[Found]) -> None:
    assert mismatches_of(without_root(TWO), TRUE | claims) == expected


def test_one_spec_that_does_not_name_root_is_not_counted_there() -> None:
    entries = [TWO[0], *without_root(TWO[1:])]
    assert mismatches_of(entries, TRUE) == [("num_specs_by_stack", "root", ("2",), ("1",), "/meta/num_specs_by_stack/root")]


def test_a_page_without_specs() -> None:
    empty = {
        "num_specs": 0,
        "num_specs_by_stack": {},
        "compilers": [],
        "oss": [],
        "platforms": [],
        "stacks": [],
        "targets": [],
        "versions": [],
    }
    assert mismatches_of([], empty) == []
    assert mismatches_of([], empty | {"num_specs_by_stack": {"root": 0}, "stacks": ["root"]}) == []
    assert [found[0] for found in mismatches_of([], TRUE)] == [
        "num_specs",
        *["num_specs_by_stack"] * 3,
        "compilers",
        "oss",
        "platforms",
        "stacks",
        "targets",
        "versions",
    ]


@settings(deadline=None, max_examples=examples(60))
@given(entry_lists(), st.data())
def test_true_claims_have_no_mismatch_however_they_are_spelled(entries: list[Entry], data: st.DataObject) -> None:
    meta = a_meta(entries)
    others = [data.draw(respelled(entry)) for entry in entries]
    assert mismatches_of(entries, meta) == mismatches_of(others, meta) == mismatches_of(entries, a_meta(others)) == []


# --- what a page adds up to --------------------------------------------------------------------------------------------


def facts_of(entries: list[Entry], kept: slice = slice(None)) -> PackageFacts:
    page = page_of(entries)
    return add_up(page, page.specs[kept])


def test_coordinates_are_counted_distinct_and_without_the_compiler() -> None:
    facts = facts_of(
        [
            an_entry(1),
            an_entry(2),
            an_entry(3, compiler="none"),
            an_entry(4, compiler="clang@=17", stacks=["hep"]),
            an_entry(5, version="2.0", stacks=["hep", "e4s"]),
        ]
    )
    assert (facts.coordinates, facts.stacks) == (2, {"e4s": 2, "hep": 2})


def test_an_orphan_is_counted_but_in_no_stack() -> None:
    facts = facts_of([an_entry(1, stacks=[], os="rhel8")])
    assert (facts.coordinates, facts.stacks, facts.cells) == (1, {}, frozenset())
    assert facts.arches == {("linux", "rhel8", "x86_64_v3")}


def test_repeated_hashes_are_named() -> None:
    assert facts_of([an_entry(1), an_entry(2)]).duplicates == ()
    assert facts_of([an_entry(2), an_entry(1), an_entry(2), an_entry(1, os="rhel8"), an_entry(3)]).duplicates == (
        a_hash(1),
        a_hash(2),
    )


def test_narrowed_coverage_leaves_the_claims_whole() -> None:
    facts = facts_of([an_entry(1), an_entry(2, os="rhel8"), an_entry(2, os="rhel8")], slice(1))
    assert facts.coordinates == 1
    assert facts.arches == {("linux", "ubuntu22.04", "x86_64_v3")}
    assert (facts.mismatches, facts.duplicates) == ((), (a_hash(2),))


@settings(deadline=None)
@given(entry_lists())
def test_sums_are_what_counting_one_by_one_gives(entries: list[Entry]) -> None:
    facts, specs = facts_of(entries), page_of(entries).specs
    bare = {spec: (c.version, c.platform, c.os, c.target, c.variants) for spec in specs for c in [spec.coordinates]}
    assert facts.coordinates == len(set(bare.values()))
    assert facts.stacks == {
        stack: len({bare[spec] for spec in specs if stack in spec.stacks})
        for stack in sorted({s for spec in specs for s in spec.stacks})
    }
    assert facts.arches == {coordinates[1:4] for coordinates in bare.values()}
    assert facts.mismatches == ()
