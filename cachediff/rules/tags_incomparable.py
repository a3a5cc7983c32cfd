"""tags-incomparable: the two snapshots are of different kinds: dated, mutable or a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.rules.tags import tag_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation where the kinds of both tags are known and differ."""
    kinds = (tag_kind(diff.old.tag), tag_kind(diff.new.tag)) if diff.old else ("", "")
    if diff.old and kinds[0] != kinds[1] and all(kinds):
        message = f"{diff.old.tag} is {kinds[0]}, {diff.new.tag} is {kinds[1]}: their counts are not comparable"
        yield Observation(Subject(tag=diff.new.tag), message)


RULE = Rule(
    id="tags-incomparable",
    severity="warning",
    scope="snapshot",
    summary="the two snapshots are of different kinds: dated, mutable or a release",
    why=(
        "A mutable develop mirror keeps what dated snapshots drop, so its counts are many times theirs, and nothing "
        "follows from the difference."
    ),
    fix="Compare snapshots of one kind.",
    mirror="no mirror: tags of one kind are not news",
    check=check,
)
