"""The SARIF report: valid against the published schema, whole, and safe.

The schema is Microsoft's copy of the standard's, from the npm package that .ci/run fetches; CACHEDIFF_SARIF_SCHEMA is the
path of it.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import pytest
from hypothesis import given, settings

from cachediff import render
from cachediff.domain.problem import Location, Problem
from cachediff.domain.report import Cause, Report
from cachediff.render import results
from cachediff.render.sarif import MAX_PROBLEMS, escape, write_uri
from cachediff.render.visible import make_visible
from cachediff.rules.catalogue import RULES
from tests.render_cases import CASES, the_report
from tests.reports import HOSTILE, a_finding, a_report, an_acceptance, hostile_reports, hostile_text

VARIABLE = "CACHEDIFF_SARIF_SCHEMA"
HOW = f"{VARIABLE} names no file: npm pack @microsoft/sarif-multitool-linux holds it, package/sarif-2.1.0.json"
needs_schema = pytest.mark.skipif(not Path(os.environ.get(VARIABLE, "")).is_file(), reason=HOW)


@cache
def the_schema() -> jsonschema_rs.Validator:
    """Return the validator of the published schema."""
    schema = json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8-sig"))
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def read(report: Report) -> dict[str, Any]:
    """Return the one run of a report's log, after every reference to a rule was found to be right."""
    log = json.loads(render(report, "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"] if "ruleIndex" in result)
    known: dict[str, Any] = run
    return known


def plain(message: str) -> str:
    """Return what a viewer shows of a message without arguments and links."""
    return message.replace("{{", "{").replace("}}", "}")


def test_the_real_week() -> None:
    run = read(the_report("week"))
    assert [result["level"] for result in run["results"]] == ["error"] * 5 + ["warning"] + ["note"] * 3
    emacs = run["results"][5]
    assert emacs["ruleId"] == "variant-disabled"
    assert emacs["message"] == {"text": "emacs disables native in 2 specs (centos7/x86_64_v3, rhel8/aarch64)"}
    assert [place["fullyQualifiedName"] for place in emacs["locations"][0]["logicalLocations"]] == [
        "package=emacs",
        "variant=native",
    ]
    assert emacs["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 1}
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1, "toolExecutionNotifications": []}]
    assert run["properties"]["summary"]["cells"]["lost"] == 2


def test_every_rule_is_told() -> None:
    rules = read(the_report("identical"))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    for listed, rule in zip(rules, RULES, strict=True):
        assert plain(listed["shortDescription"]["text"]) == rule.summary
        assert plain(listed["fullDescription"]["text"]) == rule.why
        assert (plain(listed["help"]["text"]), listed["help"]["markdown"]) == (rule.fix, rule.fix)
        assert listed["defaultConfiguration"] == {"level": rule.severity}


def test_texts_fit_what_github_shows() -> None:
    assert max(len(rule.why) for rule in RULES) <= 1024
    assert max(len(rule.summary) for rule in RULES) <= 1024


def test_accepted_findings_are_suppressed_and_say_why() -> None:
    accepted, open_ = read(a_report([a_finding(accepted=an_acceptance()), a_finding("spec-added", "note")]))["results"]
    justification = "accepted by @spack/ci until 2025-06-01: runners retired"
    assert accepted["suppressions"] == [{"kind": "external", "status": "accepted", "justification": justification}]
    assert accepted["level"] == "error"
    assert "suppressions" not in open_


def test_fingerprints_are_those_of_the_findings() -> None:
    finding = a_finding(package="gcc")
    first, second = read(a_report([finding, finding]))["results"]
    assert first["partialFingerprints"] == {
        "cachediff/v1": finding.fingerprint,
        "primaryLocationLineHash": f"{finding.fingerprint}:1",
    }
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_a_finding_about_the_whole_snapshot_has_a_place() -> None:
    (result,) = read(a_report([a_finding("stack-removed", stack="e4s")]))["results"]
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "new"}, "region": {"startLine": 1}}
    assert result["locations"][0]["logicalLocations"][0]["name"] == "e4s"


def test_problems_are_related_locations() -> None:
    problem = Problem(
        "hash is no hash", Location("./new/gcc/specs.md", 6, 2997, "/spec_details/11/hash"), "32 characters", '"EY2Q"'
    )
    (result,) = read(a_report([a_finding("page-invalid", location=problem.location, problems=(problem,) * 50)]))["results"]
    assert len(result["relatedLocations"]) == MAX_PROBLEMS
    assert result["relatedLocations"][1] == {
        "id": 1,
        "message": {"text": 'hash is no hash: expected 32 characters, found "EY2Q"'},
        "physicalLocation": {
            "artifactLocation": {"uri": "new/gcc/specs.md"},
            "region": {"startLine": 6, "startColumn": 2997},
        },
    }


def test_subsumed_findings_are_counted_and_not_listed() -> None:
    wide = a_finding("os-removed", os="centos7")
    run = read(a_report([wide, a_finding(package="gcc", os="centos7", subsumed_by=wide.fingerprint)]))
    assert [result["ruleId"] for result in run["results"]] == ["os-removed"]
    assert run["properties"]["subsumed"] == 1


def test_causes_are_properties_of_the_run() -> None:
    cause = Cause("stack=e4s", "cells", {"stack": "e4s"}, 12, 3, ("hdf5",))
    run = read(a_report(causes=(cause,)))
    assert run["properties"]["causes"] == [{"id": "stack=e4s", "explains": "cells", "cells": 12, "packages": 3}]


def test_what_there_is_no_room_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results.list_results, "__defaults__", (1,))
    run = read(a_report([a_finding("spec-added", "note"), a_finding(package="gcc")]))
    assert [result["level"] for result in run["results"]] == ["error"]
    assert run["properties"]["left_out"] == 1
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (
        notification["message"]["text"]
        == "1 of 2 findings are listed, most severe first; all of them are in the JSON report"
    )


@pytest.mark.slow
def test_five_thousand_results_are_listed() -> None:
    findings = [a_finding("spec-added", "note", package=f"p{number}") for number in range(5_001)]
    run = read(a_report(findings))
    assert (len(run["results"]), run["properties"]["left_out"]) == (5_000, 1)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("new/gcc/specs.md", "new/gcc/specs.md"),
        ("new/a b:c?#%/é", "new/a%20b%3Ac%3F%23%25/%C3%A9"),
        ("//host/x", "file:///host/x"),
        ("/srv/new", "file:///srv/new"),
        ("http://evil", "http%3A//evil"),
        ("../new", "../new"),
    ],
)
def test_paths_are_uris(path: str, uri: str) -> None:
    assert write_uri(path) == uri


@given(hostile_text)
def test_a_uri_is_read_back_and_has_no_host(path: str) -> None:
    parts = urlsplit(write_uri(path))
    assert (parts.netloc, parts.query, parts.fragment) == ("", "", "")
    assert parts.scheme in ("", "file")
    assert unquote(parts.path).lstrip("/") == path.lstrip("/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a {0} b", "a {{0}} b"),
        ("[a](http://x)", "[a]\\x28http://x)"),
        ("[a\\](1)", "[a\\]\\x281)"),
        ("see [1] (e4s)", "see [1] (e4s)"),
    ],
)
def test_messages_hold_no_argument_and_no_link(text: str, message: str) -> None:
    assert escape(text) == message


@given(hostile_text)
def test_a_message_is_read_back(text: str) -> None:
    message = escape(text)
    assert plain(message) == make_visible(text).replace("](", "]\\x28")
    assert "](" not in message
    assert not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", message)


def check_hostile(report: Report) -> None:
    run = read(report)
    listed = [finding for finding in report.findings if finding.subsumed_by is None]
    assert sorted(result["message"]["text"] for result in run["results"]) == sorted(
        escape(finding.message) for finding in listed
    )
    assert sum("suppressions" in result for result in run["results"]) == sum(
        finding.status == "accepted" for finding in listed
    )
    fingerprints = [result["partialFingerprints"]["cachediff/v1"] for result in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)


@given(hostile_reports())
@settings(deadline=None)
def test_hostile_text_is_read_back(report: Report) -> None:
    check_hostile(report)


# --- the published schema ----------------------------------------------------------------------------------------------


@needs_schema
def test_the_schema_is_that_of_the_standard() -> None:
    assert not the_schema().is_valid({"version": "2.1.0"})
    assert not the_schema().is_valid({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "surprise": 1}]})


@needs_schema
@pytest.mark.parametrize("case", CASES)
def test_real_reports_are_valid(case: str) -> None:
    the_schema().validate(json.loads(render(the_report(case), "sarif")))


@needs_schema
@given(hostile_reports())
@settings(deadline=None)
def test_hostile_reports_are_valid(report: Report) -> None:
    the_schema().validate(json.loads(render(report, "sarif")))


@needs_schema
def test_hostile_pieces_are_valid() -> None:
    for text in HOSTILE:
        finding = a_finding(
            message=text, package=text, location=Location(text, 1, 2), accepted=an_acceptance(text, text, text)
        )
        the_schema().validate(json.loads(render(a_report([finding]), "sarif")))
