"""record-invalid: a record of an index does not fit its schema, or stands under another hash than its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.rules.faults import observe_faults
from cachediff.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.finding import Observation


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and snapshot, with everything that is wrong with its records."""
    return observe_faults(diff, "record", "record")


RULE = Rule(
    id="record-invalid",
    severity="error",
    scope="page",
    summary="a record of an index does not fit its schema, or stands under another hash than its own",
    why=(
        "A record that cannot be trusted hides what its package lost, so that package is not compared where it is in NEW; "
        "the rest of the index is. In OLD this is a warning, since OLD is published already, but an error where NEW "
        "lacks the package, or the hash of a record that names none: what was lost with it is not to be seen."
    ),
    fix=(
        "Write the index again with `spack buildcache update-index`, `spack reindex` or `spack concretize`. The message "
        "names the line, the column and what was expected there; `cachediff schema database` prints the whole format."
    ),
    mirror="no mirror: a record that became valid is simply compared",
    check_whole=check,
)
