"""Crowds that are far larger than any real one.

They are paired from both sides alike, wholly, and with work that grows with their size.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.comparison import candidates, nearest
from cachediff.comparison.candidates import MAX_PAIRS
from cachediff.comparison.match import match
from tests.builders import a_spec
from tests.commands import ROOT
from tests.strategies import entry_list_pairs, specs_of
from tests.test_match_properties import pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cachediff.domain.spec import Spec
    from tests.strategies import Entry


NARROW = pytest.mark.parametrize("most", [0, 4, 9])


@contextmanager
def narrowed(most: int) -> Iterator[None]:
    """Make a crowd of what is none."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(candidates, "MAX_PAIRS", most)
        patched.setattr(candidates, "SLICE", 2)
        yield


def may_change(old: Spec, new: Spec) -> bool:
    """Return whether two specs that are left could have been a changed pair."""
    a, b = old.coordinates, new.coordinates
    shares = not set(old.stacks).isdisjoint(new.stacks)
    is_known = "none" not in (a.compiler, b.compiler)
    if (a.platform, a.os, a.target) == (b.platform, b.os, b.target):
        return shares or not (old.stacks or new.stacks)
    return (
        (a.platform, a.version, a.variants) == (b.platform, b.version, b.variants)
        and shares
        and not (is_known and a.compiler != b.compiler)
    )


@NARROW
@settings(deadline=None)
@given(entry_list_pairs(max_size=12))
def test_swapping_the_sides_swaps_the_pairs(most: int, sides: tuple[list[Entry], list[Entry]]) -> None:
    old, new = map(specs_of, sides)
    with narrowed(most):
        there, back = match(old, new), match(new, old)
    assert pairs_of(there).keys() == {
        ({"added": "removed", "removed": "added"}.get(kind, kind), b, a) for kind, a, b in pairs_of(back)
    }


@pytest.mark.slow
@NARROW
@settings(deadline=None)
@given(entry_list_pairs(max_size=12), st.randoms(use_true_random=False))
def test_shuffling_changes_nothing(most: int, sides: tuple[list[Entry], list[Entry]], random: Random) -> None:
    shuffled = [random.sample(side, len(side)) for side in sides]
    with narrowed(most):
        assert pairs_of(match(*map(specs_of, sides))) == pairs_of(match(*map(specs_of, shuffled)))


@NARROW
@settings(deadline=None)
@given(entry_list_pairs(max_size=12))
def test_no_two_that_are_left_may_be_partners(most: int, sides: tuple[list[Entry], list[Entry]]) -> None:
    with narrowed(most):
        matching = match(*map(specs_of, sides))
    assert not any(may_change(old, new) for old, new in product(matching.removed, matching.added))


def drawn(number: int, *, base: int) -> list[Spec]:
    """Return specs with twelve variants of their own each, in one place."""
    random = Random(base)  # noqa: S311
    return [
        a_spec(base + i, version=f"{base}.{i}", variants=[f"{random.choice('+~')}v{k}" for k in range(12)])
        for i in range(number)
    ]


def test_what_can_be_seen_is_paired_as_by_looking_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = drawn(1_024, base=10_000), drawn(1_024, base=20_000)
    paired = match(old, new)
    assert len(old) * len(new) == MAX_PAIRS
    monkeypatch.setattr(candidates, "MAX_PAIRS", 1 << 40)
    assert match(old, new).changed == paired.changed


def looks(monkeypatch: pytest.MonkeyPatch, old: Sequence[Spec], new: Sequence[Spec]) -> int:
    """Return how many pairs of contents are looked at to pair two sides, and check that all are paired."""
    seen = 0
    view: Callable[..., object] = nearest.CandidateIndex.view

    def counted(crowd: nearest.CandidateIndex, *arguments: object) -> object:
        nonlocal seen
        seen += crowd.free.bit_length()
        return view(crowd, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(nearest.CandidateIndex, "view", counted)
        assert len(match(old, new).changed) == len(old)
    return seen


@pytest.mark.slow
def test_work_grows_with_a_crowd_and_not_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (looks(monkeypatch, drawn(n, base=10_000), drawn(n, base=50_000)) for n in (2_000, 8_000))
    assert 0 < large <= 5 * small, (small, large)


def test_equal_specs_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = ([a_spec(base + i, version=f"{base}.{i % 3}") for i in range(3_000)] for base in (10_000, 20_000))
    assert looks(monkeypatch, old, new) == 9


def test_the_docs_say_how_large_a_crowd_is() -> None:
    text = " ".join((ROOT / "docs" / "limits.md").read_text(encoding="utf-8").split())
    assert f"{MAX_PAIRS:,} pairs" in text
