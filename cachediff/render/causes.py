"""What a report says of causes: what explains the lost cells, and which findings are left to that."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cachediff.model import SEVERITIES, Cause, Finding
from cachediff.render.counts import number
from cachediff.render.outline import Outline, by_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeVar

    from cachediff.model import Report, ReportedChange, ReportedLoss

    T = TypeVar("T")

MOST_WIDE, MOST_NARROW = 40, 5
"""How many causes are listed before the rest is only counted: of those that go across packages, and of those that name one, whose findings
are told in full."""

_PLURALS = {"stack": "stacks", "platform": "platforms", "os": "oses", "target": "targets"}


# --- which findings are left to causes ---------------------------------------------------------------------------------


class Folded(Struct, frozen=True):
    """What is told of a report, and the errors and warnings that are left to its causes.

    `packages` are those that lost nothing else, and of which only notes are told; `stacks` are those that the causes say to be gone.
    """

    told: Outline
    left: tuple[Finding, ...] = ()
    packages: frozenset[str] = frozenset()
    stacks: frozenset[str] = frozenset()

    def tells(self, change: ReportedChange) -> bool:
        """Return whether all that is news of a spec or pair is that it went from gone stacks."""
        if change.old is None or {field.field for field in change.fields} - {"stacks"}:
            return False
        left = set(change.old.stacks) - set(change.new.stacks if change.new else ())
        if change.new is None:
            return change.became == "stack-gone" and bool(left & self.stacks)
        return bool(left) and left <= self.stacks


def fold(report: Report, told: Outline) -> Folded:
    """Return an outline without the findings that causes say better.

    A cause that explains more than one package says in a line what its findings say one by one. What is said of one package in one row
    stays together: a row is left to causes when all of it is.
    """
    wide = {cause.id for cause in report.causes if cause.packages > 1}
    findings, kept_findings = _part(told.wide, lambda finding: finding.severity != "note" and finding.cause in wide)
    rows, kept_rows = _part(told.rows, lambda row: row.severity != "note" and all(finding.cause in wide for finding in row.findings))
    return Folded(
        msgspec.structs.replace(told, wide=kept_findings, rows=kept_rows),
        (*findings, *(finding for row in rows for finding in row.findings)),
        frozenset(
            {one.package for one in report.packages if one.cells.lost and all(lost.cause in wide for lost in one.cells.lost)}
            - {row.package for row in kept_rows if row.severity != "note"}
        ),
        frozenset(cause.predicate["stack"] for cause in report.causes if cause.id in wide and cause.predicate.keys() == {"stack"}),
    )


def _part(items: Sequence[T], is_left: Callable[[T], bool]) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """Return the items that are left to causes, and the others."""
    left = [is_left(item) for item in items]
    return tuple(compress(items, left)), tuple(item for item, is_out in zip(items, left, strict=True) if not is_out)


def sum_up_folded(left: tuple[Finding, ...], hint: str = "", show: Callable[[str], str] = str) -> str:
    """Return how many findings are left to causes: `35 errors about the whole snapshot, errors in 172 packages: stack-removed 24, …`.

    `hint` says where they are; `show` makes a rule's name fit for the format.
    """
    parts = []
    for severity in SEVERITIES[:2]:
        findings = [finding for finding in left if finding.severity == severity]
        packages = {finding.subject.package for finding in findings} - {""}
        if wide := sum(not finding.subject.package for finding in findings):
            parts.append(f"{number(wide, severity)} about the whole snapshot")
        if packages:
            parts.append(f"{severity}s in {number(len(packages), 'package')}")
    return f"{', '.join(parts)}{hint}: {', '.join(f'{show(rule)} {len(group):,}' for rule, group in by_rule(left))}"


# --- what causes say ---------------------------------------------------------------------------------------------------


class Listing(Struct, frozen=True):
    """The causes of lost cells that a format lists, widest first, and those that it only counts."""

    listed: tuple[Cause, ...]
    left_out: tuple[Cause, ...] = ()


def list_causes(report: Report, *, is_verbose: bool = False) -> Listing:
    """Return the causes of lost cells: all of them, or as many as a reader wants."""
    causes = _of_cells(report)
    if is_verbose:
        return Listing(causes)
    narrow = [cause.id for cause in causes if "package" in cause.predicate]
    wide = [cause.id for cause in causes if "package" not in cause.predicate]
    left_out = {*wide[MOST_WIDE:], *narrow[MOST_NARROW:]}
    return Listing(tuple(cause for cause in causes if cause.id not in left_out), tuple(cause for cause in causes if cause.id in left_out))


def sum_up_causes(report: Report, show: Callable[[str], str] = str) -> str:
    """Return how much is explained, and by what: `24 causes explain 667 of 667 lost cells: 24 stacks are gone, and 115 packages with them`.

    `show` makes page text fit for the format. Empty where there is nothing to explain.
    """
    causes = _of_cells(report)
    gone = "; ".join(_say_gone(report, show))
    if not causes:
        return gone
    verb = "explains" if len(causes) == 1 else "explain"
    explained = sum(cause.cells for cause in causes)
    sums = f"{number(len(causes), 'cause')} {verb} {explained:,} of {number(report.summary.cells.lost, 'lost cell')}"
    return f"{sums}: {gone}" if gone else sums


def name_cause(cause: Cause, show: Callable[[str], str] = str, show_fact: Callable[[str], str] = str) -> str:
    """Return a predicate in words: `stack e4s`, `os ventura & target aarch64`; `show` and `show_fact` make values and facts fit."""
    return " & ".join(f"{show_fact(fact)} {show(value)}" for fact, value in cause.predicate.items())


def list_unexplained(report: Report) -> list[tuple[str, ReportedLoss]]:
    """Return the lost cells that nothing explains, each with its package."""
    return [(package.package, lost) for package in report.packages for lost in package.cells.lost if lost.cause is None]


def name_place(lost: ReportedLoss) -> str:
    """Return where a lost cell is: `e4s linux-centos7-x86_64_v3`."""
    return f"{lost.stack} {lost.platform}-{lost.os}-{lost.target}"


def _of_cells(report: Report) -> tuple[Cause, ...]:
    return tuple(cause for cause in report.causes if cause.explains == "cells")


def _say_gone(report: Report, show: Callable[[str], str]) -> Iterator[str]:
    """Yield what is gone altogether: values of the whole snapshot, with the packages that went with them, and packages by themselves."""
    named = [cause.predicate for cause in _of_cells(report) if len(cause.predicate) == 1]
    values = {fact: [predicate[fact] for predicate in named if fact in predicate] for fact in _PLURALS}
    gone = [f"{fact} {show(some[0])}" if len(some) == 1 else f"{len(some):,} {_PLURALS[fact]}" for fact, some in values.items() if some]
    is_one = sum(map(len, values.values())) == 1
    removed = [cause for cause in report.causes if cause.explains == "packages"]
    along = sum(cause.packages for cause in removed if "package" not in cause.predicate)
    alone = sum(cause.packages for cause in removed if "package" in cause.predicate)
    if gone:
        yield f"{' and '.join(gone)} {'is' if is_one else 'are'} gone" + (
            f", and {number(along, 'package')} with {'it' if is_one else 'them'}" if along else ""
        )
    elif along:
        yield f"{number(along, 'package')} {'is' if along == 1 else 'are'} gone with {'it' if len(_of_cells(report)) == 1 else 'them'}"
    if alone:
        yield f"{number(alone, 'package')} {'is' if alone == 1 else 'are'} gone{' besides' if gone or along else ''}"
