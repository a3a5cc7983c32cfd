"""The table for spreadsheets: its rows, and that no cell is a formula."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given

from cachediff import render
from cachediff.domain.cell import Cell
from cachediff.domain.report import ReportedChange
from cachediff.domain.spec import FieldChange
from cachediff.render import csv as render_csv
from cachediff.render.csv import COLUMNS, escape
from cachediff.render.visible import make_visible
from tests.render_cases import the_report
from tests.reports import HOSTILE, a_package, a_report, a_reported_spec, hostile_reports, hostile_text

if TYPE_CHECKING:
    from cachediff.domain.report import Report

CELL = Cell("e4s", "linux", "ubuntu22.04", "zen4")


def read(report: Report) -> list[dict[str, str]]:
    """Return a report's rows, after the header was found in its place and each line to be as long as it."""
    text = render(report, "csv")
    assert text.endswith("\r\n")
    header, *rows = csv.reader(text.splitlines(keepends=True), strict=True)
    assert tuple(header) == COLUMNS
    assert {len(row) for row in rows} <= {len(COLUMNS)}
    return [dict(zip(header, row, strict=True)) for row in rows]


def strip(cell: str) -> str:
    """Return what a cell holds: without the apostrophe that keeps a formula from being one."""
    return cell[1:] if escape(cell[1:]) == cell else cell


def test_the_columns() -> None:
    columns = "what,package,stack,platform,os,target,version,compiler,variants,old hash,new hash,fields,became"
    assert render(the_report("identical"), "csv") == f"{columns}\r\n"


def test_the_real_week() -> None:
    rows = read(the_report("week"))
    assert [(row["what"], row["package"]) for row in rows] == [
        ("added spec", "cuda"),
        ("rebuilt spec", "cuda"),
        ("changed spec", "emacs"),
        ("changed spec", "emacs"),
        ("lost cell", "gcc"),
        ("lost cell", "gcc"),
        ("removed spec", "gcc"),
        ("removed spec", "gcc"),
        ("added spec", "py-pip"),
        ("rebuilt spec", "py-pip"),
    ]
    assert rows[1]["fields"] == "stacks: e4s, hep -> e4s"
    assert rows[2]["fields"] == "'+native -> ~native"
    assert rows[5] | {"became": ""} == dict.fromkeys(COLUMNS, "") | {
        "what": "lost cell",
        "package": "gcc",
        "stack": "developer-tools-x86_64_v3-linux-gnu",
        "platform": "linux",
        "os": "centos7",
        "target": "x86_64_v3",
    }


def test_cells_and_specs_tell_what_became_of_them() -> None:
    removed = ReportedChange("removed", a_reported_spec(1, stacks=()), None, (), "superseded")
    added = ReportedChange("added", None, a_reported_spec(2, variants=("~mpi", "api=v1")), ())
    changed = ReportedChange(
        "changed", a_reported_spec(3), a_reported_spec(4, version="2.0"), (FieldChange("version", "1.0", "2.0"),)
    )
    rows = read(
        a_report(packages=[a_package(lost=[(CELL, "retargeted")], gained=[CELL], changes=[removed, added, changed])])
    )
    assert [(row["what"], row["became"]) for row in rows] == [
        ("lost cell", "retargeted"),
        ("gained cell", ""),
        ("removed spec", "superseded"),
        ("added spec", ""),
        ("changed spec", ""),
    ]
    assert [(bool(row["old hash"]), bool(row["new hash"])) for row in rows[2:]] == [
        (True, False),
        (False, True),
        (True, True),
    ]
    assert [row["stack"] for row in rows[2:4]] == ["root only", "e4s"]
    assert [row["variants"] for row in rows[2:4]] == ["'+cuda", "~mpi api=v1"]
    assert rows[4]["fields"] == "version: 1.0 -> 2.0"
    assert rows[4]["version"] == "1.0"


def test_a_package_that_is_not_compared_is_a_row() -> None:
    rows = read(the_report("problems"))
    assert [(row["package"], row["fields"]) for row in rows if row["what"] == "package not compared"][:2] == [
        ("bad-old", "old: old/bad-old/specs.md"),
        ("cut", "new: new/cut/specs.md"),
    ]


def test_rebuilt_specs_are_no_news() -> None:
    rebuilt = ReportedChange("rebuilt", a_reported_spec(1), a_reported_spec(2), ())
    assert read(a_report(packages=[a_package(changes=[rebuilt])])) == []


def test_what_a_spreadsheet_cannot_hold_is_counted_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_csv, "MAX_ROWS", 2)
    rows = read(a_report(packages=[a_package(gained=[CELL] * 5)]))
    assert [row["what"] for row in rows] == [
        "3 more rows are left out: the JSON report has all of them",
        "gained cell",
        "gained cell",
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cuda", "'+cuda"),
        ("-x", "'-x"),
        ("@SUM(1)", "'@SUM(1)"),
        ('"=1', "'\"=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("\t=1", "\\t=1"),
        ("\r=1", "\\r=1"),
        ("~cuda", "~cuda"),
        ("build_system=generic +cuda", "build_system=generic +cuda"),
        ("1.0", "1.0"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert escape(text) == cell


@given(hostile_text)
@example("'" * 3)
@example("x" * 40_000)
def test_a_cell_is_read_back(text: str) -> None:
    cell = escape(text)
    assert strip(cell) == make_visible(text, render_csv.MAX_CELL)
    assert cell.lstrip("\"' \t\r\n\u3000")[:1] not in tuple("=+-@＝＋－＠") or cell.startswith("'")
    assert len(cell) < 32_767 or not text.isprintable()
    assert cell.isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_package_is_one_cell(text: str) -> None:
    (row,) = read(a_report(packages=[a_package(text, gained=[CELL])]))
    assert strip(row["package"]) == make_visible(text, render_csv.MAX_CELL)


@given(hostile_reports())
def test_hostile_text_keeps_the_table_in_shape(report: Report) -> None:
    rows = read(report)
    cells = sum(len(package.cells.lost) + len(package.cells.gained) for package in report.packages)
    assert sum(row["what"].endswith("cell") for row in rows) == cells
    assert all(cell.isprintable() for row in rows for cell in row.values())
