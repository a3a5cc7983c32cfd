"""variant-enabled: a changed spec went from ~x to +x, or a value joined one of its multi-valued variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.variants import lost_variants
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.pairs import group_by_leaving
from cachediff.rules.rule import Rule, locate_spec_of
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and variant, however many specs it is true of."""
    # What would be lost on the way back.
    for package, variant, specs in group_by_leaving(diff, lambda old, new: lost_variants(new.variants, old.variants)):
        where = list_sorted({f"{spec.coordinates.os}/{spec.coordinates.target}" for spec in specs})
        message = f"{package.package} enables {variant} in {number(len(specs), 'spec')} ({where})"
        yield Observation(Subject(package=package.package, variant=variant), message, locate_spec_of(package, specs[0]))


RULE = Rule(
    id="variant-enabled",
    severity="note",
    scope="package",
    summary="a changed spec went from ~x to +x, or a value joined one of its multi-valued variants",
    why="For the record: the binary does more than before.",
    fix="Nothing to do.",
    mirror="variant-disabled",
    check=check,
)
