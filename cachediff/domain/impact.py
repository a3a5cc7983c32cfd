"""What a snapshot means for an environment: which roots of a lock it can install (docs/impact.md)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.spec import FieldChange, PlacedSpec

RootClass: TypeAlias = Literal["installable", "blocked", "rebuilt", "replaced", "lost", "absent"]
"""What becomes of a root, the first that holds: it and what it needs are there; it is there, and something that it needs is
not; one with equal coordinates is there; one that differs takes its place; BEFORE had it; neither snapshot has it."""

CLASSES: tuple[RootClass, ...] = ("installable", "blocked", "rebuilt", "replaced", "lost", "absent")


class ImpactSpec(PlacedSpec, frozen=True):
    """A root, or what takes its place; `mpi` is empty where it needs none or none is known."""

    compiler: str
    variants: tuple[str, ...] = ()
    mpi: str = ""


class RootImpact(Struct, frozen=True):
    """What becomes of one root.

    `new` is the spec that takes its place, and `fields` are what differs, also MPI, flags and namespace. `blocked_by` are
    the hashes of what it needs first. `lower_version` is the highest installable version below the root's, which replaces
    nothing, and `uninstallable` the hash of what would, if it did not lack something that it needs.
    """

    stack: str
    class_: RootClass
    old: ImpactSpec
    new: ImpactSpec | None = None
    fields: tuple[FieldChange, ...] = ()
    blocked_by: tuple[str, ...] = ()
    lower_version: str = ""
    uninstallable: str = ""


class Blocker(Struct, frozen=True):
    """A dependency that is not there, and how many roots cannot be installed without it: of all locks together."""

    package: str
    version: str
    hash: str
    blocks: int


class LockImpact(Struct, frozen=True):
    """One lock, or one stack of a folder of locks, as a row: how many roots are of each class.

    `absent_build_dependencies` counts what only builds, and is not there: harmless.
    """

    source: str
    stack: str
    roots: int
    installable: int
    blocked: int
    rebuilt: int
    replaced: int
    lost: int
    absent: int
    absent_build_dependencies: int


class Impact(Struct, frozen=True):
    """All locks in one snapshot. `roots` has all but the installable ones, `notes` what an answer cannot know."""

    in_: str
    before: str | None
    locks: tuple[LockImpact, ...]
    roots: tuple[RootImpact, ...]
    blockers: tuple[Blocker, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_failed(self) -> bool:
        """Whether a root cannot be had any more; without BEFORE also, whether one is not there at all."""
        return any(row.blocked or row.lost or (row.absent and self.before is None) for row in self.locks)
