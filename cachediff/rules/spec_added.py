"""spec-added: a package that goes on has specs that pair with none of OLD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package."""
    for package in on_both_sides(diff):
        if package.specs.added:
            message = f"{package.package} has {count(package.specs.added, 'spec')} added ({package.specs.old:,} → {package.specs.new:,})"
            yield Observation(Subject(package=package.package), message, place_in(package))


RULE = Rule(
    id="spec-added",
    severity="note",
    scope="package",
    summary="a package that goes on has specs that pair with none of OLD",
    why=(
        "For the record: whether coverage was gained is for the rules on cells, values and GPUs to say. The generator "
        "splits and merges equal specs from week to week."
    ),
    fix="Nothing to do.",
    mirror="spec-removed",
    check=check,
)
