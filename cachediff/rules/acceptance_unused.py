"""acceptance-unused: an acceptance of the policy matches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Observation
from cachediff.rules.entries import name_entry, name_lack, name_owner, subject_of
from cachediff.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.rules.rule import PolicyUse


def check(use: PolicyUse) -> Iterator[Observation]:
    """Yield each entry that accepts no finding."""
    for entry in use.entries:
        if not entry.matched:
            message = f"{name_entry(entry)} {name_lack(entry)} (until {entry.acceptance.until}{name_owner(entry)})"
            # Whatever the policy says of the rule: no acceptance may turn a pass into a failure.
            yield Observation(subject_of(entry), message, at_most="note")


RULE = Rule(
    id="acceptance-unused",
    severity="note",
    scope="policy",
    summary="an acceptance of the policy matches nothing",
    why=(
        "What it accepted is fixed, or is part of OLD by now, or its globs do not say what they are meant to. Left alone it "
        "would accept the same loss when it happens again."
    ),
    fix=(
        "Delete the entry, or correct its rule and subject: `cachediff policy check` says what each entry matches. Where a "
        "finding tells of its cells and of others, accept these, too."
    ),
    mirror="no mirror: an acceptance that is used is shown with what it accepts",
    check_policy=check,
    # A part of the snapshots lacks what other entries are meant for: there, most match nothing.
    needs_whole=True,
)
