"""The report as a comment on a pull request, or as a job summary: the verdict first, then what a maintainer needs, details in folds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cachediff.render.also import SIGNS, list_also
from cachediff.render.budget import Limit, Part, fit
from cachediff.render.causes import fold, list_causes, list_unexplained, name_cause, name_place, sum_up_causes, sum_up_folded
from cachediff.render.code_span import code, word
from cachediff.render.counts import count_buckets, number
from cachediff.render.headline import headline
from cachediff.render.markdown_findings import count_errors, count_notes, list_accepted, list_findings, list_problems
from cachediff.render.markdown_specs import list_packages, list_specs
from cachediff.render.outline import MOST_EXAMPLES, outline, sum_up_subsumed, write_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.model import Finding, Report
    from cachediff.render.options import Options
    from cachediff.render.outline import Outline

SUMMARY = Limit(1_000_000, "bytes")
"""What a job summary may have: GitHub drops one of more than 1 MiB."""

MOST_ROWS = 50
"""How many rows of a kind a comment lists, of 65,000 characters; what has more room lists more."""

MOST_NAMES = (60, 12, 1)
"""Longest name in what is never cut, or else what is left of it where the budget would not hold."""


def render_markdown(report: Report, options: Options) -> str:
    """Return the report as GitHub-flavoured markdown, which GitLab shows alike, in at most `options.budget` characters."""
    return _render(report, Limit(options.budget))


def render_summary(report: Report, options: Options) -> str:
    """Return the same markdown with the room that a job summary has."""
    del options
    return _render(report, SUMMARY)


def _render(report: Report, limit: Limit) -> str:
    """Return the report within the limit."""
    told, text = outline(report), ""
    for most_name in MOST_NAMES:
        text = fit([*_list_parts(report, told, limit, most_name)], limit, count_errors(told))
        if limit.measure(text) <= limit.most:
            break
    return text


def _list_parts(report: Report, everything: Outline, limit: Limit, most_name: int) -> Iterator[Part]:
    """Yield the parts in their order, each as important as it is to somebody who has to decide."""
    folded = fold(report, everything)
    told, most = folded.told, max(MOST_ROWS, MOST_ROWS * limit.most // 65_000)
    yield _lines(0, [f"### {SIGNS[report.verdict]} {headline(report)}"])
    yield _lines(0, _sum_up_causes(report, most_name))
    yield list_also(report, 1, most)
    yield _causes(report)
    yield _unexplained(report)
    yield _lines(3, _left_to_causes(folded.left))
    yield _lines(0, _numbers(report, most_name))
    yield list_findings(told, 2, most)
    yield list_problems(told.invalid, 3, most, is_comparison=report.old is not None)
    yield from list_packages(report.packages, 5, most)
    yield from list_specs(report.packages, folded.packages, 6, most)
    yield list_accepted(told.accepted, 5, most)
    yield _lines(4, count_notes(told))
    yield _lines(4, sum_up_subsumed(report, word))
    yield _lines(3, _reproduce(report))


def _lines(importance: int, lines: Iterable[str]) -> Part:
    """Return lines that stay or go together."""
    listed = [*lines]
    return Part(importance, [listed] if listed else [])


def _numbers(report: Report, most_name: int) -> Iterator[str]:
    """Yield the table of counts."""
    old, new = (code(side.tag or side.source, in_table=True, most=most_name) if side else "" for side in (report.old, report.new))
    if report.old is None:
        yield f"{code(report.new.tag or report.new.source, most=most_name)}: {number(report.new.packages, 'page')}, " + number(
            report.new.specs, "spec"
        )
        return
    yield f"| | {old} | {new} | |"
    yield "|---|--:|--:|---|"
    yield from (f"| {row.noun} | {row.old:,} | {row.new:,} | {row.parts} |" for row in count_buckets(report))


def _sum_up_causes(report: Report, most_name: int) -> Iterator[str]:
    """Yield how much is explained, and by what."""
    if sums := sum_up_causes(report, partial(code, most=most_name)):
        yield f"**{sums}**"


def _causes(report: Report) -> Part:
    """Return the table of causes."""
    causes = list_causes(report)
    narrowest = [*causes.listed, *causes.left_out]

    def rest(left: int) -> list[str]:
        cells = number(sum(cause.cells for cause in narrowest[-left:]), "cell")
        return ["", f"and {number(left, 'more cause')} of {cells}, all of them in the JSON report"]

    rows = []
    for cause in causes.listed:
        examples = ", ".join(code(example, in_table=True) for example in cause.examples)
        rows.append([f"| {name_cause(cause, _in_table, _word_in_table)} | {cause.cells:,} | {cause.packages:,} | {examples} |"])
    opening = ["| cause | cells | packages | for example |", "|---|--:|--:|---|"]
    return Part(1, rows, opening, noun="cause", more=len(causes.left_out), rest=rest)


_in_table, _word_in_table = partial(code, in_table=True), partial(word, in_table=True)


def _unexplained(report: Report) -> Part:
    """Return each lost cell that nothing explains."""
    cells = list_unexplained(report)
    return Part(
        4,
        [[f"* no cause: {code(package)} {code(name_place(lost))}: {lost.became}"] for package, lost in cells[:MOST_EXAMPLES]],
        noun="cell",
        more=max(0, len(cells) - MOST_EXAMPLES),
        rest=lambda left: [f"* and {number(left, 'more cell')} without a cause"],
    )


def _left_to_causes(left: tuple[Finding, ...]) -> Iterator[str]:
    """Yield how many findings are not listed, since the causes say the same."""
    if left:
        yield f"Told by these causes, and in full in the JSON report: {sum_up_folded(left, show=word)}"


def _reproduce(report: Report) -> Iterator[str]:
    """Yield how to see this again, and on what it was seen."""
    digests = " → ".join(code(side.digest[:19]) for side in (report.old, report.new) if side)
    yield f"<sub>{code(write_command(report))} · {digests} · cachediff {word(report.cachediff)}</sub>"
