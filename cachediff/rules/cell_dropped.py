"""cell-dropped: a package is gone from one place, though it still has the stack, the os and the target elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, on_both_sides, place_in
from cachediff.rules.values import is_unexplained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each lost cell that no rule on single values speaks of, and that nothing serves."""
    for package in on_both_sides(diff):
        for lost in package.lost:
            cell = lost.cell
            if package.new and is_unexplained(cell, package.new) and not (lost.served_by_target or lost.served_by_os):
                yield Observation(
                    Subject(package=package.package, stack=cell.stack, platform=cell.platform, os=cell.os, target=cell.target),
                    f"{package.package} is gone from {cell.stack} on {cell.platform}-{cell.os}-{cell.target}",
                    place_in(package),
                )


RULE = Rule(
    id="cell-dropped",
    severity="error",
    scope="package",
    summary="a package is gone from one place, though it still has the stack, the os and the target elsewhere",
    why=(
        "The page still names every stack, os and target it had, so no list and perhaps no count tells that users in "
        "one place lost the package."
    ),
    fix=("Look at that stack's pipeline for that os and target. Restore the package there, or accept cell-dropped for it."),
    mirror="cell-gained",
    check=check,
)
