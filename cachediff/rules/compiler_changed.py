"""compiler-changed: a changed spec has another compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.nearest import is_same_compiler
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.pairs import group_by_leaving
from cachediff.rules.rule import Rule, locate_spec_of
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.spec import Coordinates


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and compiler that it leaves."""
    for package, compiler, specs in group_by_leaving(diff, _compiler_left):
        others = list_sorted({spec.coordinates.compiler for spec in specs})
        message = f"{package.package} goes from {compiler} to {others} in {number(len(specs), 'spec')}"
        yield Observation(Subject(package=package.package, compiler=compiler), message, locate_spec_of(package, specs[0]))


def _compiler_left(old: Coordinates, new: Coordinates) -> tuple[str, ...]:
    return () if is_same_compiler(old, new) else (old.compiler,)


RULE = Rule(
    id="compiler-changed",
    severity="note",
    scope="package",
    summary="a changed spec has another compiler",
    why="For the record. Neither another spelling is a change, nor a compiler that one side does not know (none).",
    fix="Nothing to do.",
    mirror="no mirror: swapped, it is the same rule",
    check=check,
    is_summed_up=True,
)
