"""What a rule is, and where what it tells of stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.diff import PackageDiff, SnapshotDiff, SnapshotTotals
from cachediff.domain.finding import AcceptanceUse, Observation, Severity, Vanished

if TYPE_CHECKING:
    from cachediff.domain.problem import Location
    from cachediff.domain.spec import Spec

Check: TypeAlias = Callable[[SnapshotDiff], Iterator[Observation]]
Scope: TypeAlias = Literal["page", "package", "stacks", "oses", "targets", "snapshot", "tags", "policy"]
Explained: TypeAlias = Literal["nothing", "cells", "orphans", "package", "mpi"]


class PolicyUse(Struct, frozen=True):
    """What the acceptances of a policy do in a comparison with NEW: what the rules on the policy see."""

    new: SnapshotTotals
    entries: tuple[AcceptanceUse, ...]


PolicyCheck: TypeAlias = Callable[[PolicyUse], Iterator[Observation]]


def see_nothing(seen: object) -> Iterator[Observation]:
    """Yield nothing: for a rule that has all to say of single packages, of the whole, or of the policy."""
    del seen
    return iter(())


class Threshold(Struct, frozen=True):
    """How far a count may fall: a rule fires above `percent` of OLD's count, and from `at_least` on."""

    percent: float
    # By percent alone, a stack of four specs that loses one would fail a run.
    at_least: int


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. `mirror` is the rule for the opposite direction, or the reason why there is none.

    `scope` says what a rule needs to see. A page rule judges NEW alone, too; a rule on stacks needs all that there is in the
    stacks that it sees, and so do those on oses and targets; one on the snapshot needs all of it; a policy rule sees what
    the policy did with the findings of all others. `check` may be given the packages of a comparison some at a time, and
    looks at each by itself; `check_whole` is given the comparison as it is, and `check_policy` what the policy's acceptances
    do. A rule that `needs_whole` says nothing of a part of the snapshots, whatever its scope; `scope_of_whole` is what
    `check_whole` needs to see, where that is more.

    A finding of this rule is subsumed by one of `subsumed_by` that is about the whole snapshot and the same value.
    `explained` is what of a finding a cause may explain: the lost cells that match its subject, those that the package's new
    orphans had, that the package is gone, or the MPI. `is_said_by_subject` says that rule and subject tell all that a
    finding tells, `is_about_requirements` that a finding's subject is what the policy requires, `needs_wanted` that a rule
    judges by what locks ask for, `is_about_facets` that cells that stay lost something. `vanishes` is what no place of NEW
    has any more, as subjects name it, and `appears` what no place of OLD has. `hides_stack` says that the stack of a subject
    is in no number of the report, `tells_of_move` that something came in place of what went: the message names both before
    its first colon, `is_about_lack` that a finding may be about a package of which neither snapshot has any, and
    `is_summed_up` that what many packages do alike is told in one line: the message names it before ` in `.
    """

    id: str
    severity: Severity
    scope: Scope
    summary: str
    why: str
    fix: str
    mirror: str
    check: Check = see_nothing
    check_whole: Check = see_nothing
    check_policy: PolicyCheck = see_nothing
    needs_whole: bool = False
    scope_of_whole: Scope | None = None
    subsumed_by: str = ""
    explained: Explained = "nothing"
    is_said_by_subject: bool = False
    is_about_requirements: bool = False
    is_about_facets: bool = False
    vanishes: Vanished = ""
    appears: Vanished = ""
    hides_stack: bool = False
    tells_of_move: bool = False
    is_about_lack: bool = False
    is_summed_up: bool = False
    needs_wanted: bool = False
    threshold: Threshold | None = None


def on_both_sides(diff: SnapshotDiff) -> Iterator[PackageDiff]:
    """Yield each differing package that has a page in both snapshots."""
    return (package for package in diff.packages if package.old is not None and package.new is not None)


def locate_in(package: PackageDiff, pointer: str | None = None) -> Location:
    """Return where a package's value stands in NEW, or in OLD where NEW has no such package; its specs without a pointer."""
    # NEW first: that is the file in which a reviewer can act.
    facts = package.new or package.old
    if facts is None:
        message = f"{package.package} is on neither side"
        raise ValueError(message)
    return facts.source_map.locate(pointer)


def locate_spec_of(package: PackageDiff, spec: Spec) -> Location:
    """Return where one of NEW's specs stands."""
    return package.new.source_map.locate_spec(spec) if package.new else locate_in(package)
