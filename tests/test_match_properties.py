"""The invariants of matching (docs/design.md, Matching), on random pages, against a matcher written from its text."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.comparison.match import Matching, match
from cachediff.domain.spelling import parse_variant
from cachediff.domain.versions import version_key
from cachediff.engine.memory import compare
from tests.examples import examples
from tests.strategies import Entry, entry_list_pairs, entry_lists, respelled, snapshot_of, snapshot_pairs, specs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from random import Random

    from cachediff.domain.diff import Kind, PackageDiff
    from cachediff.domain.package import Snapshot
    from cachediff.domain.spec import Spec

Pairs = Counter[tuple[str, "Spec | None", "Spec | None"]]
EntriesByPackage = dict[str, list[Entry]]

# --- the matcher as the design says it -----------------------------------------------------------------------------------


def match_by_the_book(old: Sequence[Spec], new: Sequence[Spec]) -> Pairs:
    """Return the bucket of every pair and every spec, by looking at all pairs in each pass."""
    pairs: Pairs = Counter()
    old_left, new_left = list(old), list(new)
    for kind, is_allowed, distance in PASSES:
        allowed = [(a, b) for a, b in product(old_left, new_left) if is_allowed(a, b)]
        for a, b in sorted(allowed, key=lambda pair: (distance(*pair), rank(pair[0]), rank(pair[1]))):
            if any(a is spec for spec in old_left) and any(b is spec for spec in new_left):
                old_left = [spec for spec in old_left if spec is not a]
                new_left = [spec for spec in new_left if spec is not b]
                pairs[kind, a, b] += 1
    pairs.update(("removed", spec, None) for spec in old_left)
    pairs.update(("added", None, spec) for spec in new_left)
    return pairs


def rank(spec: Spec) -> tuple[Any, ...]:
    c = spec.coordinates
    return version_key(c.version), c.version, c.compiler, c.platform, c.os, c.target, c.variants, spec.stacks, spec.hash


def same(*facts: str) -> Callable[[Spec, Spec], bool]:
    """Return whether two specs are equal in some facts."""
    return lambda a, b: all(getattr(a.coordinates, fact) == getattr(b.coordinates, fact) for fact in facts)


def same_compiler(a: Spec, b: Spec) -> bool:
    return a.coordinates.compiler == b.coordinates.compiler or "none" in (a.coordinates.compiler, b.coordinates.compiler)


def shares_stack(a: Spec, b: Spec) -> bool:
    return bool(set(a.stacks) & set(b.stacks))


def facts_apart(a: Spec, b: Spec, *facts: str) -> int:
    """Return in how many facts two specs differ; each variant is one."""
    apart = sum(not same(fact)(a, b) for fact in facts if fact not in ("compiler", "variants"))
    if "compiler" in facts:
        apart += not same_compiler(a, b)
    if "variants" in facts:
        ours, theirs = (dict(map(parse_variant, spec.coordinates.variants)) for spec in (a, b))
        apart += sum(ours.get(name) != theirs.get(name) for name in ours.keys() | theirs.keys())
    return apart


def stacks_apart(a: Spec, b: Spec) -> int:
    return len(set(a.stacks) ^ set(b.stacks))


EVERY_FACT = ("version", "compiler", "platform", "os", "target", "variants")
PASSES: list[tuple[str, Callable[[Spec, Spec], bool], Callable[[Spec, Spec], tuple[int, ...]]]] = [
    ("unchanged", lambda a, b: (a.hash, a.content) == (b.hash, b.content), lambda _a, _b: (0,)),
    ("unchanged", lambda a, b: a.hash == b.hash, lambda a, b: (facts_apart(a, b, *EVERY_FACT), stacks_apart(a, b))),
    ("rebuilt", lambda a, b: a.content == b.content, lambda _a, _b: (0,)),
    ("rebuilt", same(*EVERY_FACT), lambda a, b: (stacks_apart(a, b),)),
    (
        "rebuilt",
        lambda a, b: same("version", "platform", "os", "target", "variants")(a, b) and same_compiler(a, b),
        lambda a, b: (stacks_apart(a, b),),
    ),
    (
        "changed",
        lambda a, b: same("platform", "os", "target")(a, b) and (shares_stack(a, b) or not (a.stacks or b.stacks)),
        lambda a, b: (facts_apart(a, b, "version", "compiler", "variants"), stacks_apart(a, b)),
    ),
    (
        "changed",
        lambda a, b: same("platform", "version", "variants")(a, b) and same_compiler(a, b) and shares_stack(a, b),
        lambda a, b: (facts_apart(a, b, "os", "target"), stacks_apart(a, b)),
    ),
]

# --- what is true of every matching ------------------------------------------------------------------------------------


def pairs_of(matching: Matching) -> Pairs:
    """Return a matching as the bucket of every pair and every spec."""
    pairs: Pairs = Counter()
    pairs.update(("unchanged", a, b) for a, b in matching.unchanged)
    pairs.update(("rebuilt", a, b) for a, b in matching.rebuilt)
    pairs.update(("changed", a, b) for a, b in matching.changed)
    pairs.update(("removed", a, None) for a in matching.removed)
    pairs.update(("added", None, b) for b in matching.added)
    return pairs


@settings(max_examples=examples(400), deadline=None)
@given(entry_list_pairs(max_size=9))
def test_matching_is_what_the_design_says(sides: tuple[list[Entry], list[Entry]]) -> None:
    old, new = map(specs_of, sides)
    assert pairs_of(match(old, new)) == match_by_the_book(old, new)


@settings(deadline=None)
@given(entry_lists())
def test_a_page_against_itself_is_unchanged(some: list[Entry]) -> None:
    specs = specs_of(some)
    assert pairs_of(match(specs, specs)) == Counter(("unchanged", spec, spec) for spec in specs)


@settings(deadline=None)
@given(entry_list_pairs())
def test_swapping_the_sides_swaps_the_pairs(sides: tuple[list[Entry], list[Entry]]) -> None:
    old, new = map(specs_of, sides)
    opposite = {"added": "removed", "removed": "added"}
    mirrored = Counter(
        {(opposite.get(kind, kind), b, a): count for (kind, a, b), count in pairs_of(match(new, old)).items()}
    )
    assert pairs_of(match(old, new)) == mirrored


@settings(deadline=None)
@given(entry_list_pairs())
def test_every_spec_is_in_one_bucket(sides: tuple[list[Entry], list[Entry]]) -> None:
    old, new = map(specs_of, sides)
    pairs = pairs_of(match(old, new))
    assert Counter(a for _, a, _ in pairs.elements() if a) == Counter(old)
    assert Counter(b for _, _, b in pairs.elements() if b) == Counter(new)
    kinds = Counter(kind for kind, _, _ in pairs.elements())
    assert len(new) - len(old) == kinds["added"] - kinds["removed"]


@settings(deadline=None)
@given(entry_list_pairs())
def test_no_coordinates_are_both_removed_and_added(sides: tuple[list[Entry], list[Entry]]) -> None:
    matching = match(*map(specs_of, sides))
    for removed, added in product(matching.removed, matching.added):
        assert removed.coordinates != added.coordinates
        assert removed.hash != added.hash
        assert not (
            same("version", "platform", "os", "target", "variants")(removed, added) and same_compiler(removed, added)
        )


@settings(deadline=None)
@given(entry_list_pairs(), st.randoms(use_true_random=False))
def test_shuffling_a_page_changes_nothing(sides: tuple[list[Entry], list[Entry]], random: Random) -> None:
    matchings = [match(*map(specs_of, sides)), match(*(specs_of(shuffled(some, random)) for some in sides))]
    assert pairs_of(matchings[0]) == pairs_of(matchings[1])
    assert matchings[0].changed == matchings[1].changed
    assert (matchings[0].removed, matchings[0].added) == (matchings[1].removed, matchings[1].added)


def shuffled(some: Iterable[Any], random: Random) -> list[Any]:
    """Return things in random order."""
    things = list(some)
    random.shuffle(things)
    return things


# --- and of every comparison of snapshots --------------------------------------------------------------------------------


@settings(deadline=None)
@given(snapshot_pairs(), st.randoms(use_true_random=False))
def test_shuffling_a_snapshot_changes_nothing(sides: tuple[EntriesByPackage, EntriesByPackage], random: Random) -> None:
    old, new = sides
    again = compare(shuffle(old, random), shuffle(new, random))
    assert again == compare(snapshot_of(old), snapshot_of(new))


def shuffle(packages: EntriesByPackage, random: Random) -> Snapshot:
    """Return entries as a snapshot, its pages, specs and lists in random order."""
    return snapshot_of(
        {
            package: [
                entry | {"stacks": shuffled(entry["stacks"], random), "variants": shuffled(entry["variants"], random)}
                for entry in shuffled(packages[package], random)
            ]
            for package in shuffled(packages, random)
        }
    )


@settings(deadline=None, max_examples=examples(60))
@given(snapshot_pairs(), st.data())
def test_respelling_a_snapshot_changes_nothing(
    sides: tuple[EntriesByPackage, EntriesByPackage], data: st.DataObject
) -> None:
    old, new = map(snapshot_of, sides)
    respelled_old, respelled_new = (
        snapshot_of({package: [data.draw(respelled(entry)) for entry in some] for package, some in packages.items()})
        for packages in sides
    )
    assert compare(respelled_old, respelled_new) == compare(old, new)
    assert compare(old, respelled_old) == compare(old, old)


@settings(deadline=None)
@given(snapshot_pairs())
def test_swapping_snapshots_gives_the_inverse(sides: tuple[EntriesByPackage, EntriesByPackage]) -> None:
    old, new = map(snapshot_of, sides)
    there, back = compare(old, new), compare(new, old)
    assert (there.lost, there.gained) == (back.gained, back.lost)
    assert (there.kinds["added"], there.kinds["removed"]) == (back.kinds["removed"], back.kinds["added"])
    kinds: tuple[Kind, ...] = ("changed", "rebuilt", "unchanged")
    assert all(there.kinds[kind] == back.kinds[kind] for kind in kinds)
    opposite = {"added": "removed", "removed": "added"}
    news = {(package.package, opposite.get(package.kind, package.kind)) for package in back.packages if is_news(package)}
    assert {(package.package, package.kind) for package in there.packages if is_news(package)} == news


def is_news(package: PackageDiff) -> bool:
    """Return whether a package differs; others are kept where NEW's page is at fault."""
    return package.kind not in ("rebuilt", "unchanged")


@settings(deadline=None)
@given(snapshot_pairs())
def test_a_snapshot_against_itself_has_nothing_to_say(sides: tuple[EntriesByPackage, EntriesByPackage]) -> None:
    snapshot = snapshot_of(sides[0])
    diff = compare(snapshot, snapshot)
    specs = sum(map(len, sides[0].values()))
    assert (diff.specs.unchanged, diff.specs.old, diff.specs.new) == (specs, specs, specs)
    assert (diff.kinds["unchanged"], diff.lost, diff.gained) == (sum(map(bool, sides[0].values())), 0, 0)
    assert not any(package.changes or package.facets_lost or package.facets_gained for package in diff.packages)
