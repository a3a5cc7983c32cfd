"""Which variants one spec has and its partner has not: the two rules on variants share this."""

from __future__ import annotations

from cachediff.compare.match import differing_variants
from cachediff.spelling import parse_variant


def lost_variants(before: tuple[str, ...], after: tuple[str, ...]) -> list[str]:
    """Return what is on or listed in `before` and off or not listed in `after`: `native`, `languages=jit`.

    A variant that only one side has says nothing: its recipe, or the variant that it depends on, changed. Neither does another value of a
    variant that has one value on both sides.
    """
    lost = []
    old, new = dict(map(parse_variant, before)), dict(map(parse_variant, after))
    for name in differing_variants(before, after):
        if name not in old or name not in new:
            continue
        if old[name] == ("+",) and new[name] == ("~",):
            lost.append(name)
        elif len(old[name]) > 1 or len(new[name]) > 1:
            lost += [f"{name}={value}" for value in old[name] if value not in new[name] and value != "none"]
    return lost
