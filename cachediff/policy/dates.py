"""Dates as text, `YYYY-MM-DD`, which sorts as it should. What day it is, nobody here knows: it is an argument."""

from __future__ import annotations

import re
from datetime import date

from cachediff.domain.tags import name_date

# Not `\d`, which other scripts have digits for; and `fromisoformat` alone would take 20250330 and 2025-W13-7.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_date(text: str) -> bool:
    """Return whether a text is a day that exists."""
    try:
        return _DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


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
