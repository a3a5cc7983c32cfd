"""Broken pages, one folder a defect: each gives exactly the problems in its `problems.txt`, and breaks no other page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachediff.engine.memory import read_snapshot
from tests.pages import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.package import InvalidPage, Snapshot
    from cachediff.domain.problem import Problem

BROKEN = FIXTURES / "broken"
DEFECTS = sorted(path.name for path in BROKEN.iterdir())


def read(defect: str, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """Return the snapshot that has a defect, its paths told from the folder of all defects."""
    monkeypatch.chdir(BROKEN)
    return read_snapshot(defect)


def describe(snapshot: Snapshot) -> Iterator[str]:
    """Yield a snapshot's problems in lines: what, where, the line with a mark under what is wrong, expected and found."""
    for page in snapshot.invalid:
        yield f"{page.path} (package {page.package})"
        for problem in page.problems:
            yield ""
            yield from describe_problem(problem)


def describe_problem(problem: Problem) -> Iterator[str]:
    """Yield one problem in lines."""
    yield f"{problem.message} at {problem.location.line}:{problem.location.column} {problem.location.pointer}".rstrip()
    if problem.excerpt:
        yield f"  {problem.excerpt.text}"
        yield f"  {' ' * problem.excerpt.start}{'^' * problem.excerpt.length}"
    yield f"expected: {problem.expected}"
    yield f"found: {problem.found}"


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_gives_its_problems(defect: str, monkeypatch: pytest.MonkeyPatch, update_golden: bool) -> None:
    golden = BROKEN / defect / "problems.txt"
    text = "\n".join(describe(read(defect, monkeypatch))) + "\n"
    if update_golden:
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_problem_has_a_place_in_its_page(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = read(defect, monkeypatch)
    assert snapshot.invalid
    for page in snapshot.invalid:
        for problem in page.problems:
            assert problem.location.path == page.path
            assert problem.expected
            assert problem.found
            assert problem.location.line == 0 or has_place(page, problem)


def has_place(page: InvalidPage, problem: Problem) -> bool:
    """Return whether a problem's line and column are in the file, and its excerpt is the text that stands there."""
    lines = (BROKEN / page.path).read_bytes().decode("utf-8", "backslashreplace").split("\n")
    line, column = lines[problem.location.line - 1], problem.location.column - 1
    if problem.excerpt is None:
        return column <= len(line)
    marked = problem.excerpt.text[problem.excerpt.start :][: problem.excerpt.length]
    return line.startswith(marked, column) and problem.excerpt.text.removeprefix("… ").removesuffix(" …") in line


def test_a_broken_page_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [page.package for page in read("same-title", monkeypatch).packages] == ["emacs"]
    assert [page.package for page in read("page-is-a-directory", monkeypatch).packages] == ["emacs"]
