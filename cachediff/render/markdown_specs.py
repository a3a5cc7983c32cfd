"""The packages and specs of a markdown report, folded.

What is removed and added comes first, then a fold a package, with a row a spec that is news.
"""

from __future__ import annotations

from bisect import insort
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.render.budget import CLOSED, Part, open_fold
from cachediff.render.causes import find_unexplained, name_place
from cachediff.render.code_span import code, escape_html, word
from cachediff.render.outline import Lost, count_package, measure_loss, name_stacks, news_first, show_fields
from cachediff.render.rows import Rows
from cachediff.text.words import MAX_EXAMPLES, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.diff import Kind
    from cachediff.domain.report import ReportedChange, ReportedLoss, ReportedPackage
    from cachediff.render.causes import WideCauses

MAX_SPEC = 2_000
"""Longest spec that is shown: those with the most variants in Spack come near to it."""

QUIET = 5
"""One in so many folds may be of a package without an error or a warning."""


class Measured(Struct, frozen=True):
    """What rows about a package are sorted by, and its numbers in words."""

    lost: Lost
    counts: str


class PackageLists:
    """The packages that are gone and that are new, with how many specs each has, and the lost cells that nothing explains.

    `left` are the packages that lost something, all of which wide causes explain, by the hash of their names; `measured`
    says by the same what a package lost.
    """

    def __init__(self, packages: Iterable[ReportedPackage], wide_causes: WideCauses, most: int, room: int) -> None:
        self.left: set[int] = set()
        self.measured: dict[int, Measured] = {}
        self._found: dict[Kind, Rows] = {"removed": Rows(most, room), "added": Rows(most, room)}
        self._unexplained = Rows(MAX_EXAMPLES, room)
        for package in packages:
            self._see(package, wide_causes)

    def _see(self, package: ReportedPackage, wide_causes: WideCauses) -> None:
        measured = measure_loss(package)
        if package.kind in self._found:
            counted = number(package.specs.old or package.specs.new, "spec")
            self._found[package.kind].add(lambda: [f"* {code(package.package)}: {counted}"], measured)
        # What is new lost nothing, as those of which nothing is known.
        if package.kind != "added":
            self.measured[hash(package.package)] = Measured(measured, count_package(package))
        for lost in find_unexplained(package):
            self._unexplained.add(partial(_show_unexplained, package.package, lost))
        if package.cells.lost and all(lost.cause in wide_causes for lost in package.cells.lost):
            self.left.add(hash(package.package))

    def list_packages(self, importance: int) -> Iterator[Part]:
        """Yield the packages that are gone and those that are new."""
        for kind, rows in self._found.items():
            opening = open_fold(f"{number(rows.count, 'package')} {kind}")
            yield rows.part(importance, "package", opening, CLOSED, lambda left: [f"* and {number(left, 'more package')}"])

    def list_unexplained(self, importance: int) -> Part:
        """Return each lost cell that nothing explains."""
        return self._unexplained.part(
            importance, "cell", [], (), lambda left: [f"* and {number(left, 'more cell')} without a cause"]
        )


def _show_unexplained(package: str, lost: ReportedLoss) -> list[str]:
    return [f"* no cause: {code(package)} {code(name_place(lost))}: {lost.became}"]


class SpecLists:
    """The folds of changed packages, and how many more have specs to show: those left to causes included.

    At most `most` are of packages that have a row in the table of findings, by the hash of their names in `told`. Of the
    others, of which nothing is to be decided, there are few: a reader scrolls past them.
    """

    def __init__(self, left_to_causes: set[int], told: set[int], importance: int, most: int, room: int) -> None:
        self._left, self._told, self._importance, self._most, self._room = left_to_causes, told, importance, most, room
        self._folds: dict[bool, list[tuple[Lost, str, Part]]] = {True: [], False: []}
        self._more = 0

    def see(self, package: ReportedPackage) -> None:
        """Look at one package."""
        changes = _news(package) if package.kind == "changed" else []
        if not changes:
            return
        is_told = hash(package.package) in self._told
        folds, most = self._folds[is_told], self._most if is_told else self._most // QUIET
        place = measure_loss(package), package.package
        # What would be dropped again is not drawn.
        if hash(package.package) in self._left or (len(folds) == most and place > folds[-1][:2]):
            self._more += 1
            return
        insort(folds, (*place, _fold(package, changes, self._importance, self._most, self._room)), key=itemgetter(0, 1))
        if len(folds) > most:
            folds.pop()
            self._more += 1

    def parts(self) -> Iterator[Part]:
        """Yield the folds, and what stands for the others."""
        yield from (fold for folds in self._folds.values() for _, _, fold in folds)
        if self._more:
            is_first = not any(self._folds.values())
            named = number(self._more, "package" if is_first else "more package")
            line = f"{'' if is_first else 'and '}specs of {named}, all of them in the JSON report"
            # The line counts as one of them.
            yield Part(self._importance, [[line]], noun="spec list", more=self._more - 1)


def _news(package: ReportedPackage) -> list[ReportedChange]:
    """Return the specs and pairs of a package that are news."""
    return news_first(
        change for change in package.changes if change.kind in ("removed", "added", "changed") or change.fields
    )


def _fold(package: ReportedPackage, changes: list[ReportedChange], importance: int, most: int, room: int) -> Part:
    """Return one package's specs that are news, folded."""
    counts = f"{package.specs.old:,} → {number(package.specs.new, 'spec')}"
    rows = Rows(most, room)
    for change in changes:
        rows.add(partial(_show_change, change))
    # Within a tag markdown is not read, and backticks would be no code span.
    opening = open_fold(f"<code>{escape_html(package.package)}</code>: {counts}")
    return rows.part(importance, "spec", opening, CLOSED, lambda left: [f"* and {number(left, 'more spec')}"])


def _show_change(change: ReportedChange) -> Iterator[str]:
    """Yield the lines on one spec or pair: in Spack's notation, its stacks, what became of it, and each differing field."""
    spec = change.old or change.new
    if spec:
        stacks = name_stacks(change)
        became = f": {change.became}" if change.became and change.became != "lost" else ""
        yield f"* {change.kind} {code(spec.spec, most=MAX_SPEC)}{f' in {code(stacks)}' if stacks else ''}{became}"
    for field, old, new in show_fields(change):
        yield f"  * {f'{word(field)}: ' if field else ''}{code(old)} → {code(new)}"
