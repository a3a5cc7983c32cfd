"""What one page adds up to, and whether that is what its `meta` claims."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.comparison.coverage import cells_at
from cachediff.comparison.match import without_compiler
from cachediff.domain.cell import Cell
from cachediff.domain.diff import Mismatch, PackageFacts
from cachediff.domain.package import Claims
from cachediff.domain.spec import ROOT
from cachediff.text.pointers import write_pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from cachediff.domain.package import PackageRecord
    from cachediff.domain.spec import Coordinates, Spec, SpecContent


class _Sums(Struct, frozen=True, gc=False):
    """What distinct contents add up to; the values of each kind are in order."""

    coordinates: int
    stacks: dict[str, int]
    cells: frozenset[Cell]
    arches: frozenset[tuple[str, str, str]]
    compilers: tuple[str, ...]
    oss: tuple[str, ...]
    platforms: tuple[str, ...]
    targets: tuple[str, ...]
    versions: tuple[str, ...]


def add_up(record: PackageRecord, specs: Sequence[Spec]) -> PackageFacts:
    """Return the facts of a page.

    Its coverage is that of `specs` (all of the page's, or those of some stacks), its claims are the page's.
    """
    sums = _add_up_contents(frozenset([spec.content for spec in specs]))
    return PackageFacts(
        source_map=record.source_map,
        title=record.title,
        tag=record.tag,
        coordinates=sums.coordinates,
        stacks=sums.stacks,
        cells=sums.cells,
        arches=sums.arches,
        # Of all specs, whatever is selected: it tells how that day's generator wrote.
        uses_root=any(spec.is_in_root for spec in record.specs),
        # What a part adds up to says nothing of claims, which are of the whole page.
        mismatches=tuple(find_mismatches(record, sums if specs is record.written else None)),
        duplicates=tuple(_find_duplicates(record)),
    )


@lru_cache(maxsize=1)  # a package without news has the contents in NEW that it had in OLD, and is looked at in that order
def _add_up_contents(contents: frozenset[SpecContent]) -> _Sums:
    # Many specs share a place and their stacks: cells are made once for each.
    arches = {
        (content.coordinates.platform, content.coordinates.os, content.coordinates.target, content.stacks)
        for content in contents
    }
    distinct, by_stack = _count_coordinates(contents)
    return _Sums(
        coordinates=distinct,
        stacks=by_stack,
        cells=frozenset(chain.from_iterable([cells_at(*arch) for arch in arches])),
        arches=frozenset([arch[:3] for arch in arches]),
        compilers=tuple(sorted({content.coordinates.compiler for content in contents})),
        oss=tuple(sorted({arch[1] for arch in arches})),
        platforms=tuple(sorted({arch[0] for arch in arches})),
        targets=tuple(sorted({arch[2] for arch in arches})),
        versions=tuple(sorted({content.coordinates.version for content in contents})),
    )


def _count_coordinates(contents: Collection[SpecContent]) -> tuple[int, dict[str, int]]:
    """Return how many distinct coordinates there are without the compiler: in all, and in each stack, in order."""
    stacks_of: dict[Coordinates, Collection[str]] = {}
    for content in contents:
        c, stacks = without_compiler(content.coordinates), content.stacks
        known = stacks_of.setdefault(c, stacks)
        if known is not stacks and known != stacks:  # what two compilers made, in other stacks: a stack counts it once
            stacks_of[c] = {*known, *stacks}
    return len(stacks_of), dict(sorted(_count_values(stacks_of.values()).items()))


def find_mismatches(record: PackageRecord, sums: _Sums | None = None) -> Iterator[Mismatch]:
    """Yield each claim of `meta` that the specs do not bear out. `sums` are those of all specs, as far as they are known."""
    claims = record.claims
    if claims is not None:
        specs = record.written
        sums = sums or _add_up_contents(frozenset([spec.content for spec in specs]))
        # As a whole first: on nearly every page that is all there is to do.
        if claims != (counted := _count_claims(specs, sums, claims)):
            yield from _find_count_mismatches(claims, counted)
            yield from _find_list_mismatches(claims, counted)


def _count_claims(specs: Sequence[Spec], sums: _Sums, claims: Claims) -> Claims:
    """Return what `meta` should claim of the specs.

    Before 2023-06 none of these named root, which `meta` may count and list or not.
    """
    by_stack = _count_values([spec.content.stacks for spec in specs])
    stacks = {*by_stack}
    if rooted := [spec.is_in_root for spec in specs].count(True):
        by_stack[ROOT] = rooted
        stacks.add(ROOT)
    else:
        if any(stack == ROOT for stack, _ in claims.num_specs_by_stack):
            by_stack[ROOT] = len(specs)
        if ROOT in claims.stacks:
            stacks.add(ROOT)
    return Claims(
        num_specs=len(specs),
        num_specs_by_stack=tuple(sorted(by_stack.items())),
        compilers=sums.compilers,
        oss=sums.oss,
        platforms=sums.platforms,
        stacks=tuple(sorted(stacks)),
        targets=sums.targets,
        versions=sums.versions,
    )


def _find_count_mismatches(claims: Claims, counted: Claims) -> Iterator[Mismatch]:
    """Yield each number of specs that is not the claimed one: in all, then a stack."""
    if claims.num_specs != counted.num_specs:
        yield Mismatch(
            field="num_specs",
            stack="",
            claimed=(str(claims.num_specs),),
            counted=(str(counted.num_specs),),
            pointer="/meta/num_specs",
        )
    claimed, found = dict(claims.num_specs_by_stack), dict(counted.num_specs_by_stack)
    # A stack that is claimed to have no specs is as good as one that is not named.
    for stack in sorted(claimed.keys() | found.keys()):
        if claimed.get(stack, 0) != found.get(stack, 0):
            pointer = write_pointer(["meta", "num_specs_by_stack", *([stack] if stack in claimed else [])])
            yield Mismatch(
                field="num_specs_by_stack",
                stack=stack,
                claimed=(str(claimed.get(stack, 0)),),
                counted=(str(found.get(stack, 0)),),
                pointer=pointer,
            )


def _find_list_mismatches(claims: Claims, counted: Claims) -> Iterator[Mismatch]:
    """Yield each list of `meta` that is not the set of values in the specs."""
    for name in ("compilers", "oss", "platforms", "stacks", "targets", "versions"):
        claimed, found = {*getattr(claims, name)}, {*getattr(counted, name)}
        if claimed != found:
            yield Mismatch(
                field=name,
                stack="",
                claimed=tuple(sorted(claimed - found)),
                counted=tuple(sorted(found - claimed)),
                pointer=f"/meta/{name}",
            )


def _count_values(lists: Iterable[Iterable[str]]) -> dict[str, int]:
    """Return how often each value is in some lists. A Counter would take three times as long for the few of a page."""
    counts: dict[str, int] = {}
    for value in chain.from_iterable(lists):
        counts[value] = counts.get(value, 0) + 1
    return counts


def _find_duplicates(record: PackageRecord) -> list[str]:
    """Return the hashes that stand on a page more than once, in order."""
    hashes = [spec.hash for spec in record.written]
    if len(set(hashes)) == len(hashes):
        return []
    return sorted(hash_ for hash_, count in Counter(hashes).items() if count > 1)
