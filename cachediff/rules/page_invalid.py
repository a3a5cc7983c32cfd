"""page-invalid: a page cannot be parsed or does not fit the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.model import Observation, Subject
from cachediff.rules.rule import Rule, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.model import InvalidPage, SnapshotDiff


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a page, with everything that is wrong with it."""
    yield from (_observe(page) for page in diff.invalid_new)
    yield from (_observe(page, snapshot="old") for page in diff.invalid_old)


def _observe(page: InvalidPage, snapshot: str = "") -> Observation:
    first, more = page.problems[0], len(page.problems) - 1
    also = f" (and {count(more, 'more problem')})" if more else ""
    return Observation(
        Subject(package=page.package, snapshot=snapshot),
        f"{first.message}{also}: {page.package} is not compared",
        first.location,
        is_eased=snapshot == "old",
        problems=page.problems,
    )


RULE = Rule(
    id="page-invalid",
    severity="error",
    scope="page",
    summary="a page cannot be parsed or does not fit the schema",
    why=(
        "A page that cannot be trusted hides every loss on it, so its package is not compared at all. In OLD it is a "
        "warning: OLD is published already."
    ),
    fix=(
        "Publish the page again from its generator. The message names the line, the column and what was expected "
        "there; `cachediff schema page` prints the whole format."
    ),
    mirror="no mirror: a page that became valid is simply compared",
    check=check,
)
