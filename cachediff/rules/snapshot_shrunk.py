"""snapshot-shrunk: the snapshot has far fewer packages or distinct coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import CountDrop, Observation, Subject
from cachediff.rules.rule import Rule, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each count that fell; the policy says whether it fell too far."""
    if diff.old is None:
        return
    # Where locks say what is wanted, all else may shrink.
    old, new = (diff.wanted.old, diff.wanted.new) if diff.wanted else (diff.old, diff.new)
    asked = " of what is wanted" if diff.wanted else ""
    drops = (
        ("packages", "packages", CountDrop(old.packages, new.packages)),
        ("coordinates", "distinct coordinates", CountDrop(old.coordinates, new.coordinates)),
    )
    for field, noun, drop in drops:
        # Any fall, however small: the threshold is the policy's.
        if drop.new < drop.old:
            message = f"{noun}{asked} fell by {1 - drop.new / drop.old:.1%}: {drop.old:,} → {drop.new:,}"
            yield Observation(Subject(field=field), message, drop=drop)


RULE = Rule(
    id="snapshot-shrunk",
    severity="error",
    scope="snapshot",
    summary="the snapshot has far fewer packages or distinct coordinates",
    why=(
        "Snapshots with 58 packages instead of 1,200 have been published. Coordinates are counted distinct and without the "
        "compiler, because equal specs are split and merged from week to week."
    ),
    fix=(
        "Look at which pipelines ran. If the snapshot is meant to be smaller, accept snapshot-shrunk, or raise its percent "
        "or at-least in the policy."
    ),
    mirror="no mirror: a snapshot that grows is fine, and package-added says how",
    check_whole=check,
    threshold=Threshold(percent=5, at_least=10),
)
