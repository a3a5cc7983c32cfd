"""requirement-unmet: NEW lacks what the policy requires, whatever OLD had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.rule import Rule
from cachediff.text.words import list_sorted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import RequirementCount, SnapshotDiff

_PLACES = ("stack", "os", "target", "version", "mpi")


def check(diff: SnapshotDiff) -> Iterator[Observation]:
    """Yield each requirement for which NEW has too few distinct coordinates."""
    for supply in diff.requirement_counts:
        wanted = supply.requirement
        if supply.found < wanted.specs:
            subject = Subject(package=wanted.package, **{name: getattr(wanted, name) for name in _PLACES})
            yield Observation(subject, _say(supply))


def _say(supply: RequirementCount) -> str:
    """Return what is there and what is not; a page that cannot be trusted may be why."""
    wanted = supply.requirement
    where = ", ".join(f"{name} {getattr(wanted, name)}" for name in _PLACES if getattr(wanted, name))
    place = f" for {where}" if where else ""
    pages = f"the page of {supply.invalid[0]}" if len(supply.invalid) == 1 else f"the pages of {list_sorted(supply.invalid)}"
    blame = f"; {pages} cannot be trusted" if supply.invalid else ""
    return f"{wanted.package} has {supply.found:,} of {wanted.amount}{place}{blame}"


RULE = Rule(
    id="requirement-unmet",
    severity="error",
    # What is required is asked of NEW alone, whatever it is compared with.
    scope="page",
    summary="NEW lacks what the policy requires, whatever OLD had",
    why=(
        "A comparison only sees what OLD had: what never was there, or went weeks ago, is no loss. A requirement says what "
        "users count on. Specs are counted by distinct coordinates without the compiler; a page that cannot be trusted "
        "offers none."
    ),
    fix=(
        "Look for the package in the stack's environment and in its last pipeline. If it is not needed any more, take the "
        "entry out of require, or accept requirement-unmet for it."
    ),
    mirror="no mirror: a requirement that is met is not news",
    check_whole=check,
    is_about_requirements=True,
    is_about_lack=True,
)
