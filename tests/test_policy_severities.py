"""When a count fell too far, and the mildest of severities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachediff.domain.finding import SEVERITIES, CountDrop
from cachediff.policy.severities import is_too_far, mildest
from cachediff.rules.rule import Threshold

if TYPE_CHECKING:
    from cachediff.domain.finding import Severity


@pytest.mark.parametrize(
    ("old", "new", "percent", "at_least", "is_said"),
    [
        (1000, 950, 5, 10, False),  # by 5 percent, not by more
        (1000, 949, 5, 10, True),
        (10_000, 9_500, 5, 10, False),
        (10_000, 9_499, 5, 10, True),
        (100, 91, 5, 10, False),  # by 9, not by 10
        (100, 90, 5, 10, True),
        (100, 100, 0, 0, False),
        (100, 99, 0, 0, True),
        (100, 0, 100, 0, False),  # more than all of it never goes
        (100, 0, 99.5, 0, True),
        (200, 199, 0.5, 1, False),
        (200, 199, 0.4, 1, True),
        (90, 100, 5, 0, False),  # it rose
        (0, 0, 0, 0, False),
    ],
)
def test_both_bounds_of_a_threshold(old: int, new: int, percent: float, at_least: int, is_said: bool) -> None:
    assert is_too_far(CountDrop(old, new), Threshold(percent, at_least)) is is_said


@pytest.mark.parametrize("place", range(len(SEVERITIES)))
def test_mildest_is_the_last_of_the_severities(place: int) -> None:
    some: tuple[Severity, ...] = SEVERITIES[: place + 1]
    assert mildest(*some) == mildest(*reversed(some)) == SEVERITIES[place]
