"""tags-incomparable: the snapshots are of different kinds: dated, mutable or a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.rules.tags import tag_kind, tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation where the kinds of both snapshots are known and differ."""
    old, new = (tag_of(diff.old), tag_of(diff.new)) if diff.old else ("", "")
    kinds = tag_kind(old), tag_kind(new)
    # A directory may be called anything: what has no kind is not held against the other.
    if all(kinds) and kinds[0] != kinds[1]:
        yield Observation(Subject(tag=new), f"{old} is {kinds[0]} and {new} is {kinds[1]}: their counts are not comparable")


RULE = Rule(
    id="tags-incomparable",
    severity="warning",
    scope="tags",
    summary="the snapshots are of different kinds: dated, mutable or a release",
    why=(
        "The mutable develop keeps what dated snapshots drop, and holds many times their specs; a release has its own "
        "stacks. Little follows from what differs between the kinds."
    ),
    fix="Compare snapshots of one kind.",
    mirror="no mirror: swapped, it is the same rule",
    check_whole=check,
)
