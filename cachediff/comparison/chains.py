"""How a cause comes to reach what nobody depends on: one short chain of records for each."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_LENGTH = 12
"""How many records of a chain are told: of a longer one the ends."""


def find_chains(causes: Iterable[str], edges: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return for each cause a shortest chain down to it, from a fresh record on which no other fresh one depends.

    `edges` are those among fresh records. A chain that is too long has an empty text in the middle.
    """
    above: dict[str, list[str]] = {}
    for hash_, found in edges.items():
        for other in found:
            above.setdefault(other, []).append(hash_)
    return {cause: _shorten(_climb(cause, above)) for cause in causes}


def _climb(cause: str, above: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the way from the nearest record that none depends on down to a cause."""
    below = {cause: ""}
    waiting = deque([cause])
    while waiting:
        hash_ = waiting.popleft()
        found = [other for other in sorted(above.get(hash_, ())) if other not in below]
        # In a circle there is no end: what was reached last is one.
        if not above.get(hash_) or not (found or waiting):
            return _walk(hash_, below)
        for other in found:
            below[other] = hash_
            waiting.append(other)
    return [cause]


def _walk(hash_: str, below: Mapping[str, str]) -> list[str]:
    chain = []
    while hash_:
        chain.append(hash_)
        hash_ = below[hash_]
    return chain


def _shorten(chain: Sequence[str]) -> tuple[str, ...]:
    if len(chain) <= MAX_LENGTH:
        return tuple(chain)
    half = MAX_LENGTH // 2
    return (*chain[:half], "", *chain[-half:])
