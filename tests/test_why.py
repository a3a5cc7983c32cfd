"""Why a record is new: the tree to its causes is what a search of all ways finds, nearest first, and never a wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.comparison import freshness
from cachediff.comparison.freshness import FreshRecords
from cachediff.comparison.lookup import find_records
from cachediff.comparison.why import HEAD, TAIL, explain, explain_word
from cachediff.domain.spec import EdgeKinds
from cachediff.render.options import Options
from cachediff.render.why import render_why
from tests.examples import examples, length
from tests.graphs import a_graph, a_record, fresh

if TYPE_CHECKING:
    from cachediff.domain.graph import GraphNode, OwnContent
    from cachediff.domain.why import Why, WhyNode

SOURCES = ("old", "new")


def why(records: FreshRecords, word: str, most: int = 12) -> Why:
    """Return why what a word means is new."""
    return explain_word(records, word, 20, most, SOURCES)


def draw(records: FreshRecords, word: str, most: int = 12, *, width: int = 80, is_verbose: bool = False) -> list[str]:
    """Return that as lines for a terminal."""
    return render_why(why(records, word, most), Options(width=width, is_verbose=is_verbose)).splitlines()


def distance(nodes: tuple[WhyNode, ...], place: int) -> int:
    """Return how many edges lie between the first record of a tree and another one."""
    found = 0
    node = nodes[place]
    while node.parent is not None:
        found += 1 + node.skipped
        node = nodes[node.parent]
    return found


# --- what it says of one record ----------------------------------------------------------------------------------------


def test_kept() -> None:
    nodes = {"a.1": a_record("a")}
    assert draw(fresh(nodes, nodes), "a") == ["a@1 /a.1: kept: OLD has it under the same hash"]


def test_kept_and_new_in_the_snapshot() -> None:
    outside = a_record("a")
    outside.stacks = ()
    text = "a@1 /a.1: kept: OLD has it under the same hash, though not in its snapshot"
    assert draw(fresh({"a.1": outside}, {"a.1": a_record("a")}), "a") == [text]


def test_new_package() -> None:
    assert draw(fresh({"b.1": a_record("b")}, {"a.1": a_record("a")}), "a") == ["a@1 /a.1: new: OLD had nothing like it"]


def test_each_fact_is_told_with_both_values() -> None:
    old = a_record("a", "b.1", "c.1", variants=("+x", "y=1"), package_hash="p", flags=("cflags=-O2",), compiler="gcc@11")
    new = a_record(
        "a", "c.1", "d.1", version="2", variants=("~x", "z=1"), package_hash="q", compiler="gcc@12", types=("run",)
    )
    below = {f"{name}.1": a_record(name) for name in "bcd"}
    lines = draw(fresh({"a.1": old} | below, {"a.2": new} | below), "a", width=400)
    assert lines == [
        "a@2 /a.2, was /a.1: version 1 → 2; +x → ~x; y=1 is gone; z=1 is new; compiler gcc@11 → gcc@12; "
        "flags cflags=-O2 → none; its recipe changed; depends on d now; and 2 more"
    ]
    told = draw(fresh({"a.1": old} | below, {"a.2": new} | below), "a", width=400, is_verbose=True)
    assert told[0].endswith("; depends on d now; depends on b no more; needs c for run, not link")


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("/usr", "/opt", "path /usr → /opt"),
        (None, "/opt", "is external now"),
        ("/usr", None, "is no external any more"),
    ],
)
def test_external(before: str | None, after: str | None, text: str) -> None:
    records = fresh({"a.1": a_record("a", external=before)}, {"a.2": a_record("a", external=after)})
    where = f", external at {after}" if after else ""
    assert draw(records, "a", width=200) == [f"a@1 /a.2{where}, was /a.1: {text}"]


def test_a_recipe_that_one_side_does_not_tell_has_not_changed() -> None:
    lines = draw(fresh({"a.1": a_record("a")}, {"a.2": a_record("a", package_hash="p")}), "a")
    assert lines == ["a@1 /a.2, was /a.1: it differs in nothing that is compared"]


def test_virtuals_that_one_side_does_not_know_are_no_difference() -> None:
    from msgspec.structs import replace

    node = a_record("a", "b.1")
    unknown = a_record("a", "b.1")
    unknown.own = replace(unknown.own, edges=EdgeKinds((replace(unknown.own.edges.kinds[0], virtuals=None),)))
    node.own = replace(node.own, edges=EdgeKinds((replace(node.own.edges.kinds[0], virtuals=("v",)),)))
    below = {"b.1": a_record("b")}
    lines = draw(fresh({"a.1": unknown} | below, {"a.2": node} | below), "a")
    assert lines == ["a@1 /a.2, was /a.1: it differs in nothing that is compared"]


def test_rewired() -> None:
    below = {"b.1": a_record("b"), "b.2": a_record("b", version="2")}
    records = fresh({"a.1": a_record("a", "b.1")} | below, {"a.2": a_record("a", "b.2")} | below)
    assert records.tell("a.2") == "rewired"
    assert draw(records, "a") == ["a@1 /a.2: rewired: was built with b /b.1, now /b.2"]


def test_a_dependency_that_no_record_tells_of() -> None:
    records = fresh({"a.1": a_record("a", "b.1"), "b.1": a_record("b")}, {"a.2": a_record("a", "b.9")})
    assert draw(records, "a") == ["a@1 /a.2, was /a.1: depends on /b.9, of which NEW has no valid record"]
    assert why(records, "a").causes == 1


def test_a_circle_ends() -> None:
    old = {"a.1": a_record("a", "b.1"), "b.1": a_record("b", "a.1")}
    new = {"a.2": a_record("a", "b.2"), "b.2": a_record("b", "a.2")}
    assert draw(fresh(old, new), "a") == ["a@1 /a.2, was /a.1: new, and no cause was found below it"]


def test_a_spec_is_told_with_its_partner() -> None:
    old = {"a.1": a_record("a"), "a.2": a_record("a", version="3")}
    records = fresh(old, {"a.9": a_record("a", version="4")})
    assert why(records, "a").nodes[0].old_hash == "a.1"
    (paired,) = why(FreshRecords(records.old, records.new, {"a.9": "a.2"}.get), "a").nodes
    assert (paired.old_hash, paired.fields[0].old, paired.fields[0].new) == ("a.2", "3", "4")


def test_a_spec_with_a_partner_is_compared_with_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a package with thousands of records that would be each cause with hundreds."""
    old = {f"a.{n}": a_record("a", version=f"{n}") for n in range(30)}
    records = fresh(old, {"a.x": a_record("a", version="y")})
    compared: list[OwnContent] = []

    def note(before: OwnContent, _: OwnContent) -> tuple[()]:
        compared.append(before)
        return ()

    monkeypatch.setattr(freshness, "differing_own", note)
    assert (FreshRecords(records.old, records.new, {"a.x": "a.7"}.get).find_old("a.x"), compared) == ("a.7", [])
    assert (records.find_old("a.x"), len(compared)) == ("a.0", 30)


# --- the tree ----------------------------------------------------------------------------------------------------------


def test_what_only_inherits_is_passed_through_and_a_fork_has_a_line() -> None:
    def side(mark: str, version: str) -> dict[str, GraphNode]:
        return {
            f"a.{mark}": a_record("a", f"b.{mark}", f"t.{mark}"),
            f"b.{mark}": a_record("b", f"c.{mark}"),
            f"c.{mark}": a_record("c", f"d.{mark}", f"e.{mark}"),
            f"d.{mark}": a_record("d", version=version),
            f"e.{mark}": a_record("e", f"f.{mark}", types=("build",)),
            f"f.{mark}": a_record("f", version=version),
            f"t.{mark}": a_record("t", version=version),
        }

    assert draw(fresh(side("1", "1"), side("2", "2")), "a") == [
        "a@1 /a.2, was /a.1: new because of what it depends on: 3 causes",
        "├─ t@2 /t.2: version 1 → 2",
        "└─ b@1 → c@1 /c.2",
        "   ├─ d@2 /d.2: version 1 → 2",
        "   └─ e@1 → f@2 /f.2 (build): version 1 → 2",
    ]


def test_the_nearest_causes_are_told_and_the_others_counted() -> None:
    names = [f"d{number:02}" for number in range(66)]

    def side(mark: str, version: str) -> dict[str, GraphNode]:
        below = {f"{name}.{mark}": a_record(name, version=version) for name in names}
        return below | {f"a.{mark}": a_record("a", *below)}

    records = fresh(side("1", "1"), side("2", "2"))
    lines = draw(records, "a")
    assert (len(lines), lines[0].rpartition(": ")[2], lines[-1]) == (15, "66 causes", "and 54 more causes (-v tells them)")
    assert lines[13].startswith("└─ d11@2 ")
    assert len(draw(records, "a", 1000, is_verbose=True)) == 68


def test_what_differs_in_all_is_told_once() -> None:
    def side(mark: str, system: str) -> dict[str, GraphNode]:
        below = {f"{name}.{mark}": a_record(name, flags=(f"cflags=-{system}",)) for name in "bcd"}
        below[f"e.{mark}"] = a_record("e", version=mark, flags=(f"cflags=-{system}",))
        new = {"f.9": a_record("f")} if mark == "2" else {}
        return below | new | {f"a.{mark}": a_record("a", *below, *new)}

    assert draw(fresh(side("1", "x"), side("2", "y")), "a") == [
        "a@1 /a.2, was /a.1: depends on f now; and because of what it depends on: 5",
        "  causes",
        "in each of these that OLD had: flags cflags=-x → cflags=-y",
        "├─ b@1 /b.2: nothing else",
        "├─ c@1 /c.2: nothing else",
        "├─ d@1 /d.2: nothing else",
        "├─ e@2 /e.2: version 1 → 2",
        "└─ f@1 /f.9: new: OLD had nothing like it",
    ]


def chain(length: int, mark: str, version: str, *, all_: bool = False) -> dict[str, GraphNode]:
    """Return records each of which depends on the one before it; the first has a version, or all have."""
    nodes = {f"p0.{mark}": a_record("p0", version=version)}
    for number in range(1, length):
        below = f"p{number - 1}.{mark}"
        nodes[f"p{number}.{mark}"] = a_record(f"p{number}", below, version=version if all_ else "1")
    return nodes


@pytest.mark.parametrize("length", range(2, HEAD + TAIL + 5))
def test_of_a_long_way_both_ends_are_told(length: int) -> None:
    total, shown, nodes = explain(fresh(chain(length, "1", "1"), chain(length, "2", "2")), f"p{length - 1}.2", 12)
    assert (total, shown, nodes[-1].package, nodes[-1].version) == (1, 1, "p0", "2")
    assert distance(nodes, len(nodes) - 1) == length - 1
    assert len(nodes) <= HEAD + TAIL + 2
    assert (sum(node.skipped for node in nodes) > 0) == (length > HEAD + TAIL + 2)


LONG = length(100_000)


def test_a_long_way_is_no_wall() -> None:
    records = fresh(chain(LONG, "1", "1"), chain(LONG, "2", "2"))
    last = f"p{LONG - 1}"
    lines = draw(records, last)
    new, old = (f"{last}.{side}"[:7] for side in "21")
    assert lines[0] == f"{last}@1 /{new}, was /{old}: new because of what it depends on: 1 cause"
    assert (len(lines), f"… {LONG - 7:,} more … → " in " ".join(lines)) == (3, True)


def test_a_long_way_of_causes_is_no_wall() -> None:
    records = fresh(chain(LONG, "1", "1", all_=True), chain(LONG, "2", "2", all_=True))
    lines = draw(records, f"p{LONG - 1}", 1000, width=100, is_verbose=True)
    assert (len(lines), max(map(len, lines)) < 100, lines[-1]) == (1002, True, f"and {LONG - 1000:,} more causes")


@st.composite
def pairs_of_graphs(draw_: st.DrawFn) -> tuple[dict[str, GraphNode], dict[str, GraphNode]]:
    """Return two graphs of the same records, some of which differ by themselves; a hash says what is below it."""
    count = draw_(st.integers(1, 14))
    edges = [draw_(st.sets(st.integers(0, number - 1), max_size=4)) if number else set() for number in range(count)]
    changed = draw_(st.sets(st.integers(0, count - 1)))
    sides: list[dict[str, GraphNode]] = []
    for mark in ("1", "2"):
        hashes: list[str] = []
        nodes: dict[str, GraphNode] = {}
        for number in range(count):
            below = [hashes[other] for other in sorted(edges[number])]
            is_new = mark == "2" and (number in changed or any(hash_.endswith(".2") for hash_ in below))
            hashes.append(f"p{number}.{'2' if is_new else '1'}")
            nodes[hashes[-1]] = a_record(f"p{number}", *below, version="2" if mark == "2" and number in changed else "1")
        sides.append(nodes)
    return sides[0], sides[1]


def nearest(records: FreshRecords, start: str) -> dict[str, int]:
    """Return how far each cause is below a record, by every way there is."""
    found: dict[str, int] = {}

    def follow(hash_: str, depth: int) -> None:
        if hash_ not in records.nodes:
            return
        if hash_ in records.causes:
            found[hash_] = min(depth, found.get(hash_, depth))
        for other in records.new.nodes[hash_].dependencies:
            follow(other, depth + 1)

    follow(start, 0)
    return found


@settings(max_examples=examples(200), deadline=None, derandomize=True)
@given(pairs_of_graphs(), st.integers(1, 20))
def test_the_tree_is_what_all_ways_give(pair: tuple[dict[str, GraphNode], dict[str, GraphNode]], most: int) -> None:
    records = fresh(*pair)
    for start in pair[1]:
        total, shown, nodes = explain(records, start, most)
        causes = nearest(records, start)
        assert (total, shown) == (len(causes), min(most, len(causes)))
        told = {node.hash: distance(nodes, place) for place, node in enumerate(nodes) if node.hash in causes}
        assert told.items() <= causes.items()
        # Those on the way are nearer than the one that they lead to.
        assert len(told) >= shown
        assert sorted(told.values())[:shown] == sorted(causes.values())[:shown]
        assert nodes[0].parent is None
        assert all(node.parent is not None and node.parent < place for place, node in enumerate(nodes) if place)


# --- which records a word means ----------------------------------------------------------------------------------------

RECORDS = {
    "abc1": a_record("zlib"),
    "abc2": a_record("hdf5", version="1.9"),
    "abd3": a_record("hdf5", version="1.10"),
    "hdf5x": a_record("curl", external="/usr"),
}


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("hdf5", ["abc2", "abd3"]),
        ("hdf5/", ["abc2", "abd3"]),
        ("hdf5/abd", ["abd3"]),
        ("hdf5/abc1", []),
        ("hdf5@1.9", ["abc2"]),
        ("hdf5@=1.10", ["abd3"]),
        ("hdf5@1.9 /abc", ["abc2"]),
        ("hdf5@1.9/abd", []),
        ("hdf5@1.1", []),
        ("hdf5@", ["abc2", "abd3"]),
        ("@1.9", []),
        ("/abc", ["abc2", "abc1"]),
        ("abc1", ["abc1"]),
        ("/hdf5", ["hdf5x"]),
        ("hdf5x", ["hdf5x"]),
        ("curl", ["hdf5x"]),
        ("ab", ["abc2", "abd3", "abc1"]),
        ("/", []),
        ("", []),
        ("hd", ["hdf5x"]),
        ("nothing", []),
    ],
)
def test_words(word: str, found: list[str]) -> None:
    assert find_records(a_graph(RECORDS), word) == found


def test_of_several_what_is_new_comes_first_and_the_rest_is_counted() -> None:
    kept = {f"a.{number:02}": a_record("a", version="1") for number in range(30)}
    lines = draw(fresh(kept, kept | {"a.99": a_record("a", version="0.1")}), "a")
    assert lines[0] == "31 records of NEW match a:"
    assert lines[1:3] == ["  a@0.1 /a.99: self-changed", "  a@1 /a.00: kept"]
    assert lines[-3:-1] == ["  and 11 more (-v lists them)", "To see one, name its hash, as in:"]
    assert lines[-1].startswith("  cachediff why a/a.99 ")
