"""The report for a terminal: the verdict is the last line, where the eye is when the command ends."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cachediff.model import SEVERITIES
from cachediff.render.outline import MOST_EXAMPLES, bucket_words, by_rule, headline, number, outline, say, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import Finding, Problem, Report, ReportedChange, Severity
    from cachediff.render.options import Options
    from cachediff.render.outline import Row

MOST_ROWS = 12
"""How many packages of one severity are told in full, before the rest is only counted."""

_COLORS = {"error": "31", "warning": "33", "note": "36", "pass": "32", "fail": "31", "bold": "1", "dim": "2"}
_ASCII = {"→": "->", "…": "...", "−": "-"}
_SIGNS = {"removed": "-", "added": "+"}


def render_text(report: Report, options: Options) -> str:
    """Return the report as lines for a terminal of `options.width` characters; only the verdict when quiet."""
    lines = [] if options.is_quiet else list(_Writer(report, options).lines())
    verdict, _, reason = headline(report).partition(": ")
    lines.append(f"{_paint(verdict, verdict, options)}: {escape(reason)}")
    return finish("\n".join(lines) + "\n", options)


def finish(text: str, options: Options) -> str:
    """Return lines as stdout can show them: without arrows and ellipses where it is not UTF-8."""
    if options.is_ascii:
        for sign, plain in _ASCII.items():
            text = text.replace(sign, plain)
        text = text.encode("ascii", "backslashreplace").decode()
    return text


def escape(text: str) -> str:
    r"""Return page text as it may stand on a terminal: what does not print, or reorders what does, is shown as `\x1b`, `\u202e`."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _paint(text: str, color: str, options: Options) -> str:
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if options.color else text


class _Writer:
    """Writes one report, part by part."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        self.outline = outline(report)
        self.most = 1_000_000 if options.is_verbose else MOST_ROWS

    def lines(self) -> Iterator[str]:
        """Yield everything but the verdict."""
        yield from self._numbers()
        for finding in self.outline.invalid[: self.most]:
            yield from self._problems(finding)
        if (more := len(self.outline.invalid) - self.most) > 0:
            yield f"and {number(more, 'more page')} that cannot be trusted"
            yield ""
        for severity in SEVERITIES[:2]:
            yield from self._wide(severity)
            yield from self._rows(severity)
        yield from self._notes()

    def _numbers(self) -> Iterator[str]:
        report = self.report
        if report.old is None:
            yield self._paint(f"{escape(report.new.tag)}  {escape(report.new.source)}", "bold")
            yield ""
            return
        yield self._paint(f"{escape(report.old.tag)} → {escape(report.new.tag)}", "bold")
        yield ""
        rows = bucket_words(report)
        old_width = max(3, *(len(f"{old:,}") for _, old, _, _ in rows))
        new_width = max(3, *(len(f"{new:,}") for _, _, new, _ in rows))
        yield f"{'':10}{'old':>{old_width}}  {'new':>{new_width}}"
        for name, old, new, parts in rows:
            yield f"{name:10}{old:>{old_width},}  {new:>{new_width},}  {parts}".rstrip()
        yield ""

    def _problems(self, finding: Finding) -> Iterator[str]:
        shown = finding.problems if self.options.is_verbose else finding.problems[:3]
        for problem in shown:
            yield from self._problem(finding, problem)
        if len(finding.problems) > len(shown):
            yield f"   = note: {number(len(finding.problems) - len(shown), 'more problem')} on this page (-v lists them)"
        yield f"   = note: {escape(finding.subject.package)} is left out of the comparison"
        yield ""

    def _problem(self, finding: Finding, problem: Problem) -> Iterator[str]:
        place = problem.location
        at = f":{place.line}:{place.column}" if place.line else ""
        pointer = f"  {escape(place.pointer)}" if place.pointer else ""
        yield f"{self._paint(f'{finding.severity}[{finding.rule}]', finding.severity)}: {escape(problem.message)}"
        yield f"  --> {escape(place.path)}{at}{pointer}"
        if problem.excerpt:
            gutter = f" {place.line} | "
            text, start, length = problem.excerpt.text, problem.excerpt.start, problem.excerpt.length
            indent = " " * len(escape(text[:start]))
            carets = self._paint("^" * len(escape(text[start : start + length])), finding.severity)
            yield f"{gutter}{escape(text)}"
            yield f"{' ' * (len(gutter) - 2)}| {indent}{carets}"
        yield f"   = expected: {escape(problem.expected)}"
        yield f"   = found: {escape(problem.found)}"

    def _wide(self, severity: Severity) -> Iterator[str]:
        findings = [finding for finding in self.outline.wide if finding.severity == severity]
        for finding in findings[: self.most]:
            yield from self._wrap(f"{severity}[{finding.rule}]", escape(finding.message), severity)
        if (more := len(findings) - self.most) > 0:
            yield f"and {number(more, f'more {severity}')} about the whole snapshot: {self._rule_counts(findings[self.most :])}"
        if findings:
            yield ""

    def _rows(self, severity: Severity) -> Iterator[str]:
        rows = self.outline.rows_of(severity)
        for row in rows[: self.most]:
            yield from self._row(row)
            yield ""
        left = rows[self.most :]
        if left:
            findings = [finding for row in left for finding in row.findings]
            yield f"and {number(len(left), 'more package')} with {severity}s (-v lists them): {self._rule_counts(findings)}"
            yield ""

    def _rule_counts(self, findings: list[Finding]) -> str:
        return ", ".join(f"{rule} {len(group):,}" for rule, group in by_rule(findings))

    def _row(self, row: Row) -> Iterator[str]:
        yield f"{self._paint(row.severity, row.severity)} {self._paint(escape(row.package), 'bold')}{self._sums(row)}"
        for rule, findings in by_rule(row.findings):
            yield from self._wrap(f"  {rule:17}", escape(say(findings)), "dim")
        if row.difference and row.difference.kind == "changed":
            told = [change for change in row.difference.changes if change.kind in ("removed", "changed") or change.fields]
            most = len(told) if self.options.is_verbose else MOST_EXAMPLES
            for change in told[:most]:
                yield from paint_change(change, self.options)
            if len(told) > most:
                yield f"  and {number(len(told) - most, 'more spec')}"

    def _sums(self, row: Row) -> str:
        if row.difference is None:
            return ""
        specs, lost = row.difference.specs, len(row.difference.cells.lost)
        sums = f": {specs.old:,} → {number(specs.new, 'spec')}"
        return sums + (f", {number(lost, 'cell')} lost" if lost else "")

    def _notes(self) -> Iterator[str]:
        notes = [finding for row in self.outline.rows_of("note") for finding in row.findings]
        notes += [finding for finding in self.outline.wide if finding.severity == "note"]
        if self.options.is_verbose:
            for finding in notes:
                yield from self._wrap(f"note[{finding.rule}]", escape(finding.message), "note")
        elif notes:
            counts = [f"{rule} {len(group):,}" for rule, group in by_rule(notes)]
            yield from self._wrap(f"{number(len(notes), 'note')}:", f"{some(counts, 12)} (-v lists them)", "note")
        if notes:
            yield ""

    def _paint(self, text: str, color: str) -> str:
        return _paint(text, color, self.options)

    def _wrap(self, lead: str, text: str, color: str) -> Iterator[str]:
        return _wrap(lead, text, color, self.options)


def paint_change(change: ReportedChange, options: Options) -> Iterator[str]:
    """Yield the lines on one spec or pair: the spec in Spack's notation, its stacks, and each field that differs."""
    spec = change.old or change.new
    if spec is None:
        return
    successor = f" → /{change.new.hash[:7]}" if change.old and change.new and change.old.hash != change.new.hash else ""
    stacks = f" ({', '.join(spec.stacks)})" if spec.stacks else " (root only)"
    yield from _wrap(f"  {_SIGNS.get(change.kind, '~')}", escape(spec.spec + successor + stacks), "dim", options)
    for field in change.fields:
        what = field.field.removeprefix("variants.")
        yield from _wrap("     ", escape(f"{what}: {field.old or 'none'} → {field.new or 'none'}"), "dim", options)


def _wrap(lead: str, text: str, color: str, options: Options) -> Iterator[str]:
    """Yield a lead and its text, wrapped below each other; what may be copied is never broken within a word."""
    indent = " " * (len(lead) + 1 if len(lead) < 24 else 4)
    width = max(options.width, 40) - 1
    lines = textwrap.wrap(
        text, width, initial_indent=" " * (len(lead) + 1), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    first, *rest = lines or [""]
    yield _paint(lead, color, options) + " " + first[len(lead) + 1 :]
    yield from rest
