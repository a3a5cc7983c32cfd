"""What one page adds up to, and whether that is what its `meta` claims."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from cachediff.comparison.coverage import cells_at
from cachediff.comparison.match import without_compiler
from cachediff.domain.diff import Mismatch, PackageFacts
from cachediff.domain.spec import ROOT
from cachediff.text.pointers import write_pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cachediff.domain.package import PackageRecord
    from cachediff.domain.spec import Coordinates, Spec, SpecContent


def add_up(record: PackageRecord, specs: Sequence[Spec]) -> PackageFacts:
    """Return the facts of a page: coverage is that of `specs` (all of the page's, or those of some stacks), the claims are the page's."""
    contents = {spec.content for spec in specs}
    spots = {(content.coordinates.platform, content.coordinates.os, content.coordinates.target, content.stacks) for content in contents}
    distinct, by_stack = _count_coordinates(contents)
    return PackageFacts(
        record.source_map,
        record.title,
        record.tag,
        len(specs),
        distinct,
        by_stack,
        frozenset([cell for spot in spots for cell in cells_at(*spot)]),
        frozenset([spot[:3] for spot in spots]),
        any(spec.is_in_root for spec in record.specs),
        tuple(find_mismatches(record)),
        tuple(_find_duplicates(record)),
    )


def _count_coordinates(contents: Collection[SpecContent]) -> tuple[int, dict[str, int]]:
    """Return how many distinct coordinates there are without the compiler: in all, and in each stack, in order."""
    kinds = {(without_compiler(content.coordinates), content.stacks) for content in contents}
    distinct = {c for c, _ in kinds}
    if len(distinct) == len(kinds):
        return len(distinct), dict(sorted(Counter(chain.from_iterable([stacks for _, stacks in kinds])).items()))
    by_stack: dict[str, set[Coordinates]] = {}
    for c, stacks in kinds:
        for stack in stacks:
            by_stack.setdefault(stack, set()).add(c)
    return len(distinct), {stack: len(by_stack[stack]) for stack in sorted(by_stack)}


def find_mismatches(record: PackageRecord) -> Iterator[Mismatch]:
    """Yield each claim of `meta` that the specs do not bear out."""
    counted = Counter(chain.from_iterable([spec.content.stacks for spec in record.specs]))
    rooted = sum([spec.is_in_root for spec in record.specs])
    claimed = dict(record.claims.num_specs_by_stack)
    if rooted:
        counted[ROOT] = rooted
    elif ROOT in claimed:
        # Before 2023-06 no spec named root: then it is what it means, all of them.
        counted[ROOT] = len(record.specs)
    yield from _find_count_mismatches(record, claimed, counted)
    # Those pages may list root or not; any other page lists it where a spec names it.
    root = {ROOT} if rooted else {ROOT} & set(record.claims.stacks)
    yield from _find_list_mismatches(record, counted.keys() - {ROOT} | root)


def _find_count_mismatches(record: PackageRecord, claimed: dict[str, int], counted: Counter[str]) -> Iterator[Mismatch]:
    """Yield each number of specs that is not the claimed one: in all, then a stack."""
    if record.claims.num_specs != len(record.specs):
        yield Mismatch("num_specs", "", (str(record.claims.num_specs),), (str(len(record.specs)),), "/meta/num_specs")
    for stack in sorted(claimed.keys() | counted.keys()):
        if claimed.get(stack, 0) != counted[stack]:
            pointer = write_pointer(["meta", "num_specs_by_stack", *([stack] if stack in claimed else [])])
            yield Mismatch("num_specs_by_stack", stack, (str(claimed.get(stack, 0)),), (str(counted[stack]),), pointer)


def _find_list_mismatches(record: PackageRecord, stacks: set[str]) -> Iterator[Mismatch]:
    """Yield each list of `meta` that is not the set of values in the specs."""
    found = {spec.content.coordinates for spec in record.specs}
    lists = (
        ("compilers", record.claims.compilers, {c.compiler for c in found}),
        ("oss", record.claims.oss, {c.os for c in found}),
        ("platforms", record.claims.platforms, {c.platform for c in found}),
        ("stacks", record.claims.stacks, stacks),
        ("targets", record.claims.targets, {c.target for c in found}),
        ("versions", record.claims.versions, {c.version for c in found}),
    )
    for name, values, counted in lists:
        claimed = set(values)
        if claimed != counted:
            yield Mismatch(name, "", tuple(sorted(claimed - counted)), tuple(sorted(counted - claimed)), f"/meta/{name}")


def _find_duplicates(record: PackageRecord) -> list[str]:
    """Return the hashes that stand on a page more than once, in order."""
    hashes = [spec.hash for spec in record.specs]
    if len(set(hashes)) == len(hashes):
        return []
    return sorted(hash_ for hash_, count in Counter(hashes).items() if count > 1)
