"""What was meant by a word that nothing is called: those that are nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to one, as the end of a sentence; empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the known words that are nearest to one, three at most, as a hint; empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known))
    return f"did you mean {' or '.join(near)}?" if near else ""
