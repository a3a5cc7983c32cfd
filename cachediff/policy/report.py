"""The report: a comparison and its judgement as the one value that every format is a function of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import astuple

from cachediff.compare.fields import explain_fields
from cachediff.model import (
    CellSummary,
    NotCompared,
    PackageCounts,
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
from cachediff.policy.judge import count_findings, decide, judge
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.version import __version__

if TYPE_CHECKING:
    from cachediff.model import Change, Finding, InvalidPage, PackageDiff, Side, SnapshotDiff, Spec, Totals
    from cachediff.policy.settings import Policy

FORMAT_VERSION = 1
HASH_DIGITS = 7


def evaluate(diff: SnapshotDiff, policy: Policy = DEFAULT_POLICY) -> Report:
    """Return the report on a comparison: every finding judged by the policy, and the verdict."""
    findings = judge(diff, policy)
    return Report(
        FORMAT_VERSION,
        __version__,
        decide(findings, policy),
        policy.fail_on,
        _describe_side(diff.old) if diff.old else None,
        _describe_side(diff.new),
        _summarize(diff, findings),
        (),
        findings,
        tuple(_report_package(package) for package in diff.packages if package.kind not in ("rebuilt", "unchanged")) if diff.old else (),
        (*_left_out(diff.invalid_old, "old"), *_left_out(diff.invalid_new, "new")),
    )


def report_change(package: str, change: Change) -> ReportedChange:
    """Return one spec or pair as reports show it, with the fields that DeepDiff finds to differ."""
    return ReportedChange(
        change.kind,
        _report_spec(package, change.old) if change.old else None,
        _report_spec(package, change.new) if change.new else None,
        explain_fields(change.old.body, change.new.body) if change.old and change.new else (),
    )


def write_spec(package: str, spec: Spec) -> str:
    """Return a spec in Spack's notation: `gcc@14.2.0%gcc@10.5.0 +binutils arch=linux-centos7-x86_64_v3 /abc1234`."""
    c = spec.coordinates
    compiler = "" if c.compiler == "none" else f"%{c.compiler}"
    words = [f"{package}@{c.version}{compiler}", *c.variants, f"arch={c.platform}-{c.os}-{c.target}", f"/{spec.hash[:HASH_DIGITS]}"]
    return " ".join(words)


def _describe_side(side: Totals) -> SnapshotInfo:
    return SnapshotInfo(side.tag, side.source, side.packages, side.specs, side.digest)


def _summarize(diff: SnapshotDiff, findings: tuple[Finding, ...]) -> Summary:
    specs = diff.specs
    return Summary(
        PackageCounts(**diff.kinds),
        SpecSummary(specs.unchanged, specs.rebuilt, specs.changed, specs.added, specs.removed),
        CellSummary(diff.old.cells if diff.old else 0, diff.new.cells, diff.lost, diff.gained),
        count_findings(findings),
    )


def _report_package(package: PackageDiff) -> ReportedPackage:
    return ReportedPackage(
        package.package,
        package.kind,
        package.specs,
        ReportedCells(tuple(ReportedLoss(*astuple(lost.cell), "lost") for lost in package.lost), package.gained),
        tuple(report_change(package.package, change) for change in package.changes),
    )


def _report_spec(package: str, spec: Spec) -> ReportedSpec:
    c = spec.coordinates
    return ReportedSpec(
        write_spec(package, spec), spec.hash, c.version, c.compiler, c.platform, c.os, c.target, c.variants, spec.stacks, spec.index
    )


def _left_out(invalid: tuple[InvalidPage, ...], side: Side) -> list[NotCompared]:
    return [NotCompared(page.package, side, page.path) for page in invalid]
