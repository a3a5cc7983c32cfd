"""How a snapshot is written, and how reading it went: what is wrong with single records, and whether hashes are true."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cachediff.domain.problem import Location, Problem
from cachediff.domain.selection import fits

SnapshotKind: TypeAlias = Literal["pages", "buildcache", "site", "lock"]
"""What a snapshot is written as: pages of the website, or an index of a mirror, an installation or an environment."""

FaultKind: TypeAlias = Literal["index", "record", "hash", "view", "repeat"]
"""An index that cannot be read, a record that does not fit its schema, one whose content gives another hash, one that a view
has and the index of the whole mirror lacks, and one that an index has several times."""


class Fault(Struct, frozen=True):
    """Something wrong in an index that leaves the rest of the snapshot comparable.

    `package` is empty where no name can be read, `stack` where it is not one stack's alone. `hash` is the record's key.
    `is_outside` says of a record that it claims not to be in the snapshot: an external, or one that is not cached.
    """

    kind: FaultKind
    package: str
    stack: str
    hash: str
    message: str
    location: Location
    problems: tuple[Problem, ...] = ()
    is_outside: bool = False


MAX_UNPROVEN = 100
"""How many records that cannot be proven are named: of an old index none can."""


class Integrity(Struct, frozen=True, gc=False):
    """How many records give their hash when it is recomputed, of how many it cannot be, and how many give another one.

    `unproven` are those of which it cannot be, as `package/hash`, at most MAX_UNPROVEN of them.
    """

    recomputed: int = 0
    not_recomputable: int = 0
    mismatched: int = 0
    unproven: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """How many records there are."""
        return self.recomputed + self.not_recomputable + self.mismatched


class Reading(Struct, frozen=True):
    """What a snapshot is written as, and what is known of how it was read: of pages nothing that they do not say themselves.

    Without `has_stacks` all of it is one stack, named `default`: its own are not told apart if it `is_united`, as the other
    side knows none. `notes` is what a reader of the report has to know,
    `faults` what is wrong with single records, and `unobserved` names the stacks whose index cannot be read.
    """

    kind: SnapshotKind = "pages"
    format: str = "pages"
    has_stacks: bool = True
    is_united: bool = False
    notes: tuple[str, ...] = ()
    integrity: Integrity | None = None
    faults: tuple[Fault, ...] = ()
    unobserved: frozenset[str] = frozenset()

    @property
    def unread(self) -> frozenset[str]:
        """The stacks of an index that cannot be read: of a view the rest of its mirror is unobserved, too."""
        return frozenset(fault.stack for fault in self.faults if fault.kind == "index")


PAGES = Reading()


def narrow(reading: Reading, package: str) -> Reading:
    """Return how reading went, without what is wrong with packages that a glob does not take."""
    faults = tuple(fault for fault in reading.faults if not fault.package or fits(fault.package, package))
    return replace(reading, faults=faults)
