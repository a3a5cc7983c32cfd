"""What each entry of a policy says, and what it would do to the findings of a report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from cachediff.domain.finding import Observation, Subject, name_fields
from cachediff.policy.acceptance import Ledger, RatedObservation
from cachediff.policy.dates import days_between
from cachediff.policy.losses import NOTHING_LOST, list_lost
from cachediff.policy.subjects import matches
from cachediff.rules.catalogue import RULES
from cachediff.rules.entries import name_lack
from cachediff.text.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.domain.diff import Requirement
    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from cachediff.policy.losses import Losses
    from cachediff.policy.settings import Policy, Setting

_RULES = {rule.id: rule for rule in RULES}


class Effect(Struct, frozen=True):
    """One entry of a policy, by its path, in words; `effect` is what it would do, empty where there is no report to tell."""

    path: tuple[str | int, ...]
    entry: str
    effect: str


def preview(policy: Policy, report: Report | None, date: str) -> Iterator[Effect]:
    """Yield every entry of a policy in the order of its sections, and what it would do to a report at a date.

    Where the date is empty, nothing expires.
    """
    # A report of another version may have rules that this one does not know.
    findings = [finding for finding in report.findings if finding.rule in _RULES] if report else None
    yield from _preview_rules(policy, findings)
    yield from _preview_overrides(policy, findings)
    unseen = "is applied before snapshots are compared: a report does not tell" if report else ""
    for section, names in asdict(policy.renames).items():
        yield from (Effect(("renames", section, old), f"{section} {old} → {new}", unseen) for old, new in names.items())
    lost = list_lost(report) if report and policy.accepted else NOTHING_LOST
    yield from _preview_accepted(policy, findings, date, lost)
    for i, requirement in enumerate(policy.require):
        yield Effect(("require", i), _name_requirement(requirement), _judge_requirement(requirement, findings))
    for i, bad in enumerate(policy.bad):
        yield Effect(("bad", i), f"{bad.snapshot}: {bad.reason}", unseen)
    for i, lock in enumerate(policy.wanted):
        yield Effect(("wanted", i), lock, unseen)


def _preview_rules(policy: Policy, findings: Sequence[Finding] | None) -> Iterator[Effect]:
    for rule, setting in policy.rules.items():
        said = "" if findings is None else f"is about {number(sum(one.rule == rule for one in findings), 'finding')}"
        yield Effect(("rules", rule), f"{rule}: {_name_setting(setting)}", said)


def _preview_overrides(policy: Policy, findings: Sequence[Finding] | None) -> Iterator[Effect]:
    """Yield each override with how many findings it is the first to match."""
    for i, override in enumerate(policy.overrides):
        # Only the first that matches has an effect: one that matches what another took shows a count of none.
        earlier = policy.overrides[:i]
        first = [
            one
            for one in findings or ()
            if one.rule in override.rules
            and matches(override.match, one.subject)
            and not any(one.rule in other.rules and matches(other.match, one.subject) for other in earlier)
        ]
        settings = ", ".join(f"{rule}: {_name_setting(setting)}" for rule, setting in override.rules.items())
        yield Effect(
            ("overrides", i),
            f"{_name_subject(override.match)}: {settings}",
            "" if findings is None else f"is the first to match {number(len(first), 'finding')}",
        )


def _preview_accepted(policy: Policy, findings: Sequence[Finding] | None, date: str, lost: Losses) -> Iterator[Effect]:
    """Yield each acceptance with how many findings it accepts, or would accept had it not expired."""
    # As the report judged them: what severity they would have now is not to be seen without the snapshots.
    seen = [
        RatedObservation(_RULES[one.rule], Observation(one.subject, one.message), one.severity) for one in findings or ()
    ]
    # What is said of the policy itself cannot be accepted.
    ledger = Ledger(policy.accepted, [one for one in seen if one.rule.scope != "policy"], date, lost)
    for i, entry in enumerate(policy.accepted):
        until = entry.acceptance.until
        owner = f" (owner {entry.acceptance.owner})" if entry.acceptance.owner else ""
        name = f"{entry.rule} {_name_subject(entry.subject)}, until {until}{owner}"
        left = days_between(date, until) if date else 0
        when = f"expired {number(-left, 'day')} before {date}" if left < 0 else ""
        use = ledger.use(i)
        said = f"matches {number(use.matched, 'finding')}" if use.matched else name_lack(use)
        said = "" if findings is None else said
        yield Effect(("accepted", i), name, "; ".join(part for part in (when, said) if part))


def _judge_requirement(requirement: Requirement, findings: Sequence[Finding] | None) -> str:
    """Return whether a report says that a requirement is not met; one that the report's policy did not have is not told."""
    if findings is None:
        return ""
    subject = _subject_of(requirement)
    # With one subject there may be two requirements: on specs, and on those that can be installed.
    unmet = next(
        (
            one
            for one in findings
            if _RULES[one.rule].is_about_requirements
            and one.subject == subject
            and f"of {requirement.amount}" in one.message
        ),
        None,
    )
    return f"is not met: {unmet.message}" if unmet else "is met, or not judged by this report"


def _name_requirement(requirement: Requirement) -> str:
    return f"{_name_subject(_subject_of(requirement))}, at least {requirement.amount.replace('required ', '')}"


def _subject_of(requirement: Requirement) -> Subject:
    names = ("package", "stack", "os", "target", "version", "mpi")
    return Subject(**{name: getattr(requirement, name) for name in names})


def _name_setting(setting: Setting) -> str:
    parts = (("", setting.severity), ("percent ", setting.percent), ("at-least ", setting.at_least))
    return " ".join(
        f"{name}{value:g}" if isinstance(value, int | float) else str(value) for name, value in parts if value is not None
    )


def _name_subject(subject: Subject) -> str:
    return " ".join(name_fields(subject)) or "any"
