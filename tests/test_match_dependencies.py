"""Of several partners with equal coordinates, the one with most equal dependencies is the nearest."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.comparison.dependencies import MAX_PAIRS, pair_alike
from cachediff.comparison.match import match
from cachediff.domain.spec import EdgeKind, EdgeKinds, RecordFacts, Spec
from tests.builders import a_spec


def a_record(number: int, *dependencies: str) -> Spec:
    """Return a spec with dependencies, each as one letter of a name and one of a hash."""
    edges = EdgeKinds(tuple(EdgeKind(one[0]) for one in dependencies))
    hashes = tuple(one[1:] for one in dependencies)
    spec = a_spec(number)
    return Spec(spec.hash, spec.content, facts=RecordFacts(edges=edges, hashes=hashes))


def pairs(old: list[Spec], new: list[Spec]) -> list[tuple[int, int]]:
    """Return which of OLD goes with which of NEW, by their places."""
    return sorted((old.index(a), new.index(b)) for a, b in match(old, new).rebuilt)


def test_the_one_on_the_same_dependency_is_the_partner() -> None:
    old = [a_record(1, "m1", "z1"), a_record(2, "o1", "z1")]
    new = [a_record(3, "o1", "z2"), a_record(4, "m1", "z2")]
    assert pairs(old, new) == [(0, 1), (1, 0)]


def test_the_one_that_is_left_is_the_one_with_least_in_common() -> None:
    old = [a_record(1, "a1"), a_record(2, "a1", "b1"), a_record(3, "c1")]
    assert pairs(old, [a_record(4, "a1", "b1")]) == [(1, 0)]
    assert pairs(old, [a_record(4, "x1")]) == [(0, 0)]


names = st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), max_size=3, unique_by=lambda one: one[0])


@given(st.lists(names, max_size=5), st.lists(names, max_size=5))
def test_swapping_the_sides_swaps_the_pairs(before: list[list[str]], after: list[list[str]]) -> None:
    old = [a_record(number, *edges) for number, edges in enumerate(before)]
    new = [a_record(100 + number, *edges) for number, edges in enumerate(after)]
    old.sort(key=lambda spec: spec.hash)
    new.sort(key=lambda spec: spec.hash)
    assert {(a.hash, b.hash) for a, b in pair_alike(old, new)} == {(a.hash, b.hash) for b, a in pair_alike(new, old)}
    assert len(match(old, new).rebuilt) == min(len(old), len(new))


def on_mpi(number: int, mpi: str, *, version: str = "1", stacks: tuple[str, ...] = ("e4s",)) -> Spec:
    """Return a spec on an MPI, whose hash is nothing that the other side has."""
    spec = a_spec(number, version=version, stacks=stacks)
    return Spec(spec.hash, spec.content, facts=RecordFacts(mpi=(mpi,)))


MPIS = st.lists(st.sampled_from(["openmpi", "mpich", "mvapich"]), max_size=4)


@pytest.mark.parametrize(("version", "stacks"), [("2", ("e4s",)), ("1", ("e4s", "hep"))], ids=["version", "stacks"])
@given(MPIS, MPIS)
def test_what_changed_pairs_with_what_is_on_the_same_mpi(
    version: str, stacks: tuple[str, ...], before: list[str], after: list[str]
) -> None:
    old = [on_mpi(number, mpi) for number, mpi in enumerate(before)]
    new = [on_mpi(100 + number, mpi, version=version, stacks=stacks) for number, mpi in enumerate(after)]
    found = match(old, new)
    paired = [*found.changed, *found.rebuilt]
    assert len(paired) == min(len(old), len(new))
    on_same = Counter(a.facts.mpi for a, b in paired if a.facts and b.facts and a.facts.mpi == b.facts.mpi)
    assert on_same == Counter((mpi,) for mpi in before) & Counter((mpi,) for mpi in after)
    back = match(new, old)
    assert {(a.hash, b.hash) for a, b in paired} == {(b.hash, a.hash) for a, b in (*back.changed, *back.rebuilt)}


def test_a_crowd_pairs_in_order_of_hash() -> None:
    old = sorted((a_record(number, f"a{number}") for number in range(300)), key=lambda spec: spec.hash)
    assert len(old) ** 2 > MAX_PAIRS
    assert pair_alike(old, old) == []
