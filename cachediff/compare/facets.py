"""What users can get within a cell, and what of it is gone from cells that stay: GPUs, versions, enabled variants.

A facet is judged a cell: aarch64 that loses CUDA is a loss, though x86_64 in the same stack keeps it. The users of a cell that is gone but
served, by a lesser target or another os, look for its facets in the cell that serves them. A change names the whole stack where no cell of
the stack has the facet on the other side.
"""

from __future__ import annotations

from collections import Counter, deque
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from cachediff.compare.coverage import ancestors, cells_of
from cachediff.compare.match import differing_variants
from cachediff.compare.versions import version_key
from cachediff.model import Cell, FacetChange
from cachediff.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from cachediff.compare.match import Matching, Pair
    from cachediff.model import Body, FacetKind, Lost, Spec

GPU_ARCHITECTURES = {"cuda": "cuda_arch", "rocm": "amdgpu_target", "sycl": ""}
"""Each GPU variant and the variant that lists what it is built for (empty: none does)."""

NOT_FEATURES = frozenset({"patches", "dev_path"})
"""Variants whose values nobody asks for: a recipe's patches come and go with its versions."""

_GPU_LISTS = frozenset(GPU_ARCHITECTURES.values()) - {""}
_NOTHING = ("none",)

Variants: TypeAlias = tuple[str, ...]
_Values: TypeAlias = dict[str, set[tuple[str, ...]]]
_Loss: TypeAlias = "tuple[FacetKind, str, Cell]"


class _Contents(Struct):
    """What one cell holds: the versions and the variants of its specs, each once, and what its GPU variants are built for."""

    versions: set[str] = field(default_factory=set)
    variants: set[Variants] = field(default_factory=set)

    def gpus(self) -> set[str]:
        """Return the GPU facets of the cell."""
        return set().union(*map(gpu_facets, self.variants))

    def enabled(self) -> set[str]:
        """Return the enabled variants of the cell."""
        return set().union(*map(enabled_variants, self.variants))

    def values(self) -> _Values:
        """Return the values that each variant has in the cell: a tuple for each set of values that some spec has."""
        values: _Values = {}
        for name, some in map(parse_variant, set(chain.from_iterable(self.variants))):
            values.setdefault(name, set()).add(some)
        return values

    def merge(self, other: _Contents) -> None:
        """Add what another cell holds."""
        self.versions |= other.versions
        self.variants |= other.variants


_Side: TypeAlias = dict[Cell, _Contents]


def compare_facets(
    old: Sequence[Spec], new: Sequence[Spec], matching: Matching, lost: Sequence[Lost]
) -> tuple[tuple[FacetChange, ...], tuple[FacetChange, ...]]:
    """Return the facets that the cells of a package lost and, for GPUs, gained, in order, given how its specs pair and its lost cells."""
    old_bodies, new_bodies = {spec.body for spec in old}, {spec.body for spec in new}
    touched = {stack for body in old_bodies ^ new_bodies for stack in body.stacks}
    before, after = _by_cell(old_bodies, touched), _by_cell(new_bodies, touched)
    stays = [cell for cell in before if cell in after and before[cell] != after[cell]]
    judged = [*((cell, [cell]) for cell in stays), *_find_servers(lost, after)]
    losses = [*_find_lost(before, after, judged, matching)] if judged else []
    gains: list[_Loss] = [("gpu", facet, cell) for cell in stays for facet in _missing(after[cell].gpus(), before[cell].gpus())]
    return _name_places(losses, after), _name_places(gains, before)


def _find_servers(lost: Iterable[Lost], after: _Side) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield each lost cell that is served, with all cells of NEW in which its users find the package: every target that they can run."""
    for one in lost:
        cell = one.cell
        if one.served_by_target:
            targets = ancestors(cell.target)
            yield cell, [there for target in targets if (there := Cell(cell.stack, cell.platform, cell.os, target)) in after]
        elif one.served_by_os:
            yield cell, [Cell(cell.stack, cell.platform, one.served_by_os, cell.target)]


@lru_cache(maxsize=1 << 12)
def gpu_facets(variants: Variants) -> frozenset[str]:
    """Return what GPUs canonical variants are built for: `+cuda cuda_arch=80`, or `+cuda` alone where no architecture is named."""
    values = dict(map(parse_variant, variants))
    facets = set()
    for name, architectures in GPU_ARCHITECTURES.items():
        if values.get(name) == ("+",):
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
def _multi_valued(variants: Variants) -> frozenset[str]:
    """Return the names of the variants that have several values here, or are lists by their nature."""
    return frozenset([name for name, values in map(parse_variant, variants) if len(values) > 1 or name in _GPU_LISTS])


def lost_variants(before: Variants, after: Variants) -> Iterator[str]:
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
        elif name in _GPU_LISTS or max(len(old[name]), len(new[name])) > 1 or new[name] == _NOTHING:
            kept = {*new[name], *_NOTHING}
            yield from (f"{name}={value}" for value in old[name] if value not in kept)


def _by_cell(bodies: Iterable[Body], stacks: Collection[str]) -> _Side:
    """Return what each cell of some stacks holds."""
    cells: _Side = {}
    for body in bodies:
        for cell in cells_of(body):
            if cell.stack in stacks:
                contents = cells.get(cell) or cells.setdefault(cell, _Contents())
                contents.versions.add(body.coordinates.version)
                contents.variants.add(body.coordinates.variants)
    return cells


def _find_lost(before: _Side, after: _Side, judged: Iterable[tuple[Cell, list[Cell]]], matching: Matching) -> Iterator[_Loss]:
    """Yield what the users of each cell of OLD do not find in the cells of NEW that are theirs."""
    # One hash with other content on both sides is a pair that changed, whatever else is to be said of it.
    changed = [*matching.changed, *(pair for pair in matching.unchanged if pair[0].body != pair[1].body)]
    bumps, explained = _find_bumps(changed), _Variants(before, after, matching, changed)
    fresh = [*matching.added, *(new for old, new in changed if old.coordinates.version != new.coordinates.version)]
    added = {(cell, spec.coordinates.version) for spec in fresh for cell in cells_of(spec.body)}
    for ours, theirs in judged:
        old, new, had = before[ours], _Contents(), _Contents()
        for cell in theirs:
            new.merge(after[cell])
            had.merge(before.get(cell, _Contents()))
        came = {version for version in new.versions - had.versions if any((cell, version) in added for cell in theirs)}
        yield from (("gpu", facet, ours) for facet in _missing(old.gpus(), new.gpus()))
        left = bumps.get(ours, {})
        yield from (("version", version, ours) for version in _find_lost_versions(old.versions, new.versions, had.versions, came, left))
        if off := old.enabled() - new.enabled():
            now = new.values()
            yield from (("variant", facet, ours) for facet in off if explained.is_lost(ours, facet, now))


def _find_bumps(changed: Sequence[Pair]) -> dict[Cell, dict[str, set[str]]]:
    """Return for each cell the versions that pairs within it leave, and those that they go to."""
    bumps: dict[Cell, dict[str, set[str]]] = {}
    for old, new in changed:
        if old.coordinates.version != new.coordinates.version:
            for cell in set(cells_of(old.body)).intersection(cells_of(new.body)):
                bumps.setdefault(cell, {}).setdefault(old.coordinates.version, set()).add(new.coordinates.version)
    return bumps


def _find_lost_versions(old: set[str], new: set[str], had: set[str], added: set[str], bumps: dict[str, set[str]]) -> list[str]:
    """Return the versions that are gone from a cell and that no version new to it (`had`: it held before) took the place of.

    A pair explains the version that it leaves where it goes to a new one. A new version that is `added`, and to which no pair of the cell
    goes, came with a spec that was split or merged on its way: each takes the place of one lower version, the highest that went.
    """
    gone = sorted((version for version in old - new if not bumps.get(version, set()) - had), key=version_key)
    reached = set().union(*bumps.values()) if bumps else set()
    # From the lowest on: what is lower than one is lower than all that come after it, so the last that was found is the highest.
    waiting, lower = deque(gone), list[str]()
    for version in sorted(added - reached, key=version_key):
        while waiting and version_key(waiting[0]) < version_key(version):
            lower.append(waiting.popleft())
        if lower:
            lower.pop()
    return [*lower, *waiting]


def _find_leavers(matching: Matching) -> Iterator[tuple[Body, Collection[Cell]]]:
    """Yield what left cells, and which: removed specs, and those whose partner is elsewhere."""
    yield from ((spec.body, cells_of(spec.body)) for spec in matching.removed)
    for old, new in chain(matching.unchanged, matching.rebuilt, matching.changed):
        if old.body is not new.body and old.body != new.body:
            yield old.body, set(cells_of(old.body)).difference(cells_of(new.body))


class _Variants:
    """What is known of the variants of a package: which pairs disable, which specs that left had on, and which have several values."""

    def __init__(self, before: _Side, after: _Side, matching: Matching, changed: Sequence[Pair]) -> None:
        self._sides = before, after
        self._disabled = {
            (cell, facet)
            for old, new in changed
            if old.coordinates.variants != new.coordinates.variants
            for facet in lost_variants(old.coordinates.variants, new.coordinates.variants)
            for cell in cells_of(old.body)
        }
        self._left: dict[Cell, set[Variants]] = {}
        self._enabled: dict[Cell, set[str]] = {}
        for body, cells in _find_leavers(matching):
            for cell in cells:
                self._left.setdefault(cell, set()).add(body.coordinates.variants)

    def is_lost(self, cell: Cell, facet: str, values: _Values) -> bool:
        """Return whether what no spec of a cell has on any more is a loss: a spec that left had it, or what is there has it off.

        What a changed pair disables is for a rule of its own. Another value of a variant that has one value is no loss, unless it is
        `none`; where a spec stays and its recipe does not have the variant any more, nothing is.
        """
        if (cell, facet) in self._disabled:
            return False
        name, is_value, _ = facet.partition("=")
        now = values.get(name, set())
        is_off = now == {_NOTHING} if is_value else ("~",) in now
        has_left = facet in self._left_with(cell)
        return is_off or ((has_left or bool(now)) and name in self._multi if is_value else has_left)

    def _left_with(self, cell: Cell) -> set[str]:
        """Return what the specs that left a cell had on."""
        if cell not in self._enabled:
            self._enabled[cell] = set().union(*map(enabled_variants, self._left.get(cell, ())))
        return self._enabled[cell]

    @cached_property
    def _multi(self) -> frozenset[str]:
        """The variants that have several values in some spec."""
        everywhere = {variants for side in self._sides for contents in side.values() for variants in contents.variants}
        return frozenset().union(*map(_multi_valued, everywhere))


def _missing(before: set[str], after: set[str]) -> set[str]:
    """Return the GPU facets that are gone; `+cuda` without an architecture is not, while any `+cuda …` stays."""
    kept = after | {facet.partition(" ")[0] for facet in after}
    return before - kept


def _name_places(losses: Sequence[_Loss], other: _Side) -> tuple[FacetChange, ...]:
    """Return the changes in order: one for a whole stack where no cell of it has the facet on the other side, else one a cell."""
    if not losses:
        return ()
    kept: Counter[tuple[FacetKind, str, str]] = Counter()
    stacks = {cell.stack for _, _, cell in losses}
    for cell, contents in other.items():
        if cell.stack in stacks:
            kept.update(("gpu", facet, cell.stack) for facet in contents.gpus())
            kept.update(("version", version, cell.stack) for version in contents.versions)
            kept.update(("variant", facet, cell.stack) for facet in contents.enabled())
    return tuple(
        sorted(
            {
                FacetChange(kind, facet, cell if kept[kind, facet, cell.stack] else Cell(cell.stack, "", "", ""))
                for kind, facet, cell in losses
            }
        )
    )
