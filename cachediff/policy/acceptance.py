"""Which findings the policy accepts, and what each of its acceptances does. Pure.

An entry accepts the findings that it matches by rule and subject, and with one about the whole snapshot those that it subsumes: who accepts
that a stack is gone accepts that each package is gone from it. That is so whatever severities the policy sets, so that raising one opens
nothing that was accepted and accepts nothing that was open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cachediff.model import SEVERITIES, EntryUse, Observation, Severity
from cachediff.policy.dates import days_between
from cachediff.policy.subjects import fits, matches
from cachediff.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.model import Acceptance, Subject
    from cachediff.policy.settings import Entry


class Seen(Struct, frozen=True):
    """One observation with its rule; `severity` is None where nothing is to be said of it, and yet it may subsume what is said."""

    rule: Rule
    observation: Observation
    severity: Severity | None


class Ledger:
    """Who accepts what: for each of a row of observations the entries that match it, in the policy's order."""

    def __init__(self, entries: Sequence[Entry], seen: Sequence[Seen], date: str) -> None:
        self._entries = entries
        self._seen = seen
        self._days_left = [days_between(date, entry.acceptance.until) if date else None for entry in entries]
        wide = find_wide(seen) if entries else {}
        direct = [self._match(one) for one in seen]
        self._matching = [own + [n for n in direct[wide[i]] if n not in own] if i in wide else own for i, own in enumerate(direct)]

    def accepted(self, place: int) -> Acceptance | None:
        """Return why the observation at a place is accepted: the first entry in force that matches it, or else what subsumes it."""
        return next((self._entries[n].acceptance for n in self._matching[place] if self._is_in_force(n)), None)

    def uses(self) -> tuple[EntryUse, ...]:
        """Return what each entry does; of several with one rule and subject, the one that lasts longest: it renews the others."""
        longest: dict[tuple[str, Subject], int] = {}
        for n, entry in enumerate(self._entries):
            other = longest.setdefault((entry.rule, entry.subject), n)
            if entry.acceptance.until > self._entries[other].acceptance.until:
                longest[entry.rule, entry.subject] = n
        named: dict[int, list[int]] = {n: [] for n in longest.values()}
        for place, one in enumerate(self._seen):
            for n in self._matching[place] if one.severity else ():
                if n in named:
                    named[n].append(place)
        return tuple(self._use(n, places) for n, places in sorted(named.items()))

    def use(self, n: int) -> EntryUse:
        """Return what the entry at one place of the policy does."""
        return self._use(n, [place for place, one in enumerate(self._seen) if one.severity and n in self._matching[place]])

    def _use(self, n: int, places: Sequence[int]) -> EntryUse:
        """Return what an entry does that names the observations at some places."""
        entry = self._entries[n]
        reopened = [] if self._is_in_force(n) else [place for place in places if self.accepted(place) is None]
        worst = min((self._seen[place].severity or "note" for place in reopened), key=SEVERITIES.index, default=SEVERITIES[-1])
        return EntryUse(entry.rule, entry.subject, entry.acceptance, self._days_left[n], len(places), len(reopened), worst)

    def _is_in_force(self, n: int) -> bool:
        days_left = self._days_left[n]
        return days_left is None or days_left >= 0

    def _match(self, one: Seen) -> list[int]:
        return [n for n, entry in enumerate(self._entries) if accepts(entry, one.rule.id, one.observation.subject)]


def accepts(entry: Entry, rule: str, subject: Subject) -> bool:
    """Return whether an entry names a finding: by its rule, and by every field of its subject."""
    return fits(rule, entry.rule) and matches(entry.subject, subject)


def find_wide(seen: Sequence[Seen]) -> dict[int, int]:
    """Return, for each place of an observation that one about the whole snapshot says already, that one's place."""
    subsumers = {one.rule.subsumed_by for one in seen}
    wide = {
        (one.rule.id, one.observation.subject): i
        for i, one in enumerate(seen)
        if one.rule.id in subsumers and not one.observation.subject.package
    }
    found = {}
    for i, one in enumerate(seen):
        subject = one.observation.subject
        if one.rule.subsumed_by and subject.package:
            place = wide.get((one.rule.subsumed_by, msgspec.structs.replace(subject, package="")))
            if place is not None:
                found[i] = place
    return found
