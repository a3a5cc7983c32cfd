"""acceptance-expired: an acceptance of the policy has expired, or is about to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation, Subject
from cachediff.rules.entries import name_entry, name_owner, subject_of
from cachediff.rules.rule import Rule
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.finding import AcceptanceUse
    from cachediff.rules.rule import PolicyUse

DAYS_OF_NOTICE = 14
"""An entry that expires in so many days or fewer is named in a note."""


def check(use: PolicyUse) -> Iterator[Observation]:
    """Yield each entry that matches a finding and has expired or soon will; where no date is known, that nothing expires."""
    for entry in use.entries:
        # What matches nothing is told by acceptance-unused.
        if entry.days_left is not None and entry.matched and entry.days_left <= DAYS_OF_NOTICE:
            # What an entry reopens decides the verdict: that it expired is never worse than that.
            yield Observation(subject_of(entry), _say(entry), at_most=entry.worst if entry.reopened else "note")
    # All or none: they are judged by one date.
    if any(entry.days_left is None for entry in use.entries):
        snapshot = use.new.tag or use.new.source
        yield Observation(
            Subject(tag=use.new.tag), f"{snapshot} has no date: no acceptance expires (--as-of gives one)", at_most="note"
        )


def _say(entry: AcceptanceUse) -> str:
    """Return when an entry expires and what that means."""
    days = entry.days_left or 0
    until, findings = entry.acceptance.until, number(entry.matched, "finding")
    if days >= 0:
        left = f"in {number(days, 'day')}" if days else "today"
        return f"{name_entry(entry)} expires after {until} ({left}{name_owner(entry)}): {findings} accepted until then"
    reopened = f"{number(entry.reopened, 'finding')} open again" if entry.reopened else f"other entries accept {findings}"
    return f"{name_entry(entry)} expired ({until} was its last day{name_owner(entry)}): {reopened}"


RULE = Rule(
    id="acceptance-expired",
    severity="warning",
    scope="policy",
    summary="an acceptance of the policy has expired, or is about to",
    why=(
        "Every acceptance ends, so that what was meant to pass for some weeks does not pass for ever. Its findings are open "
        "again from the day after its until, judged at NEW's date or at --as-of. In the 14 days before, and where the "
        "findings that it opens are no more than notes, this is a note, too."
    ),
    fix=(
        "Fix what was accepted, or ask the owner whether it is still meant: then give the entry a later until. "
        "If it is not, delete it."
    ),
    mirror="no mirror: an acceptance that holds is not news",
    check_policy=check,
)
