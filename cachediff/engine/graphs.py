"""What graphs add to compared packages, where the snapshots have any: pages have none, and import nothing of this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.diff import GraphDiff
from cachediff.domain.selection import EVERYTHING
from cachediff.sources.reader import read_valid

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachediff.comparison.collectors.pairs import Pairs
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.graph import Graph
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
    unsure: Collection[str],
) -> tuple[GraphDiff, Collection[PackageDiff]]:
    """Return what the graphs of two snapshots say, and the packages, whose lost cells say where nobody needs them.

    `unsure` are packages of which nothing is compared, as NEW has bad records of them.
    """
    if new.info.graph is None:
        return GraphDiff(), packages
    from cachediff.comparison.graphs import compare_graphs, leave_judged, mark_unneeded

    if old and old.info.graph and pairs.lost and selection != EVERYTHING:
        pairs = _pair_users(old, old.info.graph, new, pairs, unsure)
    graph = leave_judged(compare_graphs(old.info.graph if old else None, new.info.graph, pairs, selection), wanted)
    return graph, mark_unneeded(packages, graph.unneeded)


def _pair_users(old: SnapshotReader, graph: Graph, new: SnapshotReader, pairs: Pairs, unsure: Collection[str]) -> Pairs:
    """Return pairs, and those of what depended on packages that lost cells, which may be outside of the part.

    Whether anything needs these any more is what it is in the whole comparison.
    """
    from cachediff.comparison.packages import pair_up

    lost = {hash_ for hash_, node in graph.nodes.items() if node.own.package in pairs.lost}
    users = {node.own.package for node in graph.nodes.values() if node.stacks and not lost.isdisjoint(node.dependencies)}
    changed = dict(pairs.changed)
    # What a bad record of NEW hides has no partner for certain, here as there.
    for package in sorted(users.difference(unsure)):
        before, after = read_valid(old, package), read_valid(new, package)
        if before and after:
            for change in pair_up(before, after):
                ours, theirs = change.old, change.new
                if ours and theirs and ours.hash != theirs.hash and ours.hash not in pairs.rebuilt:
                    changed.setdefault(ours.hash, theirs.hash)
    return msgspec.structs.replace(pairs, changed=changed)
