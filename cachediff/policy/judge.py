"""From what rules see to a verdict: the one place where severity, subsumption and thresholds are decided. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from cachediff.model import SEVERITIES, Finding, FindingSummary
from cachediff.rules.catalogue import RULES, observe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.model import Fall, Observation, Severity, SnapshotDiff, Subject, Verdict
    from cachediff.policy.settings import Policy
    from cachediff.rules.rule import Rule, Threshold

_ORDER = {rule.id: position for position, rule in enumerate(RULES)}


def judge(diff: SnapshotDiff, policy: Policy) -> tuple[Finding, ...]:
    """Return every finding of a comparison, most severe first, then in the rules' order, then by subject."""
    findings = [
        _judge_one(rule, observation)
        for rule, observation in observe(diff)
        if rule.threshold is None or observation.fall is None or is_too_far(observation.fall, rule.threshold)
    ]
    ordered = sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), _ORDER[f.rule], _subject_order(f.subject)))
    return tuple(_subsume(ordered))


def decide(findings: Iterable[Finding], policy: Policy) -> Verdict:
    """Return the verdict: fail where an open finding is as severe as the policy's `fail-on`."""
    if policy.fail_on == "never":
        return "pass"
    failing = SEVERITIES[: SEVERITIES.index(policy.fail_on) + 1]
    return "fail" if any(f.status == "open" and f.severity in failing for f in findings) else "pass"


def count_findings(findings: Iterable[Finding]) -> FindingSummary:
    """Return how many findings are open at each severity and how many are accepted; one that another subsumes is not counted twice."""
    told = [f for f in findings if f.subsumed_by is None]
    open_ = [f.severity for f in told if f.status == "open"]
    return FindingSummary(open_.count("error"), open_.count("warning"), open_.count("note"), len(told) - len(open_))


def fingerprint(rule: str, subject: Subject) -> str:
    """Return the finding's identity: 16 hex digits that depend on rule and subject alone."""
    return sha256(rule.encode() + b"\0" + msgspec.json.encode(subject, order="sorted")).hexdigest()[:16]


def is_too_far(fall: Fall, threshold: Threshold) -> bool:
    """Return whether a count fell by more than `percent`, and by `at_least` or more."""
    fell = fall.old - fall.new
    return fell >= threshold.at_least and fell * 100 > threshold.percent * fall.old


def _judge_one(rule: Rule, observation: Observation) -> Finding:
    """Return an observation with its severity decided."""
    severity: Severity = "warning" if observation.is_eased and rule.severity == "error" else rule.severity
    return Finding(
        fingerprint(rule.id, observation.subject),
        rule.id,
        severity,
        "open",
        observation.subject,
        observation.message,
        location=observation.location,
        problems=observation.problems,
    )


def _subsume(findings: list[Finding]) -> Iterable[Finding]:
    """Yield the findings, each that one about the whole snapshot says already with that one's fingerprint."""
    subsumers = {rule.id: rule.subsumed_by for rule in RULES if rule.subsumed_by}
    wide = {
        (f.rule, _subject_order(f.subject)): f.fingerprint for f in findings if not f.subject.package and f.rule in set(subsumers.values())
    }
    for f in findings:
        by = subsumers.get(f.rule)
        found = wide.get((by, _subject_order(msgspec.structs.replace(f.subject, package="")))) if by and f.subject.package else None
        yield f if found is None else msgspec.structs.replace(f, subsumed_by=found)


def _subject_order(subject: Subject) -> tuple[str, ...]:
    return msgspec.structs.astuple(subject)
