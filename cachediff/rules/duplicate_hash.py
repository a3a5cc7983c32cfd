"""duplicate-hash: a hash stands twice on a page, or on the pages of two packages."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, list_some, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package: the hashes that it repeats, and those that an alphabetically earlier package has too."""
    pages = {package.package: package for package in diff.packages}
    repeated: defaultdict[str, list[str]] = defaultdict(list)
    for name, page in pages.items():
        for hash_ in page.new.duplicates if page.new else ():
            repeated[name].append(hash_[:7])
    for hash_, (first, *others) in diff.shared_hashes:
        for name in others:
            repeated[name].append(f"{hash_[:7]} (also in {first})")
    for name, hashes in sorted(repeated.items()):
        message = f"{name} repeats {count(len(hashes), 'hash', 'hashes')}: {list_some(hashes)}"
        yield Observation(Subject(package=name), message, place_in(pages[name]) if name in pages else None)


RULE = Rule(
    id="duplicate-hash",
    severity="error",
    scope="page",
    summary="a hash stands twice on a page, or on the pages of two packages",
    why=(
        "A hash names one binary. Twice on a page it is a merge gone wrong, and the counts are too high; on two pages, one of them "
        "lists a binary of another package."
    ),
    fix="Publish the pages again from their generator.",
    mirror="no mirror: a hash that stands once is not news",
    check=check,
)
