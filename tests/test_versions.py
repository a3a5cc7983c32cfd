"""Spack's order of versions."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cachediff.domain.versions import version_key
from tests.examples import examples

if TYPE_CHECKING:
    from random import Random

ASCENDING = [
    ["1.2", "1.2.1", "1.10", "2", "2.0"],
    ["1.2", "1.2a", "1.2b", "1.2.0", "1.2.1"],
    ["0.9", "1.0rc1", "1.0", "1.0.1"],
    ["1.0-alpha", "1.0-alpha1", "1.0-beta", "1.0-beta2", "1.0-beta10", "1.0-rc", "1.0rc0", "1.0.rc.1", "1.0", "1.0.final.1"],
    ["4.999.9", "5.0", "2024-01", "2024-01-31", "2024-02", "2024-10", "20240101", "20240102"],
    [
        "system",
        "0",
        "9999",
        "99999999999999999999",
        "stable",
        "nightly",
        "trunk",
        "head",
        "master",
        "main",
        "develop",
        "develop.1",
        "develop.2",
    ],
    ["1.system", "1.1", "1.9999", "1.stable", "1.develop", "2.1"],
    ["xsdk-0.2.0", "xsdk-0.3", "0.1"],
    ["5.5", "5.5p1", "5.5p2", "5.5p10", "5.6p1"],
    ["10a2", "10b2", "10xyz", "10.1xyz"],  # a and b are words, not stages
    ["rc", "rc.0", "rc1", "rc2", "1"],  # a version that has nothing but a stage is a word
    ["alpha", "alpha1", "beta1"],
    ["1.2.2", "1.2.3-beta", "1.2.3-rc", "1.2.3-rc1", "1.2.3-rc2", "1.2.3", "1.2.4-alpha1"],
    ["main-rc2", "main-rc10", "main"],
    ["1.rc1", "1", "1.rc.a", "1.1"],  # a stage is at the end, or before a number there
    ["1.1", "git.0123abc=1.2", "1.3", "git.fedcba9=develop", "git.main"],
    ["develop", "0123456789abcdef0123456789abcdef01234567"],
    ["Develop", "1", "develop"],
    ["", "a", "1"],
]
EQUAL = [
    ["2.0", "2_0", "2-0", "2..0"],
    ["10.0001", "10.1", "10.01"],
    ["1.0", "1.0final", "1.0-final"],
    ["1.2", "git.0123abc=1.2", "abc=1.2"],
    ["1.0rc1", "1.0-rc1", "1.0.rc.01"],
    ["git.main", "git.develop"],
]
VERSIONS = st.text(max_size=12) | st.lists(
    st.sampled_from(
        (
            "0",
            "1",
            "2",
            "10",
            "01",
            "a",
            "b",
            "rc",
            "alpha",
            "beta",
            "final",
            "main",
            "develop",
            "stable",
            ".",
            "-",
            "_",
            "p",
        )
    ),
    max_size=6,
).map("".join)


@pytest.mark.parametrize("versions", ASCENDING, ids=lambda versions: versions[0] or "empty")
def test_order(versions: list[str]) -> None:
    for i, lower in enumerate(versions):
        for higher in versions[i + 1 :]:
            assert version_key(lower) < version_key(higher), (lower, higher)


@pytest.mark.parametrize("versions", EQUAL, ids=lambda versions: versions[0])
def test_equal(versions: list[str]) -> None:
    for one, other in pairwise(versions):
        assert version_key(one) == version_key(other), (one, other)


@pytest.mark.parametrize("digits", [1_000, 10_000])
def test_numbers_without_end(digits: int) -> None:
    assert version_key("1." + "8" * digits) < version_key("1." + "9" * digits) < version_key("1.1" + "0" * digits)


@given(st.lists(VERSIONS, max_size=8), st.randoms(use_true_random=False))
def test_any_text_has_its_place(versions: list[str], random: Random) -> None:
    shuffled = list(versions)
    random.shuffle(shuffled)
    assert [version_key(version) for version in sorted(shuffled, key=version_key)] == sorted(map(version_key, versions))


@settings(max_examples=examples(300))
@given(VERSIONS, VERSIONS)
def test_order_is_that_of_spacks_rules(one: str, other: str) -> None:
    assume("=" not in one + other)
    assume(not one.startswith("git.") and not other.startswith("git."))
    sign = (version_key(one) > version_key(other)) - (version_key(one) < version_key(other))
    expected = compare_by_rules(one, other)
    assert sign == (expected > 0) - (expected < 0)


def compare_by_rules(one: str, other: str) -> int:
    """Return the sign of one version against another, as Spack's classes compare them: segment by segment, then by stage."""
    (segments, stage), (other_segments, other_stage) = split_stage(one), split_stage(other)
    for a, b in zip(segments, other_segments, strict=False):
        if sign := compare_segments(a, b):
            return sign
    by_length = (len(segments) > len(other_segments)) - (len(segments) < len(other_segments))
    return by_length or (stage > other_stage) - (stage < other_stage)


def split_stage(version: str) -> tuple[list[int | str], tuple[int, ...]]:
    """Return a version's segments, and its stage with the number behind that, if there is one."""
    stages = {"alpha": 0, "beta": 1, "rc": 2, "final": 3}
    segments: list[int | str] = [int(word) if word.isdigit() else word for word in re.findall("[0-9]+|[a-zA-Z]+", version)]
    match segments:
        case [_, *_, str(stage), int(number)] if stage in stages:
            return segments[:-2], (stages[stage], number)
        case [_, *_, str(stage)] if stage in stages:
            return segments[:-1], (stages[stage],)
    return segments, (3,)


def compare_segments(a: int | str, b: int | str) -> int:
    """Return the sign of one segment against another: words, numbers, words without bound."""
    unbound = ["stable", "nightly", "trunk", "head", "master", "main", "develop"]
    if isinstance(a, int) and isinstance(b, int):
        return (a > b) - (a < b)
    if a in unbound and b in unbound:
        return unbound.index(str(a)) - unbound.index(str(b))
    if a in unbound or b in unbound:
        return 1 if a in unbound else -1
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    return 1 if isinstance(a, int) else -1
