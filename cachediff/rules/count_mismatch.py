"""count-mismatch: a count in meta is not what the specs add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import Mismatch, PackageFacts, SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each count of a page in NEW that is claimed and not borne out."""
    for package in diff.packages:
        for mismatch in package.new.mismatches if package.new else ():
            if mismatch.is_count:
                what = f"{mismatch.field} of {mismatch.stack}" if mismatch.stack else mismatch.field
                yield Observation(
                    Subject(package=package.package, stack=mismatch.stack),
                    (
                        f"{what} does not add up on {package.package}: "
                        f"{mismatch.claimed[0]} claimed, {mismatch.counted[0]} counted"
                    ),
                    locate_in(package, mismatch.pointer),
                    # OLD is published with it: the mistake is old.
                    is_eased=_is_old_news(mismatch, package.old),
                )


def _is_old_news(mismatch: Mismatch, old: PackageFacts | None) -> bool:
    """Return whether OLD is wrong about the same count by as much."""
    known = (
        # By how much, since the numbers themselves change from week to week with the same mistake in them.
        {(other.field, other.stack, _excess(other)) for other in old.mismatches if other.is_count} if old else ()
    )
    return (mismatch.field, mismatch.stack, _excess(mismatch)) in known


def _excess(mismatch: Mismatch) -> int:
    return int(mismatch.claimed[0]) - int(mismatch.counted[0])


RULE = Rule(
    id="count-mismatch",
    severity="error",
    scope="page",
    summary="a count in meta is not what the specs add up to",
    why=(
        "The generator counts what it writes, so a count that does not add up means a hand edit, a merge conflict or a page "
        "that was cut off. Where OLD is wrong about the same count by as much, it is a warning."
    ),
    fix=(
        "Publish the page again from its generator. Of the two numbers, claimed is what meta says and counted is what "
        "spec_details holds."
    ),
    mirror="no mirror: a count that adds up is not news",
    check=check,
)
