"""What is wrong with single records of an index, and whether they are what their hashes say."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.problem import Location, Problem

FaultKind: TypeAlias = Literal["index", "record", "hash", "view"]
"""An index that cannot be read, a record that does not fit its schema, one whose content gives another hash, and one that a
view has and the index of the whole mirror lacks."""


class Fault(Struct, frozen=True):
    """Something wrong in an index that leaves the rest of the snapshot comparable.

    `package` is empty where no name can be read, `stack` where it is not one stack's alone. `hash` is the record's key.
    """

    kind: FaultKind
    package: str
    stack: str
    hash: str
    message: str
    location: Location
    problems: tuple[Problem, ...] = ()


class Integrity(Struct, frozen=True, gc=False):
    """How many records give their hash when it is recomputed, of how many it cannot be, and how many give another one."""

    recomputed: int = 0
    not_recomputable: int = 0
    mismatched: int = 0

    @property
    def records(self) -> int:
        """How many records there are."""
        return self.recomputed + self.not_recomputable + self.mismatched
