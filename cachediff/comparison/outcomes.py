"""What became of what is gone: one word for each removed spec and each lost cell (docs/design.md, Outcomes).

A removed spec is looked for in each of its stacks. The words, best first, and what each says of one stack:

* `merged`: NEW has an equal spec in the same cell, on the same MPI, the compiler aside: it was there twice, or two compilers
  became one.
* `superseded`: a version came to the same cell that OLD did not have there.
* `unwanted`: no lock of the stack asks for it.
* `unneeded`: it was only a dependency, and nothing of the stack depends on it any more.
* `retargeted`: another target or os of the same stack serves the cell's users, or a spec came there that is equal but for os
  and target.
* `stack-gone`: nothing is in the stack any more, whatever the package.
* `package-gone`: the package has no page any more, though others are in the stack.
* `lost`: none of these.

The worst word of its stacks is the spec's: `superseded` where one stack has a new version and the others an equal spec. What
is gone with its stack is said to be gone with it even if the package is gone too, since the stack took the package along
(compare causes.py).

Whether a stack is gone is known only when every package has been compared. So `find_replacements` says what a package's own
pages tell, and `outcome_of_spec` and `outcome_of_cell` conclude.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from cachediff.comparison.coverage import cells_of
from cachediff.comparison.match import without_compiler
from cachediff.domain.cell import Cell
from cachediff.domain.diff import Replacement
from cachediff.domain.spec import ROOT, Coordinates

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from cachediff.domain.cell import LostCell
    from cachediff.domain.diff import Change, Outcome, PackageDiff
    from cachediff.domain.spec import Spec, SpecContent

_BEST_FIRST: tuple[Outcome, ...] = ("merged", "superseded", "retargeted")

_Place: TypeAlias = tuple[str, str, str]


class _InStack(Struct):
    """What may stand in for a removed spec in one stack of NEW. Coordinates are without the compiler.

    `bumped` holds the (platform, os, target) to which a version came, `moved` the (platform, version, variants) of what
    came.
    """

    coordinates: set[Coordinates]
    bumped: set[_Place]
    moved: set[tuple[str, str, tuple[str, ...]]]


def find_replacements(
    removed: Sequence[Spec], old: Sequence[Spec], new: Sequence[Spec], lost: Iterable[LostCell]
) -> Iterator[Replacement]:
    """Yield for each removed spec of a package what stands in for it, given all specs and the lost cells of the package."""
    served = {one.cell for one in lost if one.is_served}
    # Only the stacks of what is removed: in most packages that is nothing.
    names = {stack for spec in removed for stack in spec.stacks or (ROOT,)}
    before, after = (_by_stack({spec.content for spec in side}, names) for side in (old, new))
    stacks: dict[str, _InStack] = {}
    for spec in removed:
        words: set[Outcome] = set()
        missed = []
        for stack in spec.stacks or (ROOT,):
            # Once a stack, and not once for each of hundreds of specs that left it.
            if stack not in stacks:
                stacks[stack] = _look_into(before.get(stack, set()), after.get(stack, set()))
            word = _replacement(without_compiler(spec.coordinates), stack, stacks[stack], served)
            if word == "merged" and not _has_mpi(spec, stack, new):
                word = None
            if word is None:
                missed.append(stack)
            else:
                words.add(word)
        yield Replacement(max(words, key=_BEST_FIRST.index, default=None), tuple(missed))


def outcome_of_spec(change: Change, package: PackageDiff, stacks: Collection[str]) -> Outcome | None:
    """Return what became of a removed spec, given the stacks of NEW as a whole; None for a change of any other kind."""
    replacement = change.replacement
    if replacement is None:
        return None
    if not replacement.missed_in:
        return replacement.word
    # An orphan fills no cell, and the empty set of its cells would be within any other.
    if change.old and change.old.stacks and package.unwanted.issuperset(cells_of(change.old.content)):
        return "unwanted"
    # Where nobody needs any of its cells, nobody misses the spec.
    cells = {one.cell: one.is_unneeded for one in package.lost} if package.lost else {}
    if change.old and all(cells.get(cell) for cell in cells_of(change.old.content)) and change.old.stacks:
        return "unneeded"
    # Root is no stack that could be gone: what an orphan was is lost, or went with its package.
    if not any(stack in stacks or stack == ROOT for stack in replacement.missed_in):
        return "stack-gone"
    return "package-gone" if package.new is None else "lost"


def outcome_of_cell(lost: LostCell, package: PackageDiff, stacks: Collection[str]) -> Outcome:
    """Return what became of a lost cell of a package, given the stacks of NEW as a whole."""
    # Locks first: they know better than an index what is needed.
    if lost.cell in package.unwanted:
        return "unwanted"
    if lost.is_unneeded:
        return "unneeded"
    if lost.cell.stack not in stacks:
        return "stack-gone"
    if package.new is None:
        return "package-gone"
    return "retargeted" if lost.is_served else "lost"


def _has_mpi(spec: Spec, stack: str, new: Iterable[Spec]) -> bool:
    """Return whether an equal spec of a stack is on the MPI of a removed one, as far as that is known."""
    mpi = spec.facts.mpi if spec.facts else None
    if not mpi:
        return True
    c = without_compiler(spec.coordinates)
    return any(
        other.facts is None or other.facts.mpi is None or not {*mpi}.difference(other.facts.mpi)
        for other in new
        if without_compiler(other.coordinates) == c and (stack in other.stacks or stack == ROOT)
    )


def _by_stack(contents: Iterable[SpecContent], among: set[str]) -> dict[str, set[Coordinates]]:
    """Return the coordinates in each of some stacks; every spec is in `root`."""
    stacks: dict[str, set[Coordinates]] = {}
    for content in contents if among else ():
        c = without_compiler(content.coordinates)
        for stack in among.intersection((*content.stacks, ROOT)):
            stacks.setdefault(stack, set()).add(c)
    return stacks


def _look_into(before: set[Coordinates], after: set[Coordinates]) -> _InStack:
    """Return what may stand in within one stack, given the coordinates there on both sides."""
    came = after - before
    had = {(_place_of(c), c.version) for c in before} if came else set()
    return _InStack(
        after,
        {_place_of(c) for c in came if (_place_of(c), c.version) not in had},
        {(c.platform, c.version, c.variants) for c in came},
    )


def _replacement(c: Coordinates, stack: str, there: _InStack, served: set[Cell]) -> Outcome | None:
    """Return in a word what stands in for a removed spec in one stack; None where nothing does."""
    # The kindest word first: each that follows asks less of what stands in.
    if c in there.coordinates:
        return "merged"
    if _place_of(c) in there.bumped:
        return "superseded"
    if Cell(stack, *_place_of(c)) in served or (c.platform, c.version, c.variants) in there.moved:
        return "retargeted"
    return None


def _place_of(c: Coordinates) -> _Place:
    return c.platform, c.os, c.target
