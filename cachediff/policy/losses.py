"""Lost cells: of which of them a finding speaks, and which entries of a policy accept them (docs/policy.md). Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import asdict

from cachediff.domain.cell import DIMENSIONS, Cell
from cachediff.domain.finding import Subject
from cachediff.policy.subjects import fits_glob, matches
from cachediff.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cachediff.domain.report import Report
    from cachediff.policy.settings import Entry

Losses: TypeAlias = "Mapping[str, Mapping[Cell, bool]]"
"""The cells that each package lost and that somebody may miss, each with whether another target or os serves its users."""

NOTHING_LOST: Losses = {}

LOSS = "loss"
"""What an entry has as its rule to accept lost cells, whatever findings tell of them."""

LOSS_FIELDS = ("package", *DIMENSIONS)
"""The fields that the subject of such an entry may have."""

_OF_CELLS = frozenset(rule.id for rule in RULES if rule.explained in {"cells", "package"})
_OF_MOVES = frozenset(rule.id for rule in RULES if rule.tells_of_move)


# What PackageDiff.needed leaves out, as a report has it.
_UNMISSED = frozenset({"unwanted", "unneeded"})


def is_of_cells(rule: str) -> bool:
    """Return whether findings of a rule speak of lost cells: of all for which each fact of their subject holds."""
    return rule in _OF_CELLS


def is_of_moves(rule: str) -> bool:
    """Return whether findings of a rule speak of such cells alone that moved: that another target or os serves."""
    return rule in _OF_MOVES


def name_facts(subject: Subject) -> tuple[str, ...]:
    """Return the dimensions of which a subject names a value."""
    return tuple([name for name in DIMENSIONS if getattr(subject, name)])


class LostCells:
    """The lost cells of a package, or of all, each with how many packages lost it, by the facts that findings name."""

    def __init__(self, weights: Mapping[Cell, int]) -> None:
        self.weights = weights
        self._by_facts: dict[tuple[str, ...], defaultdict[tuple[str, ...], list[Cell]]] = {}

    def find(self, subject: Subject) -> list[Cell]:
        """Return the cells of which a finding speaks: those for which each fact of its subject holds."""
        names = name_facts(subject)
        if names not in self._by_facts:
            # Once for all findings that name the same facts: a package may have as many findings as cells.
            found = self._by_facts[names] = defaultdict(list)
            for cell in self.weights:
                found[tuple([getattr(cell, name) for name in names])].append(cell)
        return self._by_facts[names].get(tuple([getattr(subject, name) for name in names]), [])

    def count(self, cells: Iterable[Cell]) -> int:
        """Return in how many packages some cells are lost."""
        return sum([self.weights[cell] for cell in cells])


def list_lost(report: Report) -> dict[str, dict[Cell, bool]]:
    """Return the lost cells of each package of a report, each with whether something serves its users."""
    return {
        package.package: {Cell(one.stack, one.platform, one.os, one.target): one.became == "retargeted" for one in needed}
        for package in report.packages
        if (needed := [one for one in package.cells.lost if one.became not in _UNMISSED])
    }


class LossEntries:
    """Which entries of a policy accept the lost cells of which a finding speaks.

    One of `loss` does, and one of the finding's rule that names a place which the finding does not: `os-dropped` of a stack.
    """

    def __init__(self, entries: Sequence[Entry], lost: Losses, told: Iterable[tuple[str, Subject]] = ()) -> None:
        """Take what a policy accepts, what was lost, and rules and subjects of findings (`told`), for entries of rules."""
        self._losses = frozenset([n for n, entry in enumerate(entries) if entry.rule == LOSS])
        # Of all that findings name, which is little, as there may be thousands of entries and of findings.
        asked = {(rule, name_facts(subject)) for rule, subject in told if is_of_cells(rule)} if entries else ()
        places = {n: {*name_facts(entry.subject)} for n, entry in enumerate(entries)}
        self._meant = {
            (rule, facts): self._losses
            | {n for n, entry in enumerate(entries) if not places[n] <= {*facts} and fits_glob(rule, entry.rule)}
            for rule, facts in asked
        }
        named = [(n, entries[n].subject) for n in sorted(self._losses.union(*self._meant.values()))]
        # By whether what moved alone is looked at.
        self._tables = {is_move: _Matches(named, lost, is_move=is_move) for is_move in (False, True)}

    def find(self, rule: str, subject: Subject) -> frozenset[tuple[int, ...]]:
        """Return, for each lost cell of which a finding speaks, the places of the entries that match it, in order.

        Cells that the same entries match are one. It is empty where the finding speaks of none.
        """
        if not is_of_cells(rule):
            return frozenset()
        meant = self._meant.get((rule, name_facts(subject)), self._losses)
        found = self._tables[is_of_moves(rule)].find(subject)
        return frozenset([tuple([n for n in of_cell if n in meant]) for of_cell in {*found}])


class _Matches:
    """Which entries match each lost cell, by package and cell."""

    def __init__(self, named: Sequence[tuple[int, Subject]], lost: Losses, *, is_move: bool) -> None:
        self._packages: dict[str, LostCells] = {}
        self._everywhere = LostCells({})
        self._matching: dict[str, dict[Cell, tuple[int, ...]]] = {}
        self._combined: defaultdict[Cell, set[tuple[int, ...]]] = defaultdict(set)
        # Most policies accept no cells: then none is looked at.
        if not named:
            return
        for package, every in lost.items():
            cells = [cell for cell, is_served in every.items() if is_served or not is_move]
            # Of most packages nothing moved, and each glob that is tried takes time.
            if not cells:
                continue
            near = [(n, globs) for n, globs in named if not globs.package or fits_glob(package, globs.package)]
            matching = {cell: _find_matching(near, package, cell) for cell in cells}
            self._packages[package] = LostCells(dict.fromkeys(matching, 1))
            self._matching[package] = matching
            for cell, found in matching.items():
                # For findings about the whole snapshot, which speak of a cell in every package that lost it.
                self._combined[cell].add(found)
        self._everywhere = LostCells(dict.fromkeys(self._combined, 1))

    def find(self, subject: Subject) -> Iterable[tuple[int, ...]]:
        """Return the places of the entries that match each lost cell of which a finding speaks."""
        if not subject.package:
            return chain(*(self._combined[cell] for cell in self._everywhere.find(subject)))
        cells = self._packages[subject.package].find(subject) if subject.package in self._packages else ()
        return [self._matching[subject.package][cell] for cell in cells]


def _find_matching(entries: Iterable[tuple[int, Subject]], package: str, cell: Cell) -> tuple[int, ...]:
    subject = Subject(package=package, **asdict(cell))
    return tuple([n for n, globs in entries if matches(globs, subject)])
