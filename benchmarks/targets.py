"""The targets of the project, and whether a benchmark run met them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.answers import RIGHT
from benchmarks.contenders import (
    ALL_CORES,
    FLOOR,
    HELP,
    IMPORT_TYPER,
    NAIVE,
    ONE_PACKAGE,
    ONE_PROCESS,
    START,
    VERSION,
    Contender,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.results import Results

_OURS = (ONE_PROCESS, ALL_CORES)


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: what it is about, its limit, what was measured (None: nothing), and whether that is within the limit."""

    subject: str
    limit: str
    measured: str | None
    is_met: bool = False

    def line(self) -> str:
        """A row of a markdown table."""
        verdict = "not measured" if self.measured is None else "met" if self.is_met else "**missed**"
        return f"| {self.subject} | {self.limit} | {self.measured or '-'} | {verdict} |"


def target_table(results: Results) -> str:
    """All targets, as a markdown table."""
    lines = ["| on | target | measured | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(target.line() for target in targets(results))])


def targets(results: Results) -> Iterator[Target]:
    """All targets, in the order of the project's list."""
    yield _ratio(results, "M", ONE_PROCESS, FLOOR, 5.4)
    yield _ratio(results, "M", ALL_CORES, FLOOR, 3.7)
    yield _ratio(results, "L", ALL_CORES, FLOOR, 4.0)
    yield _faster_than_naive(results)
    for contender in _OURS:
        yield _growth(results, contender)
        yield _memory(results, contender)
    for contender in (VERSION, HELP, ONE_PACKAGE):
        yield _ratio(results, START, contender, IMPORT_TYPER, 1.5)
    for size in ("week", "M", "L", "XL"):
        yield _right(results, size)


def _ratio(results: Results, size: str, contender: Contender, to: Contender, limit: float) -> Target:
    ratio = results.ratio(size, contender, to)
    subject = f"{size}: {contender.name}" if size != START else contender.name
    measured = None if ratio is None else f"{ratio:.2f} x"
    return Target(subject, f"at most {limit} x {to.name}", measured, ratio is not None and ratio <= limit)


def _faster_than_naive(results: Results) -> Target:
    ratio = results.ratio("week", NAIVE, ALL_CORES)
    ours, theirs = results.verdict("week", ALL_CORES), results.verdict("week", NAIVE)
    measured = (
        None if ratio is None else f"{ratio:.0f} x faster; {ALL_CORES.name} is {_word(ours)}, naive is {_word(theirs)}"
    )
    is_met = ratio is not None and ratio >= 100 and ours == RIGHT
    return Target(
        f"week: {ALL_CORES.name}", "at least 100 x faster than naive, and right where it is wrong", measured, is_met
    )


def _growth(results: Results, contender: Contender) -> Target:
    steps = (("M", "L"), ("L", "XL"), ("M", "XL"))
    exponents = [results.exponent(contender, *step) for step in steps]
    known = [f"{a} to {b} {value:.2f}" for (a, b), value in zip(steps, exponents, strict=True) if value is not None]
    whole = exponents[-1]
    measured = None if whole is None else ", ".join(known)
    return Target(
        f"M, L, XL: {contender.name}", "exponent of growth at most 1.05", measured, whole is not None and whole <= 1.05
    )


def _memory(results: Results, contender: Contender) -> Target:
    sample = results.median("XL", contender)
    measured = None if sample is None else f"{sample.peak:.0f} MB"
    return Target(
        f"XL: {contender.name}", "at most 250 MB in the largest process", measured, bool(sample and sample.peak <= 250)
    )


def _right(results: Results, size: str) -> Target:
    verdicts = {results.verdict(size, contender) for contender in _OURS} - {None}
    measured = " and ".join(sorted({_word(verdict) for verdict in verdicts})) or None
    return Target(f"{size}: every answer", "right", measured, verdicts == {RIGHT})


def _word(verdict: str | None) -> str:
    return RIGHT if verdict == RIGHT else "wrong" if verdict else "not judged"
