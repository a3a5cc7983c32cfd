"""The rules on what a policy says, each shown on its own pair of snapshots with a policy beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from cachediff.domain.diff import Requirement
from cachediff.domain.finding import Subject
from cachediff.engine.memory import compare, read_snapshot
from cachediff.policy.settings import Policy
from cachediff.review.judge import judge
from cachediff.rules.catalogue import RULES, observe
from tests.builders import a_page, a_spec, write_snapshot
from tests.make_rule_fixtures import FIXTURES, PAIRS, write_pair
from tests.rule_pairs import TODAY, find_in, show_all, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.finding import Finding

ON_POLICY = [rule.id for rule in RULES if rule.scope == "policy" or rule.is_about_requirements or rule.needs_wanted]
BY_ID = {rule.id: rule for rule in RULES}


@pytest.mark.parametrize("rule", ON_POLICY)
def test_findings_are_golden(rule: str, update_golden: bool) -> None:
    findings = find_in(FIXTURES / rule / "old", FIXTURES / rule / "new")
    assert rule in {finding.rule for finding in findings if finding.severity == BY_ID[rule].severity}
    text = "\n".join(show_all(findings)) + "\n"
    golden = FIXTURES / rule / "findings.txt"
    if update_golden:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", ON_POLICY)
def test_the_policy_is_what_the_script_writes(rule: str, tmp_path: Path) -> None:
    write_pair(tmp_path, PAIRS[rule])
    assert (tmp_path / "cachediff.yaml").read_bytes() == (FIXTURES / rule / "cachediff.yaml").read_bytes()


def test_no_other_rule_needs_a_policy() -> None:
    assert {path.parent.name for path in FIXTURES.glob("*/cachediff.yaml")} == set(ON_POLICY)


@pytest.mark.parametrize("rule", ON_POLICY)
def test_without_a_policy_nothing_is_said(rule: str) -> None:
    old, new = (read_snapshot(str(FIXTURES / rule / side)) for side in ("old", "new"))
    assert rule not in {observed.id for observed, _ in observe(compare(old, new))}


# --- requirement-unmet -------------------------------------------------------------------------------------------------


def unmet(pages: dict[str, list[str]], *require: Requirement) -> list[str]:
    """Return what is said of a NEW whose pages hold the named specs, which OLD never had."""
    new = snapshot_of({package: [SPECS[name] for name in names] for package, names in pages.items()})
    findings = judge(compare(snapshot_of({}), new, require=require), Policy(require=require))
    return [finding.message for finding in findings if finding.rule == "requirement-unmet"]


SPECS = {
    "jammy": a_spec(1),
    "jammy again": a_spec(2),
    "jammy by llvm": a_spec(3, compiler="llvm@17.0.6"),
    "jammy static": a_spec(4, variants=["~shared"]),
    "jammy 2.0": a_spec(5, version="2.0"),
    "rhel": a_spec(6, os="rhel8"),
    "arm": a_spec(7, target="neoverse_v2"),
    "in hep": a_spec(8, stacks=["hep"]),
    "in both": a_spec(9, stacks=["e4s", "hep"]),
    "orphan": a_spec(10, stacks=[]),
}


@pytest.mark.parametrize(
    ("specs", "requirement", "said"),
    [
        (["jammy"], Requirement("hdf5"), ""),
        ([], Requirement("hdf5"), "hdf5 has 0 of 1 required spec"),
        (["jammy"], Requirement("netcdf"), "netcdf has 0 of 1 required spec"),
        (["jammy"], Requirement("hdf5", specs=2), "hdf5 has 1 of 2 required specs"),
        (["jammy", "jammy again", "jammy by llvm"], Requirement("hdf5", specs=2), "hdf5 has 1 of 2 required specs"),
        (["jammy", "jammy static"], Requirement("hdf5", specs=2), ""),
        (["jammy"], Requirement("hdf5", stack="hep"), "hdf5 has 0 of 1 required spec for stack hep"),
        (["in hep"], Requirement("hdf5", stack="h?p"), ""),
        (["in both"], Requirement("hdf5", stack="*", specs=2), "hdf5 has 1 of 2 required specs for stack *"),
        (["orphan"], Requirement("hdf5"), ""),
        (["orphan"], Requirement("hdf5", stack="*"), "hdf5 has 0 of 1 required spec for stack *"),
        (["jammy", "arm"], Requirement("hdf5", os="rhel*"), "hdf5 has 0 of 1 required spec for os rhel*"),
        (["rhel"], Requirement("hdf5", os="rhel*"), ""),
        (
            ["rhel", "arm"],
            Requirement("hdf5", os="rhel8", target="neoverse_v2"),
            "hdf5 has 0 of 1 required spec for os rhel8, target neoverse_v2",
        ),
        (["jammy"], Requirement("hdf5", version="2.*"), "hdf5 has 0 of 1 required spec for version 2.*"),
        (["jammy 2.0"], Requirement("hdf5", version="2.*"), ""),
    ],
)
def test_requirement(specs: list[str], requirement: Requirement, said: str) -> None:
    assert unmet({"hdf5": specs} if specs else {}, requirement) == ([said] if said else [])


def test_requirement_sums_over_packages() -> None:
    pages = {"py-a": ["jammy"], "py-b": ["jammy", "rhel"], "c": ["arm"]}
    assert unmet(pages, Requirement("py-*", specs=3)) == []
    assert unmet(pages, Requirement("py-*", specs=4)) == ["py-* has 3 of 4 required specs"]


def test_requirement_is_about_new_alone() -> None:
    wanted = Requirement("hdf5", stack="e4s")
    old, new = snapshot_of({"zlib": [SPECS["jammy"]]}), snapshot_of({"zlib": [SPECS["jammy again"]]})
    findings = judge(compare(old, new, require=[wanted]), Policy(require=(wanted,)))
    assert [(one.rule, one.severity, one.subject) for one in findings] == [
        ("requirement-unmet", "error", Subject(package="hdf5", stack="e4s"))
    ]
    alone = judge(compare(None, new, require=[wanted]), Policy(require=(wanted,)))
    assert [one.fingerprint for one in alone] == [one.fingerprint for one in findings]


def test_page_that_cannot_be_trusted_meets_nothing(tmp_path: Path) -> None:
    old = read_snapshot(str(write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5"), "zlib": a_page("zlib")})))
    broken = a_page("hdf5").replace('"size": "-"', '"size": -1')
    new = read_snapshot(str(write_snapshot(tmp_path / "new", {"hdf5": broken, "zlib": a_page("zlib")})))
    findings = judge(compare(old, new, require=[Requirement("hdf5"), Requirement("zlib")]), Policy())
    said = [one.message for one in findings if one.rule == "requirement-unmet"]
    assert said == ["hdf5 has 0 of 1 required spec; the page of hdf5 cannot be trusted"]
    # A page that OLD has wrong is one of NEW all the same.
    turned = judge(compare(new, old, require=[Requirement("hdf5")]), Policy())
    assert not [one for one in turned if one.rule == "requirement-unmet"]


# --- acceptance-expired, acceptance-unused -----------------------------------------------------------------------------


def expire(as_of: str, until: str = "2025-06-01", **policy: object) -> list[tuple[str, str, str]]:
    """Return what is said of one acceptance that ends, of a stack that is gone."""
    old = snapshot_of({"zlib": [a_spec(1, stacks=["e4s", "hep"])]})
    new = snapshot_of({"zlib": [a_spec(2, stacks=["e4s"])]}, tag="develop")
    entry = {"rule": "stack-removed", "subject": {"stack": "hep"}, "acceptance": {"reason": "x", "until": until}}
    findings = judge(compare(old, new), msgspec.convert({"accepted": [entry], **policy}, Policy), as_of)
    return [(one.rule, one.severity, one.message) for one in findings if one.rule.startswith("acceptance-")]


NAME = "acceptance of stack-removed stack=hep"


@pytest.mark.parametrize(
    ("as_of", "severity", "said"),
    [
        ("2025-05-17", "", ""),
        ("2025-05-18", "note", f"{NAME} expires after 2025-06-01 (in 14 days): 2 findings accepted until then"),
        ("2025-05-31", "note", f"{NAME} expires after 2025-06-01 (in 1 day): 2 findings accepted until then"),
        ("2025-06-01", "note", f"{NAME} expires after 2025-06-01 (today): 2 findings accepted until then"),
        ("2025-06-02", "warning", f"{NAME} expired (2025-06-01 was its last day): 2 findings open again"),
        ("2026-01-01", "warning", f"{NAME} expired (2025-06-01 was its last day): 2 findings open again"),
        ("", "note", "develop has no date: no acceptance expires (--as-of gives one)"),
    ],
)
def test_expiry(as_of: str, severity: str, said: str) -> None:
    assert expire(as_of) == ([("acceptance-expired", severity, said)] if said else [])


def test_expiry_is_never_worse_than_what_it_reopens() -> None:
    rules: dict[str, object] = {"stack-removed": {"severity": "note"}, "stack-dropped": {"severity": "note"}}
    assert [severity for _, severity, _ in expire("2026-01-01", rules=rules)] == ["note"]
    rules["stack-dropped"] = {"severity": "warning"}
    assert [severity for _, severity, _ in expire("2026-01-01", rules=rules)] == ["warning"]


def test_expiry_can_be_off() -> None:
    assert expire("2026-01-01", rules={"acceptance-expired": {"severity": "off"}}) == []


def test_no_entry_no_word_about_a_date() -> None:
    assert expire("", accepted=[]) == []


def test_entry_that_is_renewed_is_told_once() -> None:
    first = {"rule": "stack-removed", "subject": {"stack": "hep"}, "acceptance": {"reason": "x", "until": "2025-01-01"}}
    later = first | {"acceptance": {"reason": "y", "until": "2025-06-01"}}
    for accepted in ([first, later], [later, first]):
        assert expire("2025-03-01", accepted=accepted) == []
        assert [said for _, _, said in expire("2026-01-01", accepted=accepted)] == [
            f"{NAME} expired (2025-06-01 was its last day): 2 findings open again"
        ]


def test_entry_whose_findings_others_accept_opens_nothing() -> None:
    first = {"rule": "stack-removed", "subject": {"stack": "hep"}, "acceptance": {"reason": "x", "until": "2025-01-01"}}
    wider = {
        "rule": "stack-*",
        "subject": {"stack": "hep"},
        "acceptance": {"reason": "y", "until": "2025-12-01", "owner": "me"},
    }
    assert expire("2025-03-01", accepted=[first, wider]) == [
        ("acceptance-expired", "note", f"{NAME} expired (2025-01-01 was its last day): other entries accept 2 findings")
    ]


def test_unused_names_entry_date_and_owner() -> None:
    entry = {
        "rule": "*-dropped",
        "subject": {"package": "gcc"},
        "acceptance": {"reason": "x", "until": "2025-01-01", "owner": "@spack/ci"},
    }
    assert expire("2026-01-01", accepted=[entry]) == [
        (
            "acceptance-unused",
            "note",
            "acceptance of *-dropped package=gcc matches nothing (until 2025-01-01, owner @spack/ci)",
        )
    ]


def test_fingerprints_tell_entries_apart() -> None:
    def entry(rule: str, **subject: str) -> dict[str, object]:
        return {"rule": rule, "subject": subject, "acceptance": {"reason": "x", "until": "2025-01-01"}}

    accepted = [
        entry("stack-removed", stack="a"),
        entry("stack-removed", stack="b"),
        entry("os-removed", stack="a"),
        entry("os-removed"),
    ]
    findings = _judge(accepted)
    assert len({finding.fingerprint for finding in findings}) == len(findings) == 4
    assert {finding.subject.rule for finding in findings} == {"stack-removed", "os-removed"}


def _judge(accepted: list[dict[str, object]]) -> tuple[Finding, ...]:
    same = snapshot_of({"zlib": [a_spec(1)]})
    return judge(compare(same, same), msgspec.convert({"accepted": accepted}, Policy), TODAY)
