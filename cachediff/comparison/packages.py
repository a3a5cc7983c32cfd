"""One package in both snapshots: its pairs, its cells, its counts."""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat
from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.counts import add_up
from cachediff.comparison.coverage import find_lost
from cachediff.comparison.facets import compare_facets
from cachediff.comparison.fields import differing_facts, differing_fields, differing_pair_facts
from cachediff.comparison.match import Matching, match, without_compiler
from cachediff.comparison.mpi import compare_mpis
from cachediff.comparison.outcomes import find_replacements
from cachediff.comparison.selection import narrow_content
from cachediff.comparison.wanted import find_unwanted_facets
from cachediff.domain.diff import Change, HashPairs, PackageDiff, SpecCounts
from cachediff.domain.selection import EVERYTHING, list_narrowed
from cachediff.domain.spec import SpecContent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.cell import FacetChange, LostCell
    from cachediff.domain.diff import Replacement
    from cachediff.domain.package import PackageRecord
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import Coordinates, Spec
    from cachediff.domain.wanted import Wanted


def compare_package(
    package: str,
    old: PackageRecord | None,
    new: PackageRecord | None,
    *,
    selection: Selection = EVERYTHING,
    wanted: Wanted | None = None,
) -> PackageDiff:
    """Return what differs between the parts of a package in two snapshots that a selection takes.

    A side that has no such package is None. `wanted` is what locks ask for, where somebody named any.
    """
    old_specs, new_specs = _select(old, selection), _select(new, selection)
    old_facts = add_up(old, old_specs) if old else None
    new_facts = add_up(new, new_specs) if new else None
    matching = match(old_specs, new_specs)
    old_cells = old_facts.cells if old_facts else frozenset()
    new_cells = new_facts.cells if new_facts else frozenset()
    lost = find_lost(old_cells, new_cells)
    changes = tuple(_changes(matching, find_replacements(matching.removed, old_specs, new_specs, lost)))
    # Of all that there is these are the very specs: then nothing more is to be asked of the rest.
    whole = (old.specs, new.specs) if old and new and old_specs is not old.specs else None
    facets_lost, facets_gained = _compare_facets((old_specs, new_specs), whole, matching, lost, changes)
    unwanted = wanted.find_unwanted(package, old_cells) if wanted else frozenset()
    return PackageDiff(
        package,
        old_facts,
        new_facts,
        _count_specs(matching, len(old_specs), len(new_specs)),
        changes,
        tuple(lost),
        tuple(sorted(new_cells - old_cells)),
        facets_lost,
        facets_gained,
        _count_unrooted(matching),
        # Pages know of no dependencies, and nobody asks for the pairs.
        _list_pairs(matching) if old_specs and old_specs[0].facts else HashPairs(),
        unwanted,
        find_unwanted_facets(facets_lost, old_specs, unwanted, wanted) if wanted and facets_lost else frozenset(),
    )


def _count_specs(matching: Matching, old: int, new: int) -> SpecCounts:
    return SpecCounts(
        old=old,
        new=new,
        unchanged=len(matching.unchanged),
        rebuilt=len(matching.rebuilt),
        changed=len(matching.changed),
        added=len(matching.added),
        removed=len(matching.removed),
    )


def _compare_facets(
    sides: tuple[tuple[Spec, ...], tuple[Spec, ...]],
    whole: tuple[tuple[Spec, ...], tuple[Spec, ...]] | None,
    matching: Matching,
    lost: list[LostCell],
    changes: tuple[Change, ...],
) -> tuple[tuple[FacetChange, ...], tuple[FacetChange, ...]]:
    """Return the facets that the cells of a package lost and gained."""
    old, new = sides
    # A package without news, or on one side alone, has no cell that stays and differs.
    gone, came = compare_facets(old, new, matching, lost, whole) if changes and old and new else ((), ())
    # But for the MPI, which is no fact of a spec itself: it may be another one where nothing else is news.
    if old and new and old[0].facts and new[0].facts:
        mpis_gone, mpis_came = compare_mpis(old, new, lost, whole)
        return gone + mpis_gone, came + mpis_came
    return gone, came


def _list_pairs(matching: Matching) -> HashPairs:
    """Return the hashes of pairs, where specs have dependencies that explain why one is another."""
    rebuilt = [(a, b, a.facts.package_hash, b.facts.package_hash) for a, b in matching.rebuilt if a.facts and b.facts]
    recipes = [(before, after) for _, _, before, after in rebuilt if before and after]
    kept = sum([before == after for before, after in recipes])
    return HashPairs(
        rebuilt=tuple([(a.hash, b.hash) for a, b, _, _ in rebuilt]),
        changed=tuple([(a.hash, b.hash) for a, b in matching.changed if a.facts and b.facts]),
        recipes_changed=len(recipes) - kept,
        recipes_kept=kept,
    )


def _count_unrooted(matching: Matching) -> int:
    """Return how many pairs left `root`, without those that left their stacks, too.

    Specs that are equal but for an unknown compiler may pair crosswise under new hashes: of those no more count than there
    are fewer in `root`.
    """
    kept = [pair for pair in matching.unchanged if pair[0].is_in_root != pair[1].is_in_root and _left_root_alone(*pair)]
    paired = [pair for pair in chain(matching.rebuilt, matching.changed) if pair[0].is_in_root != pair[1].is_in_root]
    if not paired:
        return len(kept)
    left: Counter[Coordinates] = Counter()
    fewer: Counter[Coordinates] = Counter()
    for old, new in paired:
        kind = without_compiler(old.coordinates)
        left[kind] += _left_root_alone(old, new)
        fewer[kind] += 1 if old.is_in_root else -1
    return len(kept) + sum(min(count, max(0, fewer[kind])) for kind, count in left.items())


def _left_root_alone(old: Spec, new: Spec) -> bool:
    # What lost its stacks, too, is an orphan, and told of as such; an orphan of OLD had root alone to lose.
    return old.is_in_root and not new.is_in_root and (bool(new.stacks) or not old.stacks)


def pair_up(old: PackageRecord | None, new: PackageRecord | None) -> list[Change]:
    """Return every spec of a package with its partner, news or not: removed, added, changed, rebuilt, unchanged."""
    matching = match(old.specs if old else (), new.specs if new else ())
    return [*_changes(matching, everything=True)]


def _select(record: PackageRecord | None, selection: Selection) -> tuple[Spec, ...]:
    """Return a package's specs that are in a selection, each with those of its stacks that are."""
    if record is None:
        return ()
    # Packages were chosen before they were read: of one that is here, all is meant.
    if not list_narrowed(selection) - {"package"}:
        return record.specs
    kept = []
    for spec in record.specs:
        stacks = narrow_content(spec.content, selection)
        if stacks is not None:
            # Its index stays that of the page: places in reports are found by it.
            kept.append(msgspec.structs.replace(spec, content=SpecContent(spec.coordinates, stacks)))
    return tuple(kept)


def _changes(
    matching: Matching, replacements: Iterable[Replacement | None] = repeat(None), *, everything: bool = False
) -> Iterator[Change]:
    """Yield news: removed, added and changed specs, and other pairs that differ in stacks or, of one hash, in anything."""
    yield from (
        Change("removed", spec, None, replacement) for spec, replacement in zip(matching.removed, replacements, strict=False)
    )
    yield from (Change("added", None, spec) for spec in matching.added)
    yield from (Change("changed", a, b) for a, b in matching.changed)
    # Equal contents are mostly one object, which is quicker to see.
    yield from [
        Change("rebuilt", a, b)
        for a, b in matching.rebuilt
        if everything
        or (a.content is not b.content and a.content.stacks != b.content.stacks)
        or (a.facts is not None and differing_pair_facts(a, b))
    ]
    yield from [
        Change("unchanged", a, b)
        for a, b in matching.unchanged
        if everything
        or (a.content is not b.content and a.content != b.content and differing_fields(a.content, b.content))
        or (a.facts != b.facts and differing_facts(a.facts, b.facts))
    ]
