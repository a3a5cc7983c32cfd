"""A count with its noun, and a list of which some are named: the words that messages and reports share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_EXAMPLES = 5
"""How many examples are told before the rest is only counted."""


def number(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: `1 cell`, `12 cells`, and `2 dependencies` where the plural is given."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def list_some(texts: Sequence[str], most: int = MAX_EXAMPLES) -> str:
    """Return texts as a list of at most `most`, and how many more there are."""
    shown = ", ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown} and {len(texts) - most:,} more"


def list_sorted(texts: Iterable[str]) -> str:
    """Return the same of texts that are in no order, such as those of a set: a report is the same to the byte."""
    return list_some(sorted(texts))
