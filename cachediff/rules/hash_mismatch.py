"""hash-mismatch: a record's content does not give its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.rules.faults import observe_faults
from cachediff.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.finding import Observation


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and snapshot that has such records."""
    return observe_faults(diff, "hash", "record")


RULE = Rule(
    id="hash-mismatch",
    severity="error",
    scope="page",
    summary="a record's content does not give its hash",
    why=(
        "A hash is computed from all that a record says of its spec, dependencies included. One that cannot be computed "
        "again belongs to a record that was changed after Spack wrote it, and so does one that is another spec in another "
        "index. In OLD this is a warning."
    ),
    fix="Find out who wrote the index; write it again from the spec files with `spack buildcache update-index`.",
    mirror="no mirror: a hash that is right is not news",
    check_whole=check,
)
