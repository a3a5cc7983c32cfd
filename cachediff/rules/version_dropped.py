"""version-dropped: a version is gone from a cell that still has the package, and no new version took its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.facets import facets
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each version that is gone from a cell, or from a whole stack."""
    for package, subject, where in facets(diff, "version", "lost"):
        yield Observation(subject, f"{package.package}@{subject.version} is gone from {where}", locate_in(package))


RULE = Rule(
    id="version-dropped",
    severity="warning",
    scope="package",
    summary="a version is gone from a cell that still has the package, and no new version took its place",
    why=(
        "Users who pin the version build it from source. A version that made way for one that the cell did not have before "
        "is no loss: that is version-changed or version-downgraded."
    ),
    fix="Look at the stack's environment. If the version is retired, accept version-dropped for the package and version.",
    is_about_facets=True,
    mirror="no mirror: one more version is spec-added",
    check=check,
    is_said_by_subject=True,
)
