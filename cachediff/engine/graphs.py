"""What graphs add to compared packages, where the snapshots have any: pages have none, and import nothing of this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.diff import GraphDiff

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.comparison.collectors.pairs import Pairs
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.selection import Selection
    from cachediff.domain.wanted import Wanted
    from cachediff.sources.reader import SnapshotReader


def add_graphs(
    old: SnapshotReader | None,
    new: SnapshotReader,
    packages: Collection[PackageDiff],
    pairs: Pairs,
    *,
    selection: Selection,
    wanted: Wanted | None,
) -> tuple[GraphDiff, Collection[PackageDiff]]:
    """Return what the graphs of two snapshots say, and the packages, whose lost cells say where nobody needs them."""
    if new.info.graph is None:
        return GraphDiff(), packages
    from cachediff.comparison.graphs import compare_graphs, leave_judged, mark_unneeded

    graph = leave_judged(compare_graphs(old.info.graph if old else None, new.info.graph, pairs, selection), wanted)
    return graph, mark_unneeded(packages, graph.unneeded)
