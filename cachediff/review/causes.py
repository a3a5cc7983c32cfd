"""Which findings a cause explains: those on cells or packages that are all gone for it.

A finding speaks of lost cells: all that match its subject, or, where it is about orphans, all cells that those had. It is
explained where causes explain each of them. One cause usually does. Where several do together, `cause` is the one that names
the finding's own package, since folding the finding under a wider one would hide that; else the one that explains most of
its cells, the first of those. A cause that says no more and no less than the finding's subject explains it in any case.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from cachediff.comparison.coverage import cells_of
from cachediff.domain.cell import DIMENSIONS
from cachediff.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.comparison.causes import Causes
    from cachediff.domain.cell import Cell
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.finding import Finding, Subject

_EXPLAINED = {rule.id: rule.explained for rule in RULES}

_Tally: TypeAlias = Counter[str | None]
"""How many cells each cause explains, by its id; None is no cause."""

_Fact: TypeAlias = tuple[str, str]


def explain_findings(findings: Iterable[Finding], losers: Iterable[PackageDiff], causes: Causes) -> tuple[Finding, ...]:
    """Return the findings in their order, each that causes explain with the id of one.

    `losers` are the packages that lost cells.
    """
    explainer = _Explainer(losers, causes)
    return tuple(
        finding if (cause := explainer.explain(finding)) is None else msgspec.structs.replace(finding, cause=cause)
        for finding in findings
    )


class _Explainer:
    """Looks findings up among the explained cells."""

    def __init__(self, losers: Iterable[PackageDiff], causes: Causes) -> None:
        self.causes = causes
        self.packages = {package.package: _Package(package, causes) for package in losers}
        # Reversed, so that the first of two counts: one of packages may have the id of one of cells.
        self.order = {cause.id: place for place, cause in reversed([*enumerate(causes.found)])}
        self.ids = {frozenset(cause.predicate.items()): cause.id for cause in causes.found}
        self.narrow = {cause.id for cause in causes.found if "package" in cause.predicate}
        self.wide: defaultdict[_Fact, _Tally] = defaultdict(Counter)
        # Once for all findings on the whole snapshot, each of which names one fact.
        for (cell, cause), number in Counter((cell, cause) for (_, cell), cause in causes.of_cells.items()).items():
            for dimension in DIMENSIONS:
                self.wide[dimension, getattr(cell, dimension)][cause] += number

    def explain(self, finding: Finding) -> str | None:
        """Return the id of the cause that explains a finding, None where one of its cells has none."""
        subject, explained = finding.subject, _EXPLAINED[finding.rule]
        if explained == "package":
            return self.causes.of_packages.get(subject.package)
        if explained == "cells":
            facts = [(name, value) for name, value in msgspec.structs.asdict(subject).items() if value]
            return self.ids.get(frozenset(facts)) or self._choose(self._tally(subject, facts))
        if explained == "mpi":
            return self.causes.of_mpis.get((subject.package, subject.mpi))
        if explained == "orphans" and subject.package in self.packages:
            return self._choose(self.packages[subject.package].tally_orphans())
        return None

    def _tally(self, subject: Subject, facts: list[_Fact]) -> _Tally:
        """Return what explains the lost cells that match a subject; what is about the whole snapshot names one fact."""
        if not subject.package:
            return self.wide.get(facts[0], Counter())
        if subject.package not in self.packages:
            return Counter()
        return self.packages[subject.package].tally_cells([(name, value) for name, value in facts if name != "package"])

    def _choose(self, tally: _Tally) -> str | None:
        """Return the cause that a finding is folded under, None where one of its cells has none."""
        ids = [cause for cause in tally if cause is not None]
        # A cell without a cause is a loss of its own, which folding would hide.
        if None in tally or not ids:
            return None
        return min(ids, key=lambda cause: (cause not in self.narrow, -tally[cause], self.order[cause]))


class _Package:
    """What explains the lost cells of one package, by what findings say of them.

    They are looked at once, however many findings there are.
    """

    def __init__(self, package: PackageDiff, causes: Causes) -> None:
        self._package = package
        self._of_cells = causes.of_cells
        self._by_facts: dict[tuple[str, ...], defaultdict[tuple[str, ...], _Tally]] = {}

    def tally_cells(self, place: list[_Fact]) -> _Tally:
        """Return what explains the lost cells for which some facts hold."""
        names, values = zip(*place, strict=True)
        if names not in self._by_facts:
            found = self._by_facts[names] = defaultdict(Counter)
            for lost in self._package.needed:
                found[tuple([getattr(lost.cell, name) for name in names])][self._find(lost.cell)] += 1
        return self._by_facts[names].get(values, Counter())

    def tally_orphans(self) -> _Tally:
        """Return what explains the cells that the specs had which are newly in no stack."""
        gone = [
            change.old for change in self._package.changes if change.old and change.new is not None and not change.new.stacks
        ]
        return Counter(self._find(cell) for spec in gone for cell in cells_of(spec.content))

    def _find(self, cell: Cell) -> str | None:
        return self._of_cells.get((self._package.package, cell))
