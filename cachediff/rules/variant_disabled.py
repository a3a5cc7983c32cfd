"""variant-disabled: a changed spec went from +x to ~x, or a value left one of its multi-valued variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.variants import lost_variants
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.pairs import group_losses
from cachediff.rules.rule import Rule, locate_spec_of
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and variant, however many specs it is true of."""
    # A changed default in a recipe disables a variant in every spec of it: that is one piece of news.
    for package, variant, specs, at_most in group_losses(diff, lambda old, new: lost_variants(old.variants, new.variants)):
        where = list_sorted({f"{spec.coordinates.os}/{spec.coordinates.target}" for spec in specs})
        message = f"{package.package} disables {variant} in {number(len(specs), 'spec')} ({where})"
        subject = Subject(package=package.package, variant=variant)
        yield Observation(subject, message, locate_spec_of(package, specs[0]), at_most=at_most)


RULE = Rule(
    id="variant-disabled",
    severity="warning",
    scope="package",
    summary="a changed spec went from +x to ~x, or a value left one of its multi-valued variants",
    why="The binary is still there but does less: emacs without native compilation, gcc without one of its languages.",
    fix=(
        "Look for a changed default in the recipe, or a changed spec in the environment. If it is meant, accept "
        "variant-disabled for the package and variant."
    ),
    mirror="variant-enabled",
    check=check,
)
