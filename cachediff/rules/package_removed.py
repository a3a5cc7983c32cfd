"""package-removed: a package's page is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each package with a page in OLD alone."""
    for package in diff.packages:
        if package.kind == "removed":
            lost = f"{count(package.specs.old, 'spec')} in {count(len(package.lost), 'cell')} lost"
            yield Observation(Subject(package=package.package), f"package {package.package} is gone: {lost}", place_in(package, ""))


RULE = Rule(
    id="package-removed",
    severity="error",
    scope="package",
    summary="a package's page is gone",
    why="Nobody can install the package from this snapshot any more, on any system.",
    fix=(
        "Find out why no pipeline built the package: it may have been dropped from an environment, renamed in Spack, "
        "or lost with a failed pipeline. If it is meant, accept package-removed for it."
    ),
    mirror="package-added",
    check=check,
)
