"""Which findings a cause explains: those on cells or packages that are all gone for it.

A finding speaks of lost cells: all that match its subject, or, where it is about orphans, all cells that those had. It is explained
where causes explain each of them. One cause usually does. Where several do together, `cause` is the one that names the finding's own
package, since folding the finding under a wider one would hide that; else the one that explains most of its cells, the first of those. A
cause that says no more and no less than the finding's subject explains it in any case.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from cachediff.compare.coverage import cells_of
from cachediff.rules.values import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.compare.causes import Causes
    from cachediff.model import Cell, Finding, PackageDiff, Subject

_ON_CELLS = frozenset(
    [
        *(f"{dimension}-{what}" for dimension in DIMENSIONS for what in ("removed", "dropped")),
        *("cell-dropped", "target-downgraded", "os-replaced"),
    ]
)

_Tally: TypeAlias = Counter[str | None]
"""How many cells each cause explains, by its id; None is no cause."""


def explain_findings(findings: Iterable[Finding], losers: Iterable[PackageDiff], causes: Causes) -> tuple[Finding, ...]:
    """Return the findings in their order, each that causes explain with the id of one; `losers` are the packages that lost cells."""
    explainer = _Explainer(losers, causes)
    return tuple(
        finding if (cause := explainer.explain(finding)) is None else msgspec.structs.replace(finding, cause=cause) for finding in findings
    )


class _Explainer:
    """Looks findings up among the explained cells."""

    def __init__(self, losers: Iterable[PackageDiff], causes: Causes) -> None:
        self.causes = causes
        self.packages = {package.package: package for package in losers}
        self.order = {cause.id: place for place, cause in reversed([*enumerate(causes.found)])}
        self.ids = {frozenset(cause.predicate.items()): cause.id for cause in causes.found}
        self.narrow = {cause.id for cause in causes.found if "package" in cause.predicate}
        self.wide: defaultdict[tuple[str, str], _Tally] = defaultdict(Counter)
        for (cell, cause), number in Counter((cell, cause) for (_, cell), cause in causes.of_cells.items()).items():
            for dimension in DIMENSIONS:
                self.wide[dimension, getattr(cell, dimension)][cause] += number

    def explain(self, finding: Finding) -> str | None:
        """Return the id of the cause that explains a finding, None where one of its cells has none."""
        subject = finding.subject
        if finding.rule == "package-removed":
            return self.causes.of_packages.get(subject.package)
        if finding.rule in _ON_CELLS:
            facts = [(name, value) for name, value in msgspec.structs.asdict(subject).items() if value]
            return self.ids.get(frozenset(facts)) or self._choose(self._tally(subject, facts))
        if finding.rule == "spec-orphaned" and subject.package in self.packages:
            cells = _cells_of_orphans(self.packages[subject.package])
            return self._choose(Counter(self.causes.of_cells.get((subject.package, cell)) for cell in cells))
        return None

    def _tally(self, subject: Subject, facts: list[tuple[str, str]]) -> _Tally:
        """Return what explains the lost cells that match a subject; what is about the whole snapshot names one fact."""
        if not subject.package:
            return self.wide.get(facts[0], Counter())
        place = [(name, value) for name, value in facts if name != "package"]
        package = self.packages.get(subject.package)
        return Counter(
            self.causes.of_cells.get((subject.package, lost.cell))
            for lost in (package.lost if package else ())
            if all(getattr(lost.cell, name) == value for name, value in place)
        )

    def _choose(self, tally: _Tally) -> str | None:
        """Return the cause that a finding is folded under, None where one of its cells has none."""
        ids = [cause for cause in tally if cause is not None]
        if None in tally or not ids:
            return None
        return min(ids, key=lambda cause: (cause not in self.narrow, -tally[cause], self.order[cause]))


def _cells_of_orphans(package: PackageDiff) -> Iterator[Cell]:
    """Yield the cells that the specs had which are newly in no stack."""
    for change in package.changes:
        if change.old is not None and change.new is not None and not change.new.stacks:
            yield from cells_of(change.old.body)
