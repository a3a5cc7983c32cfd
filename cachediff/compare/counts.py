"""What one page adds up to, and whether that is what its `meta` claims."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachediff.compare.coverage import cells_of
from cachediff.compare.match import without_compiler
from cachediff.model import ROOT, Mismatch, PageFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.model import Cell, Page, Spec


def add_up(page: Page, specs: Sequence[Spec]) -> PageFacts:
    """Return the facts of a page: coverage is that of `specs` (all of the page's, or those of some stacks), the claims are the page's."""
    hashes = Counter(spec.hash for spec in page.specs)
    bodies = {spec.body for spec in specs}
    cells: set[Cell] = set()
    by_stack: dict[str, list[Spec]] = {}
    for spec in specs:
        for stack in spec.stacks:
            by_stack.setdefault(stack, []).append(spec)
    for body in bodies:
        cells.update(cells_of(body))
    return PageFacts(
        page.path,
        page.title,
        page.tag,
        page.meta_line,
        page.specs_line,
        len(specs),
        len(without_compiler(specs)),
        {stack: len(without_compiler(inside)) for stack, inside in sorted(by_stack.items())},
        frozenset(cells),
        frozenset((body.coordinates.platform, body.coordinates.os, body.coordinates.target) for body in bodies),
        tuple(find_mismatches(page)),
        tuple(sorted(hash_ for hash_, count in hashes.items() if count > 1)) if len(hashes) < len(page.specs) else (),
    )


def find_mismatches(page: Page) -> Iterable[Mismatch]:
    """Yield each claim of `meta` that the specs do not bear out."""
    claims, specs = page.claims, page.specs
    if claims.num_specs != len(specs):
        yield Mismatch("num_specs", "", (str(claims.num_specs),), (str(len(specs)),), "/meta/num_specs")
    claimed = dict(claims.num_specs_by_stack)
    counted = Counter(stack for spec in specs for stack in spec.stacks)
    rooted = sum(spec.is_in_root for spec in specs)
    if rooted or ROOT in claimed:
        # Before 2023-06 no spec named root: then it is what it means, all of them.
        counted[ROOT] = rooted or len(specs)
    if claimed != counted:
        for stack in sorted(claimed.keys() | counted.keys()):
            if claimed.get(stack, 0) != counted[stack]:
                pointer = (
                    f"/meta/num_specs_by_stack/{stack.replace('~', '~0').replace('/', '~1')}"
                    if stack in claimed
                    else "/meta/num_specs_by_stack"
                )
                yield Mismatch("num_specs_by_stack", stack, (str(claimed.get(stack, 0)),), (str(counted[stack]),), pointer)
    yield from _find_list_mismatches(page, set(counted) - {ROOT})


def _find_list_mismatches(page: Page, stacks: set[str]) -> Iterable[Mismatch]:
    """Yield each list of `meta` that is not the set of values in the specs, `root` apart."""
    claims = page.claims
    all_coordinates = {spec.coordinates for spec in page.specs}
    lists = (
        ("compilers", claims.compilers, {c.compiler for c in all_coordinates}),
        ("oss", claims.oss, {c.os for c in all_coordinates}),
        ("platforms", claims.platforms, {c.platform for c in all_coordinates}),
        (
            "stacks",
            claims.stacks,
            stacks | ({ROOT} & set(claims.stacks)) | ({ROOT} if any(spec.is_in_root for spec in page.specs) else set()),
        ),
        ("targets", claims.targets, {c.target for c in all_coordinates}),
        ("versions", claims.versions, {c.version for c in all_coordinates}),
    )
    for name, claimed, counted in lists:
        if set(claimed) != counted:
            yield Mismatch(name, "", tuple(sorted(set(claimed) - counted)), tuple(sorted(counted - set(claimed))), f"/meta/{name}")
