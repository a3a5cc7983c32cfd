"""From open findings of a report to the acceptances that would accept them. Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cachediff.domain.finding import Subject, name_fields
from cachediff.domain.selection import list_narrowed
from cachediff.errors import InputError
from cachediff.policy.acceptance import accepts, names
from cachediff.policy.edit.narrow import narrow
from cachediff.policy.losses import LOSS, LossEntries, is_of_cells, list_lost
from cachediff.policy.settings import Entry
from cachediff.policy.subjects import fields_of, fits_glob
from cachediff.rules.catalogue import RULES
from cachediff.text.globs import as_glob
from cachediff.text.typos import nearest
from cachediff.text.words import list_sorted, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachediff.domain.finding import Acceptance, Finding
    from cachediff.domain.report import Report

# To accept what is said of the policy itself would be to accept that acceptances have expired.
_ACCEPTABLE = [rule.id for rule in RULES if rule.scope != "policy"]


def propose(report: Report, named: Entry, *, as_written: bool) -> tuple[Entry, ...]:
    """Return the entries that accept the open errors and warnings which an entry with globs names.

    There is one for each, about it and nothing else. What another of them subsumes needs none of its own. With `as_written`
    the entry itself is returned. Raises InputError where it names no such finding.
    """
    open_ = _list_open(report)
    # What is asked for need not say all that an entry has to.
    is_asked = accepts if as_written else names
    found = [finding for finding in _list_alarms(report) if is_asked(named, finding.rule, finding.subject)]
    if not found:
        message = f"no open error or warning of the report matches {_name(named)}"
        raise InputError(message, hint=_suggest(named, open_))
    if as_written:
        return (named,)
    return narrow(_accept_each(found, named.acceptance), report)


def propose_all(report: Report, acceptance: Acceptance) -> tuple[Entry, ...]:
    """Return the entries that accept every open error and warning, each about one of them and nothing else."""
    return narrow(_accept_each(_list_alarms(report), acceptance), report)


def propose_cause(report: Report, cause: str, acceptance: Acceptance) -> tuple[Entry, ...]:
    """Return the entries that accept the open errors and warnings which a cause explains.

    Where all of a rule's say of what the cause is (`mpi=openmpi`), one entry does for the rule; else there is one for each.
    Where fewer do, one accepts the lost cells of which the findings tell. Raises InputError where it explains none.
    """
    alarms = _list_alarms(report)
    # A report that somebody else wrote may name a cause in its findings and not have it.
    predicates = {one.id: dict(one.predicate) for one in report.causes}
    found = _drop_subsumed([one for one in alarms if one.cause == cause and one.cause in predicates])
    if not found:
        known = sorted({one.cause for one in alarms if one.cause in predicates})
        message = f"no open error or warning of the report has the cause {cause!r}"
        raise InputError(
            message, hint=nearest(cause, known).removeprefix("; ") or f"causes there: {list_sorted(known) or 'none'}"
        )
    predicate = predicates[cause]
    # Of a part it holds for nothing of NEW in that part: elsewhere other packages may still have what a finding names.
    is_whole = not list_narrowed(report.selection)
    by_rule = _accept_by_rule(found, predicate, acceptance, is_whole=is_whole)
    loss = _accept(LOSS, Subject(**predicate), acceptance)
    cells = LossEntries([loss], list_lost(report))
    left = [one for one in found if not (of_cells := cells.find(one.rule, one.subject)) or not all(of_cells)]
    by_loss = (loss, *_accept_by_rule(left, predicate, acceptance, is_whole=is_whole))
    fewest = min(by_rule, by_loss, key=len)
    return narrow(fewest, report)


def _accept_by_rule(
    found: Sequence[Finding], predicate: Mapping[str, str], acceptance: Acceptance, *, is_whole: bool
) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for rule in dict.fromkeys(finding.rule for finding in found):
        of_rule = [finding for finding in found if finding.rule == rule]
        # What no finding of the rule names cannot be asked of them in an entry: then each has one of its own.
        is_said = (is_whole or is_of_cells(rule)) and all(
            predicate.items() <= fields_of(finding.subject).items() for finding in of_rule
        )
        # A single finding is named as it is, which accepts no more than that.
        about = [Subject(**predicate)] if is_said and len(of_rule) > 1 else [finding.subject for finding in of_rule]
        entries += [_accept(rule, subject, acceptance) for subject in about]
    return tuple(dict.fromkeys(entries))


def propose_losses(report: Report, losses: Sequence[Subject], acceptance: Acceptance) -> tuple[Entry, ...]:
    """Return the entries that accept lost cells of a report, one for each subject with globs: whatever tells of them.

    Raises InputError where a subject matches no lost cell of an open error or warning, or where each of these tells of cells
    that none matches, so that it would stay open.
    """
    entries = tuple(Entry(LOSS, subject, acceptance) for subject in dict.fromkeys(losses))
    found = LossEntries(entries, list_lost(report))
    alarms = [(finding, found.find(finding.rule, finding.subject)) for finding in _list_alarms(report)]
    for n, entry in enumerate(entries):
        touched = [(finding, of_cells) for finding, of_cells in alarms if any(n in of_cell for of_cell in of_cells)]
        if not touched:
            message = f"no open error or warning of the report tells of a lost cell that matches {_name_loss(entry.subject)}"
            raise InputError(message, hint=_suggest_losses(report))
        if not any(all(of_cells) for _, of_cells in touched):
            wide = min((finding for finding, _ in touched), key=lambda finding: finding.cells)
            message = (
                f"nothing would be accepted by {_name_loss(entry.subject)} alone: {_name(wide)} tells of other cells, too"
            )
            raise InputError(message, hint="--loss can be repeated, and takes globs: * stands for any")
    return narrow(entries, report)


def _name_loss(subject: Subject) -> str:
    return "/".join(getattr(subject, name) or "*" for name in ("package", "stack", "os", "target"))


def _suggest_losses(report: Report) -> str:
    """Return some losses as they may be named."""
    named = (
        f"{package}/{cell.stack}/{cell.os}/{cell.target}" for package, cells in list_lost(report).items() for cell in cells
    )
    first = [*islice(named, 4)]
    return f"lost are {', '.join(first[:3])}{' and others' if first[3:] else ''}" if first else "no cell is lost"


def _list_open(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.status == "open" and finding.rule in _ACCEPTABLE]


def _list_alarms(report: Report) -> list[Finding]:
    return [finding for finding in _list_open(report) if finding.is_alarm]


def _accept_each(found: Sequence[Finding], acceptance: Acceptance) -> tuple[Entry, ...]:
    # Findings on two records may have one subject, and share their acceptance.
    entries = [_accept(finding.rule, finding.subject, acceptance) for finding in _drop_subsumed(found)]
    return tuple(dict.fromkeys(entries))


def _drop_subsumed(found: Sequence[Finding]) -> list[Finding]:
    # Who accepts what subsumes a finding accepts it, too.
    chosen = {finding.fingerprint for finding in found}
    return [finding for finding in found if finding.subsumed_by not in chosen]


def _accept(rule: str, subject: Subject, acceptance: Acceptance) -> Entry:
    # A name with a `*` in it, which a page may have, would accept more than is meant.
    return Entry(rule, Subject(**{name: as_glob(value) for name, value in fields_of(subject).items()}), acceptance)


def _suggest(named: Entry, open_: Sequence[Finding]) -> str:
    """Return what could have been meant: a rule of a like name, a note, or the open findings of the rule."""
    if not any(fits_glob(id_, named.rule) for id_ in _ACCEPTABLE):
        return f"unknown rule {named.rule!r}{nearest(named.rule, _ACCEPTABLE)}"
    notes = [finding for finding in open_ if names(named, finding.rule, finding.subject)]
    if notes:
        return (
            f"{number(len(notes), 'note')} matches: a note never fails"
            if len(notes) == 1
            else f"{len(notes)} notes match: notes never fail"
        )
    alarms = [finding for finding in open_ if finding.is_alarm]
    of_rule = [finding for finding in alarms if fits_glob(finding.rule, named.rule)]
    if of_rule:
        return f"open there: {list_sorted({_name(finding) for finding in of_rule})}"
    return f"rules with open errors or warnings: {list_sorted({finding.rule for finding in alarms}) or 'none'}"


def _name(one: Finding | Entry) -> str:
    return " ".join([one.rule, *name_fields(one.subject)])
