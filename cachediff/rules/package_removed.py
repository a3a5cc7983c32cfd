"""package-removed: a package's page is gone, or holds no spec any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each package with specs in OLD alone; one that had no cell, but orphans at most, is milder."""
    for package in diff.packages:
        # What nobody needs any more is no loss: dependency-dropped or unwanted-dropped tells of it.
        if package.kind == "removed" and not package.is_unneeded:
            specs, cells = number(package.specs.old, "spec"), len(package.needed)
            lost = f"{specs} in {number(cells, 'cell')} lost" if cells else f"{specs}, no cell lost"
            message = f"package {package.package} is gone: {lost}{_say_external(diff.graph.external_now, package.package)}"
            # Located in OLD, where its specs were.
            yield Observation(Subject(package=package.package), message, locate_in(package, ""), is_eased=not package.lost)


def _say_external(external_now: Mapping[str, str], package: str) -> str:
    """Return that the package was not built any more since there is one on the machine, where it is so."""
    path = external_now.get(package)
    return "" if path is None else f", as it is external now{f', at {path}' if path else ''}"


RULE = Rule(
    id="package-removed",
    severity="error",
    scope="package",
    summary="a package's page is gone, or holds no spec any more",
    why="Nobody gets the package from the build cache any more, on any system.",
    fix=(
        "Find out why no pipeline built it: it was taken out of its environments, it has a new name in Spack, or it or "
        "something below it failed to build. If it is meant, accept package-removed for it."
    ),
    vanishes="package",
    mirror="package-added",
    check=check,
    explained="package",
)
