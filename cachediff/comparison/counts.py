"""What one page adds up to, and whether that is what its `meta` claims."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from cachediff.comparison.coverage import cells_at
from cachediff.comparison.match import without_compiler
from cachediff.domain.diff import Mismatch, PageFacts
from cachediff.domain.spec import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cachediff.domain.package import Page
    from cachediff.domain.spec import Coordinates, Spec, SpecContent


def add_up(page: Page, specs: Sequence[Spec]) -> PageFacts:
    """Return the facts of a page: coverage is that of `specs` (all of the page's, or those of some stacks), the claims are the page's."""
    contents = {spec.content for spec in specs}
    spots = {(content.coordinates.platform, content.coordinates.os, content.coordinates.target, content.stacks) for content in contents}
    distinct, by_stack = _count_coordinates(contents)
    return PageFacts(
        page.path,
        page.title,
        page.tag,
        page.meta_line,
        page.specs_line,
        len(specs),
        distinct,
        by_stack,
        frozenset([cell for spot in spots for cell in cells_at(*spot)]),
        frozenset([spot[:3] for spot in spots]),
        any(spec.is_in_root for spec in page.specs),
        tuple(find_mismatches(page)),
        tuple(_find_duplicates(page)),
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


def find_mismatches(page: Page) -> Iterator[Mismatch]:
    """Yield each claim of `meta` that the specs do not bear out."""
    counted = Counter(chain.from_iterable([spec.content.stacks for spec in page.specs]))
    rooted = sum([spec.is_in_root for spec in page.specs])
    claimed = dict(page.claims.num_specs_by_stack)
    if rooted:
        counted[ROOT] = rooted
    elif ROOT in claimed:
        # Before 2023-06 no spec named root: then it is what it means, all of them.
        counted[ROOT] = len(page.specs)
    yield from _find_count_mismatches(page, claimed, counted)
    # Those pages may list root or not; any other page lists it where a spec names it.
    root = {ROOT} if rooted else {ROOT} & set(page.claims.stacks)
    yield from _find_list_mismatches(page, counted.keys() - {ROOT} | root)


def _find_count_mismatches(page: Page, claimed: dict[str, int], counted: Counter[str]) -> Iterator[Mismatch]:
    """Yield each number of specs that is not the claimed one: in all, then a stack."""
    if page.claims.num_specs != len(page.specs):
        yield Mismatch("num_specs", "", (str(page.claims.num_specs),), (str(len(page.specs)),), "/meta/num_specs")
    for stack in sorted(claimed.keys() | counted.keys()):
        if claimed.get(stack, 0) != counted[stack]:
            pointer = "/meta/num_specs_by_stack" + (f"/{stack.replace('~', '~0').replace('/', '~1')}" if stack in claimed else "")
            yield Mismatch("num_specs_by_stack", stack, (str(claimed.get(stack, 0)),), (str(counted[stack]),), pointer)


def _find_list_mismatches(page: Page, stacks: set[str]) -> Iterator[Mismatch]:
    """Yield each list of `meta` that is not the set of values in the specs."""
    found = {spec.content.coordinates for spec in page.specs}
    lists = (
        ("compilers", page.claims.compilers, {c.compiler for c in found}),
        ("oss", page.claims.oss, {c.os for c in found}),
        ("platforms", page.claims.platforms, {c.platform for c in found}),
        ("stacks", page.claims.stacks, stacks),
        ("targets", page.claims.targets, {c.target for c in found}),
        ("versions", page.claims.versions, {c.version for c in found}),
    )
    for name, values, counted in lists:
        claimed = set(values)
        if claimed != counted:
            yield Mismatch(name, "", tuple(sorted(claimed - counted)), tuple(sorted(counted - claimed)), f"/meta/{name}")


def _find_duplicates(page: Page) -> list[str]:
    """Return the hashes that stand on a page more than once, in order."""
    hashes = [spec.hash for spec in page.specs]
    if len(set(hashes)) == len(hashes):
        return []
    return sorted(hash_ for hash_, count in Counter(hashes).items() if count > 1)
