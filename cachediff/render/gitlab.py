"""The report as GitLab's code quality JSON, which a merge request shows beside the files.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cachediff.render.also import is_clean, name_sides, sum_up
from cachediff.render.outline import sum_up_subsumed
from cachediff.render.results import list_results, locate, make_unique, say_accepted
from cachediff.render.visible import MAX_PATH, MAX_TEXT, make_visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.finding import Finding, Severity
    from cachediff.domain.report import AlsoCompared, Report
    from cachediff.render.options import Options

_SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "minor", "note": "info"}
_ACCEPTED = "info"
"""GitLab knows no accepted finding: it is shown as information that begins with the word."""


def render_gitlab(report: Report, options: Options) -> str:
    """Return the report as a list of issues, most severe first, and an issue for each other comparison that found something.

    The first one counts those that are not listed, if there are any.
    """
    del options
    results = list_results(report)
    unique = make_unique()
    # GitLab tells issues apart by their fingerprints, which those on equal subjects share.
    issues = [_issue(finding, report, unique(finding.fingerprint)) for finding in results.listed]
    # A merge request shows each issue as a new one: none says that there is nothing.
    issues += [_also_issue(one, unique) for one in report.also_compared if not is_clean(one)]
    if remarks := [*filter(None, [results.remark]), *sum_up_subsumed(report)]:
        # GitLab takes no issue without a path and a line.
        place = {"path": escape(report.new.source.removeprefix("./") or ".", MAX_PATH), "lines": {"begin": 1}}
        issues.insert(0, _build("cachediff", "; ".join(remarks), "info", unique("left-out"), place))
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def escape(text: str, most: int = MAX_TEXT) -> str:
    """Return page text as GitLab may show it: JSON can hold anything, what does not print has to be made visible."""
    return make_visible(text, most)


def _issue(finding: Finding, report: Report, fingerprint: str) -> dict[str, Any]:
    """Return the issue of one finding."""
    place = locate(finding, report)
    severity, message = _SEVERITIES[finding.severity], finding.message
    if finding.status == "accepted":
        severity, message = _ACCEPTED, f"{say_accepted(finding.accepted)} ({message})"
    # A file as a whole has line 0, which GitLab does not take.
    where = {"path": escape(place.path, MAX_PATH), "lines": {"begin": max(1, place.line)}}
    return _build(finding.rule, message, severity, fingerprint, where)


def _also_issue(one: AlsoCompared, unique: Callable[[str], str]) -> dict[str, Any]:
    """Return the issue of another comparison, whose findings are not listed: the report has the gravest alone."""
    place = {"path": escape(one.new.source.removeprefix("./") or ".", MAX_PATH), "lines": {"begin": 1}}
    severity = "critical" if one.verdict == "fail" else "info"
    sides = name_sides(one)
    return _build("also-compared", f"{sides}: {sum_up(one)}", severity, unique(f"also-compared {sides}"), place)


def _build(rule: str, message: str, severity: str, fingerprint: str, location: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": escape(message),
        "check_name": escape(rule),
        "fingerprint": escape(fingerprint),
        "severity": severity,
        "location": location,
    }
