"""On how many examples a property is tried.

That is the number that it asks for, and a tenth of it in the inner loop (`pytest -m 'not slow'`).
"""

from __future__ import annotations

from hypothesis import settings

WHOLE, INNER_LOOP = 100, 10
"""How many percent of the examples that a property asks for; hypothesis's own number for those that ask for none."""


def examples(number: int) -> int:
    """Return how many examples to try where all of the tests try so many."""
    return max(1, number * settings().max_examples // WHOLE)
