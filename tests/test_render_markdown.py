"""The comment's parts: what stands open, what is folded, and the command that shows it all again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec
import pytest

from cachediff import render
from cachediff.domain.cell import Cell
from cachediff.domain.problem import Location, Problem
from cachediff.domain.report import Cause, Report, ReportedCells, ReportedChange, ReportedLoss, SnapshotInfo
from tests.html_pages import read as read_page
from tests.html_pages import text_of
from tests.markdown_pages import read
from tests.render_cases import the_report
from tests.reports import a_finding, a_package, a_report, a_reported_spec, an_acceptance

if TYPE_CHECKING:
    from cachediff.domain.finding import Finding


def folds(report: Report) -> dict[str, list[str]]:
    """Return the folds of a report's comment: the lines of each by its summary."""
    found: dict[str, list[str]] = {}
    for part in render(report, "markdown").split("<details><summary>")[1:]:
        summary, _, rest = part.partition("</summary>\n\n")
        found[summary] = rest.partition("\n\n</details>")[0].splitlines()
    return found


def a_bad_page(package: str = "zlib", snapshot: str = "") -> Finding:
    """Return the finding on a page that cannot be trusted."""
    problem = Problem("page is not UTF-8", Location(f"new/{package}/specs.md", 2, 8), "UTF-8 text", "the byte 0xff")
    message = f"page is not UTF-8: {package} is not compared"
    return a_finding("page-invalid", message=message, package=package, problems=(problem,), snapshot=snapshot)


def test_a_page_that_cannot_be_trusted_is_a_row_and_its_problems_are_folded() -> None:
    report = a_report([a_bad_page(), a_finding(package="gcc", os="rhel8")])
    text = render(report, "markdown")
    assert (
        "| error | `zlib` | page-invalid `page is not UTF-8: zlib is not compared` |\n| error | `gcc` | os-dropped `rhel8` |"
        in text
    )
    assert folds(report) == {
        "1 page cannot be trusted, and not compared": [
            "* error page-invalid `zlib`",
            "  * `page is not UTF-8` at `new/zlib/specs.md:2:8`: expected `UTF-8 text`, found `the byte 0xff`",
        ]
    }


def test_many_pages_with_the_same_problem_are_one_row_and_hide_nothing() -> None:
    bad = [a_bad_page(f"p{number:03}") for number in range(500)]
    hidden = [a_bad_page(f"q{number}", snapshot="both") for number in range(6)]
    text = render(a_report([*bad, *hidden, a_finding(package="gcc", os="rhel8")]), "markdown")
    table = text.partition("|---|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == [
        "| error | | page-invalid `page is not UTF-8` in 500 packages: "
        "`p000`, `p001`, `p002`, `p003`, `p004` and 495 more |",
        "| error | | page-invalid `page is not UTF-8` in 6 packages, which the new snapshot lacks: "
        "`q0`, `q1`, `q2`, `q3`, `q4` and 1 more |",
        "| error | `gcc` | os-dropped `rhel8` |",
    ]


def test_accepted_findings_are_folded_with_their_reasons() -> None:
    report = a_report(
        [a_finding(package="gcc", accepted=an_acceptance()), a_finding(package="zlib", accepted=an_acceptance(owner=""))]
    )
    assert folds(report)["2 accepted findings"][2:] == [
        "| os-dropped `gcc lost it` | `2025-06-01` | `@spack/ci` | `runners retired` |",
        "| os-dropped `gcc lost it` | `2025-06-01` |  | `runners retired` |",
    ]


def test_packages_that_are_gone_or_new_are_folded() -> None:
    packages = [
        a_package("gcc", kind="removed"),
        a_package("hdf5"),
        a_package("zlib", kind="added"),
        a_package("zstd", kind="added"),
    ]
    found = folds(a_report(packages=packages))
    assert list(found) == ["1 package removed", "2 packages added"]
    assert found["2 packages added"] == ["* `zlib`: 0 specs", "* `zstd`: 0 specs"]


def test_what_is_to_be_decided_is_unfolded_first_and_little_else() -> None:
    """A new compiler changes each of a thousand packages: nobody scrolls past fifty of them."""
    change = ReportedChange("added", None, a_reported_spec(1), ())
    packages = [a_package(f"p{number:02}", changes=[change]) for number in range(60)]
    report = a_report([a_finding(package="p59"), a_finding("spec-added", "note", package="p01")], packages)
    assert list(folds(report)) == [f"<code>{name}</code>: 0 → 0 specs" for name in ("p59", *(f"p{n:02}" for n in range(10)))]
    assert "and specs of 49 more packages, all of them in the JSON report" in render(report, "markdown")


def test_where_causes_tell_of_all_packages_no_more_of_them_are_counted() -> None:
    cause = Cause("os=rhel8", "cells", {"os": "rhel8"}, 2, 2, ())
    lost = ReportedLoss("e4s", "linux", "rhel8", "zen4", "lost", cause.id)
    packages = [
        msgspec.structs.replace(
            a_package(name, changes=[ReportedChange("removed", a_reported_spec(), None, ())]),
            cells=ReportedCells((lost,), ()),
        )
        for name in ("gcc", "hdf5")
    ]
    text = render(a_report(packages=packages, causes=(cause,)), "markdown")
    assert "\n\nspecs of 2 packages, all of them in the JSON report\n" in text


def test_a_package_that_is_gone_stands_by_what_it_lost() -> None:
    """Not behind all that lost something and stay: of a long table only the first rows are shown."""
    cells = [Cell(f"s{number}", "linux", "rhel8", "zen4") for number in range(3)]
    packages = [
        a_package("a", lost=[(cells[0], "package-gone")], kind="removed"),
        a_package("b", lost=[(cell, "lost") for cell in cells[:2]]),
        a_package("c", lost=[(cell, "package-gone") for cell in cells], kind="removed"),
    ]
    findings = [a_finding("package-removed", message=f"{one.package} is gone", package=one.package) for one in packages]
    rows = [
        line.split("`")[1] for line in render(a_report(findings, packages), "markdown").splitlines() if "| error |" in line
    ]
    assert rows == ["c", "b", "a"]


@pytest.mark.parametrize("source", ["old", "a b", "it's", "$(reboot)", "`reboot`", "a|b", "-x; reboot", "</code>"])
def test_the_command_is_quoted_and_the_same_in_the_page(source: str) -> None:
    side = SnapshotInfo("develop", source, 1, 1, f"sha256:{'0' * 64}")
    report = a_report(old=side, new=msgspec.structs.replace(side, source="new"))
    (command,) = [text for text in read(render(report, "markdown")).codes if text.startswith("cachediff ")]
    assert shlex.split(command) == ["cachediff", source, "new"]
    (shown,) = [
        text_of(element) for element in read_page(render(report, "html")).iter("p") if element.get("class") == "command"
    ]
    assert shown == command


def test_findings_that_others_say_are_counted_by_rule() -> None:
    line = "44 findings are told by those about the whole snapshot: stack-dropped 14, os-dropped 15, os-gained 15"
    assert line in render(the_report("many"), "markdown").splitlines()
