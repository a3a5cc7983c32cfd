"""What a spec's variants give its users: GPUs, what is on, and the values of lists."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from cachediff.comparison.match import differing_variants
from cachediff.domain.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

GPU_ARCHITECTURES = {"cuda": "cuda_arch", "rocm": "amdgpu_target", "sycl": ""}
"""Each GPU variant and the variant that lists what it is built for (empty: none does)."""

NOT_FEATURES = frozenset({"patches", "dev_path"})
"""Variants whose values nobody asks for: a recipe's patches come and go with its versions."""

GPU_SWITCHES = {lists: name for name, lists in GPU_ARCHITECTURES.items() if lists}
"""The same from the list to the variant that switches it on."""

NOTHING = ("none",)

Variants: TypeAlias = tuple[str, ...]


@lru_cache(maxsize=1 << 12)
def gpu_facets(variants: Variants) -> frozenset[str]:
    """Return what GPUs canonical variants are built for: `+cuda cuda_arch=80`, or `+cuda` alone without an architecture."""
    values = dict(map(parse_variant, variants))
    facets = set()
    for name, architectures in GPU_ARCHITECTURES.items():
        if values.get(name) == ("+",):
            # `cuda_arch=none` is how Spack writes that no architecture was chosen.
            named = set(values.get(architectures, ())) - {"none"}
            facets |= {f"+{name} {architectures}={arch}" for arch in named} or {f"+{name}"}
    return frozenset(facets)


@lru_cache(maxsize=1 << 12)
def enabled_variants(variants: Variants) -> frozenset[str]:
    """Return what canonical variants have on or list: `mpi` for `+mpi`, `languages=c` for each value.

    GPUs are facets of their own, but for what a package lists without a variant that switches them on, as rocblas does.
    """
    parsed = [*map(parse_variant, variants)]
    switches = GPU_ARCHITECTURES.keys() & {name for name, _ in parsed}
    of_gpus = {*switches, *(GPU_ARCHITECTURES[name] for name in switches)}
    facets = set()
    for name, values in parsed:
        if name in NOT_FEATURES or name in of_gpus:
            continue
        facets |= {name} if values == ("+",) else {f"{name}={value}" for value in values if value not in ("~", "none")}
    return frozenset(facets)


@lru_cache(maxsize=1 << 12)
def offered_variants(variants: Variants) -> frozenset[str]:
    """Return what canonical variants have on or list, what they list for a GPU that is switched on included.

    A recipe may get a switch for a GPU that it was always built for: `amdgpu_target=gfx90a` is there with `+rocm`, too.
    """
    of_gpus = {facet.partition(" ")[2] for facet in gpu_facets(variants)} - {""}
    return enabled_variants(variants) | of_gpus


def missing_gpus(before: set[str], after: set[str]) -> set[str]:
    """Return the GPU facets that are gone; `+cuda` without an architecture is not, while any `+cuda …` stays."""
    return before - with_bare(after)


def with_bare(facets: set[str]) -> set[str]:
    """Return GPU facets, and each without its architecture: who has one for some architecture has `+cuda`."""
    return facets | {facet.partition(" ")[0] for facet in facets}


@lru_cache(maxsize=1 << 12)
def multi_valued(variants: Variants) -> frozenset[str]:
    """Return the names of the variants that have several values here, or are lists by their nature."""
    return frozenset([name for name, values in map(parse_variant, variants) if len(values) > 1 or name in GPU_SWITCHES])


def lost_variants(before: Variants, after: Variants) -> Iterator[str]:
    """Yield what canonical variants have on or list in `before`, and off or unlisted in `after`: `native`, `languages=jit`.

    A variant that only one side has says nothing: its recipe, or the variant that it depends on, changed. Neither does
    another value of a variant that has one value on both sides, unless that is `none`, or names a GPU.
    """
    # Most pairs that changed did so in another fact, and a table of both sides would be made for nothing.
    if before == after:
        return
    old, new = dict(map(parse_variant, before)), dict(map(parse_variant, after))
    for name in differing_variants(before, after):
        if name not in old or name not in new or name in NOT_FEATURES:
            continue
        if old[name] == ("+",) and new[name] == ("~",):
            yield name
        elif name in GPU_SWITCHES or max(len(old[name]), len(new[name])) > 1 or new[name] == NOTHING:
            # Who had `none` loses nothing with it.
            kept = {*new[name], *NOTHING}
            yield from (f"{name}={value}" for value in old[name] if value not in kept)
