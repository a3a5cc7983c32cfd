"""Writes a pair of snapshots with known differences: `python -m benchmarks.generate SIZE DIR [--seed N]`.

The same size and seed give the same bytes. Pages are drawn, written and forgotten one by one.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evolution import Budget, evolve
from benchmarks.names import names
from benchmarks.pages import Side, Slip, render
from benchmarks.recipes import Recipe, a_recipe
from benchmarks.sizes import SIZES, Size, specs_per_package
from benchmarks.specs import Shelf, Spec, a_page
from benchmarks.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES_ADDED = _PACKAGES_REMOVED = 0.01
_WRONG_COUNTS = 0.001
_FEWEST = 2  # of each of these, also in a small pair
_LARGEST_MOVED = 12  # specs of a package that may come or go as a whole


@dataclass(frozen=True, slots=True)
class PagePair:
    """One package on both sides; a side without specs has no page. The slip is in NEW, and in OLD too if it is known."""

    recipe: Recipe
    old: list[Spec]
    new: list[Spec]
    buckets: Counter[str]
    slip: Slip | None = None
    is_slip_known: bool = False


def generate(directory: Path, size: Size, seed: int = 1) -> None:
    """Write `old/`, `new/` and, last, `truth.json` into a directory.

    Raises FileExistsError if there is a snapshot already, ValueError if the specs do not fit into the packages.
    """
    truth = Truth()
    rng = random.Random(seed)
    for side in ("old", "new"):
        (directory / side).mkdir(parents=True)
    for pair in page_pairs(size, rng):
        _write(directory, pair)
        truth.record(pair.recipe.name, pair.old, pair.new, pair.buckets)
        if pair.slip:
            truth.wrong_counts.append(pair.recipe.name)
    text = json.dumps({"seed": seed, **truth.as_json()}, indent=1)
    (directory / "truth.json").write_text(text + "\n", encoding="utf-8")


def page_pairs(size: Size, rng: random.Random) -> Iterator[PagePair]:
    """All packages of a pair of snapshots, in no order."""
    counts = specs_per_package(size, rng)
    name = names(rng)
    small = [index for index, count in enumerate(counts) if count <= _LARGEST_MOVED]
    removed = _some(small[1:], _PACKAGES_REMOVED * size.packages, rng)
    slips = _some([index for index in range(size.packages) if index not in removed], _WRONG_COUNTS * size.packages, rng)
    newcomers = _some(small, _PACKAGES_ADDED * size.packages, rng)
    budget = Budget()
    for index, count in enumerate(counts):
        if index in removed:
            yield _removed_page(next(name), count, budget, rng)
        else:
            yield _evolved_page(next(name), count, budget, rng, has_slip=index in slips)
        if index in newcomers:
            yield _added_page(next(name), count, budget, rng)


def _some(indices: list[int], expected: float, rng: random.Random) -> set[int]:
    return set(rng.sample(indices, min(len(indices), max(_FEWEST, round(expected)))))


def _removed_page(name: str, count: int, budget: Budget, rng: random.Random) -> PagePair:
    recipe = a_recipe(name, rng)
    budget.grow(count)
    budget.removed -= count
    return PagePair(recipe, a_page(Shelf(recipe, rng), count, rng), [], Counter(removed=count))


def _added_page(name: str, count: int, budget: Budget, rng: random.Random) -> PagePair:
    recipe = a_recipe(name, rng)
    budget.added -= count
    return PagePair(recipe, [], a_page(Shelf(recipe, rng), count, rng), Counter(added=count))


def _evolved_page(name: str, count: int, budget: Budget, rng: random.Random, *, has_slip: bool) -> PagePair:
    recipe = a_recipe(name, rng)
    shelf = Shelf(recipe, rng)
    old = a_page(shelf, count, rng)
    evolution = evolve(old, shelf, budget, rng)
    slip = _a_slip(evolution.new, rng) if has_slip else None
    return PagePair(recipe, old, evolution.new, evolution.buckets, slip, is_slip_known=rng.random() < 0.3)


def _a_slip(specs: list[Spec], rng: random.Random) -> Slip:
    stacks = rng.choice(specs).content.place.stacks
    return Slip(rng.choice(stacks) if stacks and rng.random() < 0.5 else None, rng.randint(1, 3))


def _write(directory: Path, pair: PagePair) -> None:
    old_slip = pair.slip if pair.is_slip_known else None
    for side, specs, slip in ((Side.OLD, pair.old, old_slip), (Side.NEW, pair.new, pair.slip)):
        if specs:
            name = pair.recipe.name
            page = directory / side.name.lower() / name / "specs.md"
            page.parent.mkdir()
            page.write_bytes(render(name, specs, side, is_languageless=pair.recipe.is_languageless, slip=slip))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    generate(options.directory, SIZES[options.size], options.seed)


if __name__ == "__main__":
    main()
