"""The formats that programs read, on every case: golden files, in which nothing stands that changes without a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from cachediff import render
from tests.render_cases import CASES, the_report

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = ("junit", "sarif", "github", "gitlab", "csv")
GOLDEN = Path(__file__).parent / "golden"


def show(case: str, format: str) -> str:
    """Return one case in one format: of SARIF's rules only their ids, and lines that end as a file in git does."""
    text = render(msgspec.structs.replace(the_report(case), cachediff="VERSION"), format)
    if format == "sarif":
        log = json.loads(text)
        driver = log["runs"][0]["tool"]["driver"]
        driver["rules"] = [rule["id"] for rule in driver["rules"]]
        text = json.dumps(log, indent=1, ensure_ascii=False) + "\n"
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, format: str, golden: Callable[[str, Path], None]) -> None:
    golden(show(case, format), GOLDEN / f"{case}.{format}")


@pytest.mark.parametrize("format", FORMATS)
def test_same_report_same_bytes(format: str) -> None:
    assert render(the_report("week"), format) == render(the_report("week"), format)
