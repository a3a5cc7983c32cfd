"""Several comparisons of one run as one report: the first that fails, or else the first, with the others in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.domain.report import AlsoCompared, Report

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FINDINGS = 5
"""How many findings of each other comparison are kept."""


def join(reports: Iterable[Report]) -> Report:
    """Return one report for comparisons made one after the other, two at a time in memory; there is at least one.

    It is the first that fails, or else the first: so its verdict is that of all.
    """
    whole: Report | None = None
    others: list[AlsoCompared] = []
    for report in reports:
        if whole is None:
            whole = report
        # The first failure speaks for the run: behind a pass nobody would see it.
        elif report.verdict == "fail" and whole.verdict == "pass":
            others, whole = [_shorten(whole), *others], report
        else:
            others.append(_shorten(report))
    assert whole is not None  # noqa: S101 - there is at least one
    return replace(whole, also_compared=tuple(others))


def _shorten(report: Report) -> AlsoCompared:
    assert report.old is not None  # noqa: S101 - it is a comparison
    # Notes and what another finding says already are counted in the summary; room is for what fails or warns.
    grave = [one for one in report.findings if one.is_alarm and one.subsumed_by is None]
    return AlsoCompared(
        verdict=report.verdict,
        old=report.old,
        new=report.new,
        summary=report.summary,
        findings=tuple(grave[:MAX_FINDINGS]),
        wanted=report.wanted,
    )
