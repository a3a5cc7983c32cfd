"""Whatever the bytes: reading gives a page or problems with a place, never an exception, and soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.domain.package import InvalidPage, PackageRecord
from cachediff.sources.pages.validate import MAX_COMPLAINTS
from tests.examples import examples, some
from tests.pages import parse, read_real
from tests.test_reading_equal import HOSTILE, mutated_pages, tokens

if TYPE_CHECKING:
    from cachediff.domain.problem import Problem

EMACS = read_real("week/new")["emacs"].decode()
thorough = settings(max_examples=examples(300), deadline=None, derandomize=True)


def is_trustworthy(data: bytes) -> bool:
    """Return whether bytes are read to a page, or to problems that each stand where they say."""
    page = parse(data)
    return isinstance(page, PackageRecord) or (
        0 < len(page.problems) <= MAX_COMPLAINTS and all(has_place(data, problem) for problem in page.problems)
    )


def has_place(data: bytes, problem: Problem) -> bool:
    """Return whether a problem's line and column are in the bytes, and its mark is under what stands there."""
    text = data.decode("utf-8", "backslashreplace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    line, column = text.split("\n")[problem.location.line - 1], problem.location.column - 1
    if not problem.message or not problem.expected or not problem.found or not 0 <= column <= len(line):
        return False
    if problem.excerpt is None:
        return not line.strip()
    shown, start, length = problem.excerpt.text, problem.excerpt.start, problem.excerpt.length
    return length > 0 and len(shown) <= 84 and line.startswith(shown[start : start + length].removesuffix(" …"), column)


@thorough
@given(mutated_pages())
def test_mutated_pages_are_read_or_told_of(pages: tuple[bytes, bytes]) -> None:
    assert is_trustworthy(pages[1])


@thorough
@given(
    st.lists(tokens, max_size=30).map("".join),
    st.sampled_from(["{}", "---\n{}\n---", "---\ntitle: {}\nlayout: cache\n---\n"]),
)
def test_hostile_front_matter_is_told_of(text: str, frame: str) -> None:
    assert is_trustworthy(frame.replace("{}", text).encode("utf-8", "surrogatepass"))


@thorough
@given(st.binary(max_size=60))
def test_any_bytes_are_told_of(data: bytes) -> None:
    assert is_trustworthy(data)
    assert is_trustworthy(b"---\n" + data + b"\n---")
    assert is_trustworthy(EMACS.encode().replace(b'"sequoia"', data))


@pytest.mark.parametrize("end", some(range(0, len(EMACS) - 1, 7)))
def test_a_page_cut_anywhere_is_told_of(end: int) -> None:
    data = EMACS.encode()[:end]
    assert isinstance(parse(data), InvalidPage)
    assert is_trustworthy(data)


def test_each_hostile_token_alone_is_told_of() -> None:
    for token in HOSTILE:
        assert is_trustworthy(token.encode("utf-8", "surrogatepass"))


# --- bombs -------------------------------------------------------------------------------------------------------------


def sized(text: str) -> str:
    """Return the page of emacs with a text as a size."""
    return EMACS.replace('"-"', text, 1)


def with_lines(text: str) -> str:
    """Return the page of emacs with lines of its own."""
    return EMACS.replace("layout", f"{text}\nlayout", 1)


MANY = 20_000
BOMBS = {
    "an alias of aliases": with_lines(
        "a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 10}]" for n in range(1, 12))
    ),
    "an alias of aliases as objects": with_lines(
        "a0: &a0 {x: 1}\n" + "\n".join(f"a{n}: &a{n} {{b: *a{n - 1}, c: *a{n - 1}}}" for n in range(1, 40))
    ),
    "an alias of merge keys": with_lines(
        "a: &a {" + ", ".join(f"k{n}: 1" for n in range(500)) + "}\nb: {<<: [" + "*a, " * 500 + "]}"
    ),
    "a chain of merge keys": with_lines(
        "k0: &m0 {a0: 1}\n" + "\n".join(f"k{n}: &m{n} {{<<: *m{n - 1}, a{n}: 1}}" for n in range(1, 500))
    ),
    "a merge key of many": with_lines("a: {<<: [" + ", ".join(f"{{k{n}: 1}}" for n in range(MANY)) + "]}\n? [a]\n: 1"),
    "an alias of itself": with_lines("a: &a [*a]\nb: &b {c: *b}\nd: &d {<<: *d}"),
    "deep aliases": with_lines(
        "\n".join(f"a{n}: &a{n} {'[' * 45}{f'*a{n - 1}' if n else ''}{']' * 45}" for n in range(60)) + "\n#" + "x" * MANY
    ),
    "many aliases": sized("[&a [1, 2, 3]" + ", *a" * MANY + "]"),
    "brackets": sized("[" * MANY),
    "braces": sized('{"a": ' * MANY),
    "closed brackets": sized("[" * MANY + "]" * MANY),
    "dashes": with_lines("a:\n  " + "- " * MANY),
    "question marks": with_lines("a:\n  " + "? " * MANY),
    "digits": sized("1" * MANY),
    "digits of a fraction": sized("1." + "1" * MANY),
    "digits of sixteen": sized("0x" + "f" * MANY),
    "digits of sixty": sized("1" + ":1" * MANY),
    "digits of sixty and a fraction": sized("1" + ":1" * 400 + ".0"),
    "a tag without end": sized("!<" + "x" * MANY + "> 1"),
    "an anchor without end": sized("&" + "a" * MANY + " {}"),
    "an unknown alias without end": sized("*" + "a" * MANY),
    "a key without end": with_lines("? " + "k" * MANY + "\n: 1\n? " + "k" * MANY + "\n: 2"),
    "a count under a key without end": EMACS.replace('"root": 3', '? "' + "k" * MANY + '" : x', 1),
    "a flaw everywhere": sized("[" + "!x a, " * MANY + "]"),
    "a key again and again": with_lines("a: 1\n" * 5000),
    "a wrong spec again and again": EMACS.replace("[{", "[" + '{"hash": 1}, ' * 5000 + "{", 1),
    "a list of all but names": EMACS.replace('"oss": [', '"oss": [1, ' + ", ".join(f'"{n}"' for n in range(MANY)) + ", ", 1),
    "fences that are none": "---\n" + "---x\n" * MANY + "---",
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_does_not_go_off(bomb: str) -> None:
    started = time.monotonic()
    page = parse(BOMBS[bomb].encode())
    assert time.monotonic() - started < 10
    assert isinstance(page, InvalidPage)
    assert is_trustworthy(BOMBS[bomb].encode())
    assert all(len(text) < 400 for problem in page.problems for text in (problem.message, problem.expected, problem.found))
