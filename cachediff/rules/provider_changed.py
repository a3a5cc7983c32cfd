"""provider-changed: a pair of specs has another provider of a virtual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.comparison.fields import differing_pair_facts
from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule, locate_spec_of, on_both_sides
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.spec import FieldChange, Spec

_PREFIX = "providers."


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and virtual."""
    for package in on_both_sides(diff):
        found: dict[str, list[tuple[FieldChange, Spec]]] = {}
        for change in package.changes:
            # Under one hash it is no news but a hash-conflict.
            if change.old and change.new and change.kind != "unchanged":
                for field in differing_pair_facts(change.old, change.new):
                    if field.field.startswith(_PREFIX):
                        found.setdefault(field.field.removeprefix(_PREFIX), []).append((field, change.new))
        for virtual, pairs in sorted(found.items()):
            old, new = (list_sorted({getattr(field, side) or "" for field, _ in pairs}) for side in ("old", "new"))
            message = f"{package.package} goes from {old} to {new} for {virtual} in {number(len(pairs), 'spec')}"
            yield Observation(Subject(package=package.package, field=virtual), message, locate_spec_of(package, pairs[0][1]))


RULE = Rule(
    id="provider-changed",
    severity="note",
    scope="package",
    summary="a pair of specs has another provider of a virtual",
    why="For the record: mpi, blas or zlib-api come from another package. Whether an MPI is gone is for mpi-dropped to say.",
    fix="Nothing to do.",
    mirror="no mirror: swapped, it is the same rule",
    check=check,
)
