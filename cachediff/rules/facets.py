"""What came to cells that stay, and what is gone from them: the rules on GPUs, versions and variants share this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cachediff.domain.finding import Subject
from cachediff.rules.rule import on_both_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.cell import Cell, FacetKind
    from cachediff.domain.diff import PackageDiff, SnapshotDiff


def facets(
    diff: SnapshotDiff, kind: FacetKind, which: Literal["lost", "gained"]
) -> Iterator[tuple[PackageDiff, Subject, str]]:
    """Yield each package with the subject of a changed facet, and where that is: `e4s`, or `e4s on linux-rhel8-zen4`."""
    # Only of cells that stay: one that is gone is told as such, not once more for each of its facets.
    for package in on_both_sides(diff):
        for change in package.needed_facets if which == "lost" else package.facets_gained:
            if change.kind == kind:
                place = change.place
                where = {"stack": place.stack, "platform": place.platform, "os": place.os, "target": place.target}
                yield package, Subject(package=package.package, **where, **{kind: change.facet}), name_place(place)


def name_place(place: Cell) -> str:
    """Return where a facet changed, in words: a stack, or one of its cells."""
    # What is gone from all places of a stack is one change of the stack, without an os.
    return f"{place.stack} on {place.platform}-{place.os}-{place.target}" if place.os else place.stack
