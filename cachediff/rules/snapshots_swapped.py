"""snapshots-swapped: OLD's date is after NEW's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.rules.tags import date_of, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation where both snapshots have a date and OLD's is the later one."""
    # As text, which sorts as dates do; a side without one is never the later or the earlier.
    if diff.old and date_of(diff.old) > date_of(diff.new) > "":
        old, new = name_of(diff.old), name_of(diff.new)
        yield Observation(Subject(tag=new), f"old snapshot {old} is later than new snapshot {new}")


RULE = Rule(
    id="snapshots-swapped",
    severity="error",
    # Tags are the same of any part of the snapshots, so this holds for a selection, too.
    scope="tags",
    summary="OLD's date is after NEW's",
    why=(
        "The arguments are probably in the wrong order, and then every loss is told as a gain: a gate that is wired so "
        "passes for ever. A snapshot's date is that in its name where that is a tag, else that of its pages' tag; an index "
        "has the one at the end of its name, such as mirror-2026-07-01 or spack-2026-07-01.lock."
    ),
    fix="Name the older snapshot first. If NEW is meant to be the older one, as in a rollback, accept snapshots-swapped.",
    mirror="no mirror: the right order is not news",
    check_whole=check,
)
