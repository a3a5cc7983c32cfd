"""How a cause comes to reach what nobody depends on: one short chain of records for each."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MAX_LENGTH = 12
"""How many records of a chain are told: of a longer one the ends."""


def find_chains(causes: Collection[str], edges: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return for each cause a shortest chain down to it, from a fresh record on which no other fresh one depends.

    `edges` are those among fresh records. A chain that is too long has an empty text in the middle.
    """
    found = _descend({*causes}, edges)
    above: dict[str, list[str]] = {}
    # Down once for all causes; up only from those that nothing ends above, as all that is there goes round.
    if len(found) < len(causes):
        for hash_, some in edges.items():
            for other in some:
                above.setdefault(other, []).append(hash_)
    return {cause: _shorten(found.get(cause) or _climb(cause, above)) for cause in causes}


def _descend(causes: set[str], edges: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the way to each cause that some record is above on which none depends: to all at once, and no further."""
    # Sorted: which of several shortest ways is told must not depend on the order of a file.
    level = sorted(edges.keys() - set[str]().union(*edges.values()))
    above = dict.fromkeys(level, "")
    while level and not above.keys() >= causes:
        below: list[str] = []
        for hash_ in level:
            for other in edges[hash_]:
                if other not in above:
                    above[other] = hash_
                    below.append(other)
        level = below
    return {cause: [*reversed(_walk(cause, above))] for cause in causes if cause in above}


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
