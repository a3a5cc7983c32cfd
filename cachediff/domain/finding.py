"""What rules see, and what it comes to under a policy."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from cachediff.domain.problem import Location, Problem

Severity: TypeAlias = Literal["error", "warning", "note"]

FailOn: TypeAlias = Literal["error", "warning", "never"]

Status: TypeAlias = Literal["open", "accepted"]

Verdict: TypeAlias = Literal["pass", "fail"]

Vanished: TypeAlias = Literal["", "stack", "platform", "os", "target", "package"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


HIDDEN = "both"
"""The snapshot of a subject where OLD cannot show what NEW does not have: neither tells whether it is lost."""


class Subject(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a finding is about: what an acceptance of the policy matches, and what the fingerprint is made of.

    Empty means any.
    """

    # Fingerprints are made of what is not empty, so a new field leaves those of old findings as they are.
    package: str = ""
    stack: str = ""
    platform: str = ""
    os: str = ""
    target: str = ""
    version: str = ""
    compiler: str = ""
    variant: str = ""
    gpu: str = ""
    mpi: str = ""
    field: str = ""
    tag: str = ""
    snapshot: str = ""
    rule: str = ""


def name_fields(subject: Subject) -> list[str]:
    """Return what a subject names, each as `stack=e4s`, in the order of its fields."""
    return [f"{name}={value}" for name, value in asdict(subject).items() if value]


class CountDrop(Struct, frozen=True, gc=False):
    """A count that fell: whether it fell too far is the policy's to say."""

    old: int
    new: int


class Observation(Struct, frozen=True):
    """What a rule sees, before anything is judged.

    `is_eased` says that a milder severity than the rule's own is due, warning at most, unless the policy sets the rule's
    severity; `default` is the severity that is due then, where it is neither. `at_most` holds whatever the policy says.
    """

    subject: Subject
    message: str
    location: Location | None = None
    is_eased: bool = False
    default: Severity | None = None
    drop: CountDrop | None = None
    problems: tuple[Problem, ...] = ()
    at_most: Severity = "error"


class Acceptance(Struct, frozen=True):
    """Why a finding does not count: an entry of the policy. `until` is a date, `owner` may be empty."""

    reason: str
    until: str
    owner: str = ""


class AcceptanceUse(Struct, frozen=True):
    """An entry of the policy's `accepted`, and what it does in one comparison.

    It accepts findings by globs of rule and subject.

    `days_left` counts the days until it expires, negative after that; None: no date to judge by is known. `matched` counts
    the findings that it names, or that one which it names subsumes, and those of whose lost cells it accepts some and other
    entries the rest; `reopened` are those of them that it would accept had it not expired, and `worst` is their greatest
    severity. `partly` counts the findings of whose cells it accepts some, and nothing accepts the rest: these it does not
    accept.
    """

    rule: str
    subject: Subject
    acceptance: Acceptance
    days_left: int | None
    matched: int
    reopened: int = 0
    worst: Severity = "note"
    partly: int = 0


class Finding(Struct, frozen=True):
    """One judgement about one subject.

    `subsumed_by` is the fingerprint of the snapshot-wide finding that says it already. `cause` is the id of the cause that
    explains every lost cell of which it speaks; where several do so together, of one of them (review/causes.py says which).
    `cells` counts the lost cells of which it speaks, `facets` those lost in cells that stay. `repeats` is the fingerprint of
    the finding that tells of most of its cells where others tell of all. `vanished` is the field of the subject of which
    NEW has the value nowhere, empty where the finding tells of no such thing.
    """

    fingerprint: str
    rule: str
    severity: Severity
    status: Status
    subject: Subject
    message: str
    subsumed_by: str | None = None
    cause: str | None = None
    accepted: Acceptance | None = None
    location: Location | None = None
    problems: tuple[Problem, ...] = ()
    cells: int = 0
    facets: int = 0
    repeats: str | None = None
    vanished: Vanished = ""

    @property
    def is_loss(self) -> bool:
        """Whether it tells of something that was lost."""
        return bool(self.cells or self.facets)

    @property
    def is_alarm(self) -> bool:
        """Whether it is an open error or warning."""
        return self.status == "open" and self.severity != "note"


def row_order(finding: Finding) -> tuple[int, str]:
    """Return what findings are sorted by where those about one package stand together: severity, then package."""
    return SEVERITIES.index(finding.severity), finding.subject.package
