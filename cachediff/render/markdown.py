"""The report as a comment on a pull request: the verdict first, then what a maintainer needs, then details in folds."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from cachediff.model import SEVERITIES
from cachediff.render.budget import Part, fit
from cachediff.render.causes import fold, list_causes, list_unexplained, name_cause, name_place, sum_up_causes, sum_up_folded
from cachediff.render.outline import (
    MOST_EXAMPLES,
    by_acceptance,
    by_rule,
    count_buckets,
    count_row,
    headline,
    name_stacks,
    news_first,
    number,
    outline,
    say,
    show_fields,
)
from cachediff.render.visible import MOST_TEXT, make_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.model import Finding, Report, ReportedChange, ReportedPackage
    from cachediff.render.options import Options
    from cachediff.render.outline import Row

MOST_ROWS = 50
MOST_SPEC = 2_000
"""Longest spec that is shown: those with the most variants in Spack come near to it."""

MOST_BACKTICKS = 50
"""Longest run of backticks that is shown: parsers give up on fences of more than 80, and what they hold would be markup."""

_LONG_RUN = re.compile(f"`{{{MOST_BACKTICKS + 1},}}")

MOST_PROBLEMS = 3
"""How many problems of one page are told."""

_SIGNS = {"pass": "✅", "fail": "❌"}


def render_markdown(report: Report, options: Options) -> str:
    """Return the report as GitHub-flavoured markdown, which GitLab shows alike, in at most `options.budget` characters."""
    folded = fold(report, outline(report))
    told = folded.told
    changed = [package for package in report.packages if package.kind == "changed"]
    parts = [
        (0, [f"### {_SIGNS[report.verdict]} {headline(report)}"]),
        (0, _sum_up_causes(report)),
        (1, _causes(report)),
        (4, _unexplained(report)),
        (3, _left_to_causes(folded.left)),
        (0, _numbers(report)),
        (2, _findings(told.wide, told.rows)),
        (3, _problems(told.invalid, is_comparison=report.old is not None)),
        *((6, lines) for lines in _folds(changed, folded.packages)),
        (5, _accepted(told.accepted)),
        (4, _notes(told.rows, told.wide)),
        (3, _digests(report)),
    ]
    return fit([Part(importance, [*lines]) for importance, lines in parts], options.budget)


def code(text: str, *, in_table: bool = False, most: int = MOST_TEXT) -> str:
    """Return page text as one code span: nothing in it is markup, a link or a mention, and it cannot end the span or the table cell.

    `in_table` escapes the bars that would part cells, `most` is the longest text that is not cut.
    """
    shown = _LONG_RUN.sub("`" * (MOST_BACKTICKS - 1) + "…", make_visible(text, most)) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return span.replace("|", "\\|") if in_table else span


def escape_html(text: str) -> str:
    """Return page text as it may stand in an HTML tag, where backticks mean nothing: only letters, digits and `.-_+` stay."""
    return "".join(char if char.isalnum() or char in ".-_+" else f"&#{ord(char)};" for char in make_visible(text))


def _numbers(report: Report) -> Iterator[str]:
    """Yield the table of counts."""
    if report.old is None:
        yield f"{code(report.new.tag or report.new.source)}: {number(report.new.packages, 'page')}, {number(report.new.specs, 'spec')}"
        return
    old, new = (code(side.tag or side.source, in_table=True) for side in (report.old, report.new))
    yield f"| | {old} | {new} | |"
    yield "|---|--:|--:|---|"
    yield from (f"| {row.noun} | {row.old:,} | {row.new:,} | {row.parts} |" for row in count_buckets(report))


def _sum_up_causes(report: Report) -> Iterator[str]:
    """Yield how much is explained, and by what."""
    if sums := sum_up_causes(report, code):
        yield f"**{sums}**"


def _causes(report: Report) -> Iterator[str]:
    """Yield the table of causes."""
    causes = list_causes(report)
    if causes.listed:
        yield "| cause | cells | packages | for example |"
        yield "|---|--:|--:|---|"
    for cause in causes.listed:
        name = name_cause(cause, partial(code, in_table=True))
        examples = ", ".join(code(example, in_table=True) for example in cause.examples)
        yield f"| {name} | {cause.cells:,} | {cause.packages:,} | {examples} |"
    if causes.left_out:
        cells = number(sum(cause.cells for cause in causes.left_out), "cell")
        yield ""
        yield f"and {number(len(causes.left_out), 'more cause')} of {cells}, all of them in the JSON report"


def _unexplained(report: Report) -> Iterator[str]:
    """Yield each lost cell that nothing explains."""
    cells = list_unexplained(report)
    for package, lost in cells[:MOST_EXAMPLES]:
        yield f"* no cause: {code(package)} {code(name_place(lost))}: {lost.became}"
    if len(cells) > MOST_EXAMPLES:
        yield f"* and {number(len(cells) - MOST_EXAMPLES, 'more cell')} without a cause"


def _left_to_causes(left: tuple[Finding, ...]) -> Iterator[str]:
    """Yield how many findings are not listed, since the causes say the same."""
    if left:
        yield f"Told by these causes, and in full in the JSON report: {sum_up_folded(left)}"


def _findings(wide: Iterable[Finding], rows: Iterable[Row]) -> Iterator[str]:
    """Yield the table of errors and warnings: the whole snapshot first, then one row a package and severity."""
    lines = []
    for severity in SEVERITIES[:2]:
        lines += [f"| {severity} | | {f.rule} {code(f.message, in_table=True)} |" for f in wide if f.severity == severity]
        lines += [f"| {severity} | {code(row.package, in_table=True)} | {_row(row)} |" for row in rows if row.severity == severity]
    if lines:
        yield "| | package | findings |"
        yield "|---|---|---|"
        yield from lines[:MOST_ROWS]
    if len(lines) > MOST_ROWS:
        yield ""
        yield f"and {number(len(lines) - MOST_ROWS, 'more row')}, all of them in the JSON report"


def _row(row: Row) -> str:
    """Return a package's numbers, and each rule with what it says."""
    counts = count_row(row)
    rules = "; ".join(f"{rule} {_some_code([say(finding) for finding in group])}" for rule, group in by_rule(row.findings))
    return f"{counts}; {rules}" if counts else rules


def _some_code(texts: list[str]) -> str:
    shown = ", ".join(code(text, in_table=True) for text in texts[:MOST_EXAMPLES])
    return shown if len(texts) <= MOST_EXAMPLES else f"{shown} and {len(texts) - MOST_EXAMPLES:,} more"


def _problems(invalid: tuple[Finding, ...], *, is_comparison: bool) -> Iterator[str]:
    """Yield what is wrong with each page that cannot be trusted."""
    if not invalid:
        return
    yield f"**{number(len(invalid), 'page')} cannot be trusted**{', and not compared' if is_comparison else ''}:"
    yield ""
    for finding in invalid[:MOST_ROWS]:
        yield f"* {finding.severity} {finding.rule} {code(finding.subject.package)}"
        for problem in finding.problems[:MOST_PROBLEMS]:
            place = problem.location
            at = code(f"{place.path}:{place.line}:{place.column}" if place.line else place.path)
            pointer = f" {code(place.pointer)}" if place.pointer else ""
            yield f"  * {code(problem.message)} at {at}{pointer}: expected {code(problem.expected)}, found {code(problem.found)}"
        if (more := len(finding.problems) - MOST_PROBLEMS) > 0:
            yield f"  * and {number(more, 'more problem')}"
    if len(invalid) > MOST_ROWS:
        yield f"* and {number(len(invalid) - MOST_ROWS, 'more page')}"


def _folds(packages: list[ReportedPackage], left_to_causes: frozenset[str]) -> Iterator[Iterator[str]]:
    """Yield the folds of the packages that have specs to show, and how many more packages have."""
    with_news = [(package, changes) for package in packages if (changes := _news(package))]
    told = [(package, changes) for package, changes in with_news if package.package not in left_to_causes][:MOST_ROWS]
    yield from (_fold(package, changes) for package, changes in told)
    if len(with_news) > len(told):
        yield iter([f"and specs of {number(len(with_news) - len(told), 'more package')}, all of them in the JSON report"])


def _news(package: ReportedPackage) -> list[ReportedChange]:
    """Return the specs and pairs of a package that are news."""
    return news_first(change for change in package.changes if change.kind in ("removed", "added", "changed") or change.fields)


def _fold(package: ReportedPackage, changes: list[ReportedChange]) -> Iterator[str]:
    """Yield one package's specs that are news, folded."""
    counts = f"{package.specs.old:,} → {number(package.specs.new, 'spec')}"
    yield f"<details><summary><code>{escape_html(package.package)}</code>: {counts}</summary>"
    yield ""
    for change in changes[:MOST_ROWS]:
        spec = change.old or change.new
        if spec:
            stacks = name_stacks(change)
            became = f": {change.became}" if change.became and change.became != "lost" else ""
            yield f"* {change.kind} {code(spec.spec, most=MOST_SPEC)}{f' in {code(stacks)}' if stacks else ''}{became}"
        for field, old, new in show_fields(change):
            yield f"  * {f'{field}: ' if field else ''}{code(old)} → {code(new)}"
    if len(changes) > MOST_ROWS:
        yield f"* and {number(len(changes) - MOST_ROWS, 'more spec')}"
    yield ""
    yield "</details>"


def _accepted(findings: tuple[Finding, ...]) -> Iterator[str]:
    """Yield the table of what does not count, and why."""
    told = [(finding, acceptance) for acceptance, group in by_acceptance(findings) for finding in group]
    if not told:
        return
    yield "| accepted | until | owner | reason |"
    yield "|---|---|---|---|"
    for finding, acceptance in told[:MOST_ROWS]:
        texts = (acceptance.until, acceptance.owner, acceptance.reason)
        why = " | ".join(code(text, in_table=True) if text else "" for text in texts)
        yield f"| {finding.rule} {code(finding.message, in_table=True)} | {why} |"
    if len(told) > MOST_ROWS:
        yield ""
        yield f"and {number(len(told) - MOST_ROWS, 'more accepted finding')}, all of them in the JSON report"


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
