"""hash-conflict: one hash names specs with different content in OLD and NEW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.fields import differing_facts, differing_fields
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_spec_of, on_both_sides
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import Change, SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package that has such a hash."""
    for package in on_both_sides(diff):
        conflicts = [
            (change.new, fields) for change in package.changes if change.new and (fields := _conflicting_fields(change))
        ]
        if conflicts:
            # A hash that both sides repeat is one all the same.
            by_hash: dict[str, list[str]] = {}
            for spec, fields in conflicts:
                by_hash.setdefault(spec.hash, []).extend(fields)
            hashes = number(len(by_hash), "hash", "hashes")
            names = list_sorted(f"{hash_[:7]} ({', '.join(dict.fromkeys(fields))})" for hash_, fields in by_hash.items())
            message = f"{package.package} has other content under {hashes}: {names}"
            yield Observation(Subject(package=package.package), message, locate_spec_of(package, conflicts[0][0]))


def _conflicting_fields(change: Change) -> list[str]:
    """Return the coordinates in which two specs of one hash differ; an unknown compiler differs from none."""
    # Only equal hashes make a pair unchanged, so it alone can be one hash with two meanings.
    if change.kind != "unchanged" or change.old is None or change.new is None:
        return []
    # A hash covers what a spec is, and not which stacks list it.
    fields = [field for field in differing_fields(change.old.content, change.new.content) if field != "stacks"]
    return fields + [change.field for change in differing_facts(change.old.facts, change.new.facts)]


RULE = Rule(
    id="hash-conflict",
    severity="error",
    scope="package",
    summary="one hash names specs with different content in OLD and NEW",
    why=(
        "The hash covers all that a spec is, so a hash with two meanings is a page that was edited by hand, or worse. A "
        "compiler that one side does not know (none) is no conflict. Of records, namespace, flags, the recipe's hash and "
        "dependencies are compared, too."
    ),
    fix="Find out which of the two tells the truth, and publish that page or index again from its generator.",
    mirror="no mirror: swapped, it is the same rule",
    check=check,
)
