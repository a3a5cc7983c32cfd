"""A page without a spec offers what no page offers: whoever is left with one has lost the package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import run

if TYPE_CHECKING:
    from pathlib import Path

ZLIB = a_page("zlib", [an_entry(1, stacks=["e4s", "hep"])])
GCC = a_page("gcc", [an_entry(2), an_entry(3, stacks=["hep"])])
EMPTY = a_page("gcc", [])


def compare(directory: Path, old: str, new: str, *options: str) -> tuple[int, dict[str, dict[str, str]], str]:
    """Return how a comparison of two pages of gcc, beside one of zlib, ended: its findings by rule, and its table."""
    sides = [str(write_snapshot(directory / side, {"gcc": gcc, "zlib": ZLIB})) for side, gcc in (("old", old), ("new", new))]
    ended = run(*sides, "-r", f"json={directory / 'report.json'}", *options)
    report = json.loads((directory / "report.json").read_bytes())
    rows = [line for line in ended.stdout.splitlines() if line.startswith("packages")]
    return ended.returncode, {one["rule"]: one["subject"] | {"is": one["severity"]} for one in report["findings"]}, rows[0]


def test_a_package_whose_page_is_empty_is_gone(tmp_path: Path) -> None:
    assert compare(tmp_path, GCC, EMPTY) == (
        1,
        {"package-removed": {"package": "gcc", "is": "error"}},
        "packages    2    1  1 removed, 1 unchanged",
    )


def test_a_package_whose_page_was_empty_is_new(tmp_path: Path) -> None:
    code, findings, row = compare(tmp_path, EMPTY, GCC)
    assert (code, row) == (0, "packages    1    2  1 added, 1 unchanged")
    assert findings["package-added"] == {"package": "gcc", "is": "note"}


def test_an_empty_page_is_no_news(tmp_path: Path) -> None:
    assert compare(tmp_path, EMPTY, EMPTY) == (0, {}, "packages    1    1  1 unchanged")


def test_what_an_empty_page_claims_is_judged(tmp_path: Path) -> None:
    assert compare(tmp_path, GCC, EMPTY.replace('"num_specs": 0', '"num_specs": 2'))[:2] == (
        1,
        {
            "package-removed": {"package": "gcc", "is": "error"},
            "count-mismatch": {"package": "gcc", "is": "error"},
        },
    )


def test_an_empty_page_does_not_stand_for_what_old_cannot_show(tmp_path: Path) -> None:
    assert compare(tmp_path, "<html>", EMPTY)[:2] == (
        1,
        {"page-invalid": {"package": "gcc", "snapshot": "both", "is": "error"}},
    )


def test_of_a_part_an_empty_page_is_gone_where_it_had_something(tmp_path: Path) -> None:
    assert compare(tmp_path, GCC, EMPTY, "--stack", "hep")[:2] == (
        1,
        {"package-removed": {"package": "gcc", "is": "error"}},
    )


def test_a_snapshot_of_empty_pages_is_none(tmp_path: Path) -> None:
    empty, full = (str(write_snapshot(tmp_path / name, {"gcc": page})) for name, page in (("empty", EMPTY), ("full", GCC)))
    for words in ((empty, full), (full, empty), (empty, empty), ("validate", empty)):
        ended = run(*words)
        assert ended.returncode == 3
        assert "holds no spec" in ended.stderr
