"""cell-gained: a package is new in one place, with a stack, os and target that were on the page before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.dimensions import among_kept
from cachediff.rules.rule import Rule, locate_in, on_both_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each gained cell that no rule on single values speaks of."""
    for package in on_both_sides(diff):
        # A cell whose stack, os or target is new to the page is told by the rule on that value.
        for cell in sorted(among_kept(package.gained, package.old)):
            subject = Subject(
                package=package.package, stack=cell.stack, platform=cell.platform, os=cell.os, target=cell.target
            )
            message = f"{package.package} is new in {cell.stack} on {cell.platform}-{cell.os}-{cell.target}"
            yield Observation(subject, message, locate_in(package))


RULE = Rule(
    id="cell-gained",
    severity="note",
    scope="package",
    summary="a package is new in one place, with a stack, os and target that were on the page before",
    why="For the record: users in that place get the package without building it.",
    fix="Nothing to do.",
    mirror="cell-dropped",
    check=check,
    is_said_by_subject=True,
)
