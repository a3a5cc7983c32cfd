"""JSON pointers: what is written is what was meant, and what is too long names what holds it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cachediff.text.pointers import MAX_POINTER, parse_pointer, write_pointer

names = st.lists(st.text("a~/01") | st.integers(0, 20), max_size=5)


@given(names)
def test_what_is_written_is_read_back(path: list[str | int]) -> None:
    assert parse_pointer(write_pointer(path)) == [str(name) for name in path]


def test_as_rfc_6901_has_it() -> None:
    paths: list[list[str | int]] = [[], [""], ["a/b"], ["m~n"], ["~1"], ["foo", 0]]
    assert [write_pointer(path) for path in paths] == ["", "/", "/a~1b", "/m~0n", "/~01", "/foo/0"]


@given(names, st.integers(0, 12))
def test_a_long_one_is_cut_between_its_parts(path: list[str | int], most: int) -> None:
    cut = write_pointer(path, most)
    parts = parse_pointer(cut)
    assert len(cut) <= most
    assert parts == [str(name) for name in path[: len(parts)]]
    assert len(parts) == len(path) or len(write_pointer(path[: len(parts) + 1])) > most


def test_a_key_that_is_too_long_is_not_in_the_pointer() -> None:
    assert write_pointer(["meta", "x" * MAX_POINTER, "y"], MAX_POINTER) == "/meta"
