"""From open findings of a report to the acceptances that would accept them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import Subject
from cachediff.errors import InputError
from cachediff.policy.acceptance import accepts
from cachediff.policy.explain import nearest
from cachediff.policy.settings import Entry
from cachediff.policy.subjects import fields_of, fits
from cachediff.rules.catalogue import RULES
from cachediff.rules.rule import count, list_some
from cachediff.text.globs import as_glob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report

# To accept what is said of the policy itself would be to accept that acceptances have expired.
_ACCEPTABLE = [rule.id for rule in RULES if rule.scope != "policy"]


def propose(report: Report, named: Entry, *, as_written: bool = False) -> tuple[Entry, ...]:
    """Return the entries that accept the open errors and warnings which an entry with globs names.

    There is one for each, about it and nothing else. What another of them subsumes needs none of its own. With `as_written`
    the entry itself is returned. Raises InputError where it names no such finding.
    """
    open_ = [finding for finding in report.findings if finding.status == "open" and finding.rule in _ACCEPTABLE]
    found = [finding for finding in open_ if finding.severity != "note" and accepts(named, finding.rule, finding.subject)]
    if not found:
        what = " ".join([named.rule, *(f"{name}={value}" for name, value in fields_of(named.subject).items())])
        message = f"no open error or warning of the report matches {what}"
        raise InputError(message, hint=_suggest(named, open_))
    if as_written:
        return (named,)
    chosen = {finding.fingerprint for finding in found}
    # Who accepts what subsumes it accepts it, too.
    return tuple(_accept(finding, named) for finding in found if finding.subsumed_by not in chosen)


def _accept(finding: Finding, named: Entry) -> Entry:
    # A name with a `*` in it, which a page may have, would accept more than this finding.
    fields = {name: as_glob(value) for name, value in fields_of(finding.subject).items()}
    return Entry(finding.rule, Subject(**fields), named.acceptance)


def _suggest(named: Entry, open_: Sequence[Finding]) -> str:
    """Return what could have been meant: a rule of a like name, a note, or the open findings of the rule."""
    if not any(fits(id_, named.rule) for id_ in _ACCEPTABLE):
        return f"unknown rule {named.rule!r}{nearest(named.rule, _ACCEPTABLE)}"
    notes = [finding for finding in open_ if accepts(named, finding.rule, finding.subject)]
    if notes:
        return (
            f"{count(len(notes), 'note')} matches: a note never fails"
            if len(notes) == 1
            else f"{len(notes)} notes match: notes never fail"
        )
    alarms = [finding for finding in open_ if finding.severity != "note"]
    of_rule = [finding for finding in alarms if fits(finding.rule, named.rule)]
    if of_rule:
        return f"open there: {list_some({_name(finding) for finding in of_rule})}"
    return f"rules with open errors or warnings: {list_some({finding.rule for finding in alarms}) or 'none'}"


def _name(finding: Finding) -> str:
    return " ".join([finding.rule, *(f"{name}={value}" for name, value in fields_of(finding.subject).items())])
