"""Findings as the results of a gate: what the formats for CI servers and code hosts say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cachediff.domain.finding import SEVERITIES, Finding, name_fields
from cachediff.domain.problem import Location
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.finding import Acceptance
    from cachediff.domain.report import Report

MAX_RESULTS = 5_000
"""How many findings such a format lists: GitHub shows no more of a SARIF run, and GitLab gives up on JUnit files that are
much larger."""


class Results(Struct, frozen=True):
    """The findings that a format lists, most severe first and open before accepted, and how many it leaves out.

    `left_out` counts those that there is no room for, `subsumed` those that a finding about the whole snapshot says already.
    """

    listed: tuple[Finding, ...]
    left_out: int
    subsumed: int

    @property
    def remark(self) -> str:
        """What has to be said near the top: empty when everything is listed."""
        if not self.left_out:
            return ""
        total = number(len(self.listed) + self.left_out, "finding")
        return f"{len(self.listed):,} of {total} are listed, most severe first; all of them are in the JSON report"


def list_results(report: Report, most: int = MAX_RESULTS) -> Results:
    """Return the findings of a report that stand for themselves, at most so many."""
    listed = [finding for finding in report.findings if finding.subsumed_by is None]
    # What is cut at the end is the mildest, and of that what is accepted.
    listed.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.status == "accepted"))
    return Results(tuple(listed[:most]), max(0, len(listed) - most), len(report.findings) - len(listed))


def is_failure(finding: Finding, report: Report) -> bool:
    """Return whether a finding is one of those that fail the run."""
    if report.fail_on == "never" or finding.status == "accepted":
        return False
    return SEVERITIES.index(finding.severity) <= SEVERITIES.index(report.fail_on)


def locate(finding: Finding, report: Report) -> Location:
    """Return where a finding is shown.

    One about the whole snapshot stands at the snapshot, for most sinks refuse one without a place.
    """
    location = finding.location or Location(report.new.source)
    # Code hosts match paths to the files of the repository, which do not begin with `./`.
    path = location.path.removeprefix("./") or "."
    return Location(path, location.line, location.column, location.pointer)


def name_result(finding: Finding) -> str:
    """Return a finding's rule and subject in one line: `os-dropped gcc os=centos7`."""
    package, others = finding.subject.package, replace(finding.subject, package="")
    return " ".join([finding.rule, *([package] if package else []), *name_fields(others)])


def say_accepted(acceptance: Acceptance | None) -> str:
    """Return why a finding does not count."""
    if acceptance is None:
        return "accepted"
    owner = f" by {acceptance.owner}" if acceptance.owner else ""
    return f"accepted{owner} until {acceptance.until}: {acceptance.reason}"


def make_unique() -> Callable[[str], str]:
    """Return a function that gives back each name it has not seen yet, and `name (2)` for one that it has."""
    seen: set[str] = set()

    def unique(name: str) -> str:
        found, count = name, 1
        # From 2 on each time: names seldom repeat, and MAX_RESULTS bounds how often they can.
        while found in seen:
            count += 1
            found = f"{name} ({count})"
        seen.add(found)
        return found

    return unique
