"""How much NEW has of what is required of it, on all that can be trusted, whatever is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.comparison.requirements import count_on, name_requirement_counts
from cachediff.domain.diff import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cachediff.comparison.collectors.collector import ReadPackage
    from cachediff.domain.diff import RequirementCount
    from cachediff.domain.package import InvalidPage


class RequirementCounts(Struct):
    """A count for each requirement."""

    require: tuple[Requirement, ...]
    counts: list[int]

    @classmethod
    def start(cls, require: Sequence[Requirement]) -> RequirementCounts:
        """Return counts of nothing."""
        return cls(tuple(require), [0] * len(require))

    def add(self, package: ReadPackage) -> None:
        """Count what one package of NEW has."""
        _, new = package.valid
        if new is not None:
            for position, requirement in enumerate(self.require):
                self.counts[position] += count_on(new, requirement)

    def merge(self, other: RequirementCounts) -> None:
        """Add what another share has counted."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]

    def finish(self, invalid: Iterable[InvalidPage]) -> tuple[RequirementCount, ...]:
        """Return what NEW has for each requirement, and the invalid pages that may hide more."""
        return name_requirement_counts(self.require, self.counts, invalid)
