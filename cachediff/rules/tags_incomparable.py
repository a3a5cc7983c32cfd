"""tags-incomparable: the snapshots are of different kinds: dated, mutable or release, lock or cache, stacks or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.rules.tags import tag_kind, tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff, SnapshotTotals


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation where the kinds of both differ, or their formats, and one where OLD alone has stacks."""
    if diff.old and diff.old.reading.kind != diff.new.reading.kind:
        yield _observe_formats(diff.old, diff.new)
        # Of two kinds of source neither stacks nor tags say more.
        return
    if diff.old and diff.old.reading.is_united:
        yield _observe_stacks()
    old, new = (tag_of(diff.old), tag_of(diff.new)) if diff.old else ("", "")
    kinds = tag_kind(old), tag_kind(new)
    # A directory may be called anything: what has no kind is not held against the other.
    if all(kinds) and kinds[0] != kinds[1]:
        yield Observation(Subject(tag=new), f"{old} is {kinds[0]} and {new} is {kinds[1]}: their counts are not comparable")


def _observe_formats(old: SnapshotTotals, new: SnapshotTotals) -> Observation:
    """Return that a page, say, is compared with an index, and what could not be compared."""
    formats = f"{old.reading.format} is compared with {new.reading.format}"
    message = f"{formats}: each lists other specs by nature, so counts are not comparable"
    if "pages" in (old.reading.kind, new.reading.kind):
        message += "; claims, namespace, flags and dependencies are not compared"
    return Observation(Subject(field="kind"), message)


def _observe_stacks() -> Observation:
    """Return that NEW lacks the stacks of OLD: one that goes is an error, and all of them at once would be none."""
    message = "OLD has stacks and NEW has none: all is compared as one, and what a stack lost that another has is not seen"
    return Observation(Subject(field="stacks"), message)


RULE = Rule(
    id="tags-incomparable",
    severity="warning",
    scope="tags",
    summary="the snapshots are of different kinds: dated, mutable or release, lock or cache, stacks or none",
    why=(
        "The mutable develop keeps what dated snapshots drop, and holds many times their specs; a release has its own "
        "stacks. A lock lists what would be built, a site what is installed, a build cache what can be installed. Little "
        "follows from what differs between the kinds. Where NEW knows no stacks, those of OLD are compared as one."
    ),
    fix="Compare snapshots of one kind, and the folder of a mirror rather than one index of it.",
    mirror="no mirror: swapped, it is the same rule, and stacks that come are no news",
    check_whole=check,
)
