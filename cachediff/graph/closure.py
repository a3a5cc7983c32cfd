"""What is true of a record because of those below it, as bits of an integer: any number of facts in one walk."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachediff.graph.order import refine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cachediff.domain.graph import Component


def close(order: Iterable[Component], edges: Mapping[str, Sequence[str]], own: Mapping[str, int]) -> dict[str, int]:
    """Return the bits of each node that has any: its own, and those of all that it reaches over some edges.

    `order` has every node after those that its edges lead to. What is in no edge is not walked through: to leave a node out
    of `edges` is to leave out what lies behind it. What is not in `order` has bits of its own alone.
    """
    bits = {node: mask for node, mask in own.items() if mask}
    get = bits.get
    for nodes in order:
        if len(nodes) > 1:
            for some in refine(nodes, edges):
                _close_circle(some, edges, bits)
            continue
        node = nodes[0]
        found = get(node, 0)
        # Most of the work is done here: no line of Python for edges that lead to nothing.
        for mask in filter(None, map(get, edges.get(node, ()))):
            found |= mask
        if found:
            bits[node] = found
    return bits


def _close_circle(nodes: Component, edges: Mapping[str, Sequence[str]], bits: dict[str, int]) -> None:
    """Give the nodes of a circle their bits: they reach each other, and so the same."""
    found = 0
    for node in nodes:
        for mask in map(bits.get, (node, *edges.get(node, ()))):
            found |= mask or 0
    if found:
        bits |= dict.fromkeys(nodes, found)


def count_bits(masks: Iterable[int]) -> list[int]:
    """Return in how many masks each bit is set.

    Counted as one adds on paper, a digit for all bits at once: two steps a mask on average, however many bits it has.
    """
    digits: list[int] = []
    # Those that depend on the same have the same mask.
    for mask, times in Counter(masks).items():
        for first in range(times.bit_length()):
            if times >> first & 1:
                _add(mask, first, digits)
    # As text, because to shift a number of thousands of bits once for each of them takes their square.
    width = max((digit.bit_length() for digit in digits), default=0)
    counts = [0] * width
    for place, digit in enumerate(digits):
        for position, bit in enumerate(reversed(f"{digit:b}")):
            if bit == "1":
                counts[position] += 1 << place
    return counts


def list_bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set: mostly few, of a number that may have thousands."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _add(mask: int, place: int, digits: list[int]) -> None:
    """Add a mask to numbers, one for each bit, of which it is one digit."""
    digits += [0] * (place - len(digits))
    while mask:
        if place == len(digits):
            digits.append(0)
        digits[place], mask = digits[place] ^ mask, digits[place] & mask
        place += 1
