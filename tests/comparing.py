"""Comparing what lies at two places, as a request does, without judging it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.selection import EVERYTHING, Selection
from cachediff.engine.loop import compare_readers
from cachediff.limits import DEFAULT_LIMITS
from cachediff.policy.renames import RenamedReader
from cachediff.policy.settings import NO_RENAMES, Renames
from cachediff.review.request import require_comparable
from cachediff.sources.open import Door

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cachediff.domain.diff import Requirement, SnapshotDiff
    from cachediff.limits import Limits


def compare_sources(
    old: str,
    new: str,
    selection: Selection = EVERYTHING,
    *,
    require: Sequence[Requirement] = (),
    renames: Renames = NO_RENAMES,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    progress: Callable[[list[str]], Iterable[str]] = iter,
) -> SnapshotDiff:
    """Return what differs between two snapshots, OLD under the names of today."""
    door = Door(limits)
    before = RenamedReader(door.open(old), renames)
    return require_comparable(
        compare_readers(before, door.open(new), selection, require=require, jobs=jobs, progress=progress)
    )
