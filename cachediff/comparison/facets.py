"""What is gone from within cells that stay: GPUs, versions, enabled variants (docs/design.md, Facets).

A facet is judged a cell: aarch64 that loses CUDA is a loss, though x86_64 in the same stack keeps it. The users of a cell
that is gone but served, by a lesser target or another os, look for its facets in the cell that serves them. A change names
the whole stack where no cell of the stack has the facet on the other side.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from cachediff.comparison.coverage import ancestors, cells_of
from cachediff.comparison.variants import (
    GPU_SWITCHES,
    NOTHING,
    Variants,
    enabled_variants,
    gpu_facets,
    lost_variants,
    missing_gpus,
    multi_valued,
    offered_variants,
    with_bare,
)
from cachediff.domain.cell import Cell, FacetChange
from cachediff.domain.spelling import parse_variant
from cachediff.domain.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from cachediff.comparison.match import Matching, Pair
    from cachediff.domain.cell import FacetKind, LostCell
    from cachediff.domain.spec import Spec, SpecContent

_Loss: TypeAlias = "tuple[FacetKind, str, Cell]"


class _CellFacets(Struct):
    """What one cell holds: versions and variants of its specs, each once, and what its GPU variants are built for."""

    versions: set[str] = field(default_factory=set)
    variants: set[Variants] = field(default_factory=set)

    def gpus(self) -> set[str]:
        """Return the GPU facets of the cell."""
        return set().union(*map(gpu_facets, self.variants))

    def enabled(self) -> set[str]:
        """Return the enabled variants of the cell."""
        return set().union(*map(enabled_variants, self.variants))

    def offered(self) -> set[str]:
        """Return the same and what the cell lists for GPUs: what is found there by whoever looks for a variant."""
        return set().union(*map(offered_variants, self.variants))

    def values(self) -> dict[str, set[tuple[str, ...]]]:
        """Return the values that each variant has in the cell: a tuple for each set of values that some spec has."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for name, values in map(parse_variant, set(chain.from_iterable(self.variants))):
            found.setdefault(name, set()).add(values)
        return found

    def merge(self, other: _CellFacets) -> None:
        """Add what another cell holds."""
        self.versions |= other.versions
        self.variants |= other.variants


_Side: TypeAlias = dict[Cell, _CellFacets]
# Shared by all cells without specs: nothing is ever added to it.
_NONE = _CellFacets()


def compare_facets(
    old: Sequence[Spec],
    new: Sequence[Spec],
    matching: Matching,
    lost: Sequence[LostCell],
    whole: tuple[Sequence[Spec], Sequence[Spec]] | None = None,
) -> tuple[tuple[FacetChange, ...], tuple[FacetChange, ...]]:
    """Return the facets that the cells of a package lost and, for GPUs, gained, in order.

    Given are how its specs pair and its lost cells, and all specs of both sides (`whole`) where these are a part of them:
    whether a variant is a list is asked of all, and a stack of which the part lacks cells is not named as a whole.
    """
    old_contents, new_contents = {spec.content for spec in old}, {spec.content for spec in new}
    # In any other stack both sides have the same contents, and so the same facets.
    touched = {stack for content in old_contents ^ new_contents for stack in content.stacks}
    before, after = _by_cell(old_contents, touched), _by_cell(new_contents, touched)
    stays = [cell for cell in before if cell in after and before[cell] != after[cell]]
    # A cell that is gone and not served has lost all it had, which the rules on cells say.
    judged = [*((cell, [cell]) for cell in stays), *find_servers(lost, after)]
    losses = [*_find_lost(before, after, judged, _Pairing(whole or (old, new), matching))]
    # Only GPUs have a mirror rule: whatever else came is told of specs (spec-added, variant-enabled).
    gains: list[_Loss] = [
        ("gpu", facet, cell)
        for cell in stays
        if not after[cell].variants <= before[cell].variants
        for facet in missing_gpus(after[cell].gpus(), before[cell].gpus())
    ]
    cut = _find_cut((old, new), whole) if whole and (losses or gains) else set[str]()
    return _name_places(losses, after, cut), _name_places(gains, before, cut)


def find_servers(lost: Iterable[LostCell], after: Collection[Cell]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield each lost cell that is served, with all cells of NEW in which its users find the package.

    These are of every target that they can run.
    """
    for one in lost:
        cell = one.cell
        if one.served_by_target:
            targets = ancestors(cell.target)
            yield cell, [there for target in targets if (there := Cell(cell.stack, cell.platform, cell.os, target)) in after]
        elif one.served_by_os:
            yield cell, [Cell(cell.stack, cell.platform, one.served_by_os, cell.target)]


def _by_cell(contents: Iterable[SpecContent], stacks: Collection[str]) -> _Side:
    """Return what each cell of some stacks holds."""
    cells: _Side = {}
    for content in contents:
        for cell in cells_of(content):
            if cell.stack in stacks:
                # Asked first: a default would be made for each spec of a cell, to be thrown away for all but one.
                held = cells.get(cell) or cells.setdefault(cell, _CellFacets())
                held.versions.add(content.coordinates.version)
                held.variants.add(content.coordinates.variants)
    return cells


def _find_lost(before: _Side, after: _Side, judged: Iterable[tuple[Cell, list[Cell]]], pairing: _Pairing) -> Iterator[_Loss]:
    """Yield what the users of each cell of OLD do not find in the cells of NEW that are theirs."""
    for ours, theirs in judged:
        old, new = before[ours], _gather(theirs, after)
        # Where every set of variants is still there, so is every facet.
        if not old.variants <= new.variants:
            yield from (("gpu", facet, ours) for facet in missing_gpus(old.gpus(), new.gpus()))
            yield from (("variant", facet, ours) for facet in pairing.find_lost_variants(ours, old, new))
        if not old.versions <= new.versions:
            # What the serving cell held already is no newcomer: it took nobody's place.
            had = _gather(theirs, before).versions
            yield from (
                ("version", version, ours)
                for version in pairing.find_lost_versions(ours, theirs, old.versions, new.versions, had)
            )


def _gather(cells: Sequence[Cell], side: _Side) -> _CellFacets:
    """Return what some cells hold together."""
    if len(cells) == 1:
        return side.get(cells[0], _NONE)
    together = _CellFacets()
    for cell in cells:
        together.merge(side.get(cell, _NONE))
    return together


class _Pairing:
    """What the pairs of a package say of what is gone from its cells. Most of it is asked for seldom, and found out then."""

    def __init__(self, specs: Sequence[Sequence[Spec]], matching: Matching) -> None:
        self._specs, self._matching = specs, matching

    def find_lost_versions(
        self, ours: Cell, theirs: Sequence[Cell], old: set[str], new: set[str], had: set[str]
    ) -> list[str]:
        """Return the versions that are gone from a cell and whose place no version new to it (`had`: it held before) took.

        A pair explains the version that it leaves where it goes to a new one. A new version to which no pair of the cell
        goes, and which is not of a spec that was elsewhere before, came with one that was split or merged: each takes the
        place of one lower version, the highest that went.
        """
        bumps = self._bumps.get(ours, {})
        reached = set().union(*bumps.values()) if bumps else set()
        gone = {version for version in old - new if not bumps.get(version, set()) - had}
        # What a pair goes to takes the place of what that pair left, and of nothing else.
        came = {version for version in new - had - reached if any((cell, version) in self._fresh for cell in theirs)}
        left: list[str] = []
        # From the lowest up, as one closes brackets: what came takes the place of the highest that went below it.
        for version in sorted(gone | came, key=lambda one: (version_key(one), one in gone, one)):
            if version in gone:
                left.append(version)
            elif left:
                left.pop()
        return left

    def find_lost_variants(self, cell: Cell, old: _CellFacets, new: _CellFacets) -> list[str]:
        """Return what no spec of a cell has on any more, and a spec that left had, or what is there has off.

        What a changed pair disables is for a rule of its own. Another value of a variant that has one value is no loss,
        unless it is `none`; where a spec stays and its recipe does not have the variant any more, nothing is.
        """
        gone = [facet for facet in old.enabled() - new.offered() if (cell, facet) not in self._disabled]
        now = new.values() if gone else {}
        return [facet for facet in gone if self._is_lost(cell, facet, now)]

    def _is_lost(self, cell: Cell, facet: str, now: Mapping[str, set[tuple[str, ...]]]) -> bool:
        name, is_value, _ = facet.partition("=")
        values, has_left = now.get(name, set()), facet in self._left.get(cell, ())
        if is_value:
            # Most recipes list GPUs only where they are switched on: with the switch off the list is not there.
            is_off = not values and now.get(GPU_SWITCHES.get(name, "")) == {("~",)}
            return is_off or values == {NOTHING} or ((has_left or bool(values)) and name in self._multi)
        return has_left or ("~",) in values

    @cached_property
    def _changed(self) -> list[Pair]:
        """The pairs that changed, and those of one hash that have other content: whatever else is to be said of these."""
        return [*self._matching.changed, *(pair for pair in self._matching.unchanged if pair[0].content != pair[1].content)]

    @cached_property
    def _bumps(self) -> dict[Cell, dict[str, set[str]]]:
        """For each cell the versions that pairs within it leave, and those that they go to."""
        bumps: dict[Cell, dict[str, set[str]]] = {}
        for old, new in self._changed:
            if old.coordinates.version != new.coordinates.version:
                for cell in set(cells_of(old.content)).intersection(cells_of(new.content)):
                    bumps.setdefault(cell, {}).setdefault(old.coordinates.version, set()).add(new.coordinates.version)
        return bumps

    @cached_property
    def _fresh(self) -> set[tuple[Cell, str]]:
        """Each cell with the versions of its specs that are added, or whose partner has another version."""
        bumped = [new for old, new in self._changed if old.coordinates.version != new.coordinates.version]
        return {
            (cell, spec.coordinates.version) for spec in (*self._matching.added, *bumped) for cell in cells_of(spec.content)
        }

    @cached_property
    def _disabled(self) -> set[tuple[Cell, str]]:
        """What changed pairs disable, in the cells of their old specs."""
        return {
            (cell, facet)
            for old, new in self._changed
            if old.coordinates.variants != new.coordinates.variants
            for facet in lost_variants(old.coordinates.variants, new.coordinates.variants)
            for cell in cells_of(old.content)
        }

    @cached_property
    def _left(self) -> dict[Cell, set[str]]:
        """What specs that left a cell had on: removed ones, and those whose partner is elsewhere."""
        matching, left = self._matching, dict[Cell, set[str]]()
        gone = [(spec.content, cells_of(spec.content)) for spec in matching.removed]
        for old, new in chain(matching.unchanged, matching.rebuilt, matching.changed):
            # Equal contents are mostly one object, which is quicker to see.
            if old.content is not new.content and old.content != new.content:
                gone.append((old.content, tuple(set(cells_of(old.content)).difference(cells_of(new.content)))))
        for content, cells in gone:
            for cell in cells:
                left.setdefault(cell, set()).update(enabled_variants(content.coordinates.variants))
        return left

    @cached_property
    def _multi(self) -> frozenset[str]:
        """The variants that have several values in some spec."""
        # In any stack, and in none: that a variant is a list is true of the package, whatever differs or is compared.
        everywhere = {spec.coordinates.variants for spec in chain.from_iterable(self._specs)}
        return frozenset().union(*map(multi_valued, everywhere))


def _find_cut(part: Sequence[Sequence[Spec]], whole: Sequence[Sequence[Spec]]) -> set[str]:
    """Return the stacks some cells of which are outside of the part that is compared."""
    inside, all_ = ({cell for spec in chain(*specs) for cell in cells_of(spec.content)} for specs in (part, whole))
    return {cell.stack for cell in all_ - inside}


def _name_places(losses: Sequence[_Loss], other: _Side, cut: Collection[str]) -> tuple[FacetChange, ...]:
    """Return changes in order: one for a whole stack of which no cell has the facet on the other side, else one a cell.

    Of a stack that is `cut` nobody looked at all cells.
    """
    if not losses:
        return ()
    kept = {(kind, facet, cell.stack) for kind, facet, cell in losses if cell.stack in cut}
    stacks = {cell.stack for _, _, cell in losses}
    for cell, held in other.items():
        if cell.stack in stacks:
            kept.update(("gpu", facet, cell.stack) for facet in with_bare(held.gpus()))
            kept.update(("version", version, cell.stack) for version in held.versions)
            kept.update(("variant", facet, cell.stack) for facet in held.offered())
    return tuple(
        sorted(
            {
                FacetChange(kind, facet, cell if (kind, facet, cell.stack) in kept else Cell(cell.stack, "", "", ""))
                for kind, facet, cell in losses
            }
        )
    )
