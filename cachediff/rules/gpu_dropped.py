"""gpu-dropped: a package that stays in a cell is not built for a GPU there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.facets import facets
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each GPU facet that is gone from a cell, or from a whole stack."""
    for package, subject, where in facets(diff, "gpu", "lost"):
        yield Observation(subject, f"{package.package} {subject.gpu} is gone from {where}", locate_in(package))


RULE = Rule(
    id="gpu-dropped",
    severity="error",
    scope="package",
    summary="a package that stays in a cell is not built for a GPU there any more",
    why=(
        "Users of that GPU get a binary that does not use it, or build the package from source, while every stack, os and "
        "target of the page is still there."
    ),
    fix=(
        "Look at the stack's environment: a spec with +cuda, +rocm or +sycl was taken out, or its list of architectures is "
        "shorter. If it is meant, accept gpu-dropped for the package, stack and GPU."
    ),
    is_about_facets=True,
    mirror="gpu-gained",
    check=check,
    is_said_by_subject=True,
)
