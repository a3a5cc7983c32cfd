"""variant-disabled: a changed spec went from +x to ~x, or lost a value of a multi-valued variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, list_some, on_both_sides, place_in
from cachediff.rules.variants import lost_variants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff, Spec


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and variant, however many specs it is true of."""
    for package in on_both_sides(diff):
        specs: dict[str, list[Spec]] = {}
        for change in package.changes:
            if change.kind == "changed" and change.old and change.new:
                for variant in lost_variants(change.old.coordinates.variants, change.new.coordinates.variants):
                    specs.setdefault(variant, []).append(change.new)
        for variant, changed in sorted(specs.items()):
            where = list_some({f"{spec.coordinates.os}/{spec.coordinates.target}" for spec in changed})
            message = f"{package.package} disabled {variant} in {count(len(changed), 'spec')} ({where})"
            subject = Subject(package=package.package, variant=variant)
            yield Observation(subject, message, place_in(package, f"/spec_details/{changed[0].index}"))


RULE = Rule(
    id="variant-disabled",
    severity="warning",
    scope="package",
    summary="a changed spec went from +x to ~x, or lost a value of a multi-valued variant",
    why="The binary is still there and does less: emacs without native compilation, gcc without one of its languages.",
    fix=(
        "Look for a changed default in the package's recipe or in the environment. If it is meant, accept variant- "
        "disabled for the package and variant."
    ),
    mirror="variant-enabled",
    check=check,
)
