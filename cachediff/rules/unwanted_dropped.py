"""unwanted-dropped: what is gone is no longer wanted: the lock of its stack does not ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package with such cells, or that lost something within cells where it is not wanted."""
    for package in diff.packages:
        cells = sum(one.cell in package.unwanted for one in package.lost)
        facets = len(package.facets_lost) - len(package.needed_facets)
        parts = [f"is gone from {number(cells, 'cell')}"] if cells else []
        parts += [f"lost {number(facets, 'feature')} of cells that stay"] if facets else []
        if parts:
            message = f"{package.package} {' and '.join(parts)}: no longer wanted"
            yield Observation(Subject(package=package.package), message, locate_in(package, ""))


RULE = Rule(
    id="unwanted-dropped",
    severity="note",
    scope="package",
    summary="what is gone is no longer wanted: the lock of its stack does not ask for it",
    why=(
        "Somebody took it out of the environment, and the snapshot follows. Wanted are the roots of a lock and what they "
        "need once they are built, by package and place; so it needs --wanted, or wanted in the policy. It takes the place "
        "of every rule on the package and its cells."
    ),
    fix="Nothing to do. If it should have stayed, add it to the environment again, and write the lock.",
    mirror="no mirror: what is newly wanted and not there is wanted-missing",
    check=check,
    needs_wanted=True,
)
