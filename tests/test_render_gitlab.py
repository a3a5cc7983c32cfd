"""GitLab's code quality report: the fields that GitLab asks for, in every issue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import given

from cachediff import render
from cachediff.domain.problem import Location
from cachediff.domain.report import SnapshotInfo
from cachediff.render import results
from cachediff.render.gitlab import escape
from tests.render_cases import the_report
from tests.reports import a_finding, a_report, an_acceptance, hostile_reports

if TYPE_CHECKING:
    from cachediff.domain.finding import Severity
    from cachediff.domain.report import Report

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab's documentation says of the format."""

VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def read(report: Report) -> list[dict[str, Any]]:
    """Return a report's issues, which were found valid and to have fingerprints of their own."""
    issues: list[dict[str, Any]] = json.loads(render(report, "gitlab"))
    VALIDATOR.validate(issues)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def test_the_real_week() -> None:
    issues = read(the_report("week"))
    assert [issue["severity"] for issue in issues] == ["critical"] * 5 + ["minor"] + ["info"] * 3
    assert issues[5]["description"] == "emacs disables native in 2 specs (centos7/x86_64_v3, rhel8/aarch64)"
    assert issues[5]["check_name"] == "variant-disabled"
    assert issues[5]["location"]["lines"] == {"begin": 6}


def test_a_clean_run_is_an_empty_list() -> None:
    assert read(the_report("identical")) == []


@pytest.mark.parametrize(("severity", "shown"), [("error", "critical"), ("warning", "minor"), ("note", "info")])
def test_severities(severity: Severity, shown: str) -> None:
    assert [issue["severity"] for issue in read(a_report([a_finding(severity=severity)]))] == [shown]


def test_an_accepted_finding_is_information_that_says_why() -> None:
    (issue,) = read(a_report([a_finding(accepted=an_acceptance(owner=""))]))
    assert issue["severity"] == "info"
    assert issue["description"] == "accepted until 2025-06-01: runners retired (gcc lost it)"


def test_a_finding_about_the_whole_snapshot_stands_at_the_snapshot() -> None:
    (issue,) = read(a_report([a_finding("stack-removed", stack="e4s")]))
    assert issue["location"] == {"path": "new", "lines": {"begin": 1}}


def test_a_place_leads_to_the_file() -> None:
    (issue,) = read(a_report([a_finding(location=Location("./new/gcc/specs.md", 0))]))
    assert issue["location"] == {"path": "new/gcc/specs.md", "lines": {"begin": 1}}


def test_equal_findings_have_fingerprints_of_their_own() -> None:
    assert len(read(a_report([a_finding(package="gcc")] * 3))) == 3


def test_what_there_is_no_room_for_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results.list_results, "__defaults__", (1,))
    first, second = read(a_report([a_finding("spec-added", "note"), a_finding(package="gcc")]))
    assert first["check_name"] == "cachediff"
    assert first["description"] == "1 of 2 findings are listed, most severe first; all of them are in the JSON report"
    assert second["severity"] == "critical"


def test_findings_that_others_subsume_are_counted_in_the_first_issue() -> None:
    first, *_ = read(the_report("gasnet-2024"))
    assert (first["check_name"], first["severity"]) == ("cachediff", "info")
    (nameless,) = read(a_report([a_finding(subsumed_by="0" * 16)], new=SnapshotInfo("", "", 1, 1, "")))
    assert nameless["location"]["path"] == "."
    assert first["description"] == "1 finding is told by those about the whole snapshot: stack-dropped 1"


@given(hostile_reports())
def test_hostile_text_is_read_back(report: Report) -> None:
    issues = read(report)
    listed = [finding for finding in report.findings if finding.subsumed_by is None]
    assert len(issues) == len(listed) + (len(listed) < len(report.findings))
    assert {escape(finding.message) for finding in listed if finding.status == "open"} <= {
        issue["description"] for issue in issues
    }
    assert all(
        text.isprintable()
        for issue in issues
        for text in (issue["description"], issue["check_name"], issue["location"]["path"])
    )
