"""index-invalid: one of several indexes of a snapshot cannot be read, so its stack is not observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.rules.faults import observe_faults
from cachediff.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.finding import Observation


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation an index and snapshot."""
    return observe_faults(diff, "index", "index")


RULE = Rule(
    id="index-invalid",
    severity="error",
    scope="page",
    summary="one of several indexes of a snapshot cannot be read, so its stack is not observed",
    why=(
        "What the stack of such an index lost is not to be seen, so it is left out of the comparison on both sides instead "
        "of being called gone. In OLD this is a warning, but an error where NEW has nothing of the stack, as nobody knows "
        "what was lost with it. Where a snapshot's only index cannot be read, there is no report."
    ),
    fix="Write the index again with `spack buildcache update-index`, and see that its manifest and blob were copied whole.",
    mirror="no mirror: an index that became readable is simply compared",
    check_whole=check,
    hides_stack=True,
)
