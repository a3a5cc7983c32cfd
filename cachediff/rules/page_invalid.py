"""page-invalid: a page cannot be read, parsed or fitted to the schema."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cachediff.domain.finding import HIDDEN, Observation, Subject
from cachediff.rules.faults import name_side
from cachediff.rules.rule import Rule
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.package import InvalidPage


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield one observation a package and snapshot, with everything that is wrong there."""
    # What OLD cannot show and NEW does not have any more is lost without any other rule that could tell.
    hidden = frozenset(diff.hidden)
    for snapshot, invalid in (("", diff.invalid_new), ("old", diff.invalid_old)):
        # Invalid pages come in order of package. One has several where two files claim it.
        for package, pages in groupby(invalid, key=lambda page: page.package):
            is_hidden = bool(snapshot) and package in hidden
            yield _observe(Subject(package=package, snapshot=name_side(snapshot, is_hidden=is_hidden)), pages)


def _observe(subject: Subject, pages: Iterable[InvalidPage]) -> Observation:
    """Return all problems of a package as one observation.

    OLD is published already, so there they are no more than a warning, unless they hide what NEW has lost with the package.
    """
    problems = tuple(problem for page in pages for problem in page.problems)
    also = f" (and {number(len(problems) - 1, 'more problem')})" if len(problems) > 1 else ""
    lack = " and not in the new snapshot" if subject.snapshot == HIDDEN else ""
    message = f"{problems[0].message}{also}: {subject.package} is not compared{lack}"
    return Observation(subject, message, problems[0].location, is_eased=subject.snapshot == "old", problems=problems)


RULE = Rule(
    id="page-invalid",
    severity="error",
    scope="page",
    summary="a page cannot be read, parsed or fitted to the schema",
    why=(
        "A page that cannot be trusted hides every loss on it, so its package is left out of the comparison. In OLD this is "
        "a warning, since OLD is published already, but an error where NEW lacks the package: what was lost with it is not "
        "to be seen."
    ),
    fix=(
        "Publish the page again from its generator. The message names the line, the column and what was expected there; "
        "`cachediff schema page` prints the whole format."
    ),
    mirror="no mirror: a page that became valid is simply compared",
    check_whole=check,
)
