"""The block that shows a problem of a page: its marks stand under what is wrong, whatever the line holds."""

from __future__ import annotations

import re
from itertools import accumulate

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff import render
from cachediff.domain.problem import Excerpt, Location, Problem
from cachediff.render.options import Options
from cachediff.render.terminal import count_columns, crop, escape
from tests.render_cases import the_report

LINE = '{"compiler": "gcc@=11.4.0", "hash": "EY2Q3XMN", "os": "ubuntu22.04", "platform": "linux", "target": "zen4"}'


def show(excerpt: Excerpt, line: int = 6, options: Options | None = None) -> list[str]:
    """Return the lines in which a text report shows one problem."""
    problem = Problem(
        "spec hash is not a Spack hash", Location("new/py-pip/specs.md", line, 7, "/x"), "letters", "digits", excerpt
    )
    report = the_report("problems")
    finding = next(finding for finding in report.findings if finding.problems)
    finding = msgspec.structs.replace(finding, problems=(problem,))
    text = render(msgspec.structs.replace(report, findings=(finding,)), "text", options or Options())
    block = text.partition("error[page-invalid]: ")[2].partition("\n\n")[0]
    return block.split("\n")


def marked_by(shown: str, marks: str) -> str:
    """Return the part of a shown line that the marks below it stand under, by columns."""
    start, end = marks.index("^"), marks.rindex("^") + 1
    columns = list(accumulate(map(count_columns, shown), initial=0))
    return "".join(char for char, column in zip(shown, columns, strict=False) if start <= column < end)


@pytest.mark.parametrize("line", [1, 6, 42, 1234])
def test_gutter_is_as_wide_as_the_line_number(line: int) -> None:
    _, arrow, shown, marks, expected, found, note = show(Excerpt("a wrong value", 2, 5), line)
    bar = shown.index("|")
    assert shown == f" {line} | a wrong value"
    assert marks == f"{' ' * bar}|   ^^^^^"
    assert arrow.index("-->") == bar - 1
    assert {text.index("=") for text in (expected, found, note)} == {bar}


def test_problem_without_a_place_has_no_gutter() -> None:
    excerpt = None
    problem = Problem(
        "page cannot be read: a symbolic link", Location("new/zlib/specs.md"), "a regular file", "a symbolic link", excerpt
    )
    report = the_report("problems")
    finding = msgspec.structs.replace(next(finding for finding in report.findings if finding.problems), problems=(problem,))
    text = render(msgspec.structs.replace(report, findings=(finding,)))
    assert (
        "error[page-invalid]: page cannot be read: a symbolic link\n"
        "  --> new/zlib/specs.md\n"
        "   = expected: a regular file\n"
        "   = found: a symbolic link\n"
    ) in text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (LINE, '"EY2Q3XMN"'),
        ('{"名前": "値", "hash": "EY2Q3XMN"}', '"EY2Q3XMN"'),
        ('{"e\u0301t\u0301e\u0301": 1, "hash": "ÉY"}', '"ÉY"'),
        ('\t\x1b[31m "hash": "EY"', '"EY"'),
        ('::error:: ##[x] "hash": "EY"', '"EY"'),
        ('"hash": "漢字"', '"漢字"'),
    ],
)
@pytest.mark.parametrize("is_ascii", [False, True])
def test_marks_stand_under_the_value(text: str, marked: str, is_ascii: bool) -> None:
    _, _, shown, marks, *_ = show(Excerpt(text, text.index(marked), len(marked)), options=Options(is_ascii=is_ascii))
    wanted = escape(marked).encode("ascii", "backslashreplace").decode() if is_ascii else escape(marked)
    assert marked_by(shown, marks) == wanted


@given(st.text(max_size=120), st.data())
def test_marks_stand_under_the_value_in_any_line(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    length = data.draw(st.integers(1, 20))
    _, _, shown, marks, *_ = show(Excerpt(text, start, length))
    assert re.fullmatch(r" +\| +\^+", marks)
    assert shown.startswith(" 6 | ")
    assert shown.isprintable()
    # Marks at a line's end are cut with it, a mark of no width is one column wide, and in a broken command a character may
    # be escaped.
    wanted, marked = (without_marks(part) for part in (escape(text[start : start + length]), marked_by(shown, marks)))
    if wanted and "::" not in text and "##[" not in text:
        assert marked
        assert wanted.startswith(marked)


def without_marks(text: str) -> str:
    """Return text without the characters that take no column."""
    return "".join(char for char in text if count_columns(char))


@given(
    st.text(alphabet="ab \"'{}:,", min_size=1, max_size=120), st.integers(0, 119), st.integers(1, 60), st.integers(36, 120)
)
def test_excerpt_is_cropped_to_the_room_and_keeps_its_mark(text: str, start: int, length: int, room: int) -> None:
    start = min(start, len(text) - 1)
    length = min(length, len(text) - start)
    cropped, first, kept = crop(Excerpt(text, start, length), room)
    assert len(cropped) <= room
    assert min(length, room - 4) <= kept <= length
    assert cropped[first : first + kept] == text[start : start + kept]
    assert cropped.removeprefix("… ").removesuffix(" …").strip() in text
