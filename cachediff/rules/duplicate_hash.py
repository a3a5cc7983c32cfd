"""duplicate-hash: a hash stands twice on a page, or on the pages of two packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count, list_some, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package: its own repeated hashes, and those that it shares with an earlier package."""
    pages = {package.package: package for package in diff.packages if package.new}
    shared: dict[str, list[str]] = {}
    for hash_, packages in diff.shared_hashes:
        for package in packages[1:]:
            shared.setdefault(package, []).append(f"{hash_[:7]} (also of {packages[0]})")
    for name in sorted(pages.keys() | shared.keys()):
        page = pages.get(name)
        repeated = [hash_[:7] for hash_ in page.new.duplicates] if page and page.new else []
        names = repeated + shared.get(name, [])
        if names:
            location = place_in(page) if page else None
            yield Observation(
                Subject(package=name),
                f"{name} repeats {count(len(names), 'hash').replace('hashs', 'hashes')}: {list_some(names)}",
                location,
            )


RULE = Rule(
    id="duplicate-hash",
    severity="error",
    scope="page",
    summary="a hash stands twice on a page, or on the pages of two packages",
    why=(
        "A hash names one binary. Twice on a page, it is a merge gone wrong and makes the counts lie; on two pages, "
        "one of them lists a binary that is not its own."
    ),
    fix="Publish the page again from its generator.",
    mirror="no mirror: a hash that stands once is not news",
    check=check,
)
