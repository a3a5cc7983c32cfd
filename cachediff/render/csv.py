"""What changed as a table for spreadsheets.

It has a row a lost or gained cell, a row a spec or pair that is news, and a row a package left out.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import astuple

from cachediff.render.outline import show_fields
from cachediff.render.visible import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.cell import Cell
    from cachediff.domain.report import Report, ReportedChange, ReportedLoss
    from cachediff.render.options import Options

MAX_ROWS = 1_000_000
"""A spreadsheet holds 1,048,576 rows."""

MAX_CELL = 32_000
"""Longest text of a spreadsheet's cell: Excel takes 32,767 characters."""

_FORMULA = re.compile(r"""["'\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]""")
"""What a spreadsheet may take for a formula, also after quotes or blanks that it drops, and in the full width of East Asian
keyboards."""


class Row(Struct, frozen=True):
    """One row, a field a column. Of a pair of specs it tells the old one, and `fields` what differs."""

    what: str
    package: str = ""
    stack: str = ""
    platform: str = ""
    os: str = ""
    target: str = ""
    version: str = ""
    compiler: str = ""
    variants: str = ""
    old_hash: str = ""
    new_hash: str = ""
    fields: str = ""
    became: str = ""


COLUMNS = tuple(name.replace("_", " ") for name in Row.__struct_fields__)


def render_csv(report: Report, options: Options) -> str:
    """Return the table as RFC 4180 has it, the header always there; a row on top says how many do not fit a spreadsheet.

    What we say ourselves is ASCII, `->` for an arrow, because Excel guesses the encoding of a file.
    """
    import csv  # the standard library's: imports are absolute

    del options
    rows = _rows(report)
    listed = list(islice(rows, MAX_ROWS))
    left_out = sum(1 for _ in rows)
    if left_out:
        # On top, because a spreadsheet that cuts cuts at the end.
        listed.insert(0, Row(f"{left_out:,} more rows are left out: the JSON report has all of them"))
    writer = csv.writer(_Echo())
    return "".join(
        writer.writerow(cells) for cells in (COLUMNS, *([escape(cell) for cell in astuple(row)] for row in listed))
    )


class _Echo:
    """What csv writes to: it hands each line back, which the writer returns."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def escape(text: str) -> str:
    """Return page text as a cell that no spreadsheet takes for a formula.

    What could be one, such as `+cuda`, gets an apostrophe.
    """
    # Made visible first: no character that a spreadsheet drops is left before a sign.
    shown = make_visible(text, MAX_CELL)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _rows(report: Report) -> Iterator[Row]:
    """Yield the rows: the packages that are not compared, then package by package cells and specs.

    Of the packages that are not compared nothing else can be told.
    """
    for left_out in report.not_compared:
        yield Row("package not compared", left_out.package, fields=f"{left_out.snapshot}: {left_out.path}")
    for package in report.packages:
        name = package.package
        yield from (_cell_row("lost cell", name, lost, lost.became) for lost in package.cells.lost)
        yield from (_cell_row("gained cell", name, gained) for gained in package.cells.gained)
        for change in package.changes:
            if change.kind in ("removed", "added", "changed") or change.fields:
                yield from _spec_row(name, change)


def _cell_row(what: str, package: str, cell: Cell | ReportedLoss, became: str = "") -> Row:
    return Row(
        what=what,
        package=package,
        stack=cell.stack,
        platform=cell.platform,
        os=cell.os,
        target=cell.target,
        became=became,
    )


def _spec_row(package: str, change: ReportedChange) -> Iterator[Row]:
    """Yield the row of one spec or pair: an iterator, because a change without a spec has none."""
    spec = change.old or change.new
    if spec is None:
        return
    yield Row(
        what=f"{change.kind} spec",
        package=package,
        stack=", ".join(spec.stacks) or "root only",
        platform=spec.platform,
        os=spec.os,
        target=spec.target,
        version=spec.version,
        compiler=spec.compiler,
        variants=" ".join(spec.variants),
        old_hash=change.old.hash if change.old else "",
        new_hash=change.new.hash if change.new else "",
        fields="; ".join(f"{f'{field}: ' if field else ''}{old} -> {new}" for field, old, new in show_fields(change)),
        became=change.became or "",
    )
