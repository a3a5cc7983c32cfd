"""What the same run compared besides, as formats for people tell it: the verdict, the numbers, the gravest findings."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cachediff.render.budget import Part
from cachediff.render.code_span import code, word
from cachediff.render.counts import note_lost, note_missing
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.report import AlsoCompared, Report

SIGNS = {"pass": "✅", "fail": "❌"}


def name_sides(one: AlsoCompared) -> str:
    """Return what was compared with what."""
    return f"{one.old.source} → {one.new.source}"


def sum_up(one: AlsoCompared) -> str:
    """Return the verdict and its numbers in one line, in which no word is a page's."""
    counts, cells = one.summary.findings, one.summary.cells
    said = [number(count, noun) for count, noun in ((counts.error, "error"), (counts.warning, "warning")) if count]
    accepted = [f"{counts.accepted:,} accepted"] if counts.accepted else []
    note = note_lost(
        cells.lost, moved=cells.moved, unneeded=cells.unneeded, unwanted=one.wanted.no_longer if one.wanted else 0
    )
    lost = f"; {cells.lost:,} of {number(cells.old, 'cell')} lost{note}" if cells.lost else ""
    return f"{one.verdict}: {', '.join([*said, *accepted]) or 'nothing that counts'}{lost}{note_missing(one.wanted)}"


def is_clean(one: AlsoCompared) -> bool:
    """Return whether a comparison passes and found nothing that counts: it leaves nothing to look at."""
    counts = one.summary.findings
    found = counts.error + counts.warning + counts.accepted + one.summary.cells.lost
    return one.verdict == "pass" and not found


def tell_also(report: Report) -> Iterator[str]:
    """Yield the other comparisons, each in one line that says what it is."""
    yield from (f"{name_sides(one)}, also compared: {sum_up(one)}" for one in report.also_compared)


def count_more(one: AlsoCompared) -> int:
    """Return how many errors and warnings are not listed."""
    return max(0, one.summary.findings.error + one.summary.findings.warning - len(one.findings))


def list_also(report: Report, importance: int, most: int) -> Part:
    """Return the other comparisons in markdown: a failing one is said before all else that may be cut."""
    # Failing ones first: the end is what is cut.
    ordered = (one for verdict in ("fail", "pass") for one in report.also_compared if one.verdict == verdict)
    return Part(
        importance,
        [[*_list(one)] for one in islice(ordered, most)],
        opening=["Also compared:", ""],
        noun="other comparison",
        more=max(0, len(report.also_compared) - most),
        rest=lambda left: [f"* and {number(left, 'other comparison')}"],
    )


def _list(one: AlsoCompared) -> Iterator[str]:
    yield f"* {SIGNS[one.verdict]} {code(name_sides(one))} {sum_up(one)}"
    yield from (f"  * {finding.severity} {word(finding.rule)} {code(finding.message)}" for finding in one.findings)
    if more := count_more(one):
        yield f"  * and {more:,} more"
