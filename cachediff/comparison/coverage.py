"""Where users can get a package, and what serves the users of cells that are gone (docs/design.md, Coverage)."""

from __future__ import annotations

import re
from collections import deque
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeAlias

from cachediff.domain.cell import Cell, LostCell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.domain.graph import GraphNode
    from cachediff.domain.spec import SpecContent

_Line: TypeAlias = tuple[str, str, str]
"""A stack, a platform, and an os or a target: the cells of a line differ in the other."""

_FAMILY = re.compile(r"[^0-9]*")


def cells_of(content: SpecContent) -> tuple[Cell, ...]:
    """Return the cells that a spec fills: one a stack, none for an orphaned spec."""
    c = content.coordinates
    return cells_at(c.platform, c.os, c.target, content.stacks)


def cells_of_node(node: GraphNode) -> tuple[Cell, ...]:
    """Return the cells that a record fills: none where it is not in the snapshot."""
    own = node.own
    return cells_at(own.platform, own.os, own.target, node.stacks)


@lru_cache(maxsize=1 << 12)
def cells_at(platform: str, os: str, target: str, stacks: tuple[str, ...]) -> tuple[Cell, ...]:
    """Return the cells of some stacks at one platform, os and target."""
    # One object for each place, whatever other stacks a spec is in: its hash is made once.
    return tuple([_cell(stack, platform, os, target) for stack in stacks])


@lru_cache(maxsize=1 << 12)
def _cell(stack: str, platform: str, os: str, target: str) -> Cell:
    return Cell(stack, platform, os, target)


def find_lost(old: Iterable[Cell], new: Iterable[Cell]) -> list[LostCell]:
    """Return the cells of OLD that NEW lacks, in order, each with what still serves its users.

    A kept or new target serves where the lost one can run its binaries in the same stack and os; an os serves where it came,
    in the same stack and target, in place of the lost one: one new os for one lost os. One that was there before replaces
    nothing.
    """
    before, after = frozenset(old), frozenset(new)
    # Most packages lose nothing, and are done here.
    if before <= after:
        return []
    # Kept targets, too: a machine runs the lesser one that was there all along, where nobody runs another os.
    targets: dict[_Line, set[str]] = {}
    for cell in after:
        targets.setdefault((cell.stack, cell.platform, cell.os), set()).add(cell.target)
    closest = {
        cell: _closest_target(cell.target, targets.get((cell.stack, cell.platform, cell.os), set()))
        for cell in sorted(before - after)
    }
    # Cells that no target serves come first: new oses may be too few, and these have nothing else.
    oses = _pair_oses([*sorted(closest, key=lambda cell: closest[cell] != "")], sorted(after - before))
    return [LostCell(cell, served_by_target=target, served_by_os=oses.get(cell, "")) for cell, target in closest.items()]


def _pair_oses(lost: Sequence[Cell], came: Sequence[Cell]) -> dict[Cell, str]:
    """Return the os that stands in for each lost cell, while new ones last: one of its family first, `rhel8` for `rhel7`."""
    by_family: dict[tuple[_Line, str], deque[str]] = {}
    free: dict[_Line, dict[str, None]] = {}
    for cell in came:
        by_family.setdefault((_line_of(cell), _family(cell.os)), deque()).append(cell.os)
        free.setdefault(_line_of(cell), {})[cell.os] = None
    found: dict[Cell, str] = {}
    # Families first, so that no lost ubuntu takes the rhel8 that a lost rhel7 waits for.
    for cell in lost:
        if oses := by_family.get((_line_of(cell), _family(cell.os))):
            found[cell] = oses.popleft()
            del free[_line_of(cell)][found[cell]]
    rest = {line: iter(oses) for line, oses in free.items()}
    for cell in lost:
        os = next(rest.get(_line_of(cell), iter(())), None) if cell not in found else None
        if os is not None:
            found[cell] = os
    return found


def _line_of(cell: Cell) -> _Line:
    """Return what the cells have in common among which an os may stand in for another."""
    return cell.stack, cell.platform, cell.target


@cache
def _family(os: str) -> str:
    """Return an os without its version: `ubuntu` for `ubuntu22.04`."""
    match = _FAMILY.match(os)
    return match[0] if match else os


def _closest_target(machine: str, targets: set[str]) -> str:
    """Return the best of some targets whose binaries a machine runs, empty for none."""
    # The one with the most ancestors has the most features: of what runs, the least loss.
    return max(ancestors(machine) & targets, key=lambda target: (len(ancestors(target)), target), default="")


@cache
def ancestors(target: str) -> frozenset[str]:
    """Return every other target whose binaries run on this one, none for an unknown name.

    archspec says so, which Spack itself uses.
    """
    # Here, because most runs lose no cell and need no lattice, which takes time to load.
    import archspec.cpu

    known = archspec.cpu.TARGETS.get(target)
    return frozenset(parent.name for parent in known.ancestors) if known else frozenset()
