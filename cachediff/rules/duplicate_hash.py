"""duplicate-hash: a hash stands twice on a page or in an index, or on the pages of two packages."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.faults import observe_faults
from cachediff.rules.rule import Rule, locate_in
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.diff import PackageDiff, SnapshotDiff
    from cachediff.domain.problem import Location


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package that repeats hashes, where all are its own."""
    if not diff.shared_hashes:
        yield from _observe(diff, diff.packages)


def check_whole(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield the same where packages share hashes, and what indexes repeat."""
    # A package has one finding of both kinds, which takes another walk over all: done only for what hardly ever happens.
    if diff.shared_hashes:
        yield from _observe(diff, chain(diff.packages, diff.alone))
    yield from observe_faults(diff, "repeat", "hash")


def _observe(diff: SnapshotDiff, packages: Iterable[PackageDiff]) -> Iterator[Observation]:
    """Yield one observation a package: the hashes that it repeats, and those that an alphabetically earlier one has too."""
    repeated: defaultdict[tuple[str, Location], list[str]] = defaultdict(list)
    for package in packages:
        for hash_ in package.new.duplicates if package.new else ():
            repeated[package.package, locate_in(package)].append(hash_[:7])
    for shared in diff.shared_hashes:
        # Which of them is right cannot be seen, so the first keeps it: one finding less than there are pages.
        (first, _), *others = shared.holders
        for name, place in others:
            repeated[name, place].append(f"{shared.hash[:7]} (also in {first})")
    # By name alone: places have no order.
    for (name, place), hashes in sorted(repeated.items(), key=lambda item: item[0][0]):
        message = f"{name} repeats {number(len(hashes), 'hash', 'hashes')}: {list_sorted(hashes)}"
        yield Observation(Subject(package=name), message, place)


RULE = Rule(
    id="duplicate-hash",
    severity="error",
    scope="page",
    summary="a hash stands twice on a page or in an index, or on the pages of two packages",
    why=(
        "A hash names one binary. Twice on a page it is a merge gone wrong, and the counts are too high; on two pages, one "
        "of them lists a binary of another package. Twice in an index, whoever reads it takes the last and never sees the "
        "others."
    ),
    fix="Publish the pages or the index again from their generator.",
    mirror="no mirror: a hash that stands once is not news",
    check=check,
    check_whole=check_whole,
)
