"""A markdown report fits into any budget from 1,000 characters up.

What decides stays, and what goes is counted on the second line.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import cmarkgfm
import msgspec
import pytest
from cmarkgfm.cmark import Options as Cmark
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cachediff import render
from cachediff.domain.report import Cause, CellSummary, PackageCounts, SnapshotInfo, SpecSummary, Summary
from cachediff.render.causes import sum_up_causes
from cachediff.render.headline import headline
from cachediff.render.markdown import SUMMARY
from cachediff.render.options import Options
from cachediff.review.judge import count_findings
from tests.examples import examples
from tests.html_reports import many_findings
from tests.render_cases import CASES, the_report
from tests.reports import a_finding, a_report, hostile_reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.report import Report

RULES = (
    "page-invalid",
    "package-removed",
    *(f"{fact}-dropped" for fact in ("stack", "os", "target", "platform", "cell", "gpu")),
)


def narrow_causes() -> Report:
    """Return a report of 96 causes, each of one package."""
    names = [f"package-{number:02}" for number in range(96)]
    findings = [
        a_finding("package-removed", package=name, message=f"package {name} is gone: 1 spec in 1 cell lost")
        for name in names
    ]
    causes = tuple(Cause(f"package={name}", "cells", {"package": name}, 1, 1, ("e4s linux-rhel8-zen4",)) for name in names)
    summary = a_report(findings).summary
    return a_report(findings, causes=causes, summary=msgspec.structs.replace(summary, cells=CellSummary(400, 304, 96, 0)))


def large_numbers() -> Report:
    """Return a report whose numbers take all the room that numbers can, from sides without a tag and with long names."""
    findings = [a_finding(rule, package=f"p{number}") for rule in RULES for number in range(1_200)]
    findings += [
        a_finding("snapshot-shrunk", severity, stack=f"s{n}") for severity in ("error", "warning") for n in range(100)
    ]
    many = 888_888
    sides = [
        SnapshotInfo("", f"{'a-long-directory/' * 20}{name}", many, many, f"sha256:{'0' * 64}") for name in ("old", "new")
    ]
    causes = tuple(
        Cause(f"{fact}={'x' * 50}", "cells", {fact: f"{'x' * 50}"}, 1, 1, ("gcc",))
        for fact in ("stack", "platform", "os", "target")
    )
    counts = Summary(
        PackageCounts(*[many] * 5),
        SpecSummary(*[many] * 5),
        CellSummary(*[many] * 4),
        count_findings(a_report(findings).findings),
    )
    return a_report(findings, old=sides[0], new=sides[1], summary=counts, causes=causes, fail_on="never")


REPORTS: dict[str, Callable[[], Report]] = {
    **{case: lambda case=case: the_report(case) for case in CASES},  # type: ignore[misc]
    "5,000 findings": many_findings,
    "96 causes of one package each": narrow_causes,
    "large numbers": large_numbers,
}


@cache
def the_named(name: str) -> Report:
    """Return a report by its name."""
    return REPORTS[name]()


def in_markdown(report: Report, budget: int) -> str:
    """Return a report as markdown within a budget."""
    return render(report, "markdown", Options(budget=budget))


def shorten(text: str) -> str:
    """Return text with each code span cut to its first character: names in what always stays may be cut."""
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "`", text)


@cache
def the_whole(name: str) -> str:
    """Return a report by its name, within a budget that no comment has."""
    return in_markdown(the_named(name), 66_000)


def check(report: Report, budget: int, whole: str) -> None:
    """Assert that the budget is kept, what has to survive does, the rest is counted, and tables and folds are whole."""
    text = in_markdown(report, budget)
    assert len(text) <= budget
    assert text.endswith("\n")
    lines = text.splitlines()
    assert lines[0].endswith(headline(report))  # with the number of packages that have errors
    is_said = lines[1].endswith(f"left out to fit into {budget:,} characters: all is in the JSON and HTML reports")
    assert is_said == (len(whole) > budget)
    assert is_said == (text != whole)
    kept = {shorten(line) for line in lines}
    for line in whole.splitlines():
        if line.startswith(("| packages |", "| specs |", "| cells |")):
            assert line in lines
    if sums := sum_up_causes(report):
        assert shorten(f"**{sums}**") in kept
    html = cmarkgfm.github_flavored_markdown_to_html(text, Cmark.CMARK_OPT_UNSAFE)
    assert html.count("<details>") == html.count("</details>")
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        rows = [len(re.findall(r"<t[hd]", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)]
        assert len(rows) > 1
        assert len(set(rows)) == 1


@pytest.mark.slow
@settings(max_examples=examples(30))
@pytest.mark.parametrize("name", REPORTS)
@given(budget=st.integers(1_000, 30_000))
@example(budget=1_000)
@example(budget=65_000)
def test_any_budget_is_kept(name: str, budget: int) -> None:
    check(the_named(name), budget, the_whole(name))


@settings(max_examples=examples(60))
@given(hostile_reports(), st.integers(1_000, 3_000))
def test_any_budget_is_kept_whatever_the_names(report: Report, budget: int) -> None:
    check(report, budget, in_markdown(report, 66_000))


def test_the_second_line_counts_what_is_left_out_and_each_listing_its_rest() -> None:
    text = in_markdown(the_named("5,000 findings"), 2_500)
    lines = text.splitlines()
    rows = sum(line.startswith(("| error", "| warning")) for line in lines)
    assert rows > 5
    assert f", {2_000 - rows:,} rows, " in lines[1]
    assert f"and {2_000 - rows:,} more rows, all of them in the JSON report" in lines


def test_causes_that_are_not_listed_are_counted_with_their_cells() -> None:
    """Of causes that name a package five are listed, however much room there is: each one's findings are a row below."""
    for budget in (1_000, 65_000):
        text = in_markdown(the_named("96 causes of one package each"), budget)
        assert "**96 causes explain 96 of 96 lost cells" in text
        assert "and 91 more causes of 91 cells, all of them in the JSON report" in text
        assert text.count("| package `package-") == 5


@pytest.mark.parametrize("name", ["many", "5,000 findings", "96 causes of one package each"])
def test_where_rows_are_cut_the_packages_with_errors_are_counted_by_rule(name: str) -> None:
    report = the_named(name)
    open_ = [
        finding
        for finding in report.findings
        if finding.severity == "error" and not finding.subsumed_by and finding.subject.package
    ]
    counts = {rule: len({one.subject.package for one in open_ if one.rule == rule}) for rule in {one.rule for one in open_}}
    listed = ", ".join(f"{rule} {count:,}" for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    assert f"\npackages with errors: {listed}\n" in in_markdown(report, 1_000)


def test_what_is_left_out_is_the_least_important() -> None:
    text = in_markdown(the_report("many"), 7_300)
    assert "<details>" not in text
    assert "| os `os7` | 30 | 15 |" in text
    assert "| error | | snapshot-shrunk" in text
    assert "cachediff old new" in text
    assert "<details>" in in_markdown(the_report("many"), 12_000)


def test_whole_report_is_the_same_within_any_budget_that_it_fits() -> None:
    whole = in_markdown(the_report("week"), 1_000_000)
    assert in_markdown(the_report("week"), len(whole)) == whole
    assert in_markdown(the_report("week"), len(whole) - 1) != whole


# --- the job summary ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", REPORTS)
def test_a_summary_is_the_same_markdown_with_more_room(name: str) -> None:
    report = the_named(name)
    summary = render(report, "summary", Options(budget=1_000))
    assert summary == in_markdown(report, SUMMARY.most)
    assert len(summary) >= len(render(report, "markdown"))


def test_a_summary_lists_more_rows_than_a_comment() -> None:
    rows = {format: render(the_named("5,000 findings"), format).count("\n| error |") for format in ("markdown", "summary")}
    # Ten rows are the warnings'.
    assert rows == {"markdown": 40, "summary": 759}


def test_a_summary_is_limited_in_bytes() -> None:
    """GitHub drops a summary of more than 1 MiB, however few characters it has."""
    report = a_report([a_finding(package=f"p{number}", os="漢" * 900) for number in range(1_000)])
    summary = render(report, "summary")
    assert 900_000 < len(summary.encode()) <= 1_000_000
    assert summary.splitlines()[1].endswith("left out to fit into 1,000,000 bytes: all is in the JSON and HTML reports")
