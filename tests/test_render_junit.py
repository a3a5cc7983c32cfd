"""The JUnit report: its cases, totals and names, and that whatever a page holds is read back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from cachediff import render
from cachediff.domain.finding import SEVERITIES
from cachediff.domain.problem import Location, Problem
from cachediff.render import results
from cachediff.render.junit import escape
from tests.render_cases import the_report
from tests.reports import a_finding, a_report, an_acceptance, hostile_reports

if TYPE_CHECKING:
    from cachediff.domain.finding import FailOn
    from cachediff.domain.report import Report


def read(report: Report) -> ET.Element:
    """Return a report's suite, after the root above it was found to agree with it."""
    root = ET.fromstring(render(report, "junit"))  # noqa: S314 - our own output
    (suite,) = root
    assert root.tag == "testsuites"
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        name: suite.get(name) for name in ("tests", "failures", "errors")
    }
    return suite


def read_properties(suite: ET.Element) -> dict[str, str]:
    """Return the properties of a suite."""
    return {item.get("name", ""): item.get("value", "") for item in suite.iterfind("properties/property")}


def read_outcomes(suite: ET.Element) -> dict[str, str]:
    """Return the outcome of each case by name: the tag of what is in it."""
    return {case.get("name", ""): case[0].tag for case in suite.iterfind("testcase")}


def test_the_real_week() -> None:
    suite = read(the_report("week"))
    assert read_outcomes(suite) == {
        "stack-dropped gcc stack=developer-tools-aarch64-linux-gnu": "failure",
        "stack-dropped gcc stack=developer-tools-x86_64_v3-linux-gnu": "failure",
        "os-dropped gcc os=centos7": "failure",
        "os-dropped gcc os=rhel8": "failure",
        "target-dropped gcc target=aarch64": "failure",
        "variant-disabled emacs variant=native": "system-out",
        "spec-removed gcc": "system-out",
        "spec-added cuda": "system-out",
        "spec-added py-pip": "system-out",
    }
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("9", "5", "0", "0")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.text or "").splitlines()[2].startswith("fix: Look for the package in the stack's environment")


@pytest.mark.parametrize(("fail_on", "failures"), [("error", ["e"]), ("warning", ["e", "w"]), ("never", [])])
def test_failures_are_what_fails_the_run(fail_on: FailOn, failures: list[str]) -> None:
    findings = [a_finding(package=severity[0], severity=severity) for severity in SEVERITIES]
    outcomes = read_outcomes(read(a_report(findings, fail_on=fail_on)))
    assert [name[-1] for name, outcome in outcomes.items() if outcome == "failure"] == failures
    assert len(outcomes) == 3


def test_accepted_findings_are_skipped_and_say_why() -> None:
    suite = read(a_report([a_finding(package="gcc", accepted=an_acceptance())]))
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "accepted by @spack/ci until 2025-06-01: runners retired"
    assert skipped.text == "error[os-dropped]: gcc lost it\nat new"
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")


def test_a_clean_run_has_one_case_that_passes() -> None:
    suite = read(the_report("identical"))
    assert read_outcomes(suite) == {"no findings": "system-out"}
    assert suite.findtext("testcase/system-out") == "pass: the snapshots are identical"


def test_a_verdict_without_a_finding_that_explains_it_still_fails() -> None:
    suite = read(a_report([a_finding(package="gcc", subsumed_by="0" * 16)]))
    assert read_outcomes(suite) == {"verdict": "failure"}


def test_subsumed_findings_are_counted_and_not_listed() -> None:
    wide = a_finding("os-removed", os="centos7")
    suite = read(a_report([wide, a_finding(package="gcc", os="centos7", subsumed_by=wide.fingerprint)]))
    assert list(read_outcomes(suite)) == ["os-removed os=centos7"]
    assert read_properties(suite)["findings subsumed"] == "1"


def test_names_are_unique_also_when_they_are_cut() -> None:
    findings = [a_finding(package="x" * 10_000 + str(number)) for number in range(3)] + [a_finding(package="gcc")] * 2
    names = Counter(case.get("name", "") for case in read(a_report(findings)).iterfind("testcase"))
    assert len(names) == 5
    assert max(map(len, names)) < 500


def test_a_place_leads_to_the_file_from_where_cachediff_runs() -> None:
    suite = read(a_report([a_finding(location=Location("./new/gcc/specs.md", 6, 1))]))
    case = suite.find("testcase")
    assert case is not None
    assert case.get("file") == "new/gcc/specs.md"
    assert (case[0].text or "").splitlines()[1] == "at new/gcc/specs.md:6"


def test_every_problem_of_a_page_is_told() -> None:
    problem = Problem(
        "hash is no hash", Location("new/gcc/specs.md", 6, 2997, "/spec_details/11/hash"), "32 characters", '"EY2Q"'
    )
    suite = read(a_report([a_finding("page-invalid", location=problem.location, problems=(problem,) * 22)]))
    lines = suite.findtext("testcase/failure", "").splitlines()
    assert lines[1] == "at new/gcc/specs.md:6:2997"
    assert lines[2:22] == ['hash is no hash: expected 32 characters, found "EY2Q" at new/gcc/specs.md:6:2997'] * 20
    assert lines[22] == "and 2 more problems"


def test_what_there_is_no_room_for_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results.list_results, "__defaults__", (2,))
    notes = [a_finding("spec-added", "note", package=str(number)) for number in range(2)]
    suite = read(
        a_report([*notes, a_finding(package="gcc"), a_finding(package="gcc", os="rhel8", accepted=an_acceptance())])
    )
    assert read_outcomes(suite) == {"os-dropped gcc": "failure", "os-dropped gcc os=rhel8": "skipped"}
    remark = "2 of 4 findings are listed, most severe first; all of them are in the JSON report"
    assert next(iter(read_properties(suite).items())) == ("left out", remark)


def test_properties_hold_every_number() -> None:
    properties = read_properties(read(the_report("week")))
    assert properties["verdict"] == "fail: 2 of 44 cells lost in 1 package; warnings in 1 package"
    assert (properties["cells lost"], properties["specs rebuilt"], properties["findings error"]) == ("2", "71", "5")
    assert "left out" not in properties


@given(hostile_reports())
def test_hostile_text_is_read_back(report: Report) -> None:
    suite = read(report)
    cases = suite.findall("testcase")
    assert len({case.get("name") for case in cases}) == len(cases)
    assert [suite.get("tests"), suite.get("failures"), suite.get("skipped")] == [
        str(len(suite.findall(path))) for path in ("testcase", "testcase/failure", "testcase/skipped")
    ]
    assert (int(suite.get("failures", "")) > 0) == (report.verdict == "fail")
    failing = {escape(finding.message) for finding in report.findings}
    assert {failure.get("message", "") for failure in suite.iterfind("testcase/failure[@type!='verdict']")} <= failing
    values = [value for item in suite.iter() for value in item.attrib.values()]
    assert all(value.isprintable() for value in values)
    assert all(line.isprintable() for item in suite.iter() for line in (item.text or "").splitlines())
