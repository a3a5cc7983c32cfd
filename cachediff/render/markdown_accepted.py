"""What a markdown report lists of what is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.code_span import code, word

if TYPE_CHECKING:
    from cachediff.domain.finding import Finding


class AcceptedRows:
    """The first rows of what is accepted, grouped by the entry that accepts it, in the order in which entries come."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._most, self._kept = most, 0
        self._groups: dict[int, list[str]] = {}

    def add(self, finding: Finding) -> None:
        """Keep a row, and drop the last one where there are too many.

        What is dropped only moves further down with each that comes.
        """
        if finding.accepted is None:
            return
        self.count += 1
        key = hash(finding.accepted)
        # A later entry comes below all rows that are kept already.
        if self._kept >= self._most and key not in self._groups:
            return
        why = " | ".join(
            code(text, in_table=True) if text else ""
            for text in (finding.accepted.until, finding.accepted.owner, finding.accepted.reason)
        )
        row = f"| {word(finding.rule, in_table=True)} {code(finding.message, in_table=True)} | {why} |"
        self._groups.setdefault(key, []).append(row)
        self._kept += 1
        if self._kept > self._most:
            last = next(reversed(self._groups))
            self._groups[last].pop()
            self._kept -= 1
            if not self._groups[last]:
                del self._groups[last]

    def lines(self) -> list[str]:
        """Return the rows."""
        return [line for group in self._groups.values() for line in group]
