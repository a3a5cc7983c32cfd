"""page-misplaced: a page's title is not its directory, or its tag is not that of its snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.domain.tags import name_tag
from cachediff.rules.rule import Rule, locate_in
from cachediff.rules.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff, SnapshotTotals

MAX_PAGES = 5
"""So many pages with one wrong tag are told one by one; more are one fact about the snapshot."""


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each title and each tag of a page in NEW that does not belong where it stands."""
    if diff.new.reading.kind != "pages":
        return  # an index says nothing of the snapshot that it is
    expected, listed = tag_of(diff.new), _wrong_tags(diff.new)
    for package in diff.packages:
        name, page = package.package, package.new
        if page and page.title != name:
            message = f"title of {name} is {page.title}"
            yield Observation(Subject(package=name, field="title"), message, locate_in(package, "/title"))
        # What is listed is told once, of the snapshot.
        if page and page.tag != expected and page.tag not in listed:
            message = f"tag of {name} is {page.tag}, {_name_expected(diff.new)}"
            # The second of a page's categories is its snapshot's tag.
            yield Observation(Subject(package=name, field="tag"), message, locate_in(package, "/categories/1"))


def check_whole(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each tag that many pages of NEW have, or most of them, and that is not the snapshot's."""
    pages = sum(diff.new.tags.values())
    for tag, number in _wrong_tags(diff.new).items():
        all_of_them = "the only page" if pages == 1 else f"all {pages:,} pages"
        which = all_of_them if number == pages else f"{number:,} of {pages:,} pages"
        message = f"tag of {which} is {tag}, {_name_expected(diff.new)}"
        yield Observation(Subject(field="tag", tag=tag), message)


def _wrong_tags(new: SnapshotTotals) -> dict[str, int]:
    """Return the wrong tags that are told of the snapshot, not of single pages, each with how many pages have it."""
    if new.reading.kind != "pages":
        return {}
    expected = tag_of(new)
    # What most pages say is told once however few they are: last week's pages under a new name are one mistake.
    return {tag: number for tag, number in new.tags.items() if tag != expected and (number > MAX_PAGES or tag == new.tag)}


def _name_expected(new: SnapshotTotals) -> str:
    """Return which tag is expected, and why."""
    name = name_tag(new.source)
    return f"and the snapshot is named {name}" if name else f"the other pages have {new.tag}"


RULE = Rule(
    id="page-misplaced",
    severity="error",
    scope="page",
    summary="a page's title is not its directory, or its tag is not that of its snapshot",
    why=(
        "A page in the wrong directory passes one package's binaries off as another's; a page of another snapshot lists "
        "binaries that are not in this one. A snapshot's tag is its directory's name where that is a tag, such as "
        "develop-2025-03-30, and else what most pages have."
    ),
    fix="Move the page to where it belongs, or publish it again from its generator for this snapshot.",
    mirror="no mirror: a page in its place is not news",
    check=check,
    check_whole=check_whole,
)
