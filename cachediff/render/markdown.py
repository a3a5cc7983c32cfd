"""The report as a comment on a pull request: the verdict first, then what a maintainer needs, then details in folds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachediff.model import SEVERITIES
from cachediff.render.outline import MOST_EXAMPLES, bucket_words, by_rule, headline, name_subject, number, outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.model import Finding, Report, ReportedPackage
    from cachediff.render.options import Options
    from cachediff.render.outline import Row

MOST_ROWS = 50
MOST_TEXT = 500
"""Longest page text in one code span: what is longer is cut before it is escaped."""

_SIGNS = {"pass": "✅", "fail": "❌"}


def render_markdown(report: Report, options: Options) -> str:
    """Return the report as GitHub-flavoured markdown, which GitLab shows alike."""
    del options
    told = outline(report)
    parts = [
        [f"### {_SIGNS[report.verdict]} {headline(report)}"],
        _numbers(report),
        _findings(told.wide, told.rows),
        _problems(told.invalid),
        *(_fold_package(package) for package in report.packages[:MOST_ROWS] if package.kind == "changed"),
        _notes(told.rows, told.wide),
        _digests(report),
    ]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part) + "\n"


def code(text: str, *, in_table: bool = False) -> str:
    """Return page text as one code span: nothing in it is markup, a link or a mention, and it cannot end the span or the table cell.

    What does not print, or reorders what does, is made visible. `in_table` escapes the bars that would part cells.
    """
    cut = text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return span.replace("|", "\\|") if in_table else span


def escape_html(text: str) -> str:
    """Return page text as it may stand in an HTML tag, where backticks mean nothing: only letters, digits and `.-_+` stay."""
    return "".join(char if char.isalnum() or char in ".-_+" else f"&#{ord(char)};" for char in text[:MOST_TEXT])


def _numbers(report: Report) -> Iterator[str]:
    """Yield the table of counts."""
    if report.old is None:
        yield f"{code(report.new.tag)}: {number(report.new.packages, 'page')}, {number(report.new.specs, 'spec')}"
        return
    yield f"| | {code(report.old.tag, in_table=True)} | {code(report.new.tag, in_table=True)} | |"
    yield "|---|--:|--:|---|"
    yield from (f"| {name} | {old:,} | {new:,} | {parts} |" for name, old, new, parts in bucket_words(report))


def _findings(wide: Iterable[Finding], rows: Iterable[Row]) -> Iterator[str]:
    """Yield the table of errors and warnings: the whole snapshot first, then one row a package and severity."""
    lines = []
    for severity in SEVERITIES[:2]:
        lines += [f"| {severity} | | {f.rule} {code(f.message, in_table=True)} |" for f in wide if f.severity == severity]
        lines += [
            f"| {severity} | {code(row.package, in_table=True)} | {_sums(row)}{_rules(row.findings)} |"
            for row in rows
            if row.severity == severity
        ]
    if lines:
        yield "| | package | findings |"
        yield "|---|---|---|"
        yield from lines[:MOST_ROWS]
    if len(lines) > MOST_ROWS:
        yield ""
        yield f"and {number(len(lines) - MOST_ROWS, 'more row')}, all of them in the JSON report"


def _sums(row: Row) -> str:
    """Return a package's numbers."""
    if row.difference is None or row.difference.kind != "changed":
        return ""
    specs, lost = row.difference.specs, len(row.difference.cells.lost)
    sums = f"{specs.old:,} → {number(specs.new, 'spec')}"
    return (sums + (f", {number(lost, 'cell')} lost" if lost else "")) + "; "


def _rules(findings: Iterable[Finding]) -> str:
    """Return each rule with its values."""
    return "; ".join(f"{rule} {_some_code([_point(finding) for finding in group])}" for rule, group in by_rule(findings))


def _point(finding: Finding) -> str:
    """Return what a finding is about besides its package, or else what it says."""
    name = name_subject(finding.subject)
    return finding.message if name == finding.subject.package else name


def _some_code(texts: list[str]) -> str:
    shown = ", ".join(code(text, in_table=True) for text in texts[:MOST_EXAMPLES])
    return shown if len(texts) <= MOST_EXAMPLES else f"{shown} and {len(texts) - MOST_EXAMPLES:,} more"


def _problems(invalid: tuple[Finding, ...]) -> Iterator[str]:
    """Yield what is wrong with each page that is not compared."""
    if not invalid:
        return
    yield f"**{number(len(invalid), 'package')} not compared**, because a page cannot be trusted:"
    yield ""
    for finding in invalid[:MOST_ROWS]:
        for problem in finding.problems[:3]:
            place = f"{problem.location.path}:{problem.location.line}:{problem.location.column}"
            yield f"* {finding.severity} {finding.rule} {code(problem.message)} at {code(place)} {code(problem.location.pointer or '/')}"
            yield f"  expected {code(problem.expected)}, found {code(problem.found)}"
    if len(invalid) > MOST_ROWS:
        yield f"* and {number(len(invalid) - MOST_ROWS, 'more package')}"


def _fold_package(package: ReportedPackage) -> Iterator[str]:
    """Yield one package's specs that are news, folded."""
    told = [change for change in package.changes if change.kind in ("removed", "added", "changed") or change.fields]
    if not told:
        return
    sums = f"{package.specs.old:,} → {number(package.specs.new, 'spec')}"
    yield f"<details><summary><code>{escape_html(package.package)}</code>: {sums}</summary>"
    yield ""
    for change in told[:MOST_ROWS]:
        spec = change.old or change.new
        if spec:
            yield f"* {change.kind} {code(spec.spec)} in {code(', '.join(spec.stacks) or 'root only')}"
        for field in change.fields:
            yield f"  * {code(field.field)}: {code(field.old or 'none')} → {code(field.new or 'none')}"
    if len(told) > MOST_ROWS:
        yield f"* and {number(len(told) - MOST_ROWS, 'more spec')}"
    yield ""
    yield "</details>"


def _notes(rows: Iterable[Row], wide: Iterable[Finding]) -> Iterator[str]:
    """Yield how many notes each rule has."""
    notes = [finding for row in rows if row.severity == "note" for finding in row.findings]
    notes += [finding for finding in wide if finding.severity == "note"]
    if notes:
        yield f"{number(len(notes), 'note')}: " + ", ".join(f"{rule} {len(group):,}" for rule, group in by_rule(notes))


def _digests(report: Report) -> Iterator[str]:
    """Yield how to see this again, and on what it was seen."""
    sides = [side for side in (report.old, report.new) if side]
    arguments = " ".join(side.source for side in sides)
    command = "cachediff" if report.old else "cachediff validate"
    yield (
        f"<sub>{code(f'{command} {arguments}')} · "
        + " → ".join(code(side.digest[:19]) for side in sides)
        + f" · cachediff {report.cachediff}</sub>"
    )
