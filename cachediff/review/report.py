"""The report: a comparison and its judgement as the one value that every format is a function of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from cachediff.comparison.causes import find_causes
from cachediff.comparison.fields import differing_facts, differing_pair_facts, explain_fields, list_fields
from cachediff.comparison.losers import WatchedPackages
from cachediff.comparison.outcomes import outcome_of_cell, outcome_of_spec
from cachediff.comparison.renamed import find_renames
from cachediff.domain.report import (
    CellCount,
    CellSummary,
    FacetSummary,
    IntegritySides,
    NotCompared,
    PackageCounts,
    Report,
    ReportedCells,
    ReportedChange,
    ReportedLoss,
    ReportedPackage,
    ReportedSpec,
    ReportedWanted,
    SnapshotInfo,
    SpecSummary,
    Summary,
)
from cachediff.domain.selection import is_of_packages
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.review.causes import explain_findings
from cachediff.review.judge import choose_date, count_findings, decide, judge, order_finding
from cachediff.review.losses import count_losses, list_told
from cachediff.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cachediff.comparison.causes import Causes
    from cachediff.domain.diff import Change, Outcome, PackageDiff, SnapshotDiff, SnapshotTotals
    from cachediff.domain.finding import Finding
    from cachediff.domain.report import LossSummary
    from cachediff.domain.spec import FieldChange, Spec, SpecContent
    from cachediff.policy.settings import Policy

    Explain = Callable[[SpecContent, SpecContent], tuple[FieldChange, ...]]

FORMAT_VERSION = 1
# As many as Spack itself prints of a hash.
HASH_DIGITS = 7
MAX_EXPLAINED = 200
"""How many changed specs DeepDiff explains: the fields of more than a person reads are told by direct comparison, to the
same effect."""


def evaluate(diff: SnapshotDiff, policy: Policy = DEFAULT_POLICY, as_of: str = "", today: str = "") -> Report:
    """Return the report on a comparison: every finding judged by the policy, and the verdict.

    Acceptances expire at `as_of`, a date as `YYYY-MM-DD`, or else at the date in NEW's name, or else at `today`; without any
    none does.
    """
    date = choose_date(diff, policy, as_of, today)
    watched = WatchedPackages(diff.packages)  # which are walked over anyway: those that lost something need no walk more
    judged = judge(msgspec.structs.replace(diff, packages=watched), policy, date, lambda: watched.losers)
    losers = watched.losers
    # Nobody else has causes.
    causes = find_causes(msgspec.structs.replace(diff, packages=losers))
    explain = explain_fields if diff.specs.changed <= MAX_EXPLAINED else list_fields
    findings, losses = count_losses(explain_findings(judged, losers, causes), losers)
    # Once more: only now it is known how many lost cells each speaks of, and those of most come first.
    findings = tuple(sorted(findings, key=order_finding))
    return Report(
        format_version=FORMAT_VERSION,
        cachediff=__version__,
        verdict=decide(findings, policy),
        fail_on=policy.fail_on,
        old=_describe_side(diff.old) if diff.old else None,
        new=_describe_side(diff.new),
        summary=_summarize(diff, losers, findings, losses),
        causes=causes.found,
        findings=findings,
        packages=_ReportedPackages(diff, causes, explain).keep() if diff.old else (),
        not_compared=tuple(_list_left_out(diff)),
        coverage=tuple(_count_places(diff, losers)),
        selection=diff.selection,
        as_of=date,
        integrity=_describe_integrity(diff),
        rebuilds=diff.graph.rebuilds,
        wanted=_describe_wanted(diff),
        renames=find_renames(diff, list_told(findings)),
    )


def report_change(package: str, change: Change, became: Outcome | None, explain: Explain = explain_fields) -> ReportedChange:
    """Return one spec or pair as reports show it, with the fields that differ, and what became of it."""
    return ReportedChange(
        kind=change.kind,
        old=_report_spec(package, change.old) if change.old else None,
        new=_report_spec(package, change.new) if change.new else None,
        fields=_explain_pair(change, explain),
        became=became,
    )


def _explain_pair(change: Change, explain: Explain) -> tuple[FieldChange, ...]:
    """Return the fields that differ in a pair, those that only records have, too: of one hash all of these."""
    if not change.old or not change.new:
        return ()
    fields = explain(change.old.content, change.new.content)
    if change.kind == "unchanged":
        return fields + differing_facts(change.old.facts, change.new.facts)
    return tuple(sorted((*fields, *differing_pair_facts(change.old, change.new)), key=lambda field: field.field))


def write_spec(package: str, spec: Spec) -> str:
    """Return a spec in Spack's notation: `gcc@14.2.0%gcc@10.5.0 +binutils arch=linux-centos7-x86_64_v3 /abc1234`."""
    c = spec.coordinates
    # `none` is how a page says that no language is declared, and no compiler of Spack's.
    compiler = "" if c.compiler == "none" else f"%{c.compiler}"
    words = [
        f"{package}@{c.version}{compiler}",
        *c.variants,
        f"arch={c.platform}-{c.os}-{c.target}",
        f"/{spec.hash[:HASH_DIGITS]}",
    ]
    return " ".join(words)


def _describe_side(side: SnapshotTotals) -> SnapshotInfo:
    return SnapshotInfo(
        tag=side.tag,
        source=side.source,
        packages=side.packages,
        specs=side.specs,
        digest=side.digest,
        kind=side.reading.kind,
        format=side.reading.format,
        notes=side.reading.notes,
    )


def _describe_integrity(diff: SnapshotDiff) -> IntegritySides | None:
    """Return how many records give their hashes, None where a side is no index."""
    before, after = diff.old.reading.integrity if diff.old else None, diff.new.reading.integrity
    return None if after is None or (diff.old and before is None) else IntegritySides(before, after)


def _describe_wanted(diff: SnapshotDiff) -> ReportedWanted | None:
    """Return what locks say of the losses, None where nobody named any."""
    if diff.wanted is None:
        return None
    wanted = diff.wanted.wanted
    places = (diff.old.packages_by_cell.keys() if diff.old else set()) | diff.new.packages_by_cell.keys()
    return ReportedWanted(
        locks=wanted.locks,
        packages=len({spec[0] for specs in (*wanted.by_stack.values(), wanted.everywhere or ()) for spec in specs}),
        lost=diff.wanted.lost,
        no_longer=diff.wanted.unwanted,
        missing=sum(len(gap.packages) or 1 for gap in diff.wanted.missing),
        unnamed=tuple(sorted({cell.stack for cell in places if not wanted.is_judged(cell.stack)})),
    )


def _summarize(
    diff: SnapshotDiff, losers: Iterable[PackageDiff], findings: Iterable[Finding], losses: LossSummary
) -> Summary:
    specs = diff.specs
    moved = sum(one.is_served for package in losers for one in package.needed)
    return Summary(
        PackageCounts(**diff.kinds),
        SpecSummary(
            unchanged=specs.unchanged, rebuilt=specs.rebuilt, changed=specs.changed, added=specs.added, removed=specs.removed
        ),
        CellSummary(
            old=diff.old.cells if diff.old else 0,
            new=diff.new.cells,
            lost=diff.lost,
            gained=diff.gained,
            unneeded=sum(map(len, diff.graph.unneeded.values())),
            blocked=diff.graph.blocked,
            moved=moved,
        ),
        count_findings(findings),
        FacetSummary(dict(sorted(diff.facets_lost.items())), dict(sorted(diff.facets_gained.items()))),
        losses,
    )


def _count_places(diff: SnapshotDiff, losers: Iterable[PackageDiff]) -> Iterator[CellCount]:
    """Yield every place that some package has or had, in order.

    What each side has there and what was lost say what was gained.
    """
    before = diff.old.packages_by_cell if diff.old else {}
    after = diff.new.packages_by_cell
    losses = Counter(one.cell for package in losers for one in package.lost)
    for cell in sorted(before.keys() | after.keys()):
        old, new, lost = before.get(cell, 0), after.get(cell, 0), losses[cell]
        yield CellCount(
            stack=cell.stack,
            platform=cell.platform,
            os=cell.os,
            target=cell.target,
            old=old,
            new=new,
            lost=lost,
            # Not kept by the collectors: it follows from what is.
            gained=new - old + lost,
        )


class _ReportedPackages(Collection[ReportedPackage]):
    """What is reported of each package that differs, in order.

    It is made anew at each walk where a comparison keeps its packages on disk.
    """

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
        diff = self._diff
        # A stack that some packages left may still have others.
        kept = {*diff.new.stacks, *(diff.old.stacks if diff.old and is_of_packages(diff.selection) else ())}
        for package in diff.packages:
            if package.kind not in ("rebuilt", "unchanged"):
                yield _report_package(package, self._causes, kept, self._explain)

    def __contains__(self, package: object) -> bool:
        """Return whether this is reported."""
        return any(package == one for one in self)


def _report_package(package: PackageDiff, causes: Causes, stacks: Collection[str], explain: Explain) -> ReportedPackage:
    """Return what a package lost, gained and changed, given the stacks of NEW as a whole."""
    name = package.package
    lost = tuple(
        ReportedLoss(
            stack=one.cell.stack,
            platform=one.cell.platform,
            os=one.cell.os,
            target=one.cell.target,
            became=outcome_of_cell(one, package, stacks),
            cause=causes.of_cells.get((name, one.cell)),
        )
        for one in package.lost
    )
    changes = tuple(
        report_change(name, change, outcome_of_spec(change, package, stacks), explain) for change in package.changes
    )
    return ReportedPackage(
        package=name, kind=package.kind, specs=package.specs, cells=ReportedCells(lost, package.gained), changes=changes
    )


def _report_spec(package: str, spec: Spec) -> ReportedSpec:
    c = spec.coordinates
    return ReportedSpec(
        spec=write_spec(package, spec),
        hash=spec.hash,
        version=c.version,
        compiler=c.compiler,
        platform=c.platform,
        os=c.os,
        target=c.target,
        variants=c.variants,
        stacks=spec.stacks,
        index=spec.index,
    )


def _list_left_out(diff: SnapshotDiff) -> Iterator[NotCompared]:
    """Yield the packages with a page, or record of NEW, that is not to be trusted: one of OLD leaves the rest compared."""
    yield from (NotCompared(page.package, "old", page.path) for page in diff.invalid_old)
    yield from (NotCompared(page.package, "new", page.path) for page in diff.invalid_new)
    faults = (fault for fault in diff.new.reading.faults if fault.kind == "record" and fault.package)
    found = {fault.package: fault.location.path for fault in faults}
    yield from (NotCompared(package, "new", path) for package, path in sorted(found.items()))
