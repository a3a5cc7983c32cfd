"""dependency-dropped: what is gone was only a dependency, and nothing depends on it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package with such cells; a note where it is known that nobody asked for it."""
    for package in diff.packages:
        cells = sum(one.is_unneeded for one in package.lost)
        if cells:
            gone = f"{package.package} is gone from {number(cells, 'cell')}"
            was = "only a dependency" if diff.graph.knows_roots else "a dependency, and perhaps asked for, too"
            yield Observation(
                Subject(package=package.package),
                f"{gone}, where it was {was}: nothing needs it any more",
                locate_in(package, ""),
                default="note" if diff.graph.knows_roots else None,
            )


RULE = Rule(
    id="dependency-dropped",
    severity="warning",
    scope="package",
    summary="what is gone was only a dependency, and nothing depends on it any more",
    why=(
        "Every spec that depended on it has a successor that does not. Nobody asked for it by name, as far as is known: a "
        "build cache does not tell who asked, so there it is a warning; a site or a lock does, and it is a note. It takes "
        "the place of every rule on the package and its cells."
    ),
    fix="Nothing to do, unless somebody installs it by itself: then add it to an environment.",
    mirror="no mirror: what is newly needed is package-added or cell-gained",
    check=check,
)
