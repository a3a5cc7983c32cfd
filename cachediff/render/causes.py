"""What a report says of causes: what explains the lost cells, and which findings are left to that."""

from __future__ import annotations

from collections import Counter
from itertools import compress, groupby
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cachediff.domain.finding import SEVERITIES, Finding, Severity
from cachediff.domain.report import Cause
from cachediff.domain.spec import DEFAULT_STACK
from cachediff.render.counts import count_unwanted
from cachediff.render.outline import Outline
from cachediff.render.vanished import PLURALS
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from cachediff.domain.report import Report, ReportedChange, ReportedLoss, ReportedPackage

    T = TypeVar("T")

MAX_PLAIN = 5
"""How many causes there may be without a word of what they are: each of them is listed."""

MAX_WIDE, MAX_NARROW = 40, 5
"""How many causes are listed before the rest is only counted: of those that go across packages, and of those that name one,
whose findings are told in full."""


# --- which findings are left to causes ---------------------------------------------------------------------------------


class Collapsed(Struct, frozen=True):
    """What is told of a report, and the errors and warnings that are left to its causes.

    `packages` are those that lost nothing else, and of which only notes are told; `stacks` are those that the causes say to
    be gone.
    """

    outline: Outline
    left: tuple[Finding, ...] = ()
    packages: frozenset[str] = frozenset()
    stacks: frozenset[str] = frozenset()

    def tells(self, change: ReportedChange) -> bool:
        """Return whether all that is news of a spec or pair is that it went from gone stacks."""
        # A pair that differs in more than its stacks has news of its own.
        if change.old is None or {field.field for field in change.fields} - {"stacks"}:
            return False
        left = set(change.old.stacks) - set(change.new.stacks if change.new else ())
        if change.new is None:
            return change.became == "stack-gone" and bool(left & self.stacks)
        return bool(left) and left <= self.stacks


def fold(report: Report, outline: Outline) -> Collapsed:
    """Return an outline without the findings that causes say better.

    A cause that explains more than one package says in a line what its findings say one by one. What is said of one package
    in one row stays together: a row is left to causes when all of it is.
    """
    wide = WideCauses(report)
    # Notes stay: causes explain what was lost.
    findings, kept_findings = _part(outline.wide, lambda finding: finding.severity != "note" and finding.cause in wide)
    rows, kept_rows = _part(
        outline.rows, lambda row: row.severity != "note" and all(finding.cause in wide for finding in row.findings)
    )
    return Collapsed(
        msgspec.structs.replace(outline, wide=kept_findings, rows=kept_rows),
        (*findings, *(finding for row in rows for finding in row.findings)),
        frozenset(
            {one.package for one in report.packages if one.cells.lost and all(lost.cause in wide for lost in one.cells.lost)}
            - {row.package for row in kept_rows if row.severity != "note"}
        ),
        frozenset(
            cause.predicate["stack"] for cause in report.causes if cause.id in wide and cause.predicate.keys() == {"stack"}
        ),
    )


def _part(items: Sequence[T], is_left: Callable[[T], bool]) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """Return the items that are left to causes, and the others."""
    left = [is_left(item) for item in items]
    return tuple(compress(items, left)), tuple(item for item, is_out in zip(items, left, strict=True) if not is_out)


def sum_up_folded(left: tuple[Finding, ...], hint: str) -> str:
    """Return how many findings are left to causes.

    For example `35 errors about the whole snapshot, errors in 172 packages: stack-removed 24, …`.

    `hint` says where they are.
    """
    counts = Left()
    for finding in left:
        if not finding.subject.package:
            counts.add_wide(finding)
    rows = groupby(
        (finding for finding in left if finding.subject.package), key=lambda one: (one.severity, one.subject.package)
    )
    for (severity, _), findings in rows:
        counts.add_row(severity, Counter(finding.rule for finding in findings))
    return counts.say(hint)


class Left:
    """How many findings are left to causes: those about the whole snapshot, and the rows of packages."""

    def __init__(self) -> None:
        self.rules = Counter[str]()
        self._wide, self._packages = Counter[Severity](), Counter[Severity]()

    def add_wide(self, finding: Finding) -> None:
        """Count a finding about the whole snapshot."""
        self._wide[finding.severity] += 1
        self.rules[finding.rule] += 1

    def add_row(self, severity: Severity, rules: Mapping[str, int]) -> None:
        """Count the findings of a severity about one package, by their rules."""
        self._packages[severity] += 1
        self.rules.update(rules)

    def say(self, hint: str = "", show: Callable[[str], str] = str) -> str:
        """Return the counts in words, as `sum_up_folded` does; `show` makes a rule's name fit for the format."""
        parts = []
        for severity in SEVERITIES[:2]:
            if wide := self._wide[severity]:
                parts.append(f"{number(wide, severity)} about the whole snapshot")
            if packages := self._packages[severity]:
                parts.append(f"{severity}s in {number(packages, 'package')}")
        return f"{', '.join(parts)}{hint}: {', '.join(f'{show(rule)} {count:,}' for rule, count in self.rules.items())}"


class WideCauses:
    """The causes that explain more than one package.

    Ids would take memory that a long list has not: hashes of them do not.
    """

    def __init__(self, report: Report) -> None:
        self._ids = {hash(cause.id) for cause in report.causes if cause.packages > 1}

    def __contains__(self, id: str | None) -> bool:
        """Return whether an id is that of such a cause."""
        return id is not None and hash(id) in self._ids


# --- what causes say ---------------------------------------------------------------------------------------------------


class Listing(Struct, frozen=True):
    """The causes of lost cells that a format lists, widest first, and how many more there are, of how many cells."""

    listed: tuple[Cause, ...]
    left_out: int = 0
    cells_left_out: int = 0


def list_causes(report: Report, *, is_verbose: bool = False) -> Listing:
    """Return the causes of lost cells: all of them, or as many as a reader wants."""
    listed, left_out, cells, seen = [], 0, 0, Counter[bool]()
    for cause in _of_cells(report):
        is_narrow = "package" in cause.predicate
        seen[is_narrow] += 1
        if is_verbose or seen[is_narrow] <= (MAX_NARROW if is_narrow else MAX_WIDE):
            listed.append(cause)
        else:
            left_out, cells = left_out + 1, cells + cause.cells
    return Listing(tuple(listed), left_out, cells)


def sum_up_causes(report: Report) -> str:
    """Return how much is explained, and of many causes what they are.

    For example `24 causes explain 667 of 667 lost cells: 23 stacks, 1 os & target`. Empty where there is nothing to explain.
    """
    causes = [*_of_cells(report)]
    if not causes:
        return ""
    verb, cells = "explains" if len(causes) == 1 else "explain", sum(cause.cells for cause in causes)
    # What a report of somebody else counts need not add up.
    needed = max(cells, report.summary.cells.lost - report.summary.cells.unneeded - count_unwanted(report))
    kinds = f": {_name_kinds(causes)}" if len(causes) > MAX_PLAIN else ""
    return f"{number(len(causes), 'cause')} {verb} {cells:,} of {number(needed, 'lost cell')}{kinds}"


def _name_kinds(causes: Sequence[Cause]) -> str:
    """Return how many causes are of which facts, the most first: `598 packages`, `23 stacks, 1 os & target`."""
    # A report of somebody else may have any facts, which are no words of ours.
    kinds = Counter(" & ".join(cause.predicate) if cause.predicate.keys() <= PLURALS.keys() else "other" for cause in causes)
    ordered = sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(number(count, kind, PLURALS.get(kind, kind)) for kind, count in ordered)


def sum_up_mpis(report: Report, show: Callable[[str], str] = str, show_fact: Callable[[str], str] = str) -> Iterator[str]:
    """Yield each cause of lost MPIs in words: `14 packages lost mpi openmpi: darshan-runtime, esmf, fftw and 11 more`."""
    for cause in report.causes:
        if cause.explains == "facets":
            left = cause.packages - len(cause.examples)
            examples = ", ".join(map(show, cause.examples)) + (f" and {left:,} more" if left > 0 else "")
            yield f"{number(cause.packages, 'package')} lost {name_cause(cause, show, show_fact)}: {examples}"


def name_cause(cause: Cause, show: Callable[[str], str] = str, show_fact: Callable[[str], str] = str) -> str:
    """Return a predicate in words: `stack e4s`, `os ventura & target aarch64`.

    `show` and `show_fact` make values and facts fit.
    """
    return " & ".join(f"{show_fact(fact)} {show(value)}" for fact, value in cause.predicate.items())


def list_unexplained(report: Report) -> list[tuple[str, ReportedLoss]]:
    """Return the lost cells that nothing explains, each with its package."""
    return [(package.package, lost) for package in report.packages for lost in find_unexplained(package)]


def find_unexplained(package: ReportedPackage) -> Iterator[ReportedLoss]:
    """Yield the lost cells of a package that nothing explains, and that somebody may need."""
    return (lost for lost in package.cells.lost if lost.cause is None and lost.became not in ("unneeded", "unwanted"))


def name_place(lost: ReportedLoss) -> str:
    """Return where a lost cell is: `e4s linux-centos7-x86_64_v3`; that it is in no stack needs no word."""
    place = f"{lost.platform}-{lost.os}-{lost.target}"
    return place if lost.stack == DEFAULT_STACK else f"{lost.stack} {place}"


def _of_cells(report: Report) -> Iterator[Cause]:
    return (cause for cause in report.causes if cause.explains == "cells")
