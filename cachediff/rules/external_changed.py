"""external-changed: an external is another one than it was, by version, path or recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.domain.rebuilds import say_changes
from cachediff.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each external that differs, with how far that reaches."""
    rebuilds = diff.graph.rebuilds
    for one in diff.graph.externals:
        path = f" at {one.path}" if one.path else ""
        reach = f"; reaches {one.reaches:,} of {rebuilds.fresh:,} new hashes" if rebuilds else ""
        message = f"{one.package}@{one.version}, external{path}: {say_changes(one.fields)}{reach}"
        yield Observation(Subject(package=one.package, version=one.version), message, one.location)


RULE = Rule(
    id="external-changed",
    severity="note",
    scope="snapshot",
    summary="an external is another one than it was, by version, path or recipe",
    why=(
        "An external is no spec of the snapshot, but its hash is part of all that depend on it: one that changed makes "
        "their hashes new, even if only its recipe did."
    ),
    fix="Nothing to do, unless the machine was not meant to change.",
    mirror="no mirror: swapped, it is the same rule",
    check_whole=check,
)
