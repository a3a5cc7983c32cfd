"""The report for a terminal: the verdict is the last line, where the eye is when the command ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import HIDDEN, SEVERITIES
from cachediff.render.also import count_more, name_sides, sum_up
from cachediff.render.causes import (
    Collapsed,
    fold,
    list_causes,
    list_unexplained,
    name_cause,
    name_place,
    sum_up_causes,
    sum_up_folded,
    sum_up_mpis,
)
from cachediff.render.changes import paint_change
from cachediff.render.counts import count_buckets, name_unit
from cachediff.render.headline import headline
from cachediff.render.leading import list_leading
from cachediff.render.next_steps import write_next_steps
from cachediff.render.outline import (
    by_acceptance,
    by_rule,
    count_row,
    is_said_by_subject,
    list_options,
    news_first,
    outline,
    say,
    sum_up_repeats,
    sum_up_subsumed,
)
from cachediff.render.problem_lines import paint_place, paint_problems
from cachediff.render.reading import describe_reading, list_unproven
from cachediff.render.rebuilds import write_rebuilds
from cachediff.render.terminal import escape, fill, finish, paint, wrap
from cachediff.render.vanished import find_hidden
from cachediff.text.words import MAX_EXAMPLES, list_some, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.finding import Finding, Severity
    from cachediff.domain.report import Report, ReportedChange
    from cachediff.render.options import Options
    from cachediff.render.outline import Row

MAX_ROWS = 12
"""How many packages of one severity are told in full, before the rest is only counted."""

FEW_EXAMPLES = 2
"""How many specs of a package are told where there are more than MAX_EXAMPLES packages."""

_ALL = 1_000_000


def render_text(report: Report, options: Options) -> str:
    """Return the report as lines for a terminal of `options.width` characters; only the verdict when quiet."""
    lines = [] if options.is_quiet else list(_Writer(report, options).lines())
    verdict, _, reason = headline(report).partition(": ")
    lines.append(f"{paint(verdict, verdict, options)}: {escape(reason)}")
    return finish("\n".join(lines) + "\n", options)


class _Writer:
    """Writes one report, part by part."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        # Verbose means everything: then nothing is left to causes.
        self.whole = outline(report, is_whole=options.is_verbose)
        self.folded = Collapsed(self.whole) if options.is_verbose else fold(report, self.whole)
        self.outline = self.folded.outline
        self.most, self.examples = (_ALL, _ALL) if options.is_verbose else (MAX_ROWS, MAX_EXAMPLES)
        self._told = set[str]()

    def lines(self) -> Iterator[str]:
        """Yield everything but the verdict."""
        yield from self._numbers()
        yield from write_rebuilds(self.report, self.options)
        yield from self._causes()
        for finding in self.outline.invalid[: self.most]:
            yield from paint_problems(finding, self.options, self._left_out(finding))
        if (more := len(self.outline.invalid) - self.most) > 0:
            yield f"and {number(more, 'more ' + name_unit(self.report))} that cannot be trusted (-v lists them)"
            yield ""
        for severity in SEVERITIES[:2]:
            yield from self._severity(severity)
        yield from self._notes()
        yield from self._subsumed()
        yield from self._accepted()
        yield from self._also()
        yield from write_next_steps(self.report, self.whole, self.options)

    def _left_out(self, finding: Finding) -> str:
        """Return what is not compared for what is wrong: of an index only the record, or the stack."""
        if self.report.old is None:
            return ""
        what = finding.subject.package if name_unit(self.report) == "page" else "what is named here"
        if hidden := find_hidden(finding, self.options.rules):
            what = f"stack {hidden}"
        # It is why a page of OLD is an error.
        lack = ", and not in the new snapshot" if finding.subject.snapshot == HIDDEN else ""
        return f"{what} is left out of the comparison{lack}"

    def _also(self) -> Iterator[str]:
        """Yield what the same run compared besides."""
        for one in self.report.also_compared:
            yield from self._wrap(
                one.verdict, f"{name_sides(one)}, also compared: {sum_up(one).partition(': ')[2]}", one.verdict
            )
            for finding in one.findings:
                yield from self._wrap(f"  {finding.rule:17}", finding.message, finding.severity)
            if more := count_more(one):
                yield f"  and {more:,} more"
            yield ""

    def _numbers(self) -> Iterator[str]:
        old, new = self.report.old, self.report.new
        if old is None:
            yield from self._title(f"{new.source}  {new.tag}".rstrip())
            yield from self._reading()
            return
        title = " ".join([old.tag or old.source, "→", new.tag or new.source, *list_options(self.report)])
        yield from self._title(title, *list_leading(self.report, self.options.rules))
        rows = count_buckets(self.report)
        old_width = max(3, *(len(f"{row.old:,}") for row in rows))
        new_width = max(3, *(len(f"{row.new:,}") for row in rows))
        yield f"{'':10}{'old':>{old_width}}  {'new':>{new_width}}"
        for row in rows:
            yield from self._wrap(f"{row.noun:10}{row.old:>{old_width},}  {row.new:>{new_width},} ", row.parts, "")
        yield ""
        yield from self._reading()

    def _reading(self) -> Iterator[str]:
        said = [*describe_reading(self.report)]
        if self.options.is_verbose:
            said += list_unproven(self.report)
        for sentence in said:
            yield from (self._paint(line, "dim") for line in fill(sentence, self.options, subsequent_indent="    "))
        if said:
            yield ""

    def _causes(self) -> Iterator[str]:
        """Yield what explains the lost cells, what nothing explains, and how many findings are left to the causes."""
        sums, unexplained = sum_up_causes(self.report), list_unexplained(self.report)
        mpis = [*sum_up_mpis(self.report)]
        if not sums and not unexplained and not mpis:
            return
        for sentence in filter(None, [sums, *mpis[: self.examples]]):
            yield from (self._paint(line, "bold") for line in fill(sentence, self.options, subsequent_indent="    "))
        if (more := len(mpis) - self.examples) > 0:
            yield from self._wrap("and", f"{number(more, 'more cause')} of lost MPIs (-v lists them)", "dim")
        yield from self._list_causes()
        for package, lost in unexplained[: self.examples]:
            yield from self._wrap("no cause:", f"{package} {name_place(lost)}: {lost.became}", "dim")
        if (more := len(unexplained) - self.examples) > 0:
            yield from self._wrap("and", f"{number(more, 'more cell')} without a cause (-v lists them)", "dim")
        if self.folded.left:
            yield from self._wrap("told by these causes:", sum_up_folded(self.folded.left, " (-v lists them)"), "dim")
        yield ""

    def _list_causes(self) -> Iterator[str]:
        causes = list_causes(self.report, is_verbose=self.options.is_verbose)
        if causes.listed:
            yield self._paint("cells  packages  cause: examples", "dim")
        for cause in causes.listed:
            said = f"{name_cause(cause)}: {', '.join(cause.examples)}"
            yield from self._wrap(f"{cause.cells:>5,}  {cause.packages:>8,} ", said, "")
        if causes.left_out:
            cells = number(causes.cells_left_out, "cell")
            yield from self._wrap("and", f"{number(causes.left_out, 'more cause')} of {cells} (-v lists them)", "dim")

    def _title(self, *texts: str) -> Iterator[str]:
        for text in filter(None, texts):
            yield from (self._paint(line, "bold") for line in fill(text, self.options, subsequent_indent="    "))
        yield ""

    def _severity(self, severity: Severity) -> Iterator[str]:
        """Yield the findings of one severity: in a line each where that is all there is to say, then package by package."""
        wide = [finding for finding in self.outline.wide if finding.severity == severity]
        rows = self.outline.rows_of(severity)
        short = [row for row in rows if self._is_short(row)]
        long = [row for row in rows if not self._is_short(row)]
        for finding in (*wide[: self.most], *(finding for row in short[: self.most] for finding in row.findings)):
            yield from self._finding(finding)
        if (more := len(wide) - self.most) > 0:
            yield from self._more(more, f"{severity}s about the whole snapshot", wide[self.most :])
        if wide or short:
            yield ""
        for row in long[: self.most]:
            yield from self._row(row, self._most_specs(long))
            yield ""
        left = [*short[self.most :], *long[self.most :]]
        if left:
            yield from self._more(
                len(left), f"packages with {severity}s", [finding for row in left for finding in row.findings]
            )
            yield ""

    def _most_specs(self, rows: list[Row]) -> int:
        """Return how many specs of a package are told: none where the causes, which then are the news, fill a screen."""
        if self.folded.left and len(list_causes(self.report).listed) > self.most:
            return 0
        return self.examples if len(rows) <= self.examples else FEW_EXAMPLES

    def _more(self, count: int, what: str, findings: list[Finding]) -> Iterator[str]:
        rules = ", ".join(f"{rule} {len(group):,}" for rule, group in by_rule(findings))
        yield from self._wrap("and", f"{count:,} more {what} (-v lists them): {rules}", "dim")

    def _finding(self, finding: Finding) -> Iterator[str]:
        yield from self._wrap(f"{finding.severity}[{finding.rule}]:", finding.message, finding.severity)
        if self.report.old is None and finding.location:
            yield from paint_place(finding.location, self.options)

    def _is_short(self, row: Row) -> bool:
        """Return whether a line a finding says it all: of one without specs to show, or of a snapshot validated alone."""
        return self.report.old is None or (len(row.findings) == 1 and not _news(row))

    def _row(self, row: Row, most: int) -> Iterator[str]:
        counts = count_row(row)
        yield from self._wrap(row.severity, f"{row.package}: {counts}" if counts else row.package, row.severity)
        width = max(17, *(len(finding.rule) for finding in row.findings))
        for rule, findings in by_rule(row.findings):
            said = [say(finding, self.options.rules) for finding in findings]
            if is_said_by_subject(rule, self.options.rules):
                said = [list_some(said, self.examples)]
            elif len(said) > self.examples:
                said = [*said[: self.examples], f"and {len(said) - self.examples:,} more"]
            for lead, text in zip((rule, *("" for _ in said[1:])), said, strict=True):
                yield from self._wrap(f"  {lead:{width}}", text, "dim")
        if row.repeats:
            yield from self._wrap(f"  {'with these':{width}}", sum_up_repeats(row.repeats), "dim")
        # The specs of a package stand below its gravest row: those of the next are the same ones.
        changes = [] if row.package in self._told else _news(row)
        self._told.add(row.package)
        shown = [change for change in changes if not self.folded.tells(change)][:most]
        for change in shown:
            yield from paint_change(row.package, change, self.options)
        if left := len(changes) - len(shown):
            more = f"and {number(left, 'more spec')}" if shown else number(left, "spec")
            yield f"  {more} (-v lists them)"

    def _notes(self) -> Iterator[str]:
        told = {one.fingerprint for row in self.outline.rows_of("note") for one in row.findings}
        told |= {finding.fingerprint for finding in self.outline.wide if finding.severity == "note"}
        # In the rules' order, and not in that of what packages lost.
        notes = [finding for finding in self.report.findings if finding.fingerprint in told]
        if self.options.is_verbose:
            for finding in notes:
                yield from self._finding(finding)
        elif notes:
            counts = ", ".join(f"{rule} {len(group):,}" for rule, group in by_rule(notes))
            yield from self._wrap(f"{number(len(notes), 'note')}:", f"{counts} (-v lists them)", "note")
        if notes:
            yield ""

    def _subsumed(self) -> Iterator[str]:
        """Yield how many findings stand behind those about the whole snapshot."""
        for sentence in sum_up_subsumed(self.report):
            lines = fill(f"{sentence} (the JSON and HTML reports list them)", self.options, subsequent_indent="    ")
            yield from (self._paint(line, "dim") for line in lines)
            yield ""

    def _accepted(self) -> Iterator[str]:
        """Yield what does not count, and why: entry by entry of the policy."""
        groups = by_acceptance(self.outline.accepted)
        for acceptance, findings in groups[: self.most]:
            owner = f" (owner {acceptance.owner})" if acceptance.owner else ""
            yield from self._wrap(
                f"{len(findings):,} accepted", f"until {acceptance.until}{owner}: {acceptance.reason}", "dim"
            )
            for finding in findings[: self.examples]:
                yield from self._wrap(f"  {finding.rule:17}", finding.message, "dim")
            if (more := len(findings) - self.examples) > 0:
                yield f"  and {more:,} more (-v lists them)"
        if (more := len(groups) - self.most) > 0:
            left = sum(len(findings) for _, findings in groups[self.most :])
            yield f"and {number(left, 'accepted finding')} of {number(more, 'more acceptance')} (-v lists them)"
        if groups:
            yield ""

    def _paint(self, text: str, color: str) -> str:
        return paint(text, color, self.options)

    def _wrap(self, lead: str, text: str, color: str) -> Iterator[str]:
        return wrap(lead, text, color, self.options)


def _news(row: Row) -> list[ReportedChange]:
    """Return the specs that a package's row shows: what it lost and what changed."""
    if row.difference is None or row.difference.kind != "changed":
        return []
    return news_first(change for change in row.difference.changes if change.kind in ("removed", "changed") or change.fields)
