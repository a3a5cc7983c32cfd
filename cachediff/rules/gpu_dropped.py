"""gpu-dropped: a package that stays in a stack is built for one GPU less there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each GPU facet of a package that is gone from a stack which has the package on both sides."""
    for package in on_both_sides(diff):
        for change in package.in_stacks:
            for facet in change.gpu_lost:
                subject = Subject(package=package.package, stack=change.stack, gpu=facet)
                yield Observation(subject, f"{package.package} {facet} is gone from {change.stack}", place_in(package))


RULE = Rule(
    id="gpu-dropped",
    severity="error",
    scope="package",
    summary="a package that stays in a stack is built for one GPU less there",
    why=("Users of that GPU fall back to a build without it, or to none, while every count, os and target of the package stays the same."),
    fix=(
        "Look at the environment of that stack: a lost +cuda, +rocm or +sycl spec, or a changed list of "
        "architectures. Restore it, or accept gpu-dropped for it."
    ),
    mirror="gpu-gained",
    check=check,
)
