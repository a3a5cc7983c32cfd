"""All formats agree on every number.

Each is read back, and what it tells is what the findings and packages of the report add up to. A format tells what its
readers need, so each reader gives back some of the numbers; which ones is said in TOLD.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

import pytest

from cachediff import render
from cachediff.domain.cell import Cell
from cachediff.domain.finding import SEVERITIES
from cachediff.domain.report import NotCompared, ReportedChange
from cachediff.render.formats import RENDERERS
from tests.html_pages import find, text_of
from tests.html_pages import read as read_page
from tests.render_cases import CASES
from tests.render_cases import the_report as the_case
from tests.reports import a_finding, a_package, a_report, a_reported_spec, an_acceptance
from tests.runner_commands import run_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cachediff.domain.report import Report

Numbers: TypeAlias = dict[str, int]

FINDINGS = {"error", "warning", "note", "accepted"}
CELLS = {"cells lost", "cells gained"}
SPECS = {"specs removed", "specs added", "specs changed"}
PACKAGES = {
    "packages with errors",
    "packages with warnings",
    "errors about the snapshot",
    "warnings about the snapshot",
    "not compared",
}
TOLD = {
    "text": PACKAGES | CELLS | SPECS | {"note", "accepted", "subsumed"},
    "markdown": PACKAGES | CELLS | SPECS | {"note", "accepted", "subsumed"},
    "summary": PACKAGES | CELLS | SPECS | {"note", "accepted", "subsumed"},
    "html": FINDINGS | CELLS | SPECS | PACKAGES | {"subsumed"},
    "json": FINDINGS | CELLS | SPECS | {"subsumed", "not compared"},
    "junit": FINDINGS | CELLS | SPECS | PACKAGES | {"subsumed"},
    "sarif": FINDINGS | CELLS | SPECS | PACKAGES | {"subsumed"},
    "github": FINDINGS | PACKAGES | {"subsumed"},
    "gitlab": FINDINGS | {"subsumed"},
    "csv": CELLS | SPECS | {"not compared"},
}


def add_up(report: Report, *, with_repeats: bool = True) -> Numbers:
    """Return the numbers of a report, from its findings and packages alone; annotations leave out what repeats others."""
    listed = [one for one in report.findings if one.subsumed_by is None and (with_repeats or one.repeats is None)]
    open_ = [finding for finding in listed if finding.status == "open"]
    numbers: Numbers = {severity: sum(finding.severity == severity for finding in open_) for severity in SEVERITIES}
    numbers["accepted"] = len(listed) - len(open_)
    numbers["subsumed"] = sum(finding.subsumed_by is not None for finding in report.findings)
    numbers["not compared"] = len({left_out.package for left_out in report.not_compared})
    for severity in ("error", "warning"):
        # What was lost is told in cells and facets.
        others = [finding for finding in open_ if not (report.summary.losses.packages and finding.is_loss)]
        packages = [finding.subject.package for finding in others if finding.severity == severity]
        numbers[f"packages with {severity}s"] = len(set(packages) - {""})
        numbers[f"{severity}s about the snapshot"] = packages.count("")
    numbers["cells lost"] = sum(len(package.cells.lost) for package in report.packages)
    numbers["cells gained"] = sum(len(package.cells.gained) for package in report.packages)
    for kind in ("removed", "added", "changed"):
        numbers[f"specs {kind}"] = sum(change.kind == kind for package in report.packages for change in package.changes)
    return numbers


# --- readers -----------------------------------------------------------------------------------------------------------


def read_headline(line: str) -> Numbers:
    """Return the numbers of the line that tells the verdict: what it leaves out is nothing."""
    patterns = {
        "packages with errors": r"errors in ([\d,]+) package",
        "packages with warnings": r"warnings in ([\d,]+) package",
        "errors about the snapshot": r"([\d,]+) errors?(?: and [\d,]+ warnings?)? about the whole snapshot",
        "warnings about the snapshot": r"([\d,]+) warnings? about the whole snapshot",
        "accepted": r"([\d,]+) accepted",
        "not compared": r"([\d,]+) packages? not compared",
    }
    return {name: _number(re.search(pattern, line)) for name, pattern in patterns.items()}


def read_subsumed(text: str) -> Numbers:
    """Return how many findings a text says to be told by others, in a line of its own or in a JSON string."""
    return {
        "subsumed": _number(re.search(r'(?:^|"|; )([\d,]+) findings? (?:is|are) told by those about', text, re.MULTILINE))
    }


def read_table(text: str) -> Numbers:
    """Return the numbers of the table of counts: what a row leaves out is nothing."""
    rows = {noun: _number_row(text, noun) for noun in ("specs", "cells")}
    names = {"specs": ("removed", "added", "changed"), "cells": ("lost", "gained")}
    return {
        f"{noun} {name}": _number(re.search(rf"([\d,]+) {name}\b", rows[noun]))
        for noun, listed in names.items()
        for name in listed
    }


def read_text(text: str) -> Numbers:
    """Return the numbers of the report for a terminal."""
    notes = _number(re.search(r"^([\d,]+) notes?: ", text, re.MULTILINE))
    return read_headline(text.splitlines()[-1]) | read_table(text) | read_subsumed(text) | {"note": notes}


def read_markdown(text: str) -> Numbers:
    """Return the numbers of the comment."""
    notes = _number(re.search(r"^([\d,]+) notes?: ", text, re.MULTILINE))
    return read_headline(text.splitlines()[0]) | read_table(text) | read_subsumed(text) | {"note": notes}


def read_html(text: str) -> Numbers:
    """Return the numbers of the page: those that it shows without a script, and those that the script counts in its data."""
    tree = read_page(text)
    (title,) = tree.iter("h1")
    (table,) = [element for element in tree.iter("table") if element.get("class") == "numbers"]
    rows = "\n".join(text_of(row) for row in table.iter("tr"))
    shown = text_of(find(tree, "count"))
    findings = {name: _number(re.search(rf"([\d,]+) {name}", shown)) for name in sorted(FINDINGS)}
    in_data = json.loads(find(tree, "data").text or "")["findings"]
    subsumed = {"subsumed": sum(finding["subsumed_by"] is not None for finding in in_data)}
    return read_headline(text_of(title)) | read_table(rows) | findings | subsumed


def read_json(text: str) -> Numbers:
    """Return the numbers of the JSON report, from its summary."""
    report = json.loads(text)
    subsumed = sum(finding["subsumed_by"] is not None for finding in report["findings"])
    left_out = len({left_out["package"] for left_out in report["not_compared"]})
    return _flatten(report["summary"]) | {"subsumed": subsumed, "not compared": left_out}


def read_junit(text: str) -> Numbers:
    """Return the numbers of the JUnit report: those of its cases, which the properties have to agree with."""
    suite = ET.fromstring(text)[0]  # noqa: S314 - our own output
    properties = {item.get("name", ""): item.get("value", "") for item in suite.iterfind("properties/property")}
    outcomes = [case[0] for case in suite.iterfind("testcase") if case.get("classname") != "cachediff.verdict"]
    open_ = [(outcome.text or "").partition("[")[0] for outcome in outcomes if outcome.tag != "skipped"]
    numbers: Numbers = {severity: open_.count(severity) for severity in SEVERITIES}
    numbers["accepted"] = len(outcomes) - len(open_)
    assert numbers == {name: int(properties[f"findings {name}"]) for name in numbers}
    assert int(suite.get("skipped", "")) == numbers["accepted"]
    numbers |= {name: int(properties[name]) for name in CELLS | SPECS} | {"subsumed": int(properties["findings subsumed"])}
    return numbers | read_headline(properties["verdict"])


def read_sarif(text: str) -> Numbers:
    """Return the numbers of the SARIF report: those of its results, which the properties have to agree with."""
    run = json.loads(text)["runs"][0]
    open_ = [result["level"] for result in run["results"] if "suppressions" not in result]
    numbers: Numbers = {severity: open_.count(severity) for severity in SEVERITIES}
    numbers["accepted"] = len(run["results"]) - len(open_)
    listed = _flatten(run["properties"]["summary"])
    assert numbers == {name: listed[name] for name in numbers}
    numbers |= {name: listed[name] for name in CELLS | SPECS} | {"subsumed": run["properties"]["subsumed"]}
    return numbers | read_headline(run["properties"]["headline"])


def read_github(text: str) -> Numbers:
    """Return the numbers of the annotations; the tenth of a kind stands for as many as it says."""
    numbers: Numbers = dict.fromkeys(SEVERITIES, 0)
    kinds = {"error": "error", "warning": "warning", "notice": "note"}
    for command in run_commands(text):
        more = re.match(r"([\d,]+) more ", command.message) if command.properties["title"].startswith("more ") else None
        numbers[kinds[command.name]] += _number(more) or 1
    return numbers | read_headline(text.splitlines()[-1]) | read_subsumed(text)


def read_gitlab(text: str) -> Numbers:
    """Return the numbers of the code quality report."""
    kinds = {"critical": "error", "minor": "warning", "info": "note"}
    listed = [issue for issue in json.loads(text) if issue["check_name"] != "cachediff"]
    issues = ["accepted" if issue["description"].startswith("accepted ") else kinds[issue["severity"]] for issue in listed]
    return {name: issues.count(name) for name in sorted(FINDINGS)} | read_subsumed(text)


def read_csv(text: str) -> Numbers:
    """Return the numbers of the table for spreadsheets: so many rows of a kind."""
    table = [*csv.DictReader(text.splitlines())]
    rows = [row["what"] for row in table]
    left_out = {row["package"] for row in table if row["what"] == "package not compared"}
    whats = {f"{noun}s {name}": f"{name} {noun}" for noun, name in (key.split("s ", 1) for key in sorted(CELLS | SPECS))}
    return {key: rows.count(what) for key, what in whats.items()} | {"not compared": len(left_out)}


READERS: dict[str, Callable[[str], Numbers]] = {
    "text": read_text,
    "markdown": read_markdown,
    "summary": read_markdown,
    "html": read_html,
    "json": read_json,
    "junit": read_junit,
    "sarif": read_sarif,
    "github": read_github,
    "gitlab": read_gitlab,
    "csv": read_csv,
}


def _number(match: re.Match[str] | None) -> int:
    return int(match[1].replace(",", "")) if match else 0


def _number_row(text: str, noun: str) -> str:
    """Return the row of the table of counts about a noun, of text or markdown, without the counts of the two sides."""
    row = re.search(rf"^ ?(?:\| )?{noun} +(?:\| )?[\d,]+ +(?:\| )?[\d,]+(.*)$", text, re.MULTILINE)
    assert row, f"no row of {noun}"
    return row[1]


def _flatten(summary: dict[str, dict[str, int]]) -> Numbers:
    """Return the numbers of a summary under the names that they have here."""
    specs_and_cells = {f"{what} {name}": count for what in ("specs", "cells") for name, count in summary[what].items()}
    return specs_and_cells | summary["findings"]


# --- the test ----------------------------------------------------------------------------------------------------------


def a_bit_of_everything() -> Report:
    """Return a report with every kind of finding, accepted and subsumed ones among them, and more than ten of a kind."""
    cells = [Cell("e4s", "linux", "ubuntu22.04", f"target{number}") for number in range(4)]
    changes: Iterable[ReportedChange] = (
        ReportedChange("removed", a_reported_spec(1), None, ()),
        ReportedChange("added", None, a_reported_spec(2), ()),
        ReportedChange("added", None, a_reported_spec(3), ()),
        ReportedChange("changed", a_reported_spec(4), a_reported_spec(5), ()),
    )
    wide = a_finding("stack-removed", stack="hep")
    findings = [
        wide,
        *(a_finding("os-dropped", package=f"p{number}", os="rhel8") for number in range(13)),
        *(a_finding("os-replaced", "warning", package="p0", os=f"os{number}") for number in range(11)),
        *(a_finding("spec-added", "note", package=f"p{number}") for number in range(12)),
        a_finding("stack-dropped", package="p1", stack="hep", subsumed_by=wide.fingerprint),
        a_finding("target-dropped", package="p2", target="zen4", accepted=an_acceptance()),
        a_finding("stack-shrunk", "warning", stack="e4s", accepted=an_acceptance(owner="")),
    ]
    packages = [a_package("p0", lost=[(cell, "lost") for cell in cells[:3]], gained=cells[3:], changes=changes)]
    left_out = (NotCompared("p3", "old", "old/p3/specs.md"), NotCompared("p3", "new", "new/p3/specs.md"))
    return a_report(findings, packages, not_compared=left_out)


REPORTS: dict[str, Callable[[], Report]] = {
    **{case: lambda case=case: the_case(case) for case in CASES},  # type: ignore[misc]
    "hostile": lambda: a_report(the_case("hostile").findings, the_case("hostile").packages),
    "a bit of everything": a_bit_of_everything,
    "all accepted": lambda: a_report([a_finding(package="gcc", accepted=an_acceptance())]),
}


@pytest.mark.parametrize("format", READERS)
@pytest.mark.parametrize("name", REPORTS)
def test_a_format_tells_the_numbers_of_the_report(name: str, format: str) -> None:
    report = REPORTS[name]()
    listed, expected = READERS[format](render(report, format)), add_up(report, with_repeats=format != "github")
    assert {number: listed[number] for number in sorted(TOLD[format])} == {
        number: expected[number] for number in sorted(TOLD[format])
    }


def test_every_format_is_read_back() -> None:
    assert set(RENDERERS) == set(READERS) == set(TOLD)
