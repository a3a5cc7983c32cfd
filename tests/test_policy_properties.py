"""What holds of every policy.

Accepting more never fails, raising a severity never passes, order matters only where it is said to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cachediff.domain.finding import SEVERITIES
from cachediff.engine.memory import compare
from cachediff.policy.settings import Override, Setting
from cachediff.policy.subjects import matches
from cachediff.review.judge import count_findings, decide, judge
from tests.examples import examples
from tests.policy_strategies import DATES, JUDGED, LEVELS, entries, policies
from tests.strategies import snapshot_of, snapshot_pairs

if TYPE_CHECKING:
    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.finding import Finding
    from cachediff.policy.settings import Entry, Level, Policy
    from tests.strategies import Entry as PageEntry

Pairs = tuple[dict[str, list["PageEntry"]], dict[str, list["PageEntry"]]]
many = hypothesis_settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
as_ofs = st.sampled_from(("", *DATES))


def compare_drawn(pair: Pairs, policy: Policy) -> SnapshotDiff:
    """Return the comparison of two drawn snapshots."""
    old, new = pair
    return compare(snapshot_of(old), snapshot_of(new), require=policy.require)


def verdict(diff: SnapshotDiff, policy: Policy, as_of: str) -> str:
    """Return whether a policy lets NEW pass."""
    return decide(judge(diff, policy, as_of), policy)


def by_fingerprint(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    """Return findings by what they are about, which is theirs alone."""
    found = {finding.fingerprint: finding for finding in findings}
    assert len(found) == len(findings)
    return found


@given(snapshot_pairs(), policies(), entries(), st.integers(0, 3), as_ofs)
@many
def test_adding_an_acceptance_never_turns_pass_into_fail(
    pair: Pairs, policy: Policy, entry: Entry, place: int, as_of: str
) -> None:
    diff = compare_drawn(pair, policy)
    more = msgspec.structs.replace(policy, accepted=(*policy.accepted[:place], entry, *policy.accepted[place:]))
    if verdict(diff, policy, as_of) == "pass":
        assert verdict(diff, more, as_of) == "pass"
    before, after = by_fingerprint(judge(diff, policy, as_of)), by_fingerprint(judge(diff, more, as_of))
    for fingerprint, finding in before.items():
        if finding.status == "accepted":
            assert after[fingerprint].status == "accepted"


@given(
    snapshot_pairs(),
    policies(),
    st.sampled_from(JUDGED),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
    as_ofs,
    st.booleans(),
)
@many
def test_raising_a_severity_never_turns_fail_into_pass(
    pair: Pairs, policy: Policy, rule: str, one: Level, other: Level, as_of: str, is_override: bool
) -> None:
    diff = compare_drawn(pair, policy)
    low, high = sorted((one, other), key=LEVELS.index, reverse=True)

    def with_level(level: Level) -> Policy:
        if is_override and policy.overrides:
            first = policy.overrides[0]
            changed = Override(first.match, first.rules | {rule: Setting(level)})
            return msgspec.structs.replace(policy, overrides=(changed, *policy.overrides[1:]))
        return msgspec.structs.replace(policy, rules=policy.rules | {rule: Setting(level)})

    if verdict(diff, with_level(low), as_of) == "fail":
        assert verdict(diff, with_level(high), as_of) == "fail"


@given(snapshot_pairs(), policies(), st.data(), as_ofs)
@many
def test_order_of_acceptances_changes_no_verdict(pair: Pairs, policy: Policy, data: st.DataObject, as_of: str) -> None:
    diff = compare_drawn(pair, policy)
    shuffled = msgspec.structs.replace(policy, accepted=tuple(data.draw(st.permutations(policy.accepted))))
    before, after = by_fingerprint(judge(diff, policy, as_of)), by_fingerprint(judge(diff, shuffled, as_of))
    assert {key: (one.status, one.severity) for key, one in before.items()} == {
        key: (one.status, one.severity) for key, one in after.items()
    }
    assert verdict(diff, policy, as_of) == verdict(diff, shuffled, as_of)


@given(snapshot_pairs(), policies(), as_ofs)
@many
def test_order_of_overrides_matters_only_where_two_match_one_finding(pair: Pairs, policy: Policy, as_of: str) -> None:
    diff = compare_drawn(pair, policy)
    if len(policy.overrides) < 2:
        return
    first, second = policy.overrides
    findings = judge(diff, msgspec.structs.replace(policy, overrides=(), rules={}), as_of)
    is_disputed = any(
        finding.rule in first.rules
        and finding.rule in second.rules
        and matches(first.match, finding.subject)
        and matches(second.match, finding.subject)
        for finding in findings
    )
    turned = msgspec.structs.replace(policy, overrides=(second, first))
    if not is_disputed and not any(
        setting.percent is not None or setting.at_least is not None for setting in first.rules.values()
    ):
        assert verdict(diff, policy, as_of) == verdict(diff, turned, as_of)


@given(snapshot_pairs(), policies(), as_ofs)
@many
def test_what_is_folded_is_told_by_something_as_bad(pair: Pairs, policy: Policy, as_of: str) -> None:
    """The verdict follows from what is told: no finding that fails a run is only to be seen under one that does not."""
    findings = judge(compare_drawn(pair, policy), policy, as_of)
    known = by_fingerprint(findings)
    for finding in findings:
        if finding.subsumed_by:
            wide = known[finding.subsumed_by]
            assert wide.subsumed_by is None
            assert wide.status == finding.status
            assert SEVERITIES.index(wide.severity) <= SEVERITIES.index(finding.severity)
    counts = count_findings(findings)
    fails = counts.error if policy.fail_on == "error" else counts.error + counts.warning
    assert decide(findings, policy) == ("fail" if fails else "pass")


@given(snapshot_pairs(), policies(), as_ofs)
@many
def test_acceptances_change_no_finding_but_its_status(pair: Pairs, policy: Policy, as_of: str) -> None:
    diff = compare_drawn(pair, policy)
    without = by_fingerprint(judge(diff, msgspec.structs.replace(policy, accepted=()), as_of))
    judged = by_fingerprint(judge(diff, policy, as_of))
    own = {key for key, one in judged.items() if one.rule.startswith("acceptance-")}
    assert judged.keys() - own == without.keys()
    for key, one in without.items():
        assert (one.severity, one.message, one.location) == (judged[key].severity, judged[key].message, judged[key].location)
        assert (judged[key].status == "accepted") == (judged[key].accepted is not None)


@given(snapshot_pairs(), policies(), as_ofs)
@many
def test_default_severities_hold_where_a_policy_says_nothing(pair: Pairs, policy: Policy, as_of: str) -> None:
    silent = msgspec.structs.replace(policy, rules={}, overrides=(), accepted=())
    diff = compare_drawn(pair, policy)
    assert judge(diff, silent, as_of) == judge(diff, msgspec.structs.replace(silent, fail_on="never"))
