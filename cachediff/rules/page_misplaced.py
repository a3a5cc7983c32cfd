"""page-misplaced: a page's title is not its directory, or its tag is not the other pages' tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each title and each tag of a page in NEW that does not belong where it stands."""
    for package in diff.packages:
        name, page = package.package, package.new
        if page and page.title != name:
            message = f"title of {name} is {page.title}"
            yield Observation(Subject(package=name, field="title"), message, place_in(package, "/title"))
        if page and page.tag != diff.new.tag:
            message = f"tag of {name} is {page.tag}, the other pages have {diff.new.tag}"
            yield Observation(Subject(package=name, field="tag"), message, place_in(package, "/categories/1"))


RULE = Rule(
    id="page-misplaced",
    severity="error",
    scope="page",
    summary="a page's title is not its directory, or its tag is not the other pages' tag",
    why=(
        "A page in the wrong directory passes one package's binaries off as another's; a page of another snapshot lists binaries "
        "that are not in this one."
    ),
    fix="Move the page to where it belongs, or publish it again from its generator for this snapshot.",
    mirror="no mirror: a page in its place is not news",
    check=check,
)
