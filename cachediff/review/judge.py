"""From what rules see to a verdict: the one place where severity, subsumption and thresholds are decided. Pure.

docs/design.md, Severity and the headings after it, have the rules.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.finding import SEVERITIES, Finding
from cachediff.domain.report import FindingSummary
from cachediff.policy.acceptance import Ledger, RatedObservation, find_wide
from cachediff.policy.dates import date_snapshot
from cachediff.policy.severities import decide_severity
from cachediff.rules.catalogue import RULES, observe, observe_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cachediff.domain.diff import PackageDiff, SnapshotDiff
    from cachediff.domain.finding import Acceptance, Observation, Severity, Subject, Verdict
    from cachediff.policy.settings import Policy
    from cachediff.rules.rule import Rule

_ORDER = {rule.id: position for position, rule in enumerate(RULES)}


def choose_date(diff: SnapshotDiff, policy: Policy, as_of: str, today: str) -> str:
    """Return the date at which a policy's acceptances expire, empty where it has none or no date is known.

    It is `as_of`, else the date in NEW's name, which a reviewer sees, else `today`: never what NEW's pages say.
    """
    # Without acceptances no date matters, and to report one would make each day's report another.
    return (as_of or date_snapshot(diff.new.source, today)) if policy.accepted else ""


def judge(
    diff: SnapshotDiff, policy: Policy, date: str = "", list_losers: Callable[[], Iterable[PackageDiff]] = tuple
) -> tuple[Finding, ...]:
    """Return every finding of a comparison, in order.

    Acceptances expire at a date as `YYYY-MM-DD`; without one none does. `list_losers`, which is asked once
    all packages were seen, returns those that lost cells: entries about losses are about theirs.
    """
    # Also what is off or within its threshold: it may subsume, and what accepts it accepts what that subsumes.
    seen = [
        RatedObservation(rule, observation, decide_severity(rule, observation, policy))
        for rule, observation in observe(diff)
    ]
    lost = {one.package: {cell.cell: cell.is_served for cell in one.needed} for one in list_losers()}
    ledger = Ledger(policy.accepted, seen, date, lost)
    findings = [*_judge_all(seen, ledger), *_judge_policy(diff, ledger, policy)]
    return tuple(sorted(findings, key=order_finding))


def order_finding(finding: Finding) -> tuple[int, int, str, int, tuple[str, ...]]:
    """Return what findings are sorted by: severity, the rules' order, package, lost cells, most first, and the subject."""
    # A total order, so that the report is the same however many processes looked.
    subject = finding.subject
    place = SEVERITIES.index(finding.severity), _ORDER[finding.rule]
    return *place, subject.package, -finding.cells, msgspec.structs.astuple(subject)


def decide(findings: Iterable[Finding], policy: Policy) -> Verdict:
    """Return the verdict: fail where an open finding is as severe as the policy's `fail-on`."""
    if policy.fail_on == "never":
        return "pass"
    failing = SEVERITIES[: SEVERITIES.index(policy.fail_on) + 1]
    return "fail" if any(f.status == "open" and f.severity in failing for f in findings) else "pass"


def count_findings(findings: Iterable[Finding]) -> FindingSummary:
    """Return how many findings are open at each severity and how many are accepted.

    One that another subsumes is not counted twice.
    """
    listed = [f for f in findings if f.subsumed_by is None]
    open_ = [f.severity for f in listed if f.status == "open"]
    return FindingSummary(open_.count("error"), open_.count("warning"), open_.count("note"), len(listed) - len(open_))


def fingerprint(rule: str, subject: Subject) -> str:
    """Return the finding's identity: 16 hex digits that depend on rule and subject alone."""
    # No id has a NUL in it, so no other rule and subject make the same bytes.
    return sha256(rule.encode() + b"\0" + msgspec.json.encode(subject, order="sorted")).hexdigest()[:16]


def _judge_all(seen: Sequence[RatedObservation], ledger: Ledger) -> Iterator[Finding]:
    """Yield what is to be said of observations; what one about the whole snapshot says already has that one's fingerprint.

    What is open is never folded into what is accepted, nor what is severe into what is less so.
    """
    findings = [
        _find(one.rule, one.observation, one.severity, ledger.accepted(place)) if one.severity else None
        for place, one in enumerate(seen)
    ]
    # Of all that is seen: what is off says nothing below, and so subsumes nothing.
    wide = find_wide(seen)
    for place, finding in enumerate(findings):
        by = findings[wide[place]] if place in wide else None
        if (
            finding
            and by
            and by.status == finding.status
            and SEVERITIES.index(by.severity) <= SEVERITIES.index(finding.severity)
        ):
            yield msgspec.structs.replace(finding, subsumed_by=by.fingerprint)
        elif finding:
            yield finding


def _judge_policy(diff: SnapshotDiff, ledger: Ledger, policy: Policy) -> Iterator[Finding]:
    """Yield what is to be said of the policy itself, which nothing accepts."""
    # After the ledger has seen everything, as these findings are about what each acceptance did.
    for rule, observation in observe_policy(diff, ledger.uses()):
        severity = decide_severity(rule, observation, policy)
        if severity:
            yield _find(rule, observation, severity)


def _find(rule: Rule, observation: Observation, severity: Severity, accepted: Acceptance | None = None) -> Finding:
    return Finding(
        fingerprint=fingerprint(rule.id, observation.subject),
        rule=rule.id,
        severity=severity,
        status="accepted" if accepted else "open",
        subject=observation.subject,
        message=observation.message,
        accepted=accepted,
        location=observation.location,
        problems=observation.problems,
    )
