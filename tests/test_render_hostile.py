"""Text and markdown keep their promises whatever a page holds; cmarkgfm, GitHub's own parser, judges the markdown."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cachediff import render
from cachediff.domain.report import Report
from cachediff.render.code_span import code, escape_html
from cachediff.render.options import Options
from cachediff.render.terminal import escape
from cachediff.render.visible import MAX_TEXT, make_visible
from tests.commands import NEXT
from tests.examples import examples
from tests.markdown_pages import TAGS, read
from tests.render_cases import CASES, HOSTILE, make_hostile, replace_text, the_report

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE_TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=20), min_size=1, max_size=4).map("".join)


def in_code(text: str) -> str:
    """Return what a code span shows of a text."""
    return re.sub("`{51,}", "`" * 49 + "…", make_visible(text))


# --- one text ----------------------------------------------------------------------------------------------------------


@settings(max_examples=examples(300))
@given(HOSTILE_TEXT)
@example("`")
@example("\\")
@example("a\\|b")
@example("` a")
@example("`" * 50 + "<img>")
@example("`" * 51 + "<img>")
@example("`" * 81 + "<img> https://example.com")
@example("  ")
@example("\u3164")
def test_code_is_one_code_element_with_the_visible_text(text: str) -> None:
    shown = in_code(text)
    assert shown.isprintable()
    for markdown in (code(text), f"* {code(text)} in x\n  * {code(text)}", f"x {code(text)} → {code(text)}: y"):
        found = read(markdown)
        assert found.codes == [shown] * markdown.count(code(text))
        assert set(found.tags) <= {"p", "/p", "code", "/code", "ul", "/ul", "li", "/li"}


@settings(max_examples=examples(300))
@given(HOSTILE_TEXT)
@example("a\\|b")
@example("\\")
@example("|")
@example("\\\\|")
def test_code_in_a_table_is_one_code_element_in_one_cell(text: str) -> None:
    row = f"| error | {code(text, in_table=True)} | {code(text, in_table=True)}, {code(text, in_table=True)} |"
    found = read(f"| | package | findings |\n|---|---|---|\n{row}\n{row}\n")
    assert found.codes == [in_code(text)] * 6
    assert found.columns == [[3, 3, 3]]


@settings(max_examples=examples(300))
@given(HOSTILE_TEXT)
def test_html_is_text_and_nothing_else(text: str) -> None:
    found = read(f"<details><summary><code>{escape_html(text)}</code>: 1 → 2 specs</summary>\n\n* x\n\n</details>\n")
    assert found.codes == [make_visible(text)]
    assert [tag for tag in found.tags if tag not in {"p", "/p"}][:6] == [
        "details",
        "summary",
        "code",
        "/code",
        "/summary",
        "ul",
    ]


@settings(max_examples=examples(300))
@given(HOSTILE_TEXT)
def test_escaped_text_prints_and_commands_nothing(text: str) -> None:
    shown = escape(text)
    assert shown.isprintable()
    assert "::" not in shown
    assert "##[" not in shown
    assert max(map(len, shown.split()), default=0) <= 500 * len("\\U0010ffff")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_plain_text_is_left_alone(text: str) -> None:
    if "::" not in text and "##[" not in text:
        assert escape(text) == text
    assert make_visible(text) == text


def test_text_is_cut_before_it_is_escaped() -> None:
    assert read(code("`" * 10_000 + "<b>")).codes == ["`" * 49 + "……"]
    assert read(code("\u202e" * 10_000)).codes == ["\\u202e" * (MAX_TEXT - 1) + "…"]
    assert escape("x" * 10_000) == "x" * 499 + "…"
    assert len(escape("x " * 10_000)) == 2_000


# --- whole reports -----------------------------------------------------------------------------------------------------


@cache
def plain_report() -> Report:
    """Return a report with findings, packages and problems, each text in it another one and harmless."""
    return make_hostile(the_report("problems"), the_report("week"), tuple(f"t{number}" for number in range(1_000)))


def spread(texts: list[str]) -> Report:
    """Return the report with hostile text in place of harmless text; what was different stays so, and in the same order."""
    report = plain_report()

    def replace(text: str) -> str:
        return f"{text}{texts[int(text[1:]) % len(texts)]}" if text else text

    return msgspec.convert(replace_text(msgspec.to_builtins(report), replace), Report)


def lead(texts: list[str]) -> Report:
    """Return the report of one package, all whose texts start with hostile ones."""
    report = plain_report()
    package = [*report.packages][-2].package
    one = msgspec.structs.replace(
        report,
        findings=tuple(finding for finding in report.findings if finding.subject.package == package),
        packages=tuple(other for other in report.packages if other.package == package),
    )
    return msgspec.convert(
        replace_text(msgspec.to_builtins(one), lambda text: texts[hash(text) % len(texts)] + text if text else ""), Report
    )


REPORTS = st.builds(spread, st.lists(HOSTILE_TEXT, min_size=1, max_size=6)) | st.builds(
    lead, st.lists(HOSTILE_TEXT, min_size=1, max_size=6)
)


@settings(max_examples=examples(60))
@given(REPORTS)
def test_markdown_has_no_element_but_ours(report: Report) -> None:
    markdown = render(report, "markdown", Options(budget=10_000_000))
    found = read(markdown)
    assert {tag.removeprefix("/") for tag in found.tags} <= TAGS
    assert found.attributes == set()
    assert Counter(tag for tag in found.tags if tag[0] != "/") == Counter(tag[1:] for tag in found.tags if tag[0] == "/")
    assert all(len(set(table)) == 1 for table in found.columns)
    assert not re.search(r"[@#]|https?:|www\.", "".join(found.texts))
    assert all(line.isprintable() for line in markdown.splitlines())


@settings(max_examples=examples(60))
@given(st.lists(HOSTILE_TEXT, min_size=1, max_size=6))
def test_markdown_has_the_same_elements_whatever_the_text(texts: list[str]) -> None:
    assert (
        read(render(spread(texts), "markdown", Options(budget=10_000_000))).tags
        == read(render(plain_report(), "markdown")).tags
    )


@settings(max_examples=examples(60))
@given(
    REPORTS,
    st.sampled_from(
        [Options(), Options(width=120), Options(is_verbose=True), Options(is_ascii=True), Options(is_quiet=True)]
    ),
)
def test_text_prints_and_commands_nothing(report: Report, options: Options) -> None:
    text = render(report, "text", options)
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert len(line) < 20_000
    assert text.splitlines()[-1].startswith(f"{report.verdict}: ")
    assert not options.is_ascii or text.isascii()


@settings(max_examples=examples(60))
@given(st.lists(HOSTILE_TEXT, min_size=1, max_size=6), st.sampled_from([60, 80, 120]))
def test_text_fits_its_width_but_for_long_words(texts: list[str], width: int) -> None:
    for line in render(spread(texts), "text", Options(width=width)).splitlines()[:-1]:
        if NEXT.match(line):
            continue
        is_excerpt = re.match(r" *\d* \| ", line)  # the marks below it hold it together
        assert len(line) < width or is_excerpt or len(max(line.split(), key=len)) > width - 36


@pytest.mark.parametrize("case", CASES)
def test_markdown_of_every_case_is_tables_and_code(case: str) -> None:
    found = read(render(the_report(case), "markdown"))
    assert {tag.removeprefix("/") for tag in found.tags} <= TAGS
    assert all(len(set(table)) == 1 for table in found.columns)
    assert found.tags[:2] == ["h3", "/h3"]


@pytest.mark.parametrize("show", [escape, lambda text: read(code(text)).codes[0]])
def test_two_texts_that_differ_are_shown_differently(show: Callable[[str], str]) -> None:
    """A name with a bidi mark or a letter that nobody sees is not taken for the name without it."""
    assert len({show(text) for text in ("gcc", "gcc\u200b", "gcc\u202e", "gcc\u3164", "gcc\ufe0f", "gcc\x00")}) == 6
