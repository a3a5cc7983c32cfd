"""On how many examples a property is tried, and how large an input is that has to be large.

That is the number that a test asks for in CI, where all of the tests run elsewhere two fifths of it, other ones each time,
and in the inner loop (`pytest -m 'not slow'`) a twentieth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

WHOLE, ELSEWHERE, INNER_LOOP = 100, 40, 5
"""How many percent of the examples that a property asks for; hypothesis's own number for those that ask for none."""

STEPS = {WHOLE: 1, ELSEWHERE: 3, INNER_LOOP: 11}
"""Every how many-th case is tried of a test that tries all of them in turn."""

SHORTEST = 3_000
"""No chain is shorter: Python recurses 1,000 times."""


def examples(number: int) -> int:
    """Return how many examples to try where all of the tests try so many in CI."""
    return max(1, number * settings().max_examples // WHOLE)


def is_whole() -> bool:
    """Return whether all of the tests run, and not the inner loop."""
    return settings().max_examples != INNER_LOOP


def length(number: int) -> int:
    """Return how long to make a chain that is as long as that where all of the tests run: still too long to recurse."""
    return number if is_whole() else max(SHORTEST, number * INNER_LOOP // WHOLE)


def some(cases: Iterable[T]) -> list[T]:
    """Return the cases of a test that tries all of them in CI; every third elsewhere, every eleventh in the inner loop.

    Both are prime: with every tenth, each turn of the outer of two loops would meet the same cases of the inner one.
    """
    return list(cases)[:: STEPS[settings().max_examples]]
