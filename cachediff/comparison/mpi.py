"""On which MPIs a package can be had in its cells: what is gone, and what came (docs/design.md, Facets).

Coordinates do not tell: the builds of a package on five MPIs may be equal in all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from cachediff.comparison.coverage import cells_of
from cachediff.comparison.facets import find_servers
from cachediff.domain.cell import Cell, FacetChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachediff.domain.cell import LostCell
    from cachediff.domain.spec import Spec


class _CellMpis(Struct):
    """The MPIs of one cell, and whether one of its specs may be on an MPI that no record names."""

    names: set[str] = field(default_factory=set)
    is_known: bool = True


_Side: TypeAlias = "dict[Cell, _CellMpis]"


def compare_mpis(
    old: Sequence[Spec],
    new: Sequence[Spec],
    lost: Sequence[LostCell],
    whole: tuple[Sequence[Spec], Sequence[Spec]] | None,
) -> tuple[tuple[FacetChange, ...], tuple[FacetChange, ...]]:
    """Return the MPIs that the cells of a package lost, and those that they gained, in order.

    A cell that is gone but served is looked for where it is served. What is on an MPI that no record names may be on any.
    `whole` is as in `compare_facets`.
    """
    # As of most packages: what is on no MPI that anybody names.
    if not any(spec.facts and spec.facts.mpi for side in (old, new) for spec in side):
        return (), ()
    before, after = _by_cell(old), _by_cell(new)
    judged = [*((cell, [cell]) for cell in before if cell in after), *find_servers(lost, after)]
    losses = [(name, ours) for ours, theirs in judged for name in _missing(before[ours], [after[one] for one in theirs])]
    gains = [(name, cell) for cell in after if cell in before for name in _missing(after[cell], [before[cell]])]
    all_old, all_new = map(_by_cell, whole) if whole else (before, after)
    return tuple(sorted(_name_places(losses, all_new))), tuple(sorted(_name_places(gains, all_old)))


def _by_cell(specs: Iterable[Spec]) -> _Side:
    cells: _Side = {}
    for spec in specs:
        names = spec.facts.mpi if spec.facts else None
        for cell in cells_of(spec.content):
            held = cells.get(cell) or cells.setdefault(cell, _CellMpis())
            if names is None:
                # The names of its other specs stay: that a cell is not known excuses what NEW lacks, not what OLD had.
                held.is_known = False
            else:
                held.names.update(names)
    return cells


def _missing(ours: _CellMpis, theirs: Sequence[_CellMpis]) -> set[str]:
    # What no record names may be the very MPI that seems to be gone.
    if not all(cell.is_known for cell in theirs):
        return set()
    return ours.names.difference(*(cell.names for cell in theirs))


def _name_places(changes: Sequence[tuple[str, Cell]], other: _Side) -> Iterator[FacetChange]:
    """Yield changes: of a whole stack, where no cell of the stack may have the MPI on the other side, else of a cell."""
    kept = {(name, cell.stack) for cell, held in other.items() for name in held.names}
    # One cell on an MPI that no record names is enough: it may be on this one.
    unsure = {cell.stack for cell, held in other.items() if not held.is_known}
    places = {
        (name, cell if cell.stack in unsure or (name, cell.stack) in kept else Cell(cell.stack, "", "", ""))
        for name, cell in changes
    }
    yield from (FacetChange("mpi", name, place) for name, place in places)
