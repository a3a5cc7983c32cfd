"""compiler-changed: a changed spec has another compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.compare.match import is_same_compiler
from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, list_some, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff, Spec


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and compiler that it leaves."""
    for package in on_both_sides(diff):
        left: dict[str, list[Spec]] = {}
        for change in package.changes:
            if change.old and change.new and change.kind == "changed":
                a, b = change.old.coordinates, change.new.coordinates
                if not is_same_compiler(a, b):
                    left.setdefault(a.compiler, []).append(change.new)
        for compiler, specs in sorted(left.items()):
            others = list_some({spec.coordinates.compiler for spec in specs})
            message = f"{package.package} goes from {compiler} to {others} in {count(len(specs), 'spec')}"
            subject = Subject(package=package.package, compiler=compiler)
            yield Observation(subject, message, place_in(package, f"/spec_details/{specs[0].index}"))


RULE = Rule(
    id="compiler-changed",
    severity="note",
    scope="package",
    summary="a changed spec has another compiler",
    why="For the record. A compiler that one side does not know (none) is no change, and neither is another spelling.",
    fix="Nothing to do.",
    mirror="no mirror: it is its own",
    check=check,
)
