"""count-mismatch: a count in meta is not what the specs add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import Mismatch, PackageDiff, SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each count of a page in NEW whose claim is not borne out."""
    for package in diff.packages:
        for mismatch in package.new.mismatches if package.new else ():
            if mismatch.field.startswith("num_specs"):
                yield observe(package, mismatch)


def observe(package: PackageDiff, mismatch: Mismatch) -> Observation:
    """Return one count that does not add up, eased where OLD has the same."""
    what = f"num_specs of stack {mismatch.stack}" if mismatch.stack else "num_specs"
    return Observation(
        Subject(package=package.package, stack=mismatch.stack),
        f"{what} does not add up on {package.package}: {mismatch.claimed[0]} claimed, {mismatch.counted[0]} counted",
        place_in(package, mismatch.pointer),
        is_eased=_is_old_news(package, mismatch),
    )


def _is_old_news(package: PackageDiff, mismatch: Mismatch) -> bool:
    """Return whether OLD is wrong about the same count by as much."""
    return any(
        (old.field, old.stack, _gap(old)) == (mismatch.field, mismatch.stack, _gap(mismatch))
        for old in (package.old.mismatches if package.old else ())
    )


def _gap(mismatch: Mismatch) -> int:
    return int(mismatch.claimed[0]) - int(mismatch.counted[0])


RULE = Rule(
    id="count-mismatch",
    severity="error",
    scope="page",
    summary="a count in meta is not what the specs add up to",
    why=(
        "The generator counts what it writes, so a count that does not add up means a hand edit, a merge conflict or "
        "a page that was cut off. Where OLD has the very same mismatch it is a warning."
    ),
    fix=(
        "Publish the page again from its generator. To see both numbers, read the message: claimed is what meta says, "
        "counted is what spec_details holds."
    ),
    mirror="no mirror: a count that adds up is not news",
    check=check,
)
