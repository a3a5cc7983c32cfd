"""What the variants of one spec offer that its partner's do not: the two rules on variants share this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.compare.coverage import GPU_ARCHITECTURES
from cachediff.compare.match import differing_variants
from cachediff.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_FEATURES = frozenset({"patches", "dev_path"})
"""Variants whose values nobody asks for: a recipe's patches come and go with its versions."""

GPU_LISTS = frozenset(GPU_ARCHITECTURES.values()) - {""}
"""Variants that are multi-valued even where both sides list one value: there every value counts."""

NOTHING = ("none",)


def lost_variants(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    """Yield what canonical variants have on or list in `before`, and off or not listed in `after`: `native`, `languages=jit`.

    A variant that only one side has says nothing: its recipe, or the variant that it depends on, changed. Neither does another value of a
    variant that has one value on both sides, unless that is `none`, or names a GPU.
    """
    old, new = dict(map(parse_variant, before)), dict(map(parse_variant, after))
    for name in differing_variants(before, after):
        if name not in old or name not in new or name in NOT_FEATURES:
            continue
        if old[name] == ("+",) and new[name] == ("~",):
            yield name
        elif name in GPU_LISTS or max(len(old[name]), len(new[name])) > 1 or new[name] == NOTHING:
            yield from (f"{name}={value}" for value in old[name] if value not in {*new[name], *NOTHING})
