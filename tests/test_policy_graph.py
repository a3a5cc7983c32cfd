"""What a policy says of the graph: requirements of an MPI and of what is installable, subjects with an MPI, severities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachediff.policy.parse import parse_policy
from cachediff.review.request import Request, review
from tests.index_files import Record, a_database, a_lock, a_node, an_edge, put
from tests.make_rule_fixtures import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.report import Report

MPI = FIXTURES / "mpi-dropped"
ACCEPTED = """accepted:
  - {rule: mpi-dropped, subject: {mpi: "%s"}, reason: it is retired, until: 2030-01-01}
"""


def judge(old: Path, new: Path, policy: str) -> Report:
    """Return the report on two snapshots under a policy."""
    return review(Request(str(old), str(new), parse_policy(policy, "cachediff.yaml").policy, today="2026-07-01"))


def listed(report: Report, rule: str) -> list[tuple[str, str]]:
    """Return the findings of a rule: severity and status of each."""
    return [(one.severity, one.status) for one in report.findings if one.rule == rule]


@pytest.mark.parametrize(
    ("require", "message"),
    [
        ("{package: hdf5, mpi: mpich}", ""),
        ("{package: hdf5, mpi: mpich, installable: true}", ""),
        ("{package: hdf5, mpi: openmpi}", "hdf5 has 0 of 1 required spec for mpi openmpi"),
        ("{package: hdf5, mpi: mpich, specs: 2}", "hdf5 has 1 of 2 required specs for mpi mpich"),
    ],
)
def test_a_required_mpi(require: str, message: str) -> None:
    report = judge(MPI / "old", MPI / "new", f"require: [{require}]")
    assert [one.message for one in report.findings if one.rule == "requirement-unmet"] == [message][: bool(message)]


def test_what_is_required_to_be_installable() -> None:
    pair = FIXTURES / "dependency-missing"
    for old, new, found in (("old", "new", ["error"]), ("new", "old", [])):
        report = judge(pair / old, pair / new, "require: [{package: hdf5, installable: true}]")
        assert [severity for severity, _ in listed(report, "requirement-unmet")] == found
        assert listed(judge(pair / old, pair / new, "require: [{package: hdf5}]"), "requirement-unmet") == []
    assert "hdf5 has 0 of 1 required installable spec" in [
        one.message for one in judge(pair / "old", pair / "new", "require: [{package: hdf5, installable: true}]").findings
    ]


def test_pages_tell_of_no_mpi_and_of_nothing_missing() -> None:
    week = FIXTURES.parent / "real/week"
    report = judge(week / "old", week / "new", "require: [{package: gcc, installable: true}, {package: gcc, mpi: openmpi}]")
    assert [one.message for one in report.findings if one.rule == "requirement-unmet"] == [
        "gcc has 0 of 1 required spec for mpi openmpi"
    ]


@pytest.mark.parametrize(("glob", "status"), [("openmpi", "accepted"), ("open*", "accepted"), ("mpich", "open")])
def test_an_accepted_mpi(glob: str, status: str) -> None:
    report = judge(MPI / "old", MPI / "new", ACCEPTED % glob)
    assert listed(report, "mpi-dropped") == [("error", status)]
    assert report.verdict == ("pass" if status == "accepted" else "fail")


@pytest.mark.parametrize(("glob", "severity"), [("openmpi", "note"), ("mpich", "error")])
def test_an_override_for_an_mpi(glob: str, severity: str) -> None:
    policy = f"overrides: [{{match: {{mpi: {glob}}}, rules: {{mpi-dropped: note}}}}]"
    assert listed(judge(MPI / "old", MPI / "new", policy), "mpi-dropped") == [(severity, "open")]


@pytest.mark.parametrize(
    ("kind", "policy", "severity"),
    [("cache", "", "warning"), ("site", "", "note"), ("site", "rules: {dependency-dropped: error}", "error")],
)
def test_how_bad_it_is_that_a_dependency_went(kind: str, policy: str, severity: str, tmp_path: Path) -> None:
    """A site tells whether somebody asked for it, and a build cache does not; the policy has the last word."""
    tool = a_node("tool")
    edge = {"name": "tool", "hash": tool["hash"], "parameters": {"deptypes": ["build"], "virtuals": []}}
    fields: Record = {"in_buildcache": True} if kind == "cache" else {"installed": True, "explicit": False}
    old = put(tmp_path / "old/index.json", a_database(tool, a_node("user", dependencies=[edge]), **fields))
    new = put(tmp_path / "new/index.json", a_database(a_node("user"), **fields))
    report = judge(tmp_path / "old/index.json", tmp_path / "new/index.json", policy)
    assert (old, new) == (report.old and report.old.source, report.new.source)
    assert listed(report, "dependency-dropped") == [(severity, "open")]
    assert {one.rule for one in report.findings} == {"dependency-dropped"}
    assert (report.summary.cells.lost, report.summary.cells.unneeded) == (1, 1)


def test_what_somebody_asked_for_is_needed(tmp_path: Path) -> None:
    tool = a_node("tool")
    edge = {"name": "tool", "hash": tool["hash"], "parameters": {"deptypes": ["build"], "virtuals": []}}
    put(tmp_path / "old/spack.lock", a_lock(tool, a_node("user", dependencies=[edge])))
    put(tmp_path / "new/spack.lock", a_lock(a_node("user")))
    assert {one.rule for one in judge(tmp_path / "old", tmp_path / "new", "").findings} == {"package-removed"}


def test_what_an_upstream_database_may_have_is_one_warning(tmp_path: Path) -> None:
    edges = [an_edge("zlib", "a" * 32), an_edge("xz", "b" * 32)]
    site = put(tmp_path / "index.json", a_database(a_node("user", dependencies=edges), installed=True))
    report = judge(tmp_path / "index.json", tmp_path / "index.json", "")
    assert (site, report.verdict) == (report.new.source, "pass")
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("dependency-missing", "warning")
    assert "2 dependencies of installed specs have no record here" in finding.message
    put(tmp_path / "alone.json", a_database(a_node("user", dependencies=edges[:1]), installed=True))
    (finding,) = judge(tmp_path / "alone.json", tmp_path / "alone.json", "").findings
    assert (
        "1 dependency of installed specs has no record here (zlib /aaaaaaa for one, which 1 spec needs)" in finding.message
    )


def test_what_a_site_had_itself_is_in_no_upstream_database(tmp_path: Path) -> None:
    zlib, other = a_node("zlib"), a_node("zlib", version="1.2")
    edge = {"name": "zlib", "hash": zlib["hash"], "parameters": {"deptypes": ["link"], "virtuals": []}}
    user = a_node("user", dependencies=[edge])
    put(tmp_path / "old.json", a_database(user, zlib, other, installed=True))
    put(tmp_path / "new.json", a_database(user, other, installed=True))
    report = judge(tmp_path / "old.json", tmp_path / "new.json", "")
    assert report.verdict == "fail"
    assert [one.subject.field for one in report.findings if one.rule == "dependency-missing"] == ["record"]


def test_the_example_of_what_an_upstream_database_may_have_is_needed_by_as_many_specs_as_is_said(tmp_path: Path) -> None:
    xz, zlib = an_edge("xz", "b" * 32), an_edge("zlib", "a" * 32)
    users = a_node("one", dependencies=[xz, zlib]), a_node("two", dependencies=[zlib])
    put(tmp_path / "index.json", a_database(*users, installed=True))
    (finding,) = judge(tmp_path / "index.json", tmp_path / "index.json", "").findings
    assert "(zlib /aaaaaaa for one, which 2 specs need)" in finding.message
