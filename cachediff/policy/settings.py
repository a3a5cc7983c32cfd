"""What a policy says, once it is read."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.diff import Requirement
from cachediff.domain.finding import Acceptance, FailOn, Severity, Subject
from cachediff.limits import DEFAULT_LIMITS, Limits

Level: TypeAlias = Severity | Literal["off"]
"""A severity, or `off`: nothing is said."""


class Setting(Struct, frozen=True):
    """What a policy says of one rule. None leaves it as it is; `percent` and `at_least` are a threshold's."""

    severity: Level | None = None
    percent: float | None = None
    at_least: int | None = None


class Override(Struct, frozen=True):
    """Settings for the findings whose subject matches."""

    match: Subject
    rules: dict[str, Setting]


class Renames(Struct, frozen=True):
    """Names that OLD has, each with the name that stands for the same in NEW; several with one new name are merged."""

    # Each struct gets an empty table of its own: msgspec copies such a default.
    stacks: dict[str, str] = {}
    oses: dict[str, str] = {}
    targets: dict[str, str] = {}
    packages: dict[str, str] = {}


NO_RENAMES = Renames()


class Entry(Struct, frozen=True):
    """An acceptance of the policy: `rule` is a glob, and so is every field of `subject` that is not empty."""

    rule: str
    subject: Subject
    acceptance: Acceptance


class BadSnapshot(Struct, frozen=True):
    """Snapshots with which none is compared: `snapshot` is a glob of tags."""

    snapshot: str
    reason: str


class Policy(Struct, frozen=True):
    """How findings are judged. The default is the built-in severities, failing on errors.

    Of `overrides` the first that matches a subject and names the rule wins. `baseline` is the tag or path of the snapshot to
    compare with, instead of the newest older one that is not `bad`. `wanted` are the locks by which losses are measured.
    """

    fail_on: FailOn = "error"
    baseline: str = ""
    rules: dict[str, Setting] = {}
    overrides: tuple[Override, ...] = ()
    renames: Renames = NO_RENAMES
    accepted: tuple[Entry, ...] = ()
    require: tuple[Requirement, ...] = ()
    bad: tuple[BadSnapshot, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    wanted: tuple[str, ...] = ()


DEFAULT_POLICY = Policy()
