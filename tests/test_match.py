"""How specs are paired (docs/design.md, Matching): one table a pass, then what random pages cannot be trusted to hit."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from cachediff.comparison.match import differing_variants, match
from cachediff.comparison.nearest import is_same_compiler
from tests.builders import a_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cachediff.domain.spec import Spec

OLD, NEW = 100, 200
"""Hashes of specs that are of one side only start here; a number below is a hash of both sides."""


def by_hash(specs: Sequence[Spec]) -> list[Spec]:
    """Return specs in the order in which a page holds them."""
    return sorted(specs, key=lambda spec: spec.hash)


def buckets(old: Sequence[Spec], new: Sequence[Spec]) -> list[tuple[str, int, int]]:
    """Return each pair as its bucket and the numbers of its specs, -1 where there is none, in order."""
    matching = match(by_hash(old), by_hash(new))
    pairs = [
        *(("unchanged", a.index, b.index) for a, b in matching.unchanged),
        *(("rebuilt", a.index, b.index) for a, b in matching.rebuilt),
        *(("changed", a.index, b.index) for a, b in matching.changed),
        *(("removed", a.index, -1) for a in matching.removed),
        *(("added", -1, b.index) for b in matching.added),
    ]
    return sorted(pairs)


def mirrored(pairs: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return the pairs as they are when the sides are swapped."""
    opposite = {"added": "removed", "removed": "added"}
    return sorted((opposite.get(kind, kind), b, a) for kind, a, b in pairs)


CASES: dict[str, tuple[list[Spec], list[Spec], list[tuple[str, int, int]]]] = {
    # --- pass 1: equal hash
    "nothing on either side": ([], [], []),
    "the same spec": ([a_spec(1)], [a_spec(1)], [("unchanged", 1, 1)]),
    "a spec that left a stack": ([a_spec(1, stacks=["e4s", "hep"])], [a_spec(1, stacks=["hep"])], [("unchanged", 1, 1)]),
    "a spec that is in root only": ([a_spec(1)], [a_spec(1, stacks=[])], [("unchanged", 1, 1)]),
    "one hash, other coordinates": ([a_spec(1, os="rhel8")], [a_spec(1, os="centos7", version="2")], [("unchanged", 1, 1)]),
    "a hash goes before coordinates": (
        [a_spec(1, version="1"), a_spec(2, version="2")],
        [a_spec(1, version="2"), a_spec(2, version="1")],
        [("unchanged", 1, 1), ("unchanged", 2, 2)],
    ),
    # --- pass 2: equal coordinates and stacks
    "a new hash": ([a_spec(OLD)], [a_spec(NEW)], [("rebuilt", OLD, NEW)]),
    "equal stacks go before others": (
        [a_spec(OLD, stacks=["e4s"]), a_spec(OLD + 1, stacks=["e4s", "hep"])],
        [a_spec(NEW, stacks=["e4s", "hep"]), a_spec(NEW + 1, stacks=["e4s"])],
        [("rebuilt", OLD, NEW + 1), ("rebuilt", OLD + 1, NEW)],
    ),
    # --- pass 3: equal coordinates
    "a new hash in other stacks": ([a_spec(OLD, stacks=["e4s"])], [a_spec(NEW, stacks=["hep"])], [("rebuilt", OLD, NEW)]),
    "the nearest stacks go first": (
        [a_spec(OLD, stacks=["a", "b", "c"]), a_spec(OLD + 1, stacks=["a"])],
        [a_spec(NEW, stacks=["a", "b", "c", "d"]), a_spec(NEW + 1, stacks=["d"])],
        [("rebuilt", OLD, NEW), ("rebuilt", OLD + 1, NEW + 1)],
    ),
    "one spec split in two": (
        [a_spec(OLD)],
        [a_spec(NEW), a_spec(NEW + 1)],
        [("added", -1, NEW + 1), ("rebuilt", OLD, NEW)],
    ),
    "two specs merged in one": (
        [a_spec(OLD), a_spec(OLD + 1)],
        [a_spec(NEW)],
        [("rebuilt", OLD, NEW), ("removed", OLD + 1, -1)],
    ),
    "seven equal specs": (
        [a_spec(OLD + n) for n in range(7)],
        [a_spec(NEW + n) for n in range(7)],
        [("rebuilt", OLD + n, NEW + n) for n in range(7)],
    ),
    "seven equal specs, two of them the very same": (
        [a_spec(1), a_spec(2), *(a_spec(OLD + n) for n in range(5))],
        [a_spec(1), a_spec(2), *(a_spec(NEW + n) for n in range(5))],
        [*(("rebuilt", OLD + n, NEW + n) for n in range(5)), ("unchanged", 1, 1), ("unchanged", 2, 2)],
    ),
    # --- pass 4: equal but for an unknown compiler
    "a compiler becomes none": ([a_spec(OLD, compiler="gcc@11")], [a_spec(NEW, compiler="none")], [("rebuilt", OLD, NEW)]),
    "two compilers become none": (
        [a_spec(OLD, compiler="gcc@11"), a_spec(OLD + 1, compiler="llvm@17")],
        [a_spec(NEW, compiler="none"), a_spec(NEW + 1, compiler="none")],
        [("rebuilt", OLD, NEW), ("rebuilt", OLD + 1, NEW + 1)],
    ),
    "a known compiler goes before none": (
        [a_spec(OLD, compiler="none"), a_spec(OLD + 1, compiler="gcc@11")],
        [a_spec(NEW, compiler="gcc@11", stacks=["hep"])],
        [("rebuilt", OLD + 1, NEW), ("removed", OLD, -1)],
    ),
    "the nearest stacks of none go first": (
        [a_spec(OLD, compiler="gcc@11", stacks=["e4s"]), a_spec(OLD + 1, compiler="llvm@17", stacks=["hep"])],
        [a_spec(NEW, compiler="none", stacks=["hep"])],
        [("rebuilt", OLD + 1, NEW), ("removed", OLD, -1)],
    ),
    "none is not in the way of another version": (
        [a_spec(OLD, compiler="none", version="1")],
        [a_spec(NEW, compiler="gcc@11", version="2")],
        [("changed", OLD, NEW)],
    ),
    # --- pass 5: the same place and a stack
    "another version": ([a_spec(OLD, version="1")], [a_spec(NEW, version="2")], [("changed", OLD, NEW)]),
    "another compiler": ([a_spec(OLD, compiler="gcc@11")], [a_spec(NEW, compiler="gcc@13")], [("changed", OLD, NEW)]),
    "another variant": ([a_spec(OLD, variants=["+native"])], [a_spec(NEW, variants=["~native"])], [("changed", OLD, NEW)]),
    "everything but the place": (
        [a_spec(OLD, version="1", compiler="gcc@11", variants=["+a"])],
        [a_spec(NEW, version="2", compiler="llvm@17", variants=["b=1"])],
        [("changed", OLD, NEW)],
    ),
    "another version in another stack": (
        [a_spec(OLD, version="1", stacks=["e4s"])],
        [a_spec(NEW, version="2", stacks=["hep"])],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    "another version of an orphan": (
        [a_spec(OLD, version="1", stacks=[])],
        [a_spec(NEW, version="2", stacks=[])],
        [("changed", OLD, NEW)],
    ),
    "another version that is an orphan": (
        [a_spec(OLD, version="1", stacks=["e4s"])],
        [a_spec(NEW, version="2", stacks=[])],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    "one fact is nearer than two": (
        [a_spec(OLD, version="1", variants=["+a"]), a_spec(OLD + 1, version="1", variants=["~a"])],
        [a_spec(NEW, version="2", variants=["~a"]), a_spec(NEW + 1, version="2", variants=["+a"])],
        [("changed", OLD, NEW + 1), ("changed", OLD + 1, NEW)],
    ),
    "a variant that one side lacks is a fact": (
        [a_spec(OLD, version="1", variants=["+a", "+b"])],
        [a_spec(NEW, version="1", variants=["+a", "+b", "+c", "+d"]), a_spec(NEW + 1, version="2", variants=["+a", "+b"])],
        [("added", -1, NEW), ("changed", OLD, NEW + 1)],
    ),
    "several values are one fact": (
        [a_spec(OLD, variants=["a=1,2,3"], version="1")],
        [
            a_spec(NEW, variants=["a=4,5,6"], version="1"),
            a_spec(NEW + 1, variants=["a=1,2,3"], version="2", compiler="gcc@1"),
        ],
        [("added", -1, NEW + 1), ("changed", OLD, NEW)],
    ),
    "none is nearer than another compiler": (
        [a_spec(OLD, version="1", compiler="gcc@11")],
        [a_spec(NEW, version="2", compiler="gcc@13"), a_spec(NEW + 1, version="2", compiler="none")],
        [("added", -1, NEW), ("changed", OLD, NEW + 1)],
    ),
    "stacks decide between equal distances": (
        [a_spec(OLD, version="1", stacks=["e4s"]), a_spec(OLD + 1, version="1", stacks=["e4s", "hep"])],
        [a_spec(NEW, version="2", stacks=["e4s", "hep"])],
        [("changed", OLD + 1, NEW), ("removed", OLD, -1)],
    ),
    "rank decides between ties": (
        [a_spec(OLD, version="1.9")],
        [a_spec(NEW, version="2.10"), a_spec(NEW + 1, version="2.9")],  # 2.9 is the lower one
        [("added", -1, NEW), ("changed", OLD, NEW + 1)],
    ),
    "a near pair leaves a far one": (
        [a_spec(OLD, version="1", variants=["+a", "+b"]), a_spec(OLD + 1, version="1", variants=["~a", "~b"])],
        [a_spec(NEW, version="2", variants=["~a", "+b"]), a_spec(NEW + 1, version="1", variants=["~a", "+b"])],
        [("changed", OLD, NEW + 1), ("changed", OLD + 1, NEW)],
    ),
    # --- pass 6: the same facts elsewhere
    "another os": ([a_spec(OLD, os="centos7")], [a_spec(NEW, os="rhel8")], [("changed", OLD, NEW)]),
    "another target": ([a_spec(OLD, target="zen4")], [a_spec(NEW, target="x86_64_v3")], [("changed", OLD, NEW)]),
    "another os and target": (
        [a_spec(OLD, os="centos7", target="zen4")],
        [a_spec(NEW, os="rhel8", target="zen3")],
        [("changed", OLD, NEW)],
    ),
    "one of them is nearer than both": (
        [a_spec(OLD, os="centos7", target="zen4")],
        [a_spec(NEW, os="rhel8", target="zen3"), a_spec(NEW + 1, os="rhel8", target="zen4")],
        [("added", -1, NEW), ("changed", OLD, NEW + 1)],
    ),
    "another os and version": (
        [a_spec(OLD, os="centos7", version="1")],
        [a_spec(NEW, os="rhel8", version="2")],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    "another os and compiler": (
        [a_spec(OLD, os="centos7", compiler="gcc@10")],
        [a_spec(NEW, os="rhel8", compiler="gcc@13")],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    "another os, one compiler unknown": (
        [a_spec(OLD, os="centos7", compiler="gcc@10")],
        [a_spec(NEW, os="rhel8", compiler="none")],
        [("changed", OLD, NEW)],
    ),
    "another os in another stack": (
        [a_spec(OLD, os="centos7", stacks=["e4s"])],
        [a_spec(NEW, os="rhel8", stacks=["hep"])],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    "another os of an orphan": (
        [a_spec(OLD, os="centos7", stacks=[])],
        [a_spec(NEW, os="rhel8", stacks=[])],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    "another platform": (
        [a_spec(OLD, platform="linux", os="a", target="aarch64")],
        [a_spec(NEW, platform="darwin", os="a", target="aarch64")],
        [("added", -1, NEW), ("removed", OLD, -1)],
    ),
    # --- hashes that repeat
    "a hash that stands twice": ([a_spec(1), a_spec(1)], [a_spec(1)], [("removed", 1, -1), ("unchanged", 1, 1)]),
    "a hash that stands twice, and its rebuild": (
        [a_spec(1), a_spec(1)],
        [a_spec(1), a_spec(NEW)],
        [("rebuilt", 1, NEW), ("unchanged", 1, 1)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_buckets(case: str) -> None:
    old, new, expected = CASES[case]
    assert buckets(old, new) == sorted(expected)
    assert buckets(new, old) == mirrored(expected)


def test_a_repeated_hash_goes_to_its_equal() -> None:
    centos, rhel, sles = (a_spec(1, os=os) for os in ("centos7", "rhel8", "sles15"))
    matching = match([centos, rhel], [rhel, sles])
    assert matching.unchanged == [(rhel, rhel), (centos, sles)]
    assert match([rhel, centos], [sles, rhel]).unchanged == matching.unchanged


def test_a_repeated_hash_goes_to_the_nearest() -> None:
    one, other = a_spec(1, version="1", os="a", target="x"), a_spec(1, version="2", os="b", target="y")
    near_one, near_other = a_spec(1, version="3", os="a", target="x"), a_spec(1, version="3", os="b", target="y")
    assert match([one, other], [near_other, near_one]).unchanged == [(one, near_one), (other, near_other)]


def test_what_is_removed_and_added_is_in_canonical_order() -> None:
    specs = [a_spec(3, version="1.9"), a_spec(1, version="1.10"), a_spec(2, version="1.10", os="centos7")]
    assert [spec.index for spec in match(by_hash(specs), []).removed] == [3, 2, 1]
    assert [spec.index for spec in match([], by_hash(specs)).added] == [3, 2, 1]


def test_what_is_changed_is_in_canonical_order_of_old() -> None:
    old = [a_spec(3, version="1.9"), a_spec(1, version="1.10"), a_spec(2, version="1.10", os="centos7")]
    new = [a_spec(4, version="2"), a_spec(5, version="2"), a_spec(6, version="2", os="centos7")]
    assert [(a.index, b.index) for a, b in match(by_hash(old), by_hash(new)).changed] == [(3, 4), (2, 6), (1, 5)]


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("gcc@11", "gcc@11", True),
        ("gcc@11", "none", True),
        ("none", "gcc@11", True),
        ("none", "none", True),
        ("gcc@11", "gcc@12", False),
    ],
)
def test_compilers(old: str, new: str, *, is_same: bool) -> None:
    assert is_same_compiler(a_spec(compiler=old).coordinates, a_spec(compiler=new).coordinates) is is_same


def test_variants_that_differ() -> None:
    old, new = ("+a", "~b", "c=1,2", "d=1"), ("+a", "+b", "c=2,3", "e=1")
    assert differing_variants(old, new) == differing_variants(new, old) == ("b", "c", "d", "e")


# --- large packages ----------------------------------------------------------------------------------------------------

MANY = 5_000


def a_mix(number: int, names: int = 12) -> list[str]:
    """Return variants that look random and are always the same: one bit of a scrambled number each."""
    scrambled = number * 2654435761 >> 7
    return [f"{'+~'[scrambled >> bit & 1]}v{bit}" for bit in range(names)] + [f"kind={scrambled % 5}"]


LARGE: dict[str, Callable[[int], tuple[Spec, Spec]]] = {
    "all versions changed": lambda n: (
        a_spec(10_000 + n, version="1.0", variants=a_mix(n)),
        a_spec(20_000 + n, version="2.0", variants=a_mix(n)),
    ),
    "a version each, all changed": lambda n: (a_spec(10_000 + n, version=f"1.{n}"), a_spec(20_000 + n, version=f"2.{n}")),
    "all variants changed": lambda n: (a_spec(10_000 + n, variants=a_mix(n)), a_spec(20_000 + n, variants=a_mix(n + MANY))),
    "equal coordinates in other stacks": lambda n: (
        a_spec(10_000 + n, stacks=[f"stack{bit}" for bit in range(12) if n >> bit & 1]),
        a_spec(20_000 + n, stacks=[f"stack{bit}" for bit in range(14) if n + MANY >> bit & 1]),
    ),
    "an os each, all changed": lambda n: (a_spec(10_000 + n, os=f"old{n}"), a_spec(20_000 + n, os=f"new{n}")),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGE)
def test_large_packages_take_seconds(case: str) -> None:
    pairs = [LARGE[case](n) for n in range(MANY)]
    start = process_time()
    matching = match([old for old, _ in pairs], [new for _, new in pairs])
    assert process_time() - start < 10, "a search through all pairs takes minutes here"
    assert len(matching.rebuilt) + len(matching.changed) == MANY
    assert not matching.removed
    assert not matching.added
    if case == "all versions changed":
        assert all(old.coordinates.variants == new.coordinates.variants for old, new in matching.changed)
