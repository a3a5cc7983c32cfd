"""What is wrong with a page, for a terminal: each problem with its place, the piece of the line, and marks below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.terminal import count_columns, crop, escape_each, finish, paint, wrap
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.finding import Finding, Severity
    from cachediff.domain.problem import Excerpt, Location, Problem
    from cachediff.render.options import Options

MAX_PROBLEMS = 3
"""How many problems of one page are told, unless verbose."""


def paint_problems(finding: Finding, options: Options, left_out: str) -> Iterator[str]:
    """Yield the lines on a page that cannot be trusted, and an empty one; `left_out` says what is not compared for it."""
    shown = finding.problems if options.is_verbose else finding.problems[:MAX_PROBLEMS]
    for problem in shown:
        yield from _paint_problem(finding, problem, options)
    margin = _margin(shown[-1].location)
    if (more := len(finding.problems) - len(shown)) > 0:
        yield f"{margin} = note: {number(more, 'more problem')} here (-v lists them)"
    if left_out:
        yield from wrap(f"{margin} = note:", left_out, "dim", options)
    yield ""


def paint_place(place: Location, options: Options) -> Iterator[str]:
    """Yield the lines that say where something is, as editors open it."""
    yield from wrap(f"{_margin(place)}-->", f"{place.shown}  {place.pointer}".rstrip(), "dim", options)


def _paint_problem(finding: Finding, problem: Problem, options: Options) -> Iterator[str]:
    margin = _margin(problem.location)
    yield from wrap(f"{finding.severity}[{finding.rule}]:", problem.message, finding.severity, options)
    yield from paint_place(problem.location, options)
    if problem.excerpt:
        yield from _paint_excerpt(problem.excerpt, problem.location.line, finding.severity, options)
    yield from wrap(f"{margin} = expected:", problem.expected, "dim", options)
    yield from wrap(f"{margin} = found:", problem.found, "dim", options)


def _paint_excerpt(excerpt: Excerpt, line: int, severity: Severity, options: Options) -> Iterator[str]:
    """Yield the piece of a line that a problem shows, and marks under what is wrong: in columns, as it will be shown."""
    gutter = f" {line} | "
    text, start, length = crop(excerpt, max(options.width, 40) - 1 - len(gutter))
    # Character by character: marks have to stand below what escaping made of each.
    shown = [finish(char, options) for char in escape_each(text)]
    indent = count_columns("".join(shown[:start]))
    carets = count_columns("".join(shown[start : start + length]))
    below = " " * (len(gutter) - 2) + "| "
    yield f"{paint(gutter, 'dim', options)}{''.join(shown)}"
    yield f"{paint(below, 'dim', options)}{' ' * indent}{paint('^' * max(1, carets), severity, options)}"


def _margin(place: Location) -> str:
    """Return the blanks left of the arrow to a place: as wide as its line number, and one more."""
    return " " * (len(str(place.line)) + 1)
