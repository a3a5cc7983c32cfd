"""Why cells are gone: the fewest facts that hold for nothing in NEW and explain what was lost (docs/design.md, Causes).

A predicate is one or two facts among stack, platform, os, target and package. It may be a cause where it holds for no cell
of NEW. The causes are a greedy set cover of the lost cells: the predicate that explains most of what is left comes next; on
ties fewer facts, then the order of `FACTS`, then alphabetical. Each cell counts for the first cause that holds for it, so
the counts add up.

A stack that is gone is its own reason, and what was true of it alone (the os that only it used, the package that only it
had) follows from it. So a predicate that does not name the stack has to explain something outside the stacks that are gone:
then it takes their cells, too. A snapshot without 24 stacks has 24 causes; an os that is gone from five stacks is one,
whether or not one of the five had no other os.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heapreplace, nsmallest
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

from cachediff.comparison.mpi_causes import PackageMpi, find_mpi_causes
from cachediff.comparison.needed import keep_needed
from cachediff.domain.cell import DIMENSIONS, Cell, PackageCell
from cachediff.domain.report import Cause
from cachediff.domain.selection import is_of_packages
from cachediff.domain.spec import DEFAULT_STACK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cachediff.domain.diff import PackageDiff, SnapshotDiff

FACTS = (*DIMENSIONS, "package")
MAX_EXAMPLES = 3

_STACK, _PACKAGE = FACTS.index("stack"), FACTS.index("package")

Predicate: TypeAlias = tuple[tuple[int, str], ...]
"""One or two facts in the order of `FACTS`, each as its place there and its value."""


class Causes(Struct, frozen=True):
    """The causes, those of cells first, and the id of the one that explains each lost cell, removed package and lost MPI."""

    found: tuple[Cause, ...] = ()
    of_cells: dict[PackageCell, str] = {}
    of_packages: dict[str, str] = {}
    of_mpis: dict[PackageMpi, str] = {}


def find_causes(diff: SnapshotDiff) -> Causes:
    """Return what explains the lost cells, and what explains the removed packages: no other package of a comparison matters.

    A removed package is put down to the cause that explains most of its cells, the first of those. Where a cell is gone for
    no other reason than the package (`package=p`), the package is its own cause, and so is one that had no cell.
    """
    mpi_causes, of_mpis = find_mpi_causes(diff, diff.packages)
    # What nobody needs any more has its reason already.
    diff = msgspec.structs.replace(diff, packages=tuple(keep_needed(diff.packages)))
    cover = [(predicate, write_predicate(predicate), cells) for predicate, cells in _cover(diff)]
    of_cells = {cell: id_ for _, id_, cells in cover for cell in cells}
    removed = {package.package: package for package in diff.packages if package.kind == "removed"}
    order = {id_: place for place, (_, id_, _) in enumerate(cover)}
    of_packages = {name: _explain_package(package, of_cells, order) for name, package in removed.items()}
    predicates = {id_: predicate for predicate, id_, _ in cover} | {_own_id(name): ((_PACKAGE, name),) for name in removed}
    grouped: defaultdict[Predicate, list[PackageDiff]] = defaultdict(list)
    for name, id_ in of_packages.items():
        grouped[predicates[id_]].append(removed[name])
    ranked = sorted(grouped, key=lambda predicate: _rank(predicate, len(grouped[predicate])))
    found = [_cause_of_cells(predicate, cells) for predicate, _, cells in cover]
    found += [_cause_of_packages(predicate, grouped[predicate]) for predicate in ranked]
    return Causes((*found, *mpi_causes), of_cells, of_packages, of_mpis)


def write_predicate(predicate: Predicate) -> str:
    """Return a predicate as text: `os=ventura & target=aarch64`."""
    return " & ".join(f"{FACTS[place]}={value}" for place, value in predicate)


# --- the greedy cover --------------------------------------------------------------------------------------------------


class _Candidate(Struct, eq=False, gc=False):
    """A predicate that holds for no cell of NEW, and the lost cells for which it holds.

    They are of any package, or of the one that the candidate names. `width` is how many of these nothing explains yet, and
    `outside` how many of those are outside of the stacks that are gone.
    """

    predicate: Predicate
    cells: Sequence[Cell]
    package: str = ""
    width: int = 0
    outside: int = 0

    def count(self) -> int:
        """Return how much it explains; 0, where it does not name the stack and explains nothing outside the gone ones."""
        return self.width if self.outside or self.predicate[0][0] == _STACK else 0


class _Uncovered:
    """The lost cells that no cause explains yet: the packages of each, the gone stacks, and what might explain them."""

    def __init__(self, diff: SnapshotDiff) -> None:
        self.packages: defaultdict[Cell, set[str]] = defaultdict(set)
        for package in diff.packages:
            for lost in package.lost:
                self.packages[lost.cell].add(package.package)
        kept = {cell.stack for cell in _list_kept(diff)}
        self.gone = {cell.stack for cell in self.packages} - kept
        self.candidates: dict[Predicate, _Candidate] = {}

    def add(self, candidate: _Candidate) -> None:
        """Add what might explain cells, while nothing is covered."""
        for cell in candidate.cells:
            # A cell that three packages lost is three losses, unless the candidate is about one of them.
            number = 1 if candidate.package else len(self.packages[cell])
            candidate.width += number
            candidate.outside += number * (cell.stack not in self.gone)
        self.candidates[candidate.predicate] = candidate

    def take(self, candidate: _Candidate) -> list[PackageCell]:
        """Return what a candidate explains; it is covered from now on."""
        name, taken = candidate.package, []
        for cell in candidate.cells:
            packages = self.packages[cell]
            some = {name} & packages if name else set(packages)
            if some:
                packages -= some
                self._cover(cell, some)
                taken += [(package, cell) for package in some]
        return taken

    def _cover(self, cell: Cell, packages: Collection[str]) -> None:
        """Count the cell of some packages as covered, in all that might explain it."""
        is_outside = cell.stack not in self.gone
        found = [(self.candidates.get(predicate), len(packages)) for predicate in _predicates_of(cell)]
        for name in packages:
            fact = _PACKAGE, name
            found += [
                (self.candidates.get(predicate), 1) for predicate in ((fact,), *((other, fact) for other in _facts_of(cell)))
            ]
        for candidate, number in found:
            if candidate is not None:
                # Of what is left alone: what others explain already makes no candidate wide.
                candidate.width -= number
                candidate.outside -= number * is_outside


def _cover(diff: SnapshotDiff) -> Iterator[tuple[Predicate, list[PackageCell]]]:
    """Yield the causes of the lost cells, widest first, each with what it explains that those before it do not.

    What a candidate explains only ever gets less, so the first in the queue is the widest of all if its rank is still true.
    """
    uncovered = _Uncovered(diff)
    for one in _find_candidates(diff, uncovered):
        uncovered.add(one)
    # No two ranks are equal, so the heap never compares candidates, which have no order.
    queue = [(_rank(one.predicate, one.width), one) for one in uncovered.candidates.values()]
    heapify(queue)
    while queue:
        rank, candidate = queue[0]
        width = candidate.count()
        if not width:
            heappop(queue)
        elif (true_rank := _rank(candidate.predicate, width)) != rank:
            heapreplace(queue, (true_rank, candidate))
        else:
            heappop(queue)
            yield candidate.predicate, uncovered.take(candidate)


def _rank(predicate: Predicate, width: int) -> tuple[int, int, tuple[int, ...], tuple[str, ...]]:
    """Return the order of causes: widest, fewer facts, the order of the facts, alphabetical.

    No two predicates rank alike.
    """
    return -width, len(predicate), tuple(place for place, _ in predicate), tuple(value for _, value in predicate)


def _find_candidates(diff: SnapshotDiff, uncovered: _Uncovered) -> Iterator[_Candidate]:
    """Yield the predicates that hold for a lost cell and for no cell of NEW.

    Left out is what can never be chosen: two facts of which one alone would do, and what holds for cells of gone stacks only
    and does not name the stack. A snapshot without most of its stacks has therefore few candidates.
    """
    kept = {predicate for cell in _list_kept(diff) for predicate in _predicates_of(cell)}
    yield from _find_place_candidates(uncovered.packages, kept)
    for package in diff.packages:
        if any(lost.cell.stack not in uncovered.gone for lost in package.lost):
            yield from _find_package_candidates(package, kept)


def _list_kept(diff: SnapshotDiff) -> Iterator[Cell]:
    """Yield the places that NEW may still have: a cause holds for none of them."""
    # Of all of NEW, also of packages that do not differ.
    yield from diff.new.packages_by_cell
    if is_of_packages(diff.selection):
        # Whatever some packages lost, others that are not looked at may still be there.
        yield from (lost.cell for package in diff.packages for lost in package.lost)


def _find_place_candidates(lost: Iterable[Cell], kept: set[Predicate]) -> Iterator[_Candidate]:
    """Yield the candidates that do not name a package."""
    found: defaultdict[Predicate, list[Cell]] = defaultdict(list)
    for cell in lost:
        for predicate in _predicates_of(cell):
            # Two facts say more than one only where each of them alone still holds for something.
            if predicate not in kept and (len(predicate) == 1 or all((fact,) in kept for fact in predicate)):
                found[predicate].append(cell)
    yield from (_Candidate(predicate, cells) for predicate, cells in found.items())


def _find_package_candidates(package: PackageDiff, kept: set[Predicate]) -> Iterator[_Candidate]:
    """Yield the candidates that name one package."""
    name = (_PACKAGE, package.package)
    still = {fact for cell in (package.new.cells if package.new else ()) for fact in _facts_of(cell)}
    # Nothing of the package is left, so no other fact beside its name could say more.
    if not still:
        yield _Candidate((name,), [lost.cell for lost in package.lost], package.package)
        return
    found: defaultdict[Predicate, list[Cell]] = defaultdict(list)
    for lost in package.lost:
        for fact in _facts_of(lost.cell):
            # A fact that holds for nothing at all needs no package beside it.
            if fact not in still and (fact,) in kept:
                found[fact, name].append(lost.cell)
    yield from (_Candidate(predicate, cells, package.package) for predicate, cells in found.items())


def _predicates_of(cell: Cell) -> list[Predicate]:
    """Return the predicates that hold for a cell, whatever the package."""
    facts = _facts_of(cell)
    return [*((fact,) for fact in facts), *combinations(facts, 2)]


def _facts_of(cell: Cell) -> tuple[tuple[int, str], ...]:
    return (0, cell.stack), (1, cell.platform), (2, cell.os), (3, cell.target)


# --- what the report says of them --------------------------------------------------------------------------------------


def _explain_package(package: PackageDiff, of_cells: dict[PackageCell, str], order: dict[str, int]) -> str:
    """Return the id of what a removed package is put down to, given what explains each cell, and the order of the causes."""
    widths = Counter([of_cells[package.package, lost.cell] for lost in package.lost])
    own = _own_id(package.package)
    # A cell that went for no other reason than the package says that the package is the reason.
    if not widths or own in widths:
        return own
    return min(widths, key=lambda id_: (-widths[id_], order[id_]))


def _own_id(package: str) -> str:
    return write_predicate(((_PACKAGE, package),))


def _cause_of_cells(predicate: Predicate, cells: Sequence[PackageCell]) -> Cause:
    packages = Counter(package for package, _ in cells)
    says = {FACTS[place]: value for place, value in predicate}
    if "package" in says:
        examples = [_name_place(cell, says) for cell in nsmallest(MAX_EXAMPLES, [cell for _, cell in cells])]
    else:
        examples = nsmallest(MAX_EXAMPLES, packages, key=lambda name: (-packages[name], name))
    return Cause(write_predicate(predicate), "cells", says, len(cells), len(packages), tuple(examples))


def _cause_of_packages(predicate: Predicate, packages: Sequence[PackageDiff]) -> Cause:
    names = [package.package for package in sorted(packages, key=lambda one: (-len(one.lost), one.package))]
    cells = sum(len(package.lost) for package in packages)
    says = {FACTS[place]: value for place, value in predicate}
    return Cause(write_predicate(predicate), "packages", says, cells, len(names), tuple(names[:MAX_EXAMPLES]))


def _name_place(cell: Cell, says: dict[str, str]) -> str:
    """Return where a lost cell is, without the stack where the predicate says it: `e4s linux-centos7-x86_64_v3`."""
    place = f"{cell.platform}-{cell.os}-{cell.target}"
    return place if "stack" in says or cell.stack == DEFAULT_STACK else f"{cell.stack} {place}"
