"""hash-conflict: one hash names specs with different coordinates in OLD and NEW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.compare.fields import differing_fields
from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, list_some, on_both_sides, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package that has such a hash."""
    for package in on_both_sides(diff):
        conflicts = {
            change.new: [field for field in differing_fields(change.old.body, change.new.body) if field != "stacks"]
            for change in package.changes
            if change.kind == "unchanged" and change.old and change.new
        }
        names = [f"{spec.hash[:7]} ({', '.join(fields)})" for spec, fields in conflicts.items() if fields]
        if names:
            first = next(spec for spec, fields in conflicts.items() if fields)
            yield Observation(
                Subject(package=package.package),
                f"{package.package} has other specs under the same hash: {list_some(names)}",
                place_in(package, f"/spec_details/{first.index}"),
            )


RULE = Rule(
    id="hash-conflict",
    severity="error",
    scope="package",
    summary="one hash names specs with different coordinates in OLD and NEW",
    why=(
        "The hash covers everything that a spec is, so one hash with two meanings is a page that was edited by hand, "
        "or worse. A compiler that one side does not know (none) is no conflict."
    ),
    fix="Publish the page again from its generator, and find out which of the two pages tells the truth.",
    mirror="no mirror: equal specs under one hash are the normal case",
    check=check,
)
