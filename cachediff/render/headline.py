"""The verdict in one line, with its reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES
from cachediff.render.counts import count_left_out, count_unwanted, name_unit, note_lost
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.domain.report import Report


_FACETS = {"gpu": "GPU", "mpi": "MPI", "version": "version", "variant": "variant"}
"""What a lost facet may be, by the field of its subject."""


def headline(report: Report) -> str:
    """Return the verdict and its reason in one line: packages and cells, not findings."""
    return f"{report.verdict}: {_reason(report)}"


def _reason(report: Report) -> str:
    counts = report.summary.findings
    accepted = f", {counts.accepted:,} accepted" if counts.accepted else ""
    if counts.error or counts.warning:
        said = _list_losses_and_culprits(report)
        # A report that somebody else wrote may count what it does not list.
        said = said or ["errors or warnings that the report does not tell"]
        return "; ".join(["; ".join(said) + accepted, *_consequences(report)])
    if report.old is None:
        packages = number(report.new.packages, name_unit(report))
        return f"{packages} and {number(report.new.specs, 'spec')} are valid and add up"
    # Of the bytes of pages: this says more than that no spec differs. That of an index is of its specs: roots may differ.
    if report.old.digest == report.new.digest and report.old.kind == "pages":
        return f"the snapshots are identical{accepted}"
    specs = report.summary.specs
    differing = specs.rebuilt + specs.changed + specs.added + specs.removed
    if differing == 0 and not report.packages:
        return f"the snapshots hold the same specs{accepted}"
    verb = ("was", "were") if differing == specs.rebuilt else ("differs", "differ")
    rebuilt = " rebuilt" if differing == specs.rebuilt else ""
    return f"{number(differing, 'spec')} {verb[differing != 1]}{rebuilt}, {_consolation(report)}{accepted}"


def _consolation(report: Report) -> str:
    """Return what can be said of losses where no error or warning is open."""
    cells = report.summary.cells
    # What is lost without a word is so because of a policy, or because nobody needs it.
    if cells.lost > cells.unneeded or cells.blocked or any(report.summary.facets.lost.values()):
        return "nothing the policy forbids"
    if cells.lost:
        return "nothing needed was lost"
    # All builds with a compiler may be among them: cells do not tell compilers apart.
    removed = report.summary.specs.removed
    return f"{removed:,} removed, no cell lost" if removed else "nothing was lost"


def _list_losses_and_culprits(report: Report) -> list[str]:
    """Return what was lost and what else is open, the errors first: of losses some are warnings."""
    losses = [*_losses(report)]
    is_worse = bool(losses) and any(
        one.is_loss and one.severity == "error" and one.status == "open" for one in report.findings
    )
    culprits = [*filter(None, [", ".join(_culprits(report, is_worse=is_worse))])]
    return [*losses, *culprits] if is_worse or not report.summary.findings.error else [*culprits, *losses]


def _losses(report: Report) -> Iterable[str]:
    """Yield what was lost, each loss once: of cells and, in those that stay, of facets."""
    losses, cells = report.summary.losses, report.summary.cells
    where = f" in {number(losses.packages, 'package')}"
    # Of what is accepted it is not known whether it moved.
    is_all = losses.cells + cells.unneeded + count_unwanted(report) == cells.lost
    note = note_lost(losses.cells, moved=cells.moved if is_all else 0) if losses.cells else ""
    of_cells = f"{losses.cells:,} of {number(cells.old, 'cell')}"
    of_facets = f"{number(losses.facets, 'facet')}{_name_facets(report)}"
    if losses.cells and losses.facets:
        # In one breath, as the packages are those of both.
        yield f"{of_cells}{note} and {of_facets} lost{where}"
    elif losses.cells:
        yield f"{of_cells} lost{note}{where}"
    elif losses.facets:
        yield f"{of_facets} lost{where}"


def _name_facets(report: Report) -> str:
    """Return of what kinds the lost facets are: nobody else calls them so."""
    lost = (one.subject for one in report.findings if one.facets and one.is_alarm)
    found = {field for subject in lost for field in _FACETS if getattr(subject, field)}
    kinds = [name for field, name in _FACETS.items() if field in found]
    return f" ({', '.join(kinds)})" if kinds else ""


def _culprits(report: Report, *, is_worse: bool) -> Iterable[str]:
    """Yield how many packages have other errors, and how many warnings; the whole snapshot is counted apart.

    `is_worse` says that some of what was lost is an error.
    """
    wide, packages = Counter[str](), defaultdict[str, set[int]](set)
    losses = report.summary.losses
    is_told = bool(losses.cells or losses.facets)
    for finding in report.findings:
        if finding.subsumed_by is not None or finding.status != "open" or (is_told and finding.is_loss):
            continue
        if finding.subject.package:
            # Hashes: the names of a long report would take memory.
            packages[finding.severity].add(hash(finding.subject.package))
        else:
            wide[finding.severity] += 1
    if counts := [number(wide[severity], severity) for severity in SEVERITIES[:2] if wide[severity]]:
        yield f"{' and '.join(counts)} about the whole snapshot"
    for severity in SEVERITIES[:2]:
        if packages[severity]:
            # Losses are errors, too: what stands beside them is not all that there are.
            other = "other " if is_worse and severity == "error" else ""
            yield f"{other}{severity}s in {number(len(packages[severity]), 'package')}"


def _consequences(report: Report) -> Iterable[str]:
    """Yield what else is said beside errors or warnings: cells lost and blocked, packages left out, that nothing fails."""
    cells = report.summary.cells
    if cells.lost and not report.summary.losses.cells:
        spared = note_lost(cells.lost, moved=cells.moved, unneeded=cells.unneeded, unwanted=count_unwanted(report))
        yield f"{cells.lost:,} of {number(cells.old, 'cell')} lost{spared}"
    if cells.blocked:
        yield f"{number(cells.blocked, 'cell')} not installable"
    if report.old and report.not_compared:
        yield f"{number(count_left_out(report), 'package')} not compared"
    if failing := sum(one.verdict == "fail" for one in report.also_compared):
        yield f"{number(failing, 'other comparison')} {'fails' if failing == 1 else 'fail'}, too"
    if report.fail_on == "never":
        yield "fail-on is never"
