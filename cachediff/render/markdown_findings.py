"""The findings of a markdown report: a row a package and severity; problems of pages, and what is accepted, in folds; notes.

They are walked over twice, as the report has them and by package, and none is kept: there may be more of them than fit into
memory.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES, Severity
from cachediff.render.budget import CLOSED, Part, open_fold
from cachediff.render.causes import Left
from cachediff.render.code_span import code, word
from cachediff.render.counts import count_untrusted, name_unit
from cachediff.render.markdown_accepted import AcceptedRows
from cachediff.render.markdown_invalid import InvalidRows, name_untrusted
from cachediff.render.markdown_specs import Measured
from cachediff.render.outline import NOTHING_LOST, say, sort_by_package, sum_up_repeats
from cachediff.render.rows import Rows
from cachediff.text.words import MAX_EXAMPLES, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from cachediff.render.causes import WideCauses
    from cachediff.render.options import RuleText

MAX_PROBLEMS = 3
"""How many problems of one page are told."""

MAX_REPEATS = 50
"""How many findings of one package are looked at that only repeat others."""

_SEVERE = SEVERITIES[:2]
_UNKNOWN = Measured(NOTHING_LOST, "")

FIRST = 10
"""How many rows of each severity have room before any severity has more."""


class FindingLists:
    """What a markdown report shows of findings, but for those that causes say better.

    `left` counts these, `left_packages` starts with the packages that lost nothing else, by the hash of their names, and
    ends without those that have a row of their own, which are `told`. `measured` is what the packages lost.
    """

    def __init__(
        self,
        report: Report,
        wide_causes: WideCauses,
        left_packages: set[int],
        measured: Mapping[int, Measured],
        rules: Mapping[str, RuleText],
        most: int,
        room: int,
    ) -> None:
        self.left = Left()
        self.left_packages, self.told = left_packages, set[int]()
        self._measured = measured
        self._most, self._is_comparison = most, report.old is not None
        self._rows = {severity: Rows(most, room) for severity in _SEVERE}
        self._report, self._unit, self._is_named = report, name_unit(report), False
        self._wide_causes, self._texts = wide_causes, rules
        self._wide = {severity: Rows(most, room) for severity in _SEVERE}
        self._invalid = {severity: InvalidRows(most, room) for severity in _SEVERE}
        self._problems = Rows(most, room)
        self._accepted = AcceptedRows(most)
        self._errors, self._notes, self._wide_notes = Counter[str](), Counter[str](), Counter[str]()
        for finding in report.findings:
            if finding.subsumed_by is None:
                self._see(finding)
        # By severity and package, so that each row is complete before the next begins and only the rows are kept.
        listed = (finding for finding in sort_by_package(report.findings) if _is_open(finding))
        for (severity, package), group in groupby(
            (one for one in listed if one.subject.package or one.problems), key=_place
        ):
            self._see_group(severity, package, group)

    def _see(self, finding: Finding) -> None:
        """Look at one finding, in the report's order."""
        severity = finding.severity
        if finding.status == "accepted":
            self._accepted.add(finding)
        elif finding.problems:
            self._problems.add(lambda: _problems(finding))
            self._is_named = self._is_named or bool(finding.subject.package)
            if severity != "note":
                self._invalid[severity].add(finding, say(finding, self._texts))
        elif not finding.subject.package:
            self._see_wide(finding)

    def _see_wide(self, finding: Finding) -> None:
        """Look at one finding about the whole snapshot."""
        severity = finding.severity
        if severity == "note":
            self._wide_notes[finding.rule] += 1
        elif finding.repeats is not None:
            # It is among what vanished, or told cell by cell.
            return
        elif finding.cause in self._wide_causes:
            self.left.add_wide(finding)
        else:
            said = f"{word(finding.rule, in_table=True)} {code(finding.message, in_table=True)}"
            self._wide[severity].add(lambda: [f"| {severity} | | {said} |"])

    def _see_group(self, severity: Severity, package: str, group: Iterable[Finding]) -> None:
        """Look at all open findings of a severity about one package."""
        rules, named, is_left = dict[str, _Said](), set[str](), severity != "note"
        repeats: list[Finding] = []
        for finding in group:
            named.add(finding.rule)
            if finding.repeats is not None and severity != "note":
                repeats += [finding] if len(repeats) <= MAX_REPEATS else []
            elif not finding.problems:
                is_left = is_left and finding.cause in self._wide_causes
                rules.setdefault(finding.rule, _Said()).add(say(finding, self._texts))
        if severity == "error":
            self._errors.update(named)
        if severity == "note":
            self._notes.update({rule: said.count for rule, said in rules.items()})
        elif rules and is_left:
            self.left.add_row(severity, {rule: said.count for rule, said in rules.items()})
        elif rules:
            # It has a row of its own, so its specs are shown, too.
            self.left_packages.discard(hash(package))
            self.told.add(hash(package))
            measured = self._measured.get(hash(package), _UNKNOWN)
            self._rows[severity].add(
                lambda: [_write_row(severity, package, measured.counts, rules, repeats)], (*measured.lost, package)
            )

    def list_findings(self, importance: int) -> Part:
        """Return the table of errors and warnings.

        The whole snapshot comes first, then pages that cannot be trusted, then a row a package and severity. Where not all
        have room, each severity has some before any has all.
        """
        listed, count = list[list[str]](), 0
        for severity in _SEVERE:
            lines = list[str]()
            kinds = [self._wide[severity], self._invalid[severity].rows(), self._rows[severity]]
            for rows in kinds:
                lines += [line for row in rows.kept for line in row]
                # Where rows are missing, those that are there are too many already: what comes below them is never shown.
                if len(rows.kept) < rows.count:
                    break
            count += sum(rows.count for rows in kinds)
            listed.append(lines)
        # So the first rows of every severity come before the eleventh of any.
        ranked = [(place >= FIRST, severity, place) for severity, lines in enumerate(listed) for place in range(len(lines))]
        ranked = sorted(ranked)[: self._most]
        shown = sorted(ranked, key=lambda one: one[1:])
        priority = [shown.index(one) for one in ranked]
        return _table(
            ["| | package | findings |", "|---|---|---|"],
            [listed[severity][place] for _, severity, place in shown],
            count,
            importance,
            "row",
            priority=priority,
        )

    def list_accepted(self, importance: int) -> Part:
        """Return the table of what does not count, and why, folded."""
        table = ["| accepted | until | owner | reason |", "|---|---|---|---|"]
        opening = [*open_fold(number(self._accepted.count, "accepted finding")), *table]
        return _table(opening, self._accepted.lines(), self._accepted.count, importance, "accepted finding", CLOSED)

    def list_problems(self, importance: int) -> Part:
        """Return what is wrong with each page that cannot be trusted, folded."""
        also = ", and not compared" if self._is_comparison else ""
        untrusted = count_untrusted(self._problems.count, self._report, is_named=self._is_named)
        listed = f"{untrusted} cannot be trusted{also}"
        return self._problems.part(
            importance, self._unit, open_fold(listed), CLOSED, lambda left: [f"* and {number(left, f'more {self._unit}')}"]
        )

    def count_notes(self) -> Iterator[str]:
        """Yield how many notes each rule has."""
        notes = self._notes + self._wide_notes
        if notes:
            shown = ", ".join(f"{word(rule)} {count:,}" for rule, count in notes.items())
            yield f"{number(notes.total(), 'note')}: {shown}"

    def count_errors(self) -> str:
        """Return in how many packages the errors of each rule are, of the commonest rules; empty where none has one."""
        commonest = sorted(self._errors.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{word(rule)} {count:,}" for rule, count in commonest[:MAX_EXAMPLES])
        more = f" and {number(len(commonest) - MAX_EXAMPLES, 'more rule')}" if len(commonest) > MAX_EXAMPLES else ""
        return f"packages with errors: {shown}{more}" if commonest else ""


class _Said:
    """What the findings of one rule say of one package: the first of them, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        self.count += 1
        if len(self._texts) < MAX_EXAMPLES:
            self._texts.append(code(text, in_table=True))

    def show(self) -> str:
        shown = ", ".join(self._texts)
        return shown if self.count <= MAX_EXAMPLES else f"{shown} and {self.count - MAX_EXAMPLES:,} more"


def _is_open(finding: Finding) -> bool:
    return finding.subsumed_by is None and finding.status == "open"


def _place(finding: Finding) -> tuple[Severity, str]:
    return finding.severity, finding.subject.package


def _write_row(severity: Severity, package: str, counts: str, rules: Mapping[str, _Said], repeats: Sequence[Finding]) -> str:
    """Return a row: the package's numbers, each rule with what it says, and what else is gone with the same cells."""
    said = [counts] if counts else []
    said += [f"{word(rule, in_table=True)} {one.show()}" for rule, one in rules.items()]
    if repeats:
        said.append(f"with these {sum_up_repeats(repeats, partial(code, in_table=True))}")
    return f"| {severity} | {code(package, in_table=True)} | {'; '.join(said)} |"


def _problems(finding: Finding) -> Iterator[str]:
    """Yield the lines on one page that cannot be trusted."""
    yield f"* {finding.severity} {word(finding.rule)} {name_untrusted(finding, code)}".rstrip()
    for problem in finding.problems[:MAX_PROBLEMS]:
        at = code(problem.location.shown)
        pointer = f" {code(problem.location.pointer)}" if problem.location.pointer else ""
        yield f"  * {code(problem.message)} at {at}{pointer}: expected {code(problem.expected)}, found {code(problem.found)}"
    if (more := len(finding.problems) - MAX_PROBLEMS) > 0:
        yield f"  * and {number(more, 'more problem')}"


def _table(
    opening: list[str],
    lines: list[str],
    count: int,
    importance: int,
    noun: str,
    closing: Iterable[str] = (),
    priority: list[int] | None = None,
) -> Part:
    """Return a table of rows, and below it how many more there are."""

    def rest(left: int) -> list[str]:
        return ["", f"and {number(left, f'more {noun}')}, all of them in the JSON report"]

    return Part(
        importance=importance,
        rows=[[line] for line in lines],
        opening=opening,
        closing=[*closing],
        noun=noun,
        more=max(0, count - len(lines)),
        rest=rest,
        priority=priority or [],
    )
