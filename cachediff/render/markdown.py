"""The report as a pull request's comment or a job summary: verdict first, then what a maintainer needs, details in folds."""

from __future__ import annotations

from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from cachediff.render.also import SIGNS, list_also
from cachediff.render.budget import Limit, Part, fit
from cachediff.render.causes import WideCauses, list_causes, name_cause, sum_up_causes, sum_up_mpis
from cachediff.render.code_span import code, word
from cachediff.render.counts import count_buckets, name_unit
from cachediff.render.headline import headline
from cachediff.render.leading import list_leading
from cachediff.render.markdown_findings import FindingLists
from cachediff.render.markdown_specs import PackageLists, SpecLists
from cachediff.render.outline import sum_up_subsumed, write_command
from cachediff.render.reading import describe_reading
from cachediff.render.rebuilds import list_rebuilds
from cachediff.render.renamed import write_renames
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cachediff.domain.report import Report
    from cachediff.render.causes import Left
    from cachediff.render.counts import Counted
    from cachediff.render.options import Options, RuleText

SUMMARY = Limit(1_000_000, "bytes")
"""What a job summary may have: GitHub drops one of more than 1 MiB."""

MAX_ROWS = 50
"""How many rows of a kind a comment lists, of 65,000 characters; what has more room lists more."""

MAX_MPIS = 5
"""How many MPIs are named that packages lost."""

MAX_RULES = 6
"""How many rules a line of links leads to."""

MAX_NAMES = (60, 12, 1)
"""Longest name in what is never cut, or else what is left of it where the budget would not hold."""


def render_markdown(report: Report, options: Options) -> str:
    """Return the report as GitHub-flavoured markdown, which GitLab shows alike, in at most `options.budget` characters."""
    return _render(report, Limit(options.budget), options)


def render_summary(report: Report, options: Options) -> str:
    """Return the same markdown with the room that a job summary has."""
    return _render(report, SUMMARY, options)


def _render(report: Report, limit: Limit, options: Options) -> str:
    """Return the report within the limit."""
    lists, text = _Lists(report, limit, options.rules), ""
    # Names in what is never cut may alone break the budget: then shorter ones, and at last hardly any.
    for most_name in MAX_NAMES:
        text = fit([*_list_parts(report, lists, options, most_name)], limit, lists.findings.count_errors())
        if limit.measure(text) <= limit.most:
            break
    return text


class _Lists:
    """What is shown of the lists of a report, in few walks over each: they may be longer than is good for memory."""

    def __init__(self, report: Report, limit: Limit, rules: Mapping[str, RuleText]) -> None:
        # In proportion to what a comment lists: a summary has fifteen times its room.
        most, room = max(MAX_ROWS, MAX_ROWS * limit.most // 65_000), limit.most
        wide = WideCauses(report)
        self.headline = headline(report)
        self.also = list_also(report, 1, most)
        self.causes = _causes(report)
        self.packages = PackageLists(report.packages, wide, most, room)
        self.findings = FindingLists(report, wide, self.packages.left, self.packages.measured, rules, most, room)
        self.specs = SpecLists(self.findings.left_packages, self.findings.told, 6, most, room)
        for package in report.packages:
            self.specs.see(package)
        self.subsumed = [*sum_up_subsumed(report, word)]
        self.numbers = count_buckets(report)


def _list_parts(report: Report, lists: _Lists, options: Options, most_name: int) -> Iterator[Part]:
    """Yield the parts in their order, each as important as it is to somebody who has to decide."""
    # By numbers: 0 is never cut, and of the others the highest goes first (budget.py).
    findings = lists.findings
    show = partial(code, most=most_name)
    name = f"{options.name}: " if options.name else ""
    yield _lines(0, [f"### {SIGNS[report.verdict]} {name}{lists.headline}"])
    yield from (_lines(0, [f"**{line}**"]) for line in list_leading(report, options.rules, show))
    yield _lines(2, _write_renames(report))
    yield lists.also
    # The table of causes stands right below its sum.
    yield _lines(0, _sum_up_causes(report, most_name))
    yield lists.causes
    yield lists.packages.list_unexplained(4)
    yield _lines(3, _left_to_causes(findings.left))
    yield _lines(0, _numbers(report, lists.numbers, most_name))
    yield _lines(3, [" · ".join(said)] if (said := [*describe_reading(report, word)]) else [])
    yield _lines(3, _rebuilds(report))
    yield findings.list_findings(2)
    yield findings.list_problems(3)
    yield from lists.packages.list_packages(5)
    yield from lists.specs.parts()
    yield findings.list_accepted(5)
    yield _lines(4, findings.count_notes())
    yield _lines(4, lists.subsumed)
    yield _lines(1, _list_links(report, options))
    yield _lines(3, _reproduce(report))


def _lines(importance: int, lines: Iterable[str]) -> Part:
    """Return lines that stay or go together."""
    listed = [*lines]
    return Part(importance, [listed] if listed else [])


def _numbers(report: Report, numbers: Iterable[Counted], most_name: int) -> Iterator[str]:
    """Yield the table of counts."""
    old, new = (
        code(side.tag or side.source, in_table=True, most=most_name) if side else "" for side in (report.old, report.new)
    )
    if report.old is None:
        packages, specs = number(report.new.packages, name_unit(report)), number(report.new.specs, "spec")
        yield f"{code(report.new.tag or report.new.source, most=most_name)}: {packages}, {specs}"
        return
    yield f"| | {old} | {new} | |"
    yield "|---|--:|--:|---|"
    yield from (f"| {row.noun} | {row.old:,} | {row.new:,} | {row.parts} |" for row in numbers)


def _sum_up_causes(report: Report, most_name: int) -> Iterator[str]:
    """Yield how much is explained, and by what."""
    show = partial(code, most=most_name)
    sums = [*filter(None, [sum_up_causes(report)]), *islice(sum_up_mpis(report, show, word), MAX_MPIS)]
    yield from islice(chain.from_iterable(("", f"**{sentence}**") for sentence in sums), 1, None)


def _write_renames(report: Report) -> Iterator[str]:
    """Yield what the policy would say of names that are probably other names of the same, folded."""
    if lines := [*write_renames(report)]:
        # Four columns in, no name ends the block.
        yield from (
            "<details><summary>if so, the policy says</summary>",
            "",
            "```yaml",
            *lines,
            "```",
            "",
            "</details>",
        )


def _rebuilds(report: Report) -> Iterator[str]:
    """Yield why hashes are new."""
    sums, *causes = [*list_rebuilds(report, partial(code, most=MAX_NAMES[0]))] or [""]
    if sums:
        yield from (sums, "", *(f"* {cause}" for cause in causes))


def _causes(report: Report) -> Part:
    """Return the table of causes."""
    causes = list_causes(report)
    cells_of = [cause.cells for cause in causes.listed]

    def rest(left: int) -> list[str]:
        cells = number(causes.cells_left_out + sum(cells_of[len(cells_of) + causes.left_out - left :]), "cell")
        return ["", f"and {number(left, 'more cause')} of {cells}, all of them in the JSON report"]

    rows = []
    for cause in causes.listed:
        examples = ", ".join(code(example, in_table=True) for example in cause.examples)
        rows.append(
            [f"| {name_cause(cause, _in_table, _word_in_table)} | {cause.cells:,} | {cause.packages:,} | {examples} |"]
        )
    opening = ["| cause | cells | packages | for example |", "|---|--:|--:|---|"]
    return Part(1, rows, opening, noun="cause", more=causes.left_out, rest=rest)


_in_table, _word_in_table = partial(code, in_table=True), partial(word, in_table=True)


def _left_to_causes(left: Left) -> Iterator[str]:
    """Yield how many findings are not listed, since the causes say the same."""
    if left.rules:
        yield f"Told by these causes, and in full in the JSON report: {left.say(show=word)}"


def _list_links(report: Report, options: Options) -> Iterator[str]:
    """Yield where more is to be read: the run, its reports, and what the rules of the gravest findings mean."""
    links = options.links
    said = [f"[{label}]({url})" for label, url in (("run", links.run), ("reports", links.reports)) if url]
    told = (one for one in report.findings if one.is_alarm and not one.repeats)
    # A report may come from anybody, and have rules that nobody knows.
    rules = dict.fromkeys(one.rule for one in told if one.rule in options.rules)
    pages = [f"[{word(rule)}]({links.rules}#{rule})" for rule in islice(rules, MAX_RULES)] if links.rules else []
    said += [f"what it means: {', '.join(pages)}"] if pages else []
    if said:
        yield " · ".join(said)


def _reproduce(report: Report) -> Iterator[str]:
    """Yield how to see this again, and on what it was seen."""
    # `sha256:` and twelve digits.
    digests = " → ".join(code(side.digest[:19]) for side in (report.old, report.new) if side)
    yield f"<sub>{code(write_command(report))} · {digests} · cachediff {word(report.cachediff)}</sub>"
