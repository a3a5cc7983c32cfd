"""The report as SARIF 2.1.0, which code hosts and editors show as alerts.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub makes of it:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import asdict

from cachediff.render.also import tell_also
from cachediff.render.headline import headline
from cachediff.render.results import list_results, locate, make_unique, say_accepted
from cachediff.render.visible import MAX_TEXT, make_visible

if TYPE_CHECKING:
    from cachediff.domain.finding import Finding
    from cachediff.domain.problem import Location, Problem
    from cachediff.domain.report import Report, SnapshotInfo
    from cachediff.render.options import Options, RuleText
    from cachediff.render.results import Results

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_PROBLEMS = 20
"""How many problems of one page are listed as related locations; GitHub shows a hundred."""

# No colon: what stands before one at the start of a URI is a scheme.
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
"""What stands in a URI's path as it is."""


def render_sarif(report: Report, options: Options) -> str:
    """Return the report as a log with one run.

    It has every rule, a result a finding, and the report's numbers as properties of the run.
    """
    results = list_results(report)
    places = {id_: index for index, id_ in enumerate(options.rules)}
    rules = [_describe(id_, rule) for id_, rule in options.rules.items()]
    unique = make_unique()
    run = {
        "tool": {"driver": {"name": "cachediff", "version": make_visible(report.cachediff), "rules": rules}},
        "invocations": [_invoke(report, results)],
        # Our columns count characters, not the UTF-16 units of some viewers.
        "columnKind": "unicodeCodePoints",
        # Unique, since findings on equal subjects share a fingerprint.
        "results": [_result(finding, report, places, unique(finding.fingerprint)) for finding in results.listed],
        "properties": _properties(report, results),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def escape(text: str, most: int = MAX_TEXT) -> str:
    """Return page text as a SARIF message: braces, which hold arguments, are doubled; `](`, which makes a link, is broken.

    Sections 3.11.5 and 3.11.6. The standard has no escape for what only looks like a link.
    """
    return make_visible(text, most).replace("{", "{{").replace("}", "}}").replace("](", "]\\x28")


def write_uri(path: str) -> str:
    """Return a path as a URI reference: relative as it is, absolute as `file:`; no byte of it means anything but itself."""
    encoded = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in path.encode("utf-8", "backslashreplace"))
    return f"file:///{encoded.lstrip('/')}" if encoded.startswith("/") else encoded


def _describe(id_: str, rule: RuleText) -> dict[str, Any]:
    """Return a rule as viewers list it."""
    return {
        "id": id_,
        "name": id_.title().replace("-", ""),
        "shortDescription": {"text": escape(rule.summary)},
        "fullDescription": {"text": escape(rule.why)},
        # The markdown is ours, and not escaped.
        "help": {"text": escape(rule.fix), "markdown": rule.fix},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": [rule.scope]},
    }


def _invoke(report: Report, results: Results) -> dict[str, Any]:
    """Return how the run went.

    That findings are left out, and what the other comparisons of the run gave, is told here, where viewers show what a
    tool says of itself.
    """
    levels = ["error" if one.verdict == "fail" else "note" for one in report.also_compared]
    told = [*([("warning", results.remark)] if results.remark else []), *zip(levels, tell_also(report), strict=True)]
    remarks = [{"level": level, "message": {"text": escape(text)}} for level, text in told]
    return {"executionSuccessful": True, "exitCode": int(report.verdict == "fail"), "toolExecutionNotifications": remarks}


def _properties(report: Report, results: Results) -> dict[str, Any]:
    """Return the report's numbers, what it is about, and what is not listed, under the JSON report's names for them."""
    return {
        "verdict": report.verdict,
        "headline": headline(report),
        "fail_on": report.fail_on,
        "old": _describe_side(report.old) if report.old else None,
        "new": _describe_side(report.new),
        "summary": msgspec.to_builtins(report.summary),
        "causes": [
            {"id": escape(cause.id), "explains": cause.explains, "cells": cause.cells, "packages": cause.packages}
            | ({"facets": cause.facets} if cause.explains == "facets" else {})
            for cause in report.causes
        ],
        "left_out": results.left_out,
        "subsumed": results.subsumed,
    }


def _describe_side(side: SnapshotInfo) -> dict[str, Any]:
    described = {name: escape(value) if isinstance(value, str) else value for name, value in asdict(side).items()}
    return described | {"notes": [escape(note) for note in side.notes]}


def _result(finding: Finding, report: Report, places: dict[str, int], fingerprint: str) -> dict[str, Any]:
    """Return one finding.

    Its fingerprint takes the place of the one that GitHub would make of the lines around it: a page's lines change every
    week.
    """
    fingerprint = make_visible(fingerprint)
    result = {
        "ruleId": make_visible(finding.rule),
        # A report that another version wrote may name rules that this one does not have.
        **({"ruleIndex": places[finding.rule]} if finding.rule in places else {}),
        "level": finding.severity,
        "message": {"text": escape(finding.message)},
        "locations": [_locate(locate(finding, report)) | _name_subject(finding)],
        # GitHub reads primaryLocationLineHash alone; cachediff/v1 is for everybody else.
        "partialFingerprints": {"cachediff/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint}:1"},
        "properties": {"subject": {name: escape(value) for name, value in msgspec.to_builtins(finding.subject).items()}},
    }
    if finding.problems:
        result["relatedLocations"] = [
            _relate(number, problem) for number, problem in enumerate(finding.problems[:MAX_PROBLEMS])
        ]
    if finding.status == "accepted":
        justification = escape(say_accepted(finding.accepted))
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def _locate(place: Location) -> dict[str, Any]:
    """Return a physical location.

    GitHub refuses one without a line: a file as a whole, or a snapshot, is shown at its first.
    """
    region = {"startLine": max(1, place.line)} | ({"startColumn": max(1, place.column)} if place.line else {})
    return {"physicalLocation": {"artifactLocation": {"uri": write_uri(place.path.removeprefix("./"))}, "region": region}}


def _name_subject(finding: Finding) -> dict[str, Any]:
    """Return what a finding is about as logical locations: a package is a module, the rest are members of its coverage."""
    facts = msgspec.to_builtins(finding.subject)
    named = [
        {
            "name": escape(value),
            "fullyQualifiedName": escape(f"{name}={value}"),
            "kind": "module" if name == "package" else name,
        }
        for name, value in facts.items()
    ]
    return {"logicalLocations": named} if named else {}


def _relate(number: int, problem: Problem) -> dict[str, Any]:
    """Return one problem of a page as a related location."""
    message = f"{problem.message}: expected {problem.expected}, found {problem.found}"
    return {"id": number, "message": {"text": escape(message)}, **_locate(problem.location)}
