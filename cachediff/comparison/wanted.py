"""What is wanted, and what snapshots have of it: which of a lock's records count, and what neither side has. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cachediff.comparison.coverage import cells_of
from cachediff.comparison.match import without_compiler
from cachediff.comparison.variants import enabled_variants, gpu_facets
from cachediff.domain.cell import Cell
from cachediff.domain.selection import fits, is_everything
from cachediff.domain.wanted import WantedGap
from cachediff.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from cachediff.comparison.impact import LockClosure
    from cachediff.domain.cell import FacetChange, FacetKind, PackageCell
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import Coordinates, Spec, SpecContent
    from cachediff.domain.wanted import Wanted, WantedSpec


def list_wanted(lock: LockClosure, stack: str, source: str) -> tuple[frozenset[WantedSpec], frozenset[str]]:
    """Return what the roots of a lock, or of one stack's, need once they are built, and themselves.

    Externals are not among it: no cache has them. Their names are in the second answer, with those of all others. Raises
    InputError where the lock has no record of something: what that needs, and where it is to be, cannot be told.
    """
    nodes = lock.graph.nodes
    found, names = set[tuple[str, str, str, str]](), set[str]()
    for hash_ in lock.find_used(lock.find_roots(stack, "*")):
        node = nodes.get(hash_)
        if node is None:
            message = f"{source} has no record of {lock.names[hash_]} /{hash_[:7]}, which its roots need"
            raise InputError(message, hint="spack concretize --force writes the lock anew")
        own = node.own
        names.add(own.package)
        if not node.is_external:
            found.add((own.package, own.platform, own.os, own.target))
    return frozenset(found), frozenset(names)


def find_unwanted_facets(
    lost: Iterable[FacetChange], specs: Iterable[Spec], unwanted: Collection[Cell], wanted: Wanted
) -> frozenset[FacetChange]:
    """Return the lost facets of a package that nobody asks for, given its specs in OLD and its cells that are not wanted.

    What is gone from all places of a stack is wanted where the package is wanted in one of those that had it. An MPI is not
    wanted where the lock has none of that name: it was taken out, and what is on it with it.
    """
    asked = [(cell, spec) for spec in specs for cell in cells_of(spec.content) if cell not in unwanted]
    places = {cell for cell, _ in asked}
    # Another place of the stack may have had it, and be in no lock: what it lost nobody misses.
    held = {(*facet, Cell(cell.stack, "", "", "")) for cell, spec in asked for facet in _facets_of(spec)}
    return frozenset(
        [
            one
            for one in lost
            if not (one.place in places or (one.kind, one.facet, one.place) in held)
            or (one.kind == "mpi" and _is_gone(one, wanted))
        ]
    )


def _facets_of(spec: Spec) -> Iterator[tuple[FacetKind, str]]:
    """Yield the facets of a spec, each with its kind."""
    c = spec.coordinates
    yield "version", c.version
    yield from (("gpu", facet) for facet in gpu_facets(c.variants))
    yield from (("variant", facet) for facet in enabled_variants(c.variants))
    yield from (("mpi", name) for name in (spec.facts.mpi if spec.facts else None) or ())


def _is_gone(mpi: FacetChange, wanted: Wanted) -> bool:
    return wanted.is_judged(mpi.place.stack) and not wanted.knows(mpi.facet, mpi.place.stack)


def count_wanted(package: str, contents: Iterable[SpecContent], wanted: Wanted) -> tuple[int, dict[str, int]]:
    """Return how many distinct coordinates of a package, without the compiler, are wanted or in a stack without a lock.

    They are counted in all and by stack.
    """
    # Coordinates that two compilers made count once, in all the stacks that have either.
    stacks_of: dict[Coordinates, set[str]] = {}
    for content in contents:
        c = without_compiler(content.coordinates)
        kept = {stack for stack in content.stacks if _counts(package, c, stack, wanted)}
        # An orphan is in no stack, so only locks of none speak of it.
        if kept or (not content.stacks and _counts(package, c, "", wanted)):
            stacks_of.setdefault(c, set()).update(kept)
    counts: dict[str, int] = defaultdict(int)
    for stacks in stacks_of.values():
        for stack in stacks:
            counts[stack] += 1
    return len(stacks_of), counts


def _counts(package: str, c: Coordinates, stack: str, wanted: Wanted) -> bool:
    return not wanted.is_judged(stack) or wanted.has(package, Cell(stack, c.platform, c.os, c.target))


def list_gaps(
    wanted: Wanted,
    found: Collection[PackageCell],
    places: Collection[Cell],
    unknown: Collection[str],
    selection: Selection,
    unobserved: Collection[str],
) -> Iterator[WantedGap]:
    """Yield what is wanted and in neither snapshot, in order.

    `found` has the wanted packages of either side with their cells, `places` all cells of any package there. Nothing is said
    of packages that cannot be trusted (`unknown`), and of stacks that were not read (`unobserved`).
    """
    asked = {stack: specs for stack, specs in wanted.by_stack.items() if stack not in unobserved}
    # Whether something is in no stack at all is known where all stacks were looked at.
    if wanted.everywhere is not None and not unobserved and is_everything(selection.stack):
        asked[""] = wanted.everywhere
    anywhere = {(package, cell.platform, cell.os, cell.target) for package, cell in found}
    has_any = {*places, *(Cell("", cell.platform, cell.os, cell.target) for cell in places)}
    gaps: list[WantedGap] = []
    for stack, specs in asked.items():
        lacking: defaultdict[Cell, list[str]] = defaultdict(list)
        for package, *place in specs:
            cell = Cell(stack, *place)
            is_there = (package, cell) in found if stack else (package, *place) in anywhere
            if not is_there and package not in unknown and _is_selected(package, cell, selection):
                lacking[cell].append(package)
        gaps += _describe(lacking, has_any)
    yield from sorted(gaps)


def _is_selected(package: str, cell: Cell, selection: Selection) -> bool:
    return (
        fits(package, selection.package)
        and (not cell.stack or fits(cell.stack, selection.stack))
        and fits(cell.os, selection.os)
        and fits(cell.target, selection.target)
    )


def _describe(lacking: Mapping[Cell, list[str]], has_any: Collection[Cell]) -> Iterator[WantedGap]:
    """Yield a gap a package, or one for a place in which neither side has anything."""
    for cell, packages in lacking.items():
        place = (cell.stack, cell.platform, cell.os, cell.target)
        # A place that is missing as a whole is one piece of news, and not one for each of its packages.
        if cell in has_any or len(packages) == 1:
            yield from (WantedGap(package, *place) for package in packages)
        else:
            yield WantedGap("", *place, tuple(sorted(packages)))
