"""Severities, overrides and acceptances: what a policy makes of findings, case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cachediff.domain.finding import Acceptance, Subject
from cachediff.engine.memory import compare, read_snapshot
from cachediff.policy.settings import Entry, Override, Policy, Setting
from cachediff.policy.subjects import fits_glob, matches
from cachediff.review.judge import count_findings, decide, judge
from cachediff.review.report import evaluate
from cachediff.text.globs import as_glob
from tests.builders import a_spec
from tests.commands import GASNET, WEEK
from tests.make_rule_fixtures import FIXTURES
from tests.rule_pairs import show_subject, snapshot_of

if TYPE_CHECKING:
    from cachediff.domain.finding import FailOn, Finding, Severity
    from cachediff.domain.package import Snapshot
    from cachediff.domain.report import Report
    from cachediff.policy.settings import Level


def an_entry(rule: str, until: str = "2099-01-01", **subject: str) -> Entry:
    """Return an acceptance; without a subject it is for any."""
    return Entry(rule, Subject(**subject), Acceptance("because", until, "me"))


def read(case: str) -> tuple[Snapshot, Snapshot]:
    """Return the pair of snapshots that shows a rule."""
    return read_snapshot(str(FIXTURES / case / "old")), read_snapshot(str(FIXTURES / case / "new"))


def gasnet(policy: Policy, as_of: str = "") -> Report:
    """Return the report on the real weeks in which the stack e4s went."""
    return evaluate(compare(*map(read_snapshot, GASNET)), policy, as_of)


def listed(findings: tuple[Finding, ...], status: str = "open", least: Severity = "warning") -> list[str]:
    """Return the findings of one status, without notes, as `rule subject`."""
    shown = ("error",) if least == "error" else ("error", "warning")
    return [f"{one.rule} {show_subject(one.subject)}" for one in findings if one.status == status and one.severity in shown]


# --- severities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "fail_on", "verdict"),
    [
        (None, "error", "fail"),
        ("error", "error", "fail"),
        ("warning", "error", "pass"),
        ("warning", "warning", "fail"),
        ("note", "warning", "pass"),
        ("off", "warning", "pass"),
        ("error", "never", "pass"),
    ],
)
def test_rules_set_severity(level: Level | None, fail_on: FailOn, verdict: str) -> None:
    policy = Policy(fail_on=fail_on, rules={"stack-dropped": Setting(level)})
    findings = judge(compare(*read("stack-dropped")), policy)
    assert decide(findings, policy) == verdict
    assert {one.severity for one in findings if one.rule == "stack-dropped"} == ({level or "error"} - {"off"})


@pytest.mark.parametrize(
    ("setting", "severity"),
    [
        (None, "warning"),
        (Setting("error"), "error"),
        (Setting("note"), "note"),
        (Setting("off"), None),
    ],
)
def test_eased_finding_is_a_warning_unless_the_rule_is_set(setting: Setting | None, severity: str | None) -> None:
    _, new = read("count-mismatch")
    policy = Policy(rules={"count-mismatch": setting} if setting else {})
    found = {one.severity for one in judge(compare(new, new), policy) if one.rule == "count-mismatch"}
    assert found == ({severity} if severity else set())


def test_override_sets_an_eased_finding_too() -> None:
    _, new = read("count-mismatch")
    policy = Policy(overrides=(Override(Subject(package="cm*"), {"count-mismatch": Setting("error")}),))
    assert {one.severity for one in judge(compare(new, new), policy) if one.rule == "count-mismatch"} == {"error"}


@pytest.mark.parametrize(
    ("overrides", "severity"),
    [
        ([], "warning"),
        ([({"stack": "e4s*"}, "note")], "note"),
        ([({"stack": "hep"}, "note")], "warning"),
        ([({"stack": "e4s"}, "note"), ({"stack": "e4s*"}, "error")], "note"),
        ([({"stack": "e4s*"}, "error"), ({"stack": "e4s"}, "note")], "error"),
        ([({"stack": "hep"}, "error"), ({"stack": "e4s"}, "note")], "note"),
        ([({"package": "*"}, "note")], "warning"),
        ([({"stack": "*", "os": "*"}, "note")], "warning"),
    ],
    ids=str,
)
def test_first_override_that_matches_wins(overrides: list[tuple[dict[str, str], Severity]], severity: str) -> None:
    policy = Policy(
        rules={"stack-shrunk": Setting("warning")},
        overrides=tuple(Override(Subject(**match), {"stack-shrunk": Setting(level)}) for match, level in overrides),
    )
    assert [one.severity for one in judge(compare(*read("stack-shrunk")), policy) if one.rule == "stack-shrunk"] == [
        severity
    ]


def test_override_that_does_not_name_the_rule_is_passed_over() -> None:
    overrides = (
        Override(Subject(stack="*"), {"stack-removed": Setting("off")}),
        Override(Subject(stack="*"), {"stack-shrunk": Setting("note")}),
    )
    found = judge(compare(*read("stack-shrunk")), Policy(overrides=overrides))
    assert [one.severity for one in found if one.rule == "stack-shrunk"] == ["note"]


@pytest.mark.parametrize(
    ("setting", "override", "fires"),
    [
        (Setting(), Setting(), True),  # 12 → 2: 83 percent
        (Setting(percent=90), Setting(), False),
        (Setting(at_least=11), Setting(), False),
        (Setting(at_least=10), Setting(), True),
        (Setting(percent=90), Setting(percent=50), True),
        (Setting(percent=50), Setting(percent=90), False),
        (Setting(percent=90), Setting("error"), False),
    ],
)
def test_thresholds(setting: Setting, override: Setting, fires: bool) -> None:
    policy = Policy(rules={"stack-shrunk": setting}, overrides=(Override(Subject(stack="e4s"), {"stack-shrunk": override}),))
    assert any(one.rule == "stack-shrunk" for one in judge(compare(*read("stack-shrunk")), policy)) == fires


def test_severity_of_the_policys_own_rules_is_capped() -> None:
    """Even a policy that no schema has seen cannot make an acceptance fail a run."""
    policy = Policy(rules={"acceptance-unused": Setting("error")}, accepted=(an_entry("stack-removed", stack="nowhere"),))
    assert {one.severity for one in judge(compare(*read("cell-gained")), policy) if one.rule == "acceptance-unused"} == {
        "note"
    }


# --- acceptances -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("globs", "subject", "is_match"),
    [
        ({}, {"stack": "e4s"}, True),
        ({"stack": "e4s"}, {"stack": "e4s"}, True),
        ({"stack": "e4s"}, {"stack": "e4s-oneapi"}, False),
        ({"stack": "e4s*"}, {"stack": "e4s-oneapi"}, True),
        ({"stack": "E4S"}, {"stack": "e4s"}, False),
        ({"stack": "*"}, {"os": "rhel8"}, False),
        ({"stack": "e?s", "os": "rhel[78]"}, {"stack": "e4s", "os": "rhel8", "package": "gcc"}, True),
        ({"stack": "e?s", "os": "rhel[!8]"}, {"stack": "e4s", "os": "rhel8"}, False),
    ],
)
def test_subject_globs(globs: dict[str, str], subject: dict[str, str], is_match: bool) -> None:
    assert matches(Subject(**globs), Subject(**subject)) == is_match


@pytest.mark.parametrize("value", ["e4s", "a*b", "what?", "[x]", "]", "[", "**", "+cuda cuda_arch=80"])
def test_glob_of_one_value(value: str) -> None:
    assert fits_glob(value, as_glob(value))
    assert not fits_glob(value + "x", as_glob(value))
    assert not fits_glob("x" + value, as_glob(value))


def test_accepted_finding_says_why_and_is_counted_apart() -> None:
    report = gasnet(Policy(accepted=(an_entry("stack-removed", stack="e4s"),)), "2024-08-04")
    assert report.verdict == "pass"
    assert listed(report.findings, "accepted") == ["stack-removed stack=e4s", "stack-dropped package=gasnet stack=e4s"]
    assert {one.accepted for one in report.findings if one.status == "accepted"} == {
        Acceptance("because", "2099-01-01", "me")
    }
    assert listed(report.findings) == ["spec-orphaned package=gasnet"]
    assert (report.summary.findings.error, report.summary.findings.accepted) == (0, 1)


@pytest.mark.parametrize(
    ("as_of", "verdict", "severity"),
    [
        ("2024-08-04", "pass", ""),
        ("2024-08-20", "pass", "note"),
        ("2024-09-01", "pass", "note"),
        ("2024-10-01", "fail", "warning"),
    ],
)
def test_gasnet_until_september(as_of: str, verdict: str, severity: str) -> None:
    report = gasnet(Policy(accepted=(an_entry("stack-removed", "2024-09-01", stack="e4s"),)), as_of)
    assert report.verdict == verdict
    assert [one.severity for one in report.findings if one.rule == "acceptance-expired"] == ([severity] if severity else [])
    assert report.summary.findings.accepted == (verdict == "pass")


def test_expired_entry_is_named() -> None:
    report = gasnet(Policy(accepted=(an_entry("stack-removed", "2024-09-01", stack="e4s"),)), "2024-10-01")
    (said,) = [one for one in report.findings if one.rule == "acceptance-expired"]
    assert said.message == (
        "acceptance of stack-removed stack=e4s expired (2024-09-01 was its last day, owner me): 2 findings open again"
    )
    assert said.subject == Subject(rule="stack-removed", stack="e4s")


@pytest.mark.parametrize(
    ("entries", "open_errors", "accepted"),
    [
        # The stack: with it, each package's loss of it.
        ([{"rule": "stack-removed", "stack": "e4s-oneapi"}], [], 3),
        ([{"rule": "stack-*", "stack": "e4s-oneapi"}], [], 3),
        ([{"rule": "*"}], [], 3),
        # One package's loss: the stack itself, and the other's, stay open.
        (
            [{"rule": "stack-dropped", "package": "cmake"}],
            ["stack-removed stack=e4s-oneapi", "stack-dropped package=hdf5 stack=e4s-oneapi"],
            1,
        ),
        ([{"rule": "stack-*", "stack": "e4s-oneapi", "package": "*"}], ["stack-removed stack=e4s-oneapi"], 2),
        ([{"rule": "stack-dropped"}], ["stack-removed stack=e4s-oneapi"], 2),
        ([{"rule": "stack-removed", "stack": "e4s"}], None, 0),
        ([], None, 0),
    ],
    ids=str,
)
def test_accepting_what_is_gone_from_the_snapshot(
    entries: list[dict[str, str]], open_errors: list[str] | None, accepted: int
) -> None:
    policy = Policy(accepted=tuple(an_entry(entry.pop("rule"), **entry) for entry in map(dict, entries)))
    findings = judge(compare(*read("stack-removed")), policy)
    everything = [
        "stack-removed stack=e4s-oneapi",
        "stack-dropped package=cmake stack=e4s-oneapi",
        "stack-dropped package=hdf5 stack=e4s-oneapi",
    ]
    assert listed(findings) == (everything if open_errors is None else open_errors)
    assert len(listed(findings, "accepted")) == accepted
    assert decide(findings, policy) == ("pass" if open_errors == [] else "fail")


def test_what_is_open_is_not_folded_into_what_is_accepted_nor_the_other_way_round() -> None:
    policy = Policy(accepted=(an_entry("stack-dropped", package="cmake"),))
    findings = judge(compare(*read("stack-removed")), policy)
    wide = next(one for one in findings if one.rule == "stack-removed")
    assert {one.subject.package: one.subsumed_by for one in findings if one.rule == "stack-dropped"} == {
        "cmake": None,
        "hdf5": wide.fingerprint,
    }
    assert count_findings(findings).accepted == 1


@pytest.mark.parametrize("level", ["warning", "note", "off"])
def test_what_is_severe_is_not_folded_into_what_is_less_so(level: Level) -> None:
    policy = Policy(rules={"stack-removed": Setting(level)})
    findings = judge(compare(*read("stack-removed")), policy)
    assert [one.subsumed_by for one in findings if one.rule == "stack-dropped"] == [None, None]
    assert decide(findings, policy) == "fail"
    assert count_findings(findings).error == 2


@pytest.mark.parametrize("level", ["error", "warning", "note", "off"])
def test_accepting_the_stack_accepts_its_packages_whatever_its_severity(level: Level) -> None:
    policy = Policy(rules={"stack-removed": Setting(level)}, accepted=(an_entry("stack-removed", stack="e4s-oneapi"),))
    assert listed(judge(compare(*read("stack-removed")), policy)) == []


def test_acceptance_of_a_stack_is_not_one_of_the_packages_that_are_gone_with_it() -> None:
    old = snapshot_of({"cmake": [a_spec(1, stacks=["e4s", "hep"])], "gcc": [a_spec(2, stacks=["hep"])]})
    new = snapshot_of({"cmake": [a_spec(3, stacks=["e4s"])]})
    findings = judge(compare(old, new), Policy(accepted=(an_entry("stack-removed", stack="hep"),)))
    assert listed(findings) == ["package-removed package=gcc"]


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("os-removed", {"os": "rhel8", "stacks": ["a", "b"]}, {"stacks": ["a", "b"]}),
        ("target-removed", {"target": "aarch64", "stacks": ["a", "b"]}, {"stacks": ["a", "b"]}),
        ("platform-removed", {"platform": "darwin", "stacks": ["a", "b"]}, {"stacks": ["a", "b"]}),
        ("target-downgraded", {"target": "zen4"}, {"target": "x86_64_v3"}),
        ("os-replaced", {"os": "rhel8"}, {"os": "rocky8"}),
    ],
)
def test_every_wide_finding_is_accepted_with_what_it_subsumes(
    rule: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    is_kept = "stacks" in before
    old = {name: [a_spec(1, **before), *([a_spec(2, **after)] if is_kept else [])] for name in ("cmake", "zlib")}
    new = {name: [a_spec(3, **after)] for name in ("cmake", "zlib")}
    diff = compare(snapshot_of(old), snapshot_of(new))
    unjudged = judge(diff, Policy())
    (wide,) = [one for one in unjudged if one.rule == rule and not one.subject.package]
    fields = {name: value for name in wide.subject.__struct_fields__ if (value := getattr(wide.subject, name))}
    judged = judge(diff, Policy(accepted=(an_entry(rule, **fields),)))
    folded = {one.fingerprint for one in unjudged if one.subsumed_by == wide.fingerprint}
    assert len(folded) == 2
    assert {one.fingerprint for one in judged if one.status == "accepted"} == {wide.fingerprint, *folded}
    assert [one.subsumed_by for one in judged if one.fingerprint in folded] == [wide.fingerprint] * 2


def test_first_entry_that_holds_is_the_one_that_is_shown() -> None:
    entries = (
        Entry("stack-removed", Subject(stack="e4s"), Acceptance("long ago", "2020-01-01")),
        Entry("stack-*", Subject(stack="e4s"), Acceptance("first", "2024-12-01")),
        Entry("stack-removed", Subject(stack="e4s"), Acceptance("second", "2024-12-01")),
    )
    report = gasnet(Policy(accepted=entries), "2024-08-04")
    assert {one.accepted.reason for one in report.findings if one.accepted} == {"first"}


def test_own_entry_is_shown_rather_than_that_of_the_whole() -> None:
    entries = (
        an_entry("stack-removed", stack="e4s"),
        Entry("stack-dropped", Subject(package="gasnet"), Acceptance("own", "2099-01-01")),
    )
    report = gasnet(Policy(accepted=entries))
    shown = {one.rule: one.accepted.reason for one in report.findings if one.accepted}
    assert shown == {"stack-removed": "because", "stack-dropped": "own"}


def test_nothing_that_a_policy_says_of_itself_is_accepted() -> None:
    entries = (
        an_entry("stack-removed", "2024-01-01", stack="e4s"),
        an_entry("acceptance-*"),
        an_entry("*", package="nothing"),
    )
    report = gasnet(Policy(accepted=entries))
    own = [one for one in report.findings if one.rule.startswith("acceptance-")]
    assert len(own) == 3
    assert {one.status for one in own} == {"open"}


@pytest.mark.parametrize("tag", ["develop", "develop-2025-13-45", "v0.22.4", ""])
def test_where_no_date_is_known_nothing_expires(tag: str) -> None:
    old, new = (
        snapshot_of({"zlib": [a_spec(1, stacks=["e4s"])]}, tag=tag),
        snapshot_of({"zlib": [a_spec(1, stacks=["hep"])]}, tag=tag),
    )
    policy = Policy(accepted=(an_entry("*", "2001-01-01"),))
    findings = judge(compare(old, new), policy)
    assert decide(findings, policy) == "pass"
    (said,) = [one for one in findings if one.rule == "acceptance-expired"]
    assert said.severity == "note"
    assert said.message.endswith("has no date: no acceptance expires (--as-of gives one)")


def test_the_real_week_with_its_losses_accepted_passes() -> None:
    policy = Policy(accepted=(an_entry("*-dropped", package="gcc"), an_entry("version-dropped", package="gcc")))
    report = evaluate(compare(*map(read_snapshot, WEEK)), policy)
    assert report.verdict == "pass"
    assert [one.rule for one in report.findings if one.severity == "error" and one.status == "open"] == []
