"""cell-dropped: a package is gone from one place, though its stack, os and target are still on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.dimensions import among_kept
from cachediff.rules.rule import Rule, locate_in, on_both_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each lost cell that no rule on single values speaks of, and that nothing serves."""
    for package in on_both_sides(diff):
        # What is served moved, and target-downgraded or os-replaced tells that.
        unserved = [lost.cell for lost in package.needed if not lost.is_served]
        for cell in sorted(among_kept(unserved, package.new)):
            subject = Subject(
                package=package.package, stack=cell.stack, platform=cell.platform, os=cell.os, target=cell.target
            )
            message = f"{package.package} is gone from {cell.stack} on {cell.platform}-{cell.os}-{cell.target}"
            yield Observation(subject, message, locate_in(package))


RULE = Rule(
    id="cell-dropped",
    severity="error",
    scope="package",
    summary="a package is gone from one place, though its stack, os and target are still on the page",
    why=(
        "The page still names every stack, os and target that it named before, so none of its lists tells that users in one "
        "place build the package from source."
    ),
    fix=(
        "Look at the stack's jobs for that os and target: a new conflict in the recipe, or a failed build of the package or "
        "of something below it. If it is meant, accept cell-dropped for the package and place."
    ),
    mirror="cell-gained",
    check=check,
    explained="cells",
    is_said_by_subject=True,
)
