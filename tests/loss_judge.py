"""Holds a report to the model of losses: everything that is lost is named, and nothing is called lost that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.loss_model import PLACES, Cell, Facet, find_losses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachediff.domain.finding import Finding, Subject
    from cachediff.domain.report import Report
    from tests.loss_model import Losses, Pages, Pairs

VALUES = ("stack", *PLACES)
STANDS_IN = {"target-downgraded", "os-replaced"}
CELL_RULES = (
    {f"{value}-{how}" for value in VALUES for how in ("removed", "dropped")}
    | {"cell-dropped", "package-removed"}
    | STANDS_IN
)
FACET_RULES = {
    "gpu": {"gpu-dropped": "gpu"},
    "version": {"version-dropped": "version"},
    "variant": {"variant-dropped": "variant", "variant-disabled": "variant"},
}
"""Which rules name a facet of each kind, and in which field of the subject."""

COVERAGE_RULES = CELL_RULES | {rule for rules in FACET_RULES.values() for rule in rules} | {"spec-orphaned"}


def judge(old: Pages, new: Pages, report: Report) -> list[str]:
    """Return what is wrong with a report on two snapshots, in order; empty where the model agrees."""
    pairs = pairs_of(report)
    losses = find_losses(old, new, pairs)
    open_ = [finding for finding in report.findings if finding.status == "open" and finding.severity != "note"]
    errors = [finding for finding in open_ if finding.severity == "error" and finding.rule in CELL_RULES]
    complaints = [
        *_doubt_pairs(pairs),
        *_miss_cells(losses, open_, errors),
        *_miss_facets(losses, open_),
        *_miss_orphans(losses, open_),
        *_doubt_findings(losses, open_),
    ]
    return sorted(complaints)


def pairs_of(report: Report) -> Pairs:
    """Return the pairs that a report shows: all of which anything differs but the hash."""
    return {
        package.package: {change.old.index: change.new.index for change in package.changes if change.old and change.new}
        for package in report.packages
    }


def covers(subject: Subject, cell: Cell) -> bool:
    """Return whether a finding with this subject speaks of a cell: whatever the subject leaves open is any."""
    return all(getattr(subject, name) in ("", getattr(cell, name)) for name in Cell._fields)


def names_facet(finding: Finding, cell: Cell, facet: Facet) -> bool:
    """Return whether a finding says that a cell lost a facet.

    An architecture of a GPU may be named as a GPU or as a variant's value.
    """
    if not covers(finding.subject, cell):
        return False
    field = FACET_RULES[facet.kind].get(finding.rule)
    if field:
        return bool(getattr(finding.subject, field) == facet.text)
    return (
        facet.kind == "variant"
        and finding.rule == "gpu-dropped"
        and facet.text in finding.subject.gpu.replace("+", "").split()
    )


# --- what is lost and not named ----------------------------------------------------------------------------------------


def _miss_cells(losses: Losses, open_: list[Finding], errors: list[Finding]) -> Iterator[str]:
    named, wrong = ({cell for cell in losses.cells if _is_named(cell, among)} for among in (open_, errors))
    yield from (f"unnamed cell: {cell}" for cell in losses.cells - named)
    yield from (f"a cell that is gone is no error: {cell}" for cell in (losses.gone & named) - wrong)
    for cells, gone in losses.contested:
        place = min(cells)._replace(os="*")
        if len(cells & wrong) < gone:
            yield f"{len(cells & wrong)} of {len(cells)} cells are errors where {gone} are gone: {place}"
        if all(
            any(covers(error.subject, cell) and not _covers_elsewhere(losses, error, cells) for error in errors)
            for cell in cells
        ):
            yield f"{len(cells)} of {len(cells)} cells are errors where {gone} are gone: {place}"


def _covers_elsewhere(losses: Losses, finding: Finding, cells: frozenset[Cell]) -> bool:
    """Return whether a finding speaks of a cell that may be gone and is none of these."""
    return any(covers(finding.subject, cell) for cell in losses.possibly_gone - cells)


def _is_named(cell: Cell, findings: Iterable[Finding]) -> bool:
    return any(finding.rule in CELL_RULES and covers(finding.subject, cell) for finding in findings)


def _miss_facets(losses: Losses, open_: list[Finding]) -> Iterator[str]:
    for cell, facet in losses.facets:
        naming = [finding for finding in open_ if names_facet(finding, cell, facet)]
        if (cell, facet) in losses.without_pair:
            naming = [
                finding for finding in naming if finding.rule != "variant-disabled"
            ]  # which is about a pair, of another cell
        if not naming:
            yield f"unnamed {facet.kind}: {facet.text} in {cell}"
        elif facet.kind == "gpu" and all(finding.severity != "error" for finding in naming):
            yield f"a lost gpu is no error: {facet.text} in {cell}"


def _miss_orphans(losses: Losses, open_: list[Finding]) -> Iterator[str]:
    for stray in losses.strays:
        rules = {f"{stray.field}-dropped", f"{stray.field}-removed", "package-removed"}
        if not any(
            _speaks_of(finding, stray.package, stray.field, stray.value) for finding in open_ if finding.rule in rules
        ):
            yield f"unnamed {stray.field} of orphans: {stray}"
    for package in losses.bare_packages:
        if not any(finding.rule == "package-removed" and finding.subject.package == package for finding in open_):
            yield f"unnamed package of orphans: {package}"
    for package, hashes in losses.orphaned.items():
        if not any(finding.rule == "spec-orphaned" and finding.subject.package == package for finding in open_):
            yield f"unnamed orphan: {package} {min(hashes)}"


def _speaks_of(finding: Finding, package: str, field: str, value: str) -> bool:
    subject = finding.subject
    return subject.package in ("", package) and getattr(subject, field) in ("", value)


# --- what is named and not lost ----------------------------------------------------------------------------------------


def _doubt_pairs(pairs: Pairs) -> Iterator[str]:
    for package, partners in pairs.items():
        if len(set(partners.values())) < len(partners):
            yield f"a new spec has two partners: {package}"


def _doubt_findings(losses: Losses, open_: list[Finding]) -> Iterator[str]:
    for finding in open_:
        if finding.rule in COVERAGE_RULES and not _is_true(losses, finding):
            yield f"{finding.severity} without a loss: {finding.rule} {describe(finding.subject)}"
        if not _is_true_of_all(losses, finding):
            yield f"{finding.severity} says more than is lost: {finding.rule} {describe(finding.subject)}"


def _is_true(losses: Losses, finding: Finding) -> bool:
    """Return whether something is lost that a finding speaks of, and no less than it says."""
    if finding.rule == "spec-orphaned":
        return finding.subject.package in losses.with_orphans
    for rules in FACET_RULES.values():
        if finding.rule in rules:
            return _is_true_of_a_facet(losses, finding)
    if finding.severity == "error":
        return any(covers(finding.subject, cell) for cell in losses.possibly_gone)
    if any(covers(finding.subject, cell) for cell in losses.cells):
        return True
    name = finding.rule.partition("-")[0]
    if name == "package":
        return finding.subject.package in losses.bare_packages
    return any(_speaks_of(finding, stray.package, name, stray.value) for stray in losses.strays if stray.field == name)


def _is_true_of_a_facet(losses: Losses, finding: Finding) -> bool:
    if any(names_facet(finding, cell, facet) for cell, facet in losses.facets | losses.excused):
        return True
    # The rule asks for a pair that went from it, and not whether another spec of the cell has it still.
    return finding.rule == "variant-disabled" and finding.subject.variant in losses.turned_off[finding.subject.package]


def _is_true_of_all(losses: Losses, finding: Finding) -> bool:
    """Return whether all cells that a finding speaks of and that had the facet lost it: it names a whole stack only then."""
    if finding.rule not in {"gpu-dropped", "version-dropped", "variant-dropped"}:
        return True
    kind = finding.rule.removesuffix("-dropped")
    held = losses.held.get(Facet(kind, getattr(finding.subject, kind)), {})
    return not any(is_kept for cell, is_kept in held.items() if covers(finding.subject, cell))


def describe(subject: Subject) -> str:
    """Return the facts of a subject as text."""
    return " ".join(f"{name}={getattr(subject, name)}" for name in subject.__struct_fields__ if getattr(subject, name))
