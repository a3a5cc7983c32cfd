"""What was lost, each loss once, however many findings speak of it (docs/design.md, Losses).

A cell that a package lost may be gone with its stack, its os and its target, and a finding tells of each. Such
a finding is told where it speaks of a cell of which none before it speaks; the others repeat what those say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.report import LossSummary
from cachediff.policy.losses import LostCells, is_of_cells, is_of_moves, name_facts
from cachediff.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cachediff.domain.cell import Cell
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Renamable
    from cachediff.policy.losses import Losses

_OF_FACETS = frozenset(rule.id for rule in RULES if rule.is_about_facets)
_VANISHES = {rule.id: rule.vanishes for rule in RULES if rule.vanishes}


def count_losses(findings: Sequence[Finding], losers: Iterable[PackageDiff]) -> tuple[tuple[Finding, ...], LossSummary]:
    """Return findings in their order, each with how many lost cells it speaks of and which one it repeats, and the sums.

    `losers` are the packages that lost cells.
    """
    lost = {package.package: {one.cell: one.is_served for one in package.needed} for package in losers}
    everywhere = _count_cells(lost.values())
    about: defaultdict[str, list[int]] = defaultdict(list)
    for place, finding in enumerate(findings):
        if is_of_cells(finding.rule):
            about[finding.subject.package].append(place)
    marked = [
        msgspec.structs.replace(one, facets=int(one.rule in _OF_FACETS), vanished=_VANISHES.get(one.rule, ""))
        for one in findings
    ]
    for package, places in about.items():
        of_package = _count_cells([lost.get(package, {})]) if package else everywhere
        for place, changed in zip(places, _mark([marked[place] for place in places], of_package), strict=True):
            marked[place] = changed
    return tuple(marked), _sum_up(marked, lost)


def _count_cells(lost: Iterable[Mapping[Cell, bool]]) -> dict[bool, LostCells]:
    """Return the lost cells of some packages, by whether those alone are meant that something serves."""
    every: Counter[Cell] = Counter()
    moved: Counter[Cell] = Counter()
    for cells in lost:
        every.update(cells.keys())
        moved.update([cell for cell, is_served in cells.items() if is_served])
    return {False: LostCells(every), True: LostCells(moved)}


def _mark(findings: Sequence[Finding], lost: Mapping[bool, LostCells]) -> Iterator[Finding]:
    """Yield the findings about one package, or about the whole snapshot, with what they speak of and what they repeat."""
    # Most severe first, so that nothing is told as less than it is; then as the rules stand: a stack is its own reason.
    owner: dict[Cell, int] = {}
    for place, finding in enumerate(findings):
        told = lost[is_of_moves(finding.rule)]
        cells = told.find(finding.subject)
        repeats = None
        if _is_told(finding) and cells:
            if all(cell in owner for cell in cells):
                owners = Counter(owner[cell] for cell in cells)
                repeats = findings[max(owners, key=lambda one: (owners[one], -one))].fingerprint
            for cell in cells:
                owner.setdefault(cell, place)
        yield msgspec.structs.replace(finding, cells=told.count(cells), repeats=repeats)


def _is_told(finding: Finding) -> bool:
    """Return whether a finding is open, and none about the whole snapshot says it already."""
    return finding.status == "open" and finding.subsumed_by is None


def _sum_up(findings: Iterable[Finding], lost: Losses) -> LossSummary:
    """Return what is lost that an open error or warning tells of, and what is accepted of the rest."""
    told: dict[str, _Told] = {}
    packages, facets = set[str](), Counter[str]()
    for finding in findings:
        is_open = finding.status == "open"
        if is_open and finding.severity == "note":
            continue
        if finding.facets:
            facets[finding.status] += finding.facets
            packages.update([finding.subject.package] if is_open else ())
        elif is_of_cells(finding.rule):
            told.setdefault(finding.subject.package, _Told()).add(finding)
    wide, cells, accepted = told.get("", _Told()), 0, facets["accepted"]
    for package, of_package in lost.items():
        own = told.get(package, _NOTHING)
        statuses = Counter(min(wide.find(*cell), own.find(*cell)) for cell in of_package.items())
        cells, accepted = cells + statuses[_OPEN], accepted + statuses[_ACCEPTED]
        packages.update([package] if statuses[_OPEN] else ())
    return LossSummary(packages=len(packages), cells=cells, facets=facets["open"], accepted=accepted)


# In this order: of all that is said of a cell the least counts.
_OPEN, _ACCEPTED, _UNTOLD = range(3)


def list_told(findings: Iterable[Finding]) -> dict[Renamable, set[str]]:
    """Return of what open errors and warnings tell: stacks and oses of the whole snapshot, and packages that are gone."""
    told = [one for one in findings if one.is_alarm]
    wide = [one.subject for one in told if not one.subject.package]
    return {
        "stack": {subject.stack for subject in wide},
        "os": {subject.os for subject in wide},
        "package": {one.subject.package for one in told if one.vanished == "package"},
    }


class _Told:
    """What findings say of cells, by the facts that they name."""

    def __init__(self) -> None:
        # Apart what is said of those alone that something serves.
        self._found: dict[bool, defaultdict[tuple[str, ...], dict[tuple[str, ...], int]]] = {
            is_move: defaultdict(dict) for is_move in (False, True)
        }

    def add(self, finding: Finding) -> None:
        """Learn of a finding."""
        names = name_facts(finding.subject)
        values = tuple([getattr(finding.subject, name) for name in names])
        known = self._found[is_of_moves(finding.rule)][names]
        known[values] = min(known.get(values, _UNTOLD), _OPEN if finding.status == "open" else _ACCEPTED)

    def find(self, cell: Cell, is_served: bool) -> int:
        """Return the worst that is said of a cell."""
        said = [
            found.get(tuple([getattr(cell, name) for name in names]), _UNTOLD)
            for is_move in (False, True)[: 1 + is_served]
            for names, found in self._found[is_move].items()
        ]
        return min(said, default=_UNTOLD)


_NOTHING = _Told()
