"""The escapers: in each language, the reader of that language finds the text that can be seen, and nothing else."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from cachediff.render import github, gitlab, junit, sarif
from cachediff.render.code_span import code, escape_html, word
from cachediff.render.csv import escape as escape_cell
from cachediff.render.html_data import escape_json
from cachediff.render.terminal import escape as escape_terminal
from cachediff.render.visible import make_visible
from tests.markdown_pages import read
from tests.runner_commands import parse_line
from tests.test_render_hostile import in_code

if TYPE_CHECKING:
    from collections.abc import Callable

OUTCOMES = {"escaped"}
SEEDS = ()


def check(data: bytes) -> str:
    """Escape one text in every way there is. Raises AssertionError where its language reads anything else."""
    text = data.decode("utf-8", "replace")
    for check_one in CHECKS:
        check_one(text)
    return "escaped"


def _markdown(text: str) -> None:
    seen = in_code(text) or " "
    assert read(f"x {code(text)} → {code(text)}: y").codes == [seen] * 2
    row = f"| {code(text, in_table=True)} | {code(text, in_table=True)}, x |"
    table = read(f"| a | b |\n|---|---|\n{row}\n{row}\n")
    assert (table.codes, table.columns) == ([seen] * 4, [[2, 2, 2]])
    assert set(read(word(text)).tags) <= {"p", "/p", "code", "/code"}
    folded = read(f"<details><summary><code>{escape_html(text)}</code></summary>\n\n* x\n\n</details>\n")
    assert folded.codes == [make_visible(text)]


def _terminal(text: str) -> None:
    shown = escape_terminal(text)
    assert shown.isprintable()
    assert "::" not in shown
    assert "##[" not in shown


def _runner(text: str) -> None:
    line = f"::error title=x{github.escape_property(text)},file=y::{github.escape(text)}"
    assert line.isprintable()
    found = parse_line(line)
    assert found
    assert (found.name, [*found.properties]) == ("error", ["title", "file"])
    assert parse_line(github.escape(text).lstrip(":")) is None
    assert "##[" not in line


def _spreadsheet(text: str) -> None:
    cell, out = escape_cell(text), StringIO()
    csv.writer(out).writerow([cell, "x"])
    assert [*csv.reader([out.getvalue()], strict=True)] == [[cell, "x"]]
    assert cell.isprintable()
    assert not cell.lstrip(" \"'").startswith(tuple("=+-@")) or cell.startswith("'")


def _xml(text: str) -> None:
    shown = junit.escape(text)
    element = ET.Element("x", a=shown)
    element.text = shown
    back = ET.fromstring(ET.tostring(element, encoding="unicode"))  # noqa: S314 - our own output
    assert (back.text or "", back.get("a")) == (shown, shown)


def _json(text: str) -> None:
    for escape in (sarif.escape, gitlab.escape):
        assert escape(text).isprintable()
    assert "](" not in sarif.escape(text)
    assert not set("{}") & set(sarif.escape(text).replace("{{", "").replace("}}", ""))
    assert unquote(sarif.write_uri(text)).removeprefix("file:///").lstrip("/") == text.lstrip("/")
    inline = escape_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(inline) == text
    assert inline.isascii()
    assert not set("<>&") & set(inline)


CHECKS: tuple[Callable[[str], None], ...] = (_markdown, _terminal, _runner, _spreadsheet, _xml, _json)
