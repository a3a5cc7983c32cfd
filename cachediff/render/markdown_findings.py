"""The findings of a markdown report: a row a package and severity; what is wrong with pages, and what is accepted, in folds; notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import SEVERITIES
from cachediff.render.budget import CLOSED, Part, open_fold
from cachediff.render.code_span import code, word
from cachediff.render.counts import number
from cachediff.render.outline import MOST_EXAMPLES, by_acceptance, by_rule, count_row, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.model import Finding
    from cachediff.render.outline import Outline, Row

MOST_PROBLEMS = 3
"""How many problems of one page are told."""


def list_findings(told: Outline, importance: int, most: int) -> Part:
    """Return the table of errors and warnings: the whole snapshot, pages that cannot be trusted, then one row a package and severity."""
    lines = []
    for severity in SEVERITIES[:2]:
        wide = [finding for finding in told.wide if finding.severity == severity]
        lines += [f"| {severity} | | {word(f.rule, in_table=True)} {code(f.message, in_table=True)} |" for f in wide]
        rows = [(row.package, _row(row)) for row in told.rows_of(severity)]
        invalid = [finding for finding in told.invalid if finding.severity == severity]
        rows = [*((f.subject.package, f"{word(f.rule, in_table=True)} {_some_code([say(f)])}") for f in invalid), *rows]
        lines += [f"| {severity} | {code(package, in_table=True)} | {said} |" for package, said in rows]
    return _table(["| | package | findings |", "|---|---|---|"], lines, importance, most, "row")


def list_accepted(findings: tuple[Finding, ...], importance: int, most: int) -> Part:
    """Return the table of what does not count, and why, folded."""
    lines = []
    for acceptance, group in by_acceptance(findings):
        texts = (acceptance.until, acceptance.owner, acceptance.reason)
        why = " | ".join(code(text, in_table=True) if text else "" for text in texts)
        lines += [f"| {word(f.rule, in_table=True)} {code(f.message, in_table=True)} | {why} |" for f in group]
    table = ["| accepted | until | owner | reason |", "|---|---|---|---|"]
    return _table([*open_fold(number(len(lines), "accepted finding")), *table], lines, importance, most, "accepted finding", CLOSED)


def list_problems(invalid: tuple[Finding, ...], importance: int, most: int, *, is_comparison: bool) -> Part:
    """Return what is wrong with each page that cannot be trusted, folded."""
    told = f"{number(len(invalid), 'page')} cannot be trusted{', and not compared' if is_comparison else ''}"
    return Part(
        importance,
        [[*_problems(finding)] for finding in invalid[:most]],
        opening=open_fold(told),
        closing=CLOSED,
        noun="page",
        more=max(0, len(invalid) - most),
        rest=lambda left: [f"* and {number(left, 'more page')}"],
    )


def count_notes(told: Outline) -> Iterator[str]:
    """Yield how many notes each rule has."""
    notes = [finding for row in told.rows_of("note") for finding in row.findings]
    notes += [finding for finding in told.wide if finding.severity == "note"]
    if notes:
        yield f"{number(len(notes), 'note')}: {_by_rule(notes)}"


def count_errors(told: Outline) -> str:
    """Return in how many packages the errors of each rule are, of the commonest rules; empty where no package has one."""
    packages: dict[str, set[str]] = {}
    for finding in (*told.invalid, *(finding for row in told.rows_of("error") for finding in row.findings)):
        if finding.severity == "error":
            packages.setdefault(finding.rule, set()).add(finding.subject.package)
    commonest = sorted(packages.items(), key=lambda item: (-len(item[1]), item[0]))
    shown = ", ".join(f"{word(rule)} {len(names):,}" for rule, names in commonest[:MOST_EXAMPLES])
    more = f" and {number(len(packages) - MOST_EXAMPLES, 'more rule')}" if len(packages) > MOST_EXAMPLES else ""
    return f"packages with errors: {shown}{more}" if packages else ""


def _row(row: Row) -> str:
    """Return a package's numbers, and each rule with what it says."""
    counts = count_row(row)
    rules = "; ".join(
        f"{word(rule, in_table=True)} {_some_code([say(finding) for finding in group])}" for rule, group in by_rule(row.findings)
    )
    return f"{counts}; {rules}" if counts else rules


def _some_code(texts: list[str]) -> str:
    shown = ", ".join(code(text, in_table=True) for text in texts[:MOST_EXAMPLES])
    return shown if len(texts) <= MOST_EXAMPLES else f"{shown} and {len(texts) - MOST_EXAMPLES:,} more"


def _problems(finding: Finding) -> Iterator[str]:
    """Yield the lines on one page that cannot be trusted."""
    yield f"* {finding.severity} {word(finding.rule)} {code(finding.subject.package)}"
    for problem in finding.problems[:MOST_PROBLEMS]:
        place = problem.location
        at = code(f"{place.path}:{place.line}:{place.column}" if place.line else place.path)
        pointer = f" {code(place.pointer)}" if place.pointer else ""
        yield f"  * {code(problem.message)} at {at}{pointer}: expected {code(problem.expected)}, found {code(problem.found)}"
    if (more := len(finding.problems) - MOST_PROBLEMS) > 0:
        yield f"  * and {number(more, 'more problem')}"


def _table(opening: list[str], lines: list[str], importance: int, most: int, noun: str, closing: Iterable[str] = ()) -> Part:
    """Return a table of at most so many rows, and below it how many more there are."""

    def rest(left: int) -> list[str]:
        return ["", f"and {number(left, f'more {noun}')}, all of them in the JSON report"]

    return Part(importance, [[line] for line in lines[:most]], opening, [*closing], noun, max(0, len(lines) - most), rest)


def _by_rule(findings: Iterable[Finding]) -> str:
    return ", ".join(f"{word(rule)} {len(group):,}" for rule, group in by_rule(findings))
