"""What a report says, in the order and the words in which every format for people says it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from cachediff.model import SEVERITIES, Finding, ReportedPackage, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.model import Acceptance, Report, ReportedChange, Subject

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
        return "; ".join([", ".join(_culprits(report)) + accepted, *_consequences(report)])
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


def _consequences(report: Report) -> Iterable[str]:
    """Yield what a verdict with errors or warnings needs to say besides: cells lost, packages left out, and errors that may not fail."""
    cells = report.summary.cells
    if cells.lost:
        yield f"{cells.lost:,} of {number(cells.old, 'cell')} lost"
    if report.old and report.not_compared:
        yield f"{number(_count_left_out(report), 'package')} not compared"
    if report.fail_on == "never":
        yield "fail-on is never"


class Counted(Struct, frozen=True):
    """One row of the numbers table: what is counted, each side's count, and where the difference is."""

    noun: str
    old: int
    new: int
    parts: str


def count_buckets(report: Report) -> tuple[Counted, ...]:
    """Return the rows of the numbers table. OLD counts nothing where there is none."""
    old, new, counts = report.old, report.new, report.summary
    old_packages, old_specs = (old.packages, old.specs) if old else (0, 0)
    specs, cells = counts.specs, counts.cells
    pairs = specs.unchanged + specs.rebuilt + specs.changed
    left_out = max(old_specs - specs.removed, new.specs - specs.added) - pairs  # as pairs do, they count once
    return (
        Counted("packages", old_packages, new.packages, _parts(asdict(counts.packages) | {"not compared": _count_left_out(report)})),
        Counted("specs", old_specs, new.specs, _parts(asdict(specs) | {"not compared": left_out})),
        Counted("cells", cells.old, cells.new, _parts({"lost": cells.lost, "gained": cells.gained})),
    )


def count_row(row: Row) -> str:
    """Return the numbers of a row's package: `3 → 1 spec, 2 cells lost`; empty where it is not on both sides, or does not differ."""
    if row.difference is None or row.difference.kind != "changed":
        return ""
    specs, lost = row.difference.specs, len(row.difference.cells.lost)
    return f"{specs.old:,} → {number(specs.new, 'spec')}" + (f", {number(lost, 'cell')} lost" if lost else "")


def _count_left_out(report: Report) -> int:
    """Return how many packages are left out of the comparison, for a page on either side."""
    return len({left_out.package for left_out in report.not_compared})


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def by_rule(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return findings grouped by rule, in their order."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    return list(groups.items())


def by_acceptance(findings: Iterable[Finding]) -> list[tuple[Acceptance, list[Finding]]]:
    """Return accepted findings grouped by the entry of the policy that accepts them, in their order."""
    groups: dict[Acceptance, list[Finding]] = {}
    for finding in findings:
        if finding.accepted is not None:
            groups.setdefault(finding.accepted, []).append(finding)
    return list(groups.items())


def is_said_by_subject(rule: str) -> bool:
    """Return whether rule and subject say all that a finding says: `os-dropped centos7`."""
    return rule.endswith(("-dropped", "-gained"))


def say(finding: Finding) -> str:
    """Return what a finding says where rule and package stand already: its values, or else its message."""
    if is_said_by_subject(finding.rule):
        return name_subject(finding.subject)
    return finding.message.removeprefix(f"{finding.subject.package} ")


def news_first(changes: Iterable[ReportedChange]) -> list[ReportedChange]:
    """Return changes in their order, but last those in which nothing more than version or compiler differs."""
    return sorted(changes, key=lambda change: bool(change.fields) and {field.field for field in change.fields} <= {"version", "compiler"})


def show_fields(change: ReportedChange) -> Iterable[tuple[str, str, str]]:
    """Yield each field that differs with both values: a variant tells its own name, so its field is empty."""
    for field in change.fields:
        kind, _, variant = field.field.partition(".")
        nothing = f"no {variant}" if variant else "root only" if kind == "stacks" else "none"
        yield "" if variant else kind, field.old or nothing, field.new or nothing


def name_stacks(change: ReportedChange) -> str:
    """Return the stacks of a spec or pair, empty where the pair's two sides differ in them: that is told as a field."""
    spec = change.old or change.new
    if spec is None or any(field.field == "stacks" for field in change.fields):
        return ""
    return ", ".join(spec.stacks) or "root only"


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
