"""How severe an observation is: by its rule, then the policy (docs/design.md, Severity). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.domain.finding import SEVERITIES
from cachediff.policy.settings import Setting
from cachediff.policy.subjects import matches
from cachediff.rules.rule import Threshold

if TYPE_CHECKING:
    from cachediff.domain.finding import CountDrop, Observation, Severity, Subject
    from cachediff.policy.settings import Policy
    from cachediff.rules.rule import Rule

_NOTHING = Setting()


def decide_severity(rule: Rule, observation: Observation, policy: Policy) -> Severity | None:
    """Return an observation's severity, None where nothing is to say: its rule is off, or its count did not fall too far."""
    setting, override = policy.rules.get(rule.id, _NOTHING), find_override(rule.id, observation.subject, policy)
    if (
        rule.threshold
        and observation.drop
        and not is_too_far(observation.drop, _set_threshold(rule.threshold, setting, override))
    ):
        return None
    # Milder only than an error: what is a warning or a note by itself is not raised to one.
    eased: Severity = "warning" if observation.is_eased and rule.severity == "error" else rule.severity
    eased = observation.default or eased
    level = override.severity or setting.severity or eased
    # Last, so that it holds whatever the policy says.
    return None if level == "off" else mildest(level, observation.at_most)


def find_override(rule: str, subject: Subject, policy: Policy) -> Setting:
    """Return what the first override says that matches a subject and names the rule.

    Where there is none, it is a setting that says nothing.
    """
    found = (
        override.rules[rule] for override in policy.overrides if rule in override.rules and matches(override.match, subject)
    )
    return next(found, _NOTHING)


def is_too_far(drop: CountDrop, threshold: Threshold) -> bool:
    """Return whether a count fell by more than `percent`, and by `at_least` or more."""
    # Multiplied out below: a quotient of floats may miss a limit that is met exactly.
    fell = drop.old - drop.new
    return fell >= threshold.at_least and fell * 100 > threshold.percent * drop.old


def mildest(*severities: Severity) -> Severity:
    """Return the least severe of severities."""
    return max(severities, key=SEVERITIES.index)


def _set_threshold(threshold: Threshold, setting: Setting, override: Setting) -> Threshold:
    """Return a rule's threshold with what the policy sets of it."""
    percent, at_least = threshold.percent, threshold.at_least
    # Each part by itself: an override may set the percentage alone, and the rest stays as it was.
    for said in (setting, override):
        percent = percent if said.percent is None else said.percent
        at_least = at_least if said.at_least is None else said.at_least
    return Threshold(percent, at_least)
