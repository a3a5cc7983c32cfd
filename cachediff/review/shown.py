"""From a report, and the pairs of one package, to what is shown of that package."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachediff.domain.report import ReportedCells, SpecSummary
from cachediff.domain.shown import ShownPackage
from cachediff.review.report import report_change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.domain.diff import Change
    from cachediff.domain.report import Report


def show_package(report: Report, package: str, pairs: Iterable[Change]) -> ShownPackage:
    """Return what a report says of a package, with every spec and pair of it: reports leave out what is no news."""
    is_compared = all(left_out.package != package for left_out in report.not_compared)
    reported = next((one for one in report.packages if one.package == package), None)
    # From the report, as what became of a removed spec takes the stacks of all of NEW.
    became = {change.old.hash: change.became for change in (reported.changes if reported else ()) if change.old}
    changes = tuple(
        report_change(package, pair, became.get(pair.old.hash) if pair.old and not pair.new else None)
        for pair in (pairs if is_compared else ())
    )
    counts = Counter(change.kind for change in changes)
    return ShownPackage(
        package=package,
        old=report.old.source if report.old else "",
        new=report.new.source,
        as_of=report.as_of,
        is_compared=is_compared,
        specs=SpecSummary(**{name: counts[name] for name in ("unchanged", "rebuilt", "changed", "added", "removed")}),
        cells=reported.cells if reported else ReportedCells((), ()),
        findings=tuple(finding for finding in report.findings if finding.subject.package == package),
        changes=changes,
    )
