"""What snapshots are written as, and what is known of how they were read: one line, and none for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.reading import Integrity
    from cachediff.domain.report import Report


def describe_reading(report: Report, show: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the formats of the snapshots with how many of their hashes were recomputed, and what else a reader has to know.

    For example `site v7 → site v8: 1,240 of 1,240 → 266 of 266 hashes recomputed`. Nothing is said of pages alone.
    """
    sides = [side for side in (report.old, report.new) if side]
    if any(side.kind != "pages" for side in sides):
        formats = " → ".join(show(side.format) for side in sides)
        yield formats + _say_integrity(report)
    for note in dict.fromkeys(note for side in sides for note in side.notes):
        which = [name for name, side in (("old", report.old), ("new", report.new)) if side and note in side.notes]
        yield f"{which[0]}: {show(note)}" if len(which) < len(sides) else show(note)


def list_unproven(report: Report) -> Iterator[str]:
    """Yield the records of NEW whose hashes cannot be recomputed, and how many more there are."""
    if report.integrity and (side := report.integrity.new).unproven:
        more = side.not_recomputable - len(side.unproven)
        yield f"not recomputable: {', '.join(side.unproven)}{f' and {more:,} more' if more > 0 else ''}"


def _say_integrity(report: Report) -> str:
    if report.integrity is None:
        return ""
    sides = [side for side in (report.integrity.old, report.integrity.new) if side]
    return f": {' → '.join(map(_count, sides))} hashes recomputed"


def _count(side: Integrity) -> str:
    return f"{side.recomputed:,} of {side.records:,}"
