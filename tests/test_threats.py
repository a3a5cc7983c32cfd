"""docs/threats.md: every test that it names is there, and every row says what stops somebody."""

from __future__ import annotations

import re

from tests.commands import ROOT

TEXT = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = [
    line.strip("| ").split(" | ")
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| who |", "|---"))
]


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    defined = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named) > 40
    assert named - defined == set()


def test_every_row_names_a_test_or_says_that_there_is_none() -> None:
    assert len(ROWS) > 30
    assert [
        row for row in ROWS if len(row) != 4 or not (row[3] == "none" or re.fullmatch(r"`test_\w+`(, `test_\w+`)*", row[3]))
    ] == []


def test_who_is_who() -> None:
    people = set(re.findall(r"^\* \*\*(\w+)\*\*", TEXT, re.MULTILINE))
    assert {row[0] for row in ROWS} - people == {
        "anyone who may change the workflow or `.gitlab-ci.yml`",
        "whoever writes a report",
    }
