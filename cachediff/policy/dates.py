"""Dates as text, `YYYY-MM-DD`, which sorts as it should. What day it is, nobody here knows: it is an argument."""

from __future__ import annotations

from datetime import date

from cachediff.domain.tags import is_date, name_date


def date_snapshot(source: str, today: str = "") -> str:
    """Return the date in the name of a snapshot, which a reviewer sees, and `today` where there is none."""
    named = name_date(source)
    # `develop-2025-02-30` looks dated, and is of no day.
    return named if is_date(named) else today


def days_between(first: str, last: str) -> int:
    """Return how many days a date is after another, negative where it is before.

    Raises ValueError where one does not exist.
    """
    return (date.fromisoformat(last) - date.fromisoformat(first)).days
