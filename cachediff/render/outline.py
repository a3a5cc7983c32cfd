"""What a report says, in the order and the words in which every format for people says it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from cachediff.model import SEVERITIES, Finding, ReportedPackage, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.model import Report, Subject

MOST_EXAMPLES = 5
"""How many examples are told before the rest is only counted."""


class Row(Struct, frozen=True):
    """The findings of one severity about one package, and what the report knows of that package."""

    severity: Severity
    package: str
    findings: tuple[Finding, ...]
    difference: ReportedPackage | None


class Outline(Struct, frozen=True):
    """The findings that are told, sorted into pages that cannot be trusted, the whole snapshot, and packages; most severe first."""

    invalid: tuple[Finding, ...]
    wide: tuple[Finding, ...]
    rows: tuple[Row, ...]
    accepted: tuple[Finding, ...]

    def rows_of(self, severity: Severity) -> list[Row]:
        """Return the rows of one severity."""
        return [row for row in self.rows if row.severity == severity]


def outline(report: Report) -> Outline:
    """Return the outline of a report: findings that others subsume are left to those."""
    told = [finding for finding in report.findings if finding.subsumed_by is None]
    open_ = [finding for finding in told if finding.status == "open"]
    packages = {package.package: package for package in report.packages}
    local = [finding for finding in open_ if finding.subject.package and not finding.problems]
    local.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.subject.package))
    rows = [
        Row(severity, package, tuple(findings), packages.get(package))
        for (severity, package), findings in groupby(local, key=lambda finding: (finding.severity, finding.subject.package))
    ]
    return Outline(
        tuple(finding for finding in open_ if finding.problems),
        tuple(finding for finding in open_ if not finding.subject.package and not finding.problems),
        tuple(rows),
        tuple(finding for finding in told if finding.status == "accepted"),
    )


def headline(report: Report) -> str:
    """Return the verdict and its reason in one line: packages and cells, not findings."""
    return f"{report.verdict}: {_reason(report)}"


def _reason(report: Report) -> str:
    counts = report.summary.findings
    accepted = f", {counts.accepted:,} accepted" if counts.accepted else ""
    if counts.error or counts.warning:
        lost = [f"{report.summary.cells.lost:,} of {number(report.summary.cells.old, 'cell')} lost"] if report.summary.cells.lost else []
        return "; ".join([", ".join(_culprits(report)), *lost]) + accepted
    if report.old is None:
        return f"{number(report.new.packages, 'page')} and {number(report.new.specs, 'spec')} are valid and add up"
    if report.old.digest == report.new.digest:
        return f"the snapshots are identical{accepted}"
    specs = report.summary.specs
    differing = specs.rebuilt + specs.changed + specs.added + specs.removed
    if differing == 0 and not report.packages:
        return f"the snapshots hold the same specs{accepted}"
    return f"{number(differing, 'spec')} {'differs' if differing == 1 else 'differ'}, nothing the policy forbids{accepted}"


def _culprits(report: Report) -> Iterable[str]:
    """Yield how many packages have errors, and how many warnings; findings about the whole snapshot are counted by themselves."""
    told = [finding for finding in report.findings if finding.subsumed_by is None and finding.status == "open"]
    for severity in SEVERITIES[:2]:
        findings = [finding for finding in told if finding.severity == severity]
        packages = len({finding.subject.package for finding in findings} - {""})
        wide = sum(not finding.subject.package for finding in findings)
        if wide:
            yield f"{number(wide, severity)} about the whole snapshot"
        if packages:
            yield f"{severity}s in {number(packages, 'package')}"


def bucket_words(report: Report) -> list[tuple[str, int, int, str]]:
    """Return the rows of the numbers table: what is counted, OLD's count, NEW's count, and where the difference is."""
    summary = report.summary
    old = report.old
    return [
        ("packages", old.packages if old else 0, report.new.packages, _parts(asdict(summary.packages))),
        ("specs", old.specs if old else 0, report.new.specs, _parts(asdict(summary.specs))),
        ("cells", summary.cells.old, summary.cells.new, _parts({"lost": summary.cells.lost, "gained": summary.cells.gained})),
    ]


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def by_rule(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return findings grouped by rule, in their order."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    return list(groups.items())


def say(findings: list[Finding]) -> str:
    """Return what findings of one rule about one package say: the message of one, or the values of several."""
    if len(findings) == 1:
        return findings[0].message
    return some([name_subject(finding.subject) for finding in findings])


def name_subject(subject: Subject) -> str:
    """Return what a subject names besides its package: `centos7`, `e4s +cuda cuda_arch=80`."""
    return " ".join(value for name, value in asdict(subject).items() if value and name != "package") or subject.package


def some(texts: list[str], most: int = MOST_EXAMPLES) -> str:
    """Return texts as a list of at most `most`, and how many more there are."""
    shown = ", ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown} and {len(texts) - most:,} more"


def number(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"
