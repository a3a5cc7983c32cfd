"""variant-dropped: a spec is gone from a cell that stays, and no spec there has a variant of its any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.facets import facets
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each variant, or value of one, that no spec of a cell has on any more, or none of a whole stack."""
    for package, subject, where in facets(diff, "variant", "lost"):
        yield Observation(subject, f"{package.package} with {subject.variant} is gone from {where}", locate_in(package))


RULE = Rule(
    id="variant-dropped",
    severity="warning",
    scope="package",
    summary="a spec is gone from a cell that stays, and no spec there has a variant of its any more",
    why=(
        "The package is still there, but only without the feature: a removed +mpi beside a kept ~mpi. Where a changed spec "
        "lost it, variant-disabled says so instead. A variant that the recipe does not have any more is no loss."
    ),
    fix=(
        "Look at the stack's environment: a spec with the variant was taken out, or failed to build. If it is meant, accept "
        "variant-dropped for the package and variant."
    ),
    is_about_facets=True,
    mirror="no mirror: a spec with one more variant is spec-added",
    check=check,
    is_said_by_subject=True,
)
