"""Rows on what cannot be trusted in a markdown report: one a page, and one for many pages with the same problem."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cachediff.domain.finding import HIDDEN
from cachediff.render.code_span import code, word
from cachediff.render.rows import Rows
from cachediff.text.words import MAX_EXAMPLES, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.finding import Finding


class InvalidRows:
    """Rows of one severity. Those of many packages that say the same are one, which leaves room for other findings."""

    def __init__(self, most: int, room: int) -> None:
        self._most, self._room = most, room
        self._alike: dict[tuple[str, ...], _Alike] = {}
        self._more = 0

    def add(self, finding: Finding, said: str) -> None:
        """Look at a finding, of which `said` is what a row of its own says."""
        # What has more than one problem is hardly like another, and what names no package has no name to be told.
        is_alone = len(finding.problems) > 1 or not finding.subject.package
        own = finding.fingerprint if is_alone else ""
        key = finding.rule, finding.subject.snapshot, finding.problems[0].message, own
        if key in self._alike or len(self._alike) < self._most:
            self._alike.setdefault(key, _Alike()).add(finding, said)
        else:
            self._more += 1

    def rows(self) -> Rows:
        """Return the rows, in the order of their first findings."""
        rows = Rows(self._most, self._room)
        for alike in self._alike.values():
            for row in alike.rows():
                rows.add(partial(list, [row]))
        rows.count += self._more
        return rows


class _Alike:
    """Findings of different packages that say the same."""

    def __init__(self) -> None:
        self._count = 0
        self._rows, self._packages = list[str](), list[str]()
        self._start = self._lack = ""

    def add(self, finding: Finding, said: str) -> None:
        self._count += 1
        if self._count <= MAX_EXAMPLES:
            show = partial(code, in_table=True)
            rule = word(finding.rule, in_table=True)
            self._rows.append(f"| {finding.severity} | {name_untrusted(finding, show)} | {rule} {show(said)} |")
            self._packages.append(show(finding.subject.package))
            self._lack = ", which the new snapshot lacks" if finding.subject.snapshot == HIDDEN else ""
            self._start = f"| {finding.severity} | | {rule} {show(finding.problems[0].message)}"

    def rows(self) -> list[str]:
        if self._count <= MAX_EXAMPLES:
            return self._rows
        packages = f"{number(self._count, 'package')}{self._lack}"
        return [f"{self._start} in {packages}: {', '.join(self._packages)} and {self._count - MAX_EXAMPLES:,} more |"]


def name_untrusted(finding: Finding, show: Callable[[str], str]) -> str:
    """Return the package of a finding, or else the stack in whose index it is; empty where neither is known."""
    subject = finding.subject
    return show(subject.package) if subject.package else f"stack {show(subject.stack)}" if subject.stack else ""
