"""page-misplaced: a page's title is not its directory, or its tag is not the other pages' tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each page of NEW whose title or tag is not what its place says."""
    for package in diff.packages:
        page = package.new
        if page is None:
            continue
        if page.title != package.package:
            yield Observation(
                Subject(package=package.package, field="title"), f"title of {package.package} is {page.title}", place_in(package, "/title")
            )
        if page.tag != diff.new.tag:
            message = f"tag of {package.package} is {page.tag}, the other pages' is {diff.new.tag}"
            location = place_in(package, "/categories/1")
            yield Observation(Subject(package=package.package, field="tag"), message, location)


RULE = Rule(
    id="page-misplaced",
    severity="error",
    scope="page",
    summary="a page's title is not its directory, or its tag is not the other pages' tag",
    why=(
        "A page in the wrong place shows one package's binaries as another's; a page of another snapshot shows "
        "binaries that are not in this one."
    ),
    fix="Move the page, or publish it again from its generator for this snapshot.",
    mirror="no mirror: a page in its place is not news",
    check=check,
)
