"""Which findings the policy accepts, and what each of its acceptances does (docs/design.md, Acceptance). Pure.

An entry accepts the findings that it matches by rule and subject, and with one about the whole snapshot those that it
subsumes: who accepts that a stack is gone accepts that each package is gone from it. An entry about losses accepts lost
cells, and so the findings that speak of none but accepted ones. That is so whatever severities the policy sets, so that
raising one opens nothing that was accepted and accepts nothing that was open.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cachediff.domain.finding import HIDDEN, SEVERITIES, AcceptanceUse, Observation, Severity, Subject
from cachediff.policy.dates import days_between
from cachediff.policy.losses import NOTHING_LOST, LossEntries
from cachediff.policy.subjects import fits_glob, matches
from cachediff.rules.rule import Rule
from cachediff.text.globs import is_glob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.finding import Acceptance
    from cachediff.policy.losses import Losses
    from cachediff.policy.settings import Entry

_ANY = Subject()


class RatedObservation(Struct, frozen=True):
    """An observation and its rule; `severity` is None where nothing is to be said of it, yet it may subsume what is said."""

    rule: Rule
    observation: Observation
    severity: Severity | None


class Ledger:
    """Who accepts what: for each of a row of observations the entries that match it, in the policy's order."""

    def __init__(
        self, entries: Sequence[Entry], seen: Sequence[RatedObservation], date: str, lost: Losses = NOTHING_LOST
    ) -> None:
        self._entries = entries
        self._seen = seen
        self._days_left = [days_between(date, entry.acceptance.until) if date else None for entry in entries]
        wide = find_wide(seen) if entries else {}
        index = _Index(entries)
        direct = [index.find(one.rule.id, one.observation.subject) for one in seen]
        # An observation's own entries before those of what subsumes it: the reason that is shown is the nearest.
        self._matching = [
            own + [n for n in direct[wide[i]] if n not in own] if i in wide else own for i, own in enumerate(direct)
        ]
        losses = LossEntries(entries, lost, ((one.rule.id, one.observation.subject) for one in seen))
        self._of_cells = [losses.find(one.rule.id, one.observation.subject) for one in seen]
        self._places: list[list[int]] = [[] for _ in entries]
        self._partly = [0] * len(entries)
        for place, one in enumerate(seen):
            # Only of what is said: an entry that matches nothing but what is off does nothing, and is to be told so.
            if one.severity:
                self._note_uses(place)

    def _note_uses(self, place: int) -> None:
        """Note at an observation's place which entries accept it, or would; and which only some cells that it speaks of."""
        of_cells = self._of_cells[place]
        by_cells = {*chain(*of_cells)}.difference(self._matching[place])
        # Where nobody accepts one of its cells, who accepts others does nothing.
        for n in (*self._matching[place], *(by_cells if all(of_cells) else ())):
            self._places[n].append(place)
        for n in () if all(of_cells) else by_cells:
            self._partly[n] += 1

    def accepted(self, place: int) -> Acceptance | None:
        """Return why the observation at a place is accepted: the first entry in force that matches it or what subsumes it.

        Else, where entries in force match each lost cell of which it speaks, the first of those.
        """
        n = next((n for n in self._matching[place] if self._is_in_force(n)), None)
        if n is None:
            firsts = [next((n for n in of_cell if self._is_in_force(n)), None) for of_cell in self._of_cells[place]]
            # A cell that nothing in force accepts keeps the whole finding open.
            n = min([one for one in firsts if one is not None], default=None) if None not in firsts else None
        return None if n is None else self._entries[n].acceptance

    def uses(self) -> tuple[AcceptanceUse, ...]:
        """Return what each entry does; of several with one rule and subject, the one lasting longest renews the others."""
        longest: dict[tuple[str, Subject], int] = {}
        for n, entry in enumerate(self._entries):
            other = longest.setdefault((entry.rule, entry.subject), n)
            if entry.acceptance.until > self._entries[other].acceptance.until:
                longest[entry.rule, entry.subject] = n
        return tuple(self.use(n) for n in sorted(longest.values()))

    def use(self, n: int) -> AcceptanceUse:
        """Return what the entry at one place of the policy does."""
        entry, places = self._entries[n], self._places[n]
        reopened = [] if self._is_in_force(n) else [place for place in places if self.accepted(place) is None]
        worst = min(
            (self._seen[place].severity or "note" for place in reopened), key=SEVERITIES.index, default=SEVERITIES[-1]
        )
        return AcceptanceUse(
            rule=entry.rule,
            subject=entry.subject,
            acceptance=entry.acceptance,
            days_left=self._days_left[n],
            matched=len(places),
            reopened=len(reopened),
            worst=worst,
            partly=self._partly[n],
        )

    def _is_in_force(self, n: int) -> bool:
        days_left = self._days_left[n]
        # Without a date nothing expires: no snapshot's name has one, and whoever calls did not say what day it is.
        return days_left is None or days_left >= 0


class _Index:
    """Finds the entries that match a finding among many: most name one rule and one package."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        # Looked up, not tried one by one: thousands of entries times thousands of findings would be millions of globs.
        self._named: dict[tuple[str, str], list[int]] = {}
        self._others: list[int] = []
        for n, entry in enumerate(entries):
            package = entry.subject.package
            if package and not is_glob(package) and not is_glob(entry.rule):
                self._named.setdefault((entry.rule, package), []).append(n)
            else:
                self._others.append(n)

    def find(self, rule: str, subject: Subject) -> list[int]:
        """Return the places of the entries that match, in order."""
        candidates = sorted([*self._named.get((rule, subject.package), ()), *self._others])
        return [n for n in candidates if accepts(self._entries[n], rule, subject)]


def names(entry: Entry, rule: str, subject: Subject) -> bool:
    """Return whether an entry names a finding: by its rule, and by every field of its subject."""
    return fits_glob(rule, entry.rule) and matches(entry.subject, subject)


def accepts(entry: Entry, rule: str, subject: Subject) -> bool:
    """Return whether an entry accepts a finding by itself: whether it names it, and the snapshot where that is `both`."""
    # Who accepts that a page of NEW cannot be read does not accept that it is gone the week after, when OLD has it.
    is_meant = subject.snapshot != HIDDEN or entry.subject.snapshot or entry.subject == _ANY
    return bool(is_meant) and names(entry, rule, subject)


def find_wide(seen: Sequence[RatedObservation]) -> dict[int, int]:
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
            # That of a package is another subject but for the package: the same cell or stack, of the whole snapshot.
            place = wide.get((one.rule.subsumed_by, msgspec.structs.replace(subject, package="")))
            if place is not None:
                found[i] = place
    return found
