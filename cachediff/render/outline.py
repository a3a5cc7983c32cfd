"""What a report says, in the order and the words in which every format for people says it."""

from __future__ import annotations

import shlex
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from cachediff.domain.finding import SEVERITIES, Finding, Severity, row_order
from cachediff.domain.report import ReportedPackage
from cachediff.domain.spec import DEFAULT_STACK
from cachediff.domain.tags import name_date
from cachediff.render.counts import note_lost
from cachediff.text.words import list_some, number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from cachediff.domain.finding import Acceptance, Subject
    from cachediff.domain.report import Report, ReportedChange
    from cachediff.render.options import RuleText

Lost: TypeAlias = tuple[int, int]
NOTHING_LOST: Lost = (0, 0)


class Row(Struct, frozen=True):
    """The findings of one severity about one package, and what the report knows of that package.

    `repeats` are those that tell of nothing that the others do not tell.
    """

    severity: Severity
    package: str
    findings: tuple[Finding, ...]
    difference: ReportedPackage | None
    repeats: tuple[Finding, ...] = ()


class Outline(Struct, frozen=True):
    """The findings told, sorted into pages that cannot be trusted, the whole snapshot, and packages.

    Most severe first, then what lost most. What repeats others about the whole snapshot is left out: what is gone is told.
    """

    invalid: tuple[Finding, ...]
    wide: tuple[Finding, ...]
    rows: tuple[Row, ...]
    accepted: tuple[Finding, ...]

    def rows_of(self, severity: Severity) -> list[Row]:
        """Return the rows of one severity."""
        return [row for row in self.rows if row.severity == severity]


def outline(report: Report, *, is_whole: bool = False) -> Outline:
    """Return the outline of a report: findings that others subsume are left to those.

    What repeats others is apart, unless all is to be told.
    """
    listed = [finding for finding in report.findings if finding.subsumed_by is None]
    open_ = [finding for finding in listed if finding.status == "open"]
    local = [finding for finding in open_ if finding.subject.package and not finding.problems]
    # A stable sort: within a package the rules keep the report's order.
    local.sort(key=row_order)
    named = {finding.subject.package for finding in local}
    # Of the packages of a long report only those that have a row are kept.
    packages = {package.package: package for package in report.packages if package.package in named}
    rows = []
    for (severity, package), group in groupby(local, key=lambda finding: (finding.severity, finding.subject.package)):
        told, repeats = _part(group, is_whole=is_whole)
        # Of what is said at another severity already nothing is left to say.
        if told:
            rows.append(Row(severity, package, told, packages.get(package), repeats))
    rows.sort(key=_rank)
    wide, _ = _part(
        (finding for finding in open_ if not finding.subject.package and not finding.problems), is_whole=is_whole
    )
    return Outline(
        tuple(finding for finding in open_ if finding.problems),
        put_largest_first(wide),
        tuple(rows),
        tuple(finding for finding in listed if finding.status == "accepted"),
    )


def _part(findings: Iterable[Finding], *, is_whole: bool) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what is told, and what would only repeat that."""
    listed = [*findings]
    if is_whole:
        return tuple(listed), ()
    return tuple(one for one in listed if one.repeats is None), tuple(one for one in listed if one.repeats is not None)


def _rank(row: Row) -> tuple[int, Lost, str]:
    lost = measure_loss(row.difference) if row.difference else NOTHING_LOST
    return SEVERITIES.index(row.severity), lost, row.package


def put_largest_first(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """Return findings of which those that count what was lost stand by that, in each other's places.

    What is about the whole snapshot comes before what is about a package.
    """
    losses = (finding for finding in findings if finding.is_loss)
    by_size = iter(sorted(losses, key=_measure_finding))
    # A snapshot that shrank counts no cells, and is told before all that went with it: it keeps its place.
    return tuple(next(by_size) if finding.is_loss else finding for finding in findings)


def _measure_finding(finding: Finding) -> tuple[int, bool, int, int]:
    return SEVERITIES.index(finding.severity), bool(finding.subject.package), -finding.cells, -finding.facets


def measure_loss(package: ReportedPackage) -> Lost:
    """Return what packages are sorted by, those first that lost most: cells, then specs."""
    return -len(package.cells.lost), -package.specs.removed


def sort_by_package(findings: Collection[Finding]) -> Iterable[Finding]:
    """Return findings by severity and package, else in their order: a collection that is not in memory knows how."""
    in_rows = getattr(findings, "by_package", None)
    return in_rows() if in_rows else sorted(findings, key=row_order)


def count_row(row: Row) -> str:
    """Return the numbers of a row's package: `3 → 1 spec, 2 cells lost`.

    It is empty where the package is not on both sides, or does not differ.
    """
    return count_package(row.difference) if row.difference else ""


def count_package(package: ReportedPackage) -> str:
    """Return the numbers of a package, empty where it is not on both sides, or does not differ."""
    if package.kind != "changed":
        return ""
    specs, lost = package.specs, package.cells.lost
    became = Counter(cell.became for cell in lost)
    note = note_lost(len(lost), moved=became["retargeted"], unneeded=became["unneeded"], unwanted=became["unwanted"])
    cells = f", {number(len(lost), 'cell')} lost{note}" if lost else ""
    return f"{specs.old:,} → {number(specs.new, 'spec')}{cells}"


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


def sum_up_subsumed(report: Report, show: Callable[[str], str] = str) -> Iterator[str]:
    """Yield how many findings the snapshot-wide ones say already.

    For example `70 findings are told by those about the whole snapshot: os-dropped 70`.

    `show` makes a rule's name fit for the format.
    """
    subsumed = Counter(finding.rule for finding in report.findings if finding.subsumed_by is not None)
    if subsumed:
        rules = ", ".join(f"{show(rule)} {count:,}" for rule, count in subsumed.items())
        verb = "is" if subsumed.total() == 1 else "are"
        yield f"{number(subsumed.total(), 'finding')} {verb} told by those about the whole snapshot: {rules}"


def write_command(report: Report) -> str:
    """Return what to type to see the report again, quoted for a shell."""
    # Quoted, since a path may hold blanks or `$(...)`: who pastes the line runs nothing else.
    if not report.old:
        return shlex.join(["cachediff", "validate", report.new.source])
    return shlex.join(["cachediff", report.old.source, report.new.source, *list_options(report)])


def list_options(report: Report) -> Iterator[str]:
    """Yield the options that decide what a report says, as far as it knows them."""
    for name, value in asdict(report.selection).items():
        if value != "*":
            yield from (f"--{name}", value)
    for lock in report.wanted.locks if report.wanted else ():
        yield from ("--wanted", lock)
    # A date that NEW's name has need not be given again.
    if report.as_of and report.as_of != name_date(report.new.source):
        yield from ("--as-of", report.as_of)


def is_said_by_subject(rule: str, rules: Mapping[str, RuleText]) -> bool:
    """Return whether rule and subject say all that a finding says: `os-dropped centos7`.

    A report may name rules of another version.
    """
    return rule in rules and rules[rule].is_said_by_subject


def sum_up_repeats(findings: Iterable[Finding], show: Callable[[str], str] = str) -> str:
    """Return in short what else is gone with lost cells that are told already: `os centos7, target aarch64`.

    Of a rule whose subject says all it is the values, of any other the rule.
    """
    said: dict[str, list[str]] = {}
    for finding in findings:
        named = name_subject(finding.subject)
        kind, _, _ = finding.rule.partition("-")
        is_value = getattr(finding.subject, kind, "") == named
        said.setdefault(kind if is_value else finding.rule, []).append(named)
    return "; ".join(f"{kind} {list_some([*map(show, values)])}" for kind, values in said.items())


def say(finding: Finding, rules: Mapping[str, RuleText]) -> str:
    """Return what a finding says where rule and package stand already: its values, or else its message."""
    if is_said_by_subject(finding.rule, rules):
        return name_subject(finding.subject)
    return finding.message.removeprefix(f"{finding.subject.package} ")


def news_first(changes: Iterable[ReportedChange]) -> list[ReportedChange]:
    """Return changes in their order, but last those in which nothing more than version or compiler differs."""
    return sorted(
        changes,
        key=lambda change: bool(change.fields) and {field.field for field in change.fields} <= {"version", "compiler"},
    )


def show_fields(change: ReportedChange) -> Iterable[tuple[str, str, str]]:
    """Yield each field that differs with both values: a variant tells its own name, so its field is empty."""
    for field in change.fields:
        kind, _, part = field.field.partition(".")
        is_variant = kind == "variants"
        nothing = f"no {part}" if is_variant else "root only" if kind == "stacks" else "none"
        yield "" if is_variant else _name_field(kind, part), field.old or nothing, field.new or nothing


def _name_field(kind: str, part: str) -> str:
    """Return what a field is called beside its values: `mpi provider`, `dependency zlib`, `recipe`."""
    if kind == "providers":
        return f"{part} provider"
    return f"dependency {part}" if kind == "dependencies" else {"package_hash": "recipe"}.get(kind, kind)


def name_stacks(change: ReportedChange) -> str:
    """Return the stacks of a spec or pair, empty where the pair's two sides differ in them: that is told as a field."""
    spec = change.old or change.new
    if spec is None or any(field.field == "stacks" for field in change.fields):
        return ""
    # What is in no stack of an index is in the one that all such specs are in: nothing that tells them apart.
    return "" if spec.stacks == (DEFAULT_STACK,) else ", ".join(spec.stacks) or "root only"


def name_subject(subject: Subject) -> str:
    """Return what a subject names besides its package: `centos7`, `e4s +cuda cuda_arch=80`."""
    fields = {name: value for name, value in asdict(subject).items() if value and name != "package"}
    # All is in this one where a snapshot knows no stacks: to name it tells nothing apart.
    if fields.get("stack") == DEFAULT_STACK and len(fields) > 1:
        del fields["stack"]
    return " ".join(fields.values()) or subject.package
