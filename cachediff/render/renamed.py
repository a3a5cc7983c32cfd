"""What probably has another name now: told below what vanished, and written as the policy would say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.vanished import MAX_NAMED, PLURALS
from cachediff.text.yaml_writer import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.report import Report

MAX_RENAMES = 50
"""How many renames of a kind a report for people writes out; the JSON report has all."""


def name_renames(report: Report, show: Callable[[str], str] = str) -> str:
    """Return `probably renamed: stacks e4s → e4s-2, hep → hep-2 (+26)`, empty where nothing seems to be.

    `show` makes page text fit for the format.
    """
    parts = []
    for field, plural in PLURALS.items():
        found = [one for one in report.renames if one.field == field]
        pairs = ", ".join(f"{show(one.old)} → {show(one.new)}" for one in found[:MAX_NAMED])
        more = f" (+{len(found) - MAX_NAMED:,})" if len(found) > MAX_NAMED else ""
        parts += [f"{field if len(found) == 1 else plural} {pairs}{more}"] if found else []
    return f"probably renamed: {', '.join(parts)}" if parts else ""


def write_renames(report: Report) -> Iterator[str]:
    """Yield the lines of YAML that say so in a policy: then nothing of it is a loss."""
    if report.renames:
        yield "renames:"
    for field, plural in PLURALS.items():
        found = [one for one in report.renames if one.field == field]
        if found:
            yield f"  {plural}:"
        yield from (f"    {write_text(one.old)}: {write_text(one.new)}" for one in found[:MAX_RENAMES])
        if len(found) > MAX_RENAMES:
            yield f"    # and {len(found) - MAX_RENAMES:,} more: renames in the JSON report"
