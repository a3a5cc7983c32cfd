"""The report: a comparison and its judgement as the one value that every format is a function of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.causes import find_causes, find_losers
from cachediff.comparison.fields import explain_fields, list_fields
from cachediff.comparison.outcomes import outcome_of_cell, outcome_of_spec
from cachediff.domain.report import (
    CellSummary,
    NotCompared,
    PackageCounts,
    PlaceCount,
    Report,
    ReportedCells,
    ReportedChange,
    ReportedLoss,
    ReportedPackage,
    ReportedSpec,
    SnapshotInfo,
    SpecSummary,
    Summary,
)
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.review.causes import explain_findings
from cachediff.review.judge import choose_date, count_findings, decide, judge
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cachediff.comparison.causes import Causes
    from cachediff.domain.diff import Change, Outcome, PackageDiff, Side, SnapshotDiff, SnapshotTotals
    from cachediff.domain.finding import Finding
    from cachediff.domain.package import InvalidPage
    from cachediff.domain.report import FieldChange
    from cachediff.domain.spec import Spec, SpecContent
    from cachediff.policy.settings import Policy

    Explain = Callable[[SpecContent, SpecContent], tuple[FieldChange, ...]]

FORMAT_VERSION = 1
HASH_DIGITS = 7
MOST_EXPLAINED = 200
"""How many changed specs DeepDiff explains: the fields of more than a person reads are told by direct comparison, to the same effect."""


def evaluate(diff: SnapshotDiff, policy: Policy = DEFAULT_POLICY, as_of: str = "", today: str = "") -> Report:
    """Return the report on a comparison: every finding judged by the policy, and the verdict.

    Acceptances expire at `as_of`, a date as `YYYY-MM-DD`, or else at the date in NEW's name, or else at `today`; without any none does.
    """
    date = choose_date(diff, policy, as_of, today)
    losers = find_losers(diff)
    # Nobody else has causes, and a walk over all packages may be one over a file.
    causes = find_causes(msgspec.structs.replace(diff, packages=losers))
    explain = explain_fields if diff.specs.changed <= MOST_EXPLAINED else list_fields
    findings = explain_findings(judge(diff, policy, date), losers, causes)
    return Report(
        FORMAT_VERSION,
        __version__,
        decide(findings, policy),
        policy.fail_on,
        _describe_side(diff.old) if diff.old else None,
        _describe_side(diff.new),
        _summarize(diff, findings),
        causes.found,
        findings,
        _ReportedPackages(diff, causes, explain).keep() if diff.old else (),
        (*_left_out(diff.invalid_old, "old"), *_left_out(diff.invalid_new, "new")),
        tuple(_count_places(diff, losers)),
        diff.selection,
        date,
    )


def report_change(package: str, change: Change, became: Outcome | None = None, explain: Explain = explain_fields) -> ReportedChange:
    """Return one spec or pair as reports show it, with the fields that differ, and what became of it."""
    return ReportedChange(
        change.kind,
        _report_spec(package, change.old) if change.old else None,
        _report_spec(package, change.new) if change.new else None,
        explain(change.old.content, change.new.content) if change.old and change.new else (),
        became,
    )


def write_spec(package: str, spec: Spec) -> str:
    """Return a spec in Spack's notation: `gcc@14.2.0%gcc@10.5.0 +binutils arch=linux-centos7-x86_64_v3 /abc1234`."""
    c = spec.coordinates
    compiler = "" if c.compiler == "none" else f"%{c.compiler}"
    words = [f"{package}@{c.version}{compiler}", *c.variants, f"arch={c.platform}-{c.os}-{c.target}", f"/{spec.hash[:HASH_DIGITS]}"]
    return " ".join(words)


def _describe_side(side: SnapshotTotals) -> SnapshotInfo:
    return SnapshotInfo(side.tag, side.source, side.packages, side.specs, side.digest)


def _summarize(diff: SnapshotDiff, findings: tuple[Finding, ...]) -> Summary:
    specs = diff.specs
    return Summary(
        PackageCounts(**diff.kinds),
        SpecSummary(specs.unchanged, specs.rebuilt, specs.changed, specs.added, specs.removed),
        CellSummary(diff.old.cells if diff.old else 0, diff.new.cells, diff.lost, diff.gained),
        count_findings(findings),
    )


def _count_places(diff: SnapshotDiff, losers: Iterable[PackageDiff]) -> Iterator[PlaceCount]:
    """Yield every place that some package has or had, in order. What each side has there and what was lost say what was gained."""
    before = diff.old.places if diff.old else {}
    after = diff.new.places
    losses = Counter(one.cell for package in losers for one in package.lost)
    for cell in sorted(before.keys() | after.keys()):
        old, new, lost = before.get(cell, 0), after.get(cell, 0), losses[cell]
        yield PlaceCount(cell.stack, cell.platform, cell.os, cell.target, old, new, lost, new - old + lost)


class _ReportedPackages(Collection[ReportedPackage]):
    """What is reported of each package that differs, in order: made anew at each walk where a comparison keeps its packages on disk."""

    def __init__(self, diff: SnapshotDiff, causes: Causes, explain: Explain) -> None:
        self._diff = diff
        self._causes = causes
        self._explain = explain

    def keep(self) -> Collection[ReportedPackage]:
        """Return the same in memory, where the comparison is."""
        return tuple(self) if isinstance(self._diff.packages, tuple) else self

    def __len__(self) -> int:
        """Return how many packages differ."""
        return sum(self._diff.kinds[kind] for kind in ("added", "removed", "changed"))

    def __iter__(self) -> Iterator[ReportedPackage]:
        """Yield what is reported of each."""
        for package in self._diff.packages:
            if package.kind not in ("rebuilt", "unchanged"):
                yield _report_package(package, self._causes, self._diff.new.stacks, self._explain)

    def __contains__(self, package: object) -> bool:
        """Return whether this is reported."""
        return any(package == one for one in self)


def _report_package(package: PackageDiff, causes: Causes, stacks: Collection[str], explain: Explain) -> ReportedPackage:
    """Return what a package lost, gained and changed, given the stacks of NEW as a whole."""
    name = package.package
    lost = tuple(
        ReportedLoss(
            one.cell.stack,
            one.cell.platform,
            one.cell.os,
            one.cell.target,
            outcome_of_cell(one, package, stacks),
            causes.of_cells.get((name, one.cell)),
        )
        for one in package.lost
    )
    changes = tuple(report_change(name, change, outcome_of_spec(change, package, stacks), explain) for change in package.changes)
    return ReportedPackage(name, package.kind, package.specs, ReportedCells(lost, package.gained), changes)


def _report_spec(package: str, spec: Spec) -> ReportedSpec:
    c = spec.coordinates
    return ReportedSpec(
        write_spec(package, spec), spec.hash, c.version, c.compiler, c.platform, c.os, c.target, c.variants, spec.stacks, spec.index
    )


def _left_out(invalid: tuple[InvalidPage, ...], side: Side) -> list[NotCompared]:
    return [NotCompared(page.package, side, page.path) for page in invalid]
