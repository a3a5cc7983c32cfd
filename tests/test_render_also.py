"""The other comparisons of a run, in the formats for CI servers and code hosts: what failed is never green there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from cachediff import render
from cachediff.domain.report import AlsoCompared
from tests.reports import a_finding, a_report

if TYPE_CHECKING:
    from cachediff.domain.finding import Verdict
    from cachediff.domain.report import Report

SIDES = "main:a → ./a"
FAILED = f"{SIDES}, also compared: fail: 3 errors"


def with_other(verdict: Verdict, warnings: int = 0) -> Report:
    """Return a report that fails, and tells of another comparison."""
    report = a_report([a_finding("os-dropped", "error")])
    old, new = (msgspec.structs.replace(report.new, source=source) for source in ("main:a", "./a"))
    counts = msgspec.structs.replace(report.summary.findings, error=3 if verdict == "fail" else 0, warning=warnings)
    summary = msgspec.structs.replace(report.summary, findings=counts)
    findings = (a_finding("stack-removed", "error", message="stack e4s is gone"),) if verdict == "fail" else ()
    return msgspec.structs.replace(report, also_compared=(AlsoCompared(verdict, old, new, summary, findings),))


@pytest.mark.parametrize(("verdict", "failures"), [("fail", 2), ("pass", 1)])
def test_junit_has_a_case_for_it(verdict: Verdict, failures: int) -> None:
    suite = ET.fromstring(render(with_other(verdict), "junit")).find("testsuite")  # noqa: S314 - our own output
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", str(failures))
    (case,) = suite.iterfind("testcase[@classname='cachediff.also-compared']")
    assert case.get("name") == SIDES
    (outcome,) = case
    said = "fail: 3 errors\nerror[stack-removed]: stack e4s is gone\nand 2 more"
    assert outcome.text == (said if verdict == "fail" else "pass: nothing that counts")


@pytest.mark.parametrize(("verdict", "level"), [("fail", "error"), ("pass", "note")])
def test_sarif_has_a_notification_of_it(verdict: Verdict, level: str) -> None:
    (run,) = json.loads(render(with_other(verdict), "sarif"))["runs"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["level"] == level
    assert told["message"]["text"] == (FAILED if verdict == "fail" else f"{SIDES}, also compared: pass: nothing that counts")


@pytest.mark.parametrize(("verdict", "warnings", "severity"), [("fail", 0, "critical"), ("pass", 1, "info")])
def test_gitlab_has_an_issue_of_it(verdict: Verdict, warnings: int, severity: str) -> None:
    (told,) = list_gitlab(verdict, warnings)
    assert (told["severity"], told["location"]["path"]) == (severity, "a")
    assert told["description"].startswith(f"{SIDES}: {verdict}")


def test_gitlab_has_no_issue_that_says_nothing() -> None:
    assert list_gitlab("pass", warnings=0) == []


def list_gitlab(verdict: Verdict, warnings: int) -> list[dict[str, Any]]:
    """Return GitLab's issues of another comparison."""
    issues: list[dict[str, Any]] = json.loads(render(with_other(verdict, warnings), "gitlab"))
    return [issue for issue in issues if issue["check_name"] == "also-compared"]


def test_a_line_of_github_tells_it() -> None:
    assert FAILED in render(with_other("fail"), "github").splitlines()
