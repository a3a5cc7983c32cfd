"""Where users get a package, and what they get there."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Dimension: TypeAlias = Literal["stack", "platform", "os", "target"]
DIMENSIONS: tuple[Dimension, ...] = ("stack", "platform", "os", "target")
"""The facts of a cell, in the order in which they are told."""

FacetKind: TypeAlias = Literal["gpu", "mpi", "version", "variant"]


# Cells are keys of many sets and tables, so the hash is kept; texts make no cycle, so the collector may skip them.
class Cell(Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """Somewhere a user can get a package: the package is the one whose comparison names the cell."""

    stack: str
    platform: str
    os: str
    target: str


# Without the names of fields (array_like): what differs may be written to disk by the thousand (spill/diffs.py).
class LostCell(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A cell that is gone and what still serves its users: a target that theirs can run, or an os that came in its place.

    `is_unneeded` says that the package was only a dependency there, and nothing depends on it any more.
    """

    cell: Cell
    served_by_target: str = ""
    served_by_os: str = ""
    is_unneeded: bool = False

    @property
    def is_served(self) -> bool:
        """Whether something serves its users."""
        return bool(self.served_by_target or self.served_by_os)


PackageCell: TypeAlias = tuple[str, Cell]
"""A package, and a cell of it."""


class FacetChange(Struct, frozen=True, order=True, array_like=True, gc=False):
    """Something in a cell that a user may need and that came or went: `+cuda cuda_arch=80`, a version, an enabled variant.

    `place` is a cell, or a stack alone (its other fields are empty) where all of the stack's cells are meant.
    """

    kind: FacetKind
    facet: str
    place: Cell
