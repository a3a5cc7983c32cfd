"""spec-orphaned: a spec that was in a stack is newly in root only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, list_some, on_both_sides, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package."""
    for package in on_both_sides(diff):
        orphaned = [(c.old, c.new) for c in package.changes if c.old and c.new and c.old.stacks and not c.new.stacks]
        if orphaned:
            left = list_some({stack for old, _ in orphaned for stack in old.stacks})
            message = f"{package.package} has {count(len(orphaned), 'spec')} newly in root only, out of {left}"
            yield Observation(Subject(package=package.package), message, place_of(package, orphaned[0][1]))


RULE = Rule(
    id="spec-orphaned",
    severity="warning",
    scope="package",
    summary="a spec that was in a stack is newly in root only",
    why=(
        "The binary is still there, but no stack lists it, so nobody who uses a stack finds it. Usually it is what is left of a "
        "stack that went."
    ),
    fix="Look for the stack that it was in. If that is retired, accept spec-orphaned for the package.",
    mirror="no mirror: an orphan that joins a stack is stack-gained or cell-gained",
    check=check,
)
