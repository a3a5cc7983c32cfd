"""snapshots-swapped: OLD's date is after NEW's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.rules.tags import tag_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation where both tags carry a date and OLD's is the later one."""
    old, new = (tag_date(diff.old.tag), tag_date(diff.new.tag)) if diff.old else ("", "")
    if diff.old and old and new and old > new:
        yield Observation(Subject(tag=diff.new.tag), f"old {diff.old.tag} is later than new {diff.new.tag}")


RULE = Rule(
    id="snapshots-swapped",
    severity="warning",
    scope="snapshot",
    summary="OLD's date is after NEW's",
    why="The two arguments are probably in the wrong order: every loss is told as a gain.",
    fix="Call cachediff with the older snapshot first.",
    mirror="no mirror: the right order is not news",
    check=check,
)
