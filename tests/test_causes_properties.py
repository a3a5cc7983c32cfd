"""Causes of random losses, held against a set cover that tries everything."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.comparison.causes import FACTS, find_causes
from cachediff.engine.memory import compare
from tests.coverage_maps import cells_of, chart, map_pairs
from tests.examples import examples

if TYPE_CHECKING:
    from random import Random

    from tests.coverage_maps import PackageCell, Place

    Map: TypeAlias = dict[str, set[Place]]
    Pair: TypeAlias = tuple[Map, Map]

Predicate: TypeAlias = tuple[tuple[int, str], ...]


@given(map_pairs())
@settings(max_examples=examples(300))
def test_the_cover_is_the_greedy_one(pair: Pair) -> None:
    """The causes are those that a search of all predicates finds one by one, widest first."""
    old, new = pair
    causes = find_causes(compare(chart(old), chart(new)))
    found = [(cause.predicate, cause.cells) for cause in causes.found if cause.explains == "cells"]
    assert found == [
        ({FACTS[place]: value for place, value in predicate}, len(cells)) for predicate, cells in _cover_naively(old, new)
    ]


@given(map_pairs())
def test_no_cause_holds_in_new(pair: Pair) -> None:
    """No cell of NEW bears a predicate out, and of the lost cells those that a cause explains do."""
    old, new = pair
    causes = find_causes(compare(chart(old), chart(new)))
    predicates = {cause.id: cause.predicate for cause in causes.found}
    for predicate in predicates.values():
        assert not any(_matches(cell, predicate) for cell in cells_of(new))
    for (package, cell), cause in causes.of_cells.items():
        assert _matches((package, (cell.stack, cell.platform, cell.os, cell.target)), predicates[cause])


@given(map_pairs())
def test_every_lost_cell_is_explained_or_cannot_be(pair: Pair) -> None:
    """The causes explain as many cells as they say, each once.

    For a cell without a cause every one and two of its facts hold in NEW.
    """
    old, new = pair
    causes = find_causes(compare(chart(old), chart(new)))
    explained = {(package, (cell.stack, cell.platform, cell.os, cell.target)) for package, cell in causes.of_cells}
    lost = cells_of(old) - cells_of(new)
    assert explained <= lost
    assert sum(cause.cells for cause in causes.found if cause.explains == "cells") == len(explained)
    for cell in lost - explained:
        assert all(any(_holds(predicate, other) for other in cells_of(new)) for predicate in _predicates_of(cell))


@given(map_pairs())
def test_every_removed_package_is_explained(pair: Pair) -> None:
    """Each removed package counts once, for itself or for a cause of each of whose cells something else is the cause too."""
    old, new = pair
    causes = find_causes(compare(chart(old), chart(new)))
    assert causes.of_packages.keys() == old.keys() - new.keys()
    assert sum(cause.packages for cause in causes.found if cause.explains == "packages") == len(causes.of_packages)
    for package, cause in causes.of_packages.items():
        of_its_cells = {of_cell for (name, _), of_cell in causes.of_cells.items() if name == package}
        own = f"package={package}"
        assert cause == own if not of_its_cells or own in of_its_cells else cause in of_its_cells


@given(map_pairs(), st.randoms(use_true_random=False))
def test_order_is_of_no_matter(pair: Pair, random: Random) -> None:
    """Shuffled packages and pages have the same causes, word for word."""
    old, new = pair
    expected = find_causes(compare(chart(old), chart(new)))
    shuffled = [_shuffle(side, random) for side in pair]
    assert find_causes(compare(chart(shuffled[0]), chart(shuffled[1]))) == expected


def _shuffle(places: Map, random: Random) -> Map:
    names = sorted(places)
    random.shuffle(names)
    return {name: places[name] for name in names}


def _cover_naively(old: Map, new: Map) -> list[tuple[Predicate, set[PackageCell]]]:
    """Return the greedy cover: every predicate of every cell that is left, tried anew each time."""
    left = cells_of(old) - cells_of(new)
    kept = {place[0] for _, place in cells_of(new)}
    steps: list[tuple[Predicate, set[PackageCell]]] = []
    while True:
        choices = {}
        for predicate in {predicate for cell in left for predicate in _predicates_of(cell)}:
            cells = {cell for cell in left if _holds(predicate, cell)}
            is_about_more = predicate[0][0] == 0 or any(place[0] in kept for _, place in cells)
            if is_about_more and not any(_holds(predicate, cell) for cell in cells_of(new)):
                choices[predicate] = cells
        if not choices:
            return steps
        best = min(choices, key=lambda p: (-len(choices[p]), len(p), [place for place, _ in p], [value for _, value in p]))
        steps.append((best, choices[best]))
        left -= choices[best]


def _predicates_of(cell: PackageCell) -> list[Predicate]:
    facts = _facts_of(cell)
    return [*combinations(facts, 1), *combinations(facts, 2)]


def _holds(predicate: Predicate, cell: PackageCell) -> bool:
    return set(predicate) <= set(_facts_of(cell))


def _matches(cell: PackageCell, predicate: dict[str, str]) -> bool:
    facts = dict(zip(FACTS, (value for _, value in _facts_of(cell)), strict=True))
    return all(facts[name] == value for name, value in predicate.items())


def _facts_of(cell: PackageCell) -> list[tuple[int, str]]:
    package, place = cell
    return list(enumerate((*place, package)))
