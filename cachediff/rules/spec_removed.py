"""spec-removed: a package has specs in OLD that pair with none in NEW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in, on_both_sides
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package."""
    for package in on_both_sides(diff):
        specs = package.specs
        # How many, not which: those are listed with the package.
        if specs.removed:
            message = f"{package.package} has {number(specs.removed, 'spec')} removed ({specs.old:,} → {specs.new:,})"
            yield Observation(Subject(package=package.package), message, locate_in(package))


RULE = Rule(
    id="spec-removed",
    severity="note",
    scope="package",
    summary="a package has specs in OLD that pair with none in NEW",
    why=(
        "For the record. Equal specs are split and merged from week to week, so their number says little: whether users "
        "lost something is for the rules on cells, GPUs and versions to say."
    ),
    fix="Nothing to do.",
    mirror="spec-added",
    check=check,
)
