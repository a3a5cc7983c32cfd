"""A markdown report fits into any budget from 1,000 characters up: verdict, numbers and the sum of causes stay, tables stay tables."""

from __future__ import annotations

import re
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options as CmarkOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff import compare, evaluate, read_snapshot, render
from cachediff.render.options import Options
from tests.builders import a_page, an_entry, write_snapshot

WEEK = Path(__file__).parent.parent / "fixtures/real/week"


def in_markdown(report: object, budget: int) -> str:
    """Return a report as markdown within a budget."""
    return render(report, "markdown", Options(budget=budget))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Return the report on a hundred packages that each lost an os, and as many that lost a variant."""
    root = tmp_path_factory.mktemp("many")
    old: dict[str, str | bytes] = {
        f"lost-{n:03}": a_page(f"lost-{n:03}", [an_entry(2 * n), an_entry(2 * n + 1, os="rhel8", stacks=["hep"])]) for n in range(100)
    }
    new: dict[str, str | bytes] = {f"lost-{n:03}": a_page(f"lost-{n:03}", [an_entry(2 * n)]) for n in range(100)}
    old |= {f"off-{n:03}": a_page(f"off-{n:03}", [an_entry(1000 + n, variants=["+mpi"], stacks=["hep"])]) for n in range(100)}
    new |= {f"off-{n:03}": a_page(f"off-{n:03}", [an_entry(2000 + n, variants=["~mpi"], stacks=["hep"])]) for n in range(100)}
    return evaluate(compare(read_snapshot(str(write_snapshot(root / "old", old))), read_snapshot(str(write_snapshot(root / "new", new)))))


@settings(max_examples=60)
@given(budget=st.integers(1_000, 30_000))
def test_any_budget_is_kept_and_says_what_is_left_out(many: object, budget: int) -> None:
    whole, text = in_markdown(many, 1_000_000), in_markdown(many, budget)
    assert len(text) <= budget
    lines = text.splitlines()
    assert lines[0] == whole.splitlines()[0]
    assert "errors in 100 packages" in lines[0]
    assert all(line in lines for line in whole.splitlines() if line.startswith(("| packages", "| specs", "| cells", "**")))
    assert lines[1].endswith(f"left out to fit into {budget:,} characters: all is in the JSON and HTML reports") == (text != whole)
    html = cmarkgfm.github_flavored_markdown_to_html(text, CmarkOptions.CMARK_OPT_UNSAFE)
    assert html.count("<details>") == html.count("</details>")
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        rows = [len(re.findall(r"<t[hd]", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)]
        assert len(rows) > 1
        assert len(set(rows)) == 1


def test_what_is_left_out_is_the_least_important(many: object) -> None:
    text = in_markdown(many, 4_000)
    assert "<details>" not in text
    assert "| error | | snapshot-shrunk" in text
    assert "| warning | `off-000` |" in text


def test_whole_report_is_the_same_within_any_budget_that_it_fits() -> None:
    report = evaluate(compare(read_snapshot(str(WEEK / "old")), read_snapshot(str(WEEK / "new"))))
    whole = in_markdown(report, 1_000_000)
    assert in_markdown(report, len(whole)) == whole
    assert in_markdown(report, len(whole) - 1) != whole
