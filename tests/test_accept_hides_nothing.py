"""What was accepted of one comparison hides nothing that is lost in the next."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import run
from tests.index_files import a_database, a_node, an_edge, put
from tests.test_accept_many import accept, compare, entries, list_open
from tests.test_accept_unreadable import PAIR

if TYPE_CHECKING:
    from pathlib import Path


# --- what moved --------------------------------------------------------------------------------------------------------


def lay_stacks(directory: Path, **oses: str) -> None:
    """Write a snapshot anew, with hdf5 for one os in each of some stacks, and another package."""
    shutil.rmtree(directory, ignore_errors=True)
    made = [an_entry(HASHES.index((stack, os)), stacks=[stack], os=os) for stack, os in oses.items()]
    others = [an_entry(99 + number, stacks=[stack], os="rhel8") for number, stack in enumerate(("e4s", "hep"))]
    write_snapshot(directory, {"hdf5": a_page("hdf5", made), "zlib": a_page("zlib", others)})


HASHES = [(stack, os) for stack in ("e4s", "hep", "radiuss") for os in ("rhel8", "rocky9", "ubuntu22.04")]
"""The hashes of hdf5: places in this list, by stack and os."""


def test_who_accepts_in_a_part_that_something_moved_does_not_accept_that_it_is_gone(tmp_path: Path) -> None:
    part = ("--stack", "e4s")
    lay_stacks(tmp_path / "old", e4s="rhel8", hep="rhel8")
    lay_stacks(tmp_path / "new", e4s="rocky9", hep="rhel8")
    report = compare(tmp_path, PAIR, *part)
    assert [(one["rule"], one["severity"]) for one in list_open(report)] == [("os-replaced", "warning")]
    assert accept(tmp_path, "--all").returncode == 0
    assert [(entry.rule, entry.subject.stack, entry.subject.os) for entry in entries(tmp_path)] == [
        ("os-replaced", "e4s", "rhel8")
    ]
    assert [list_open(compare(tmp_path, PAIR, *some)) for some in (part, ())] == [[], []]
    checked = run("policy", "check", "--report", "report.json", cwd=tmp_path)
    assert "os-replaced package=hdf5 stack=e4s os=rhel8, until 2099-01-01: matches 1 finding\n" in checked.stdout
    # In another stack it is another move, and gone is worse than moved.
    lay_stacks(tmp_path / "new", e4s="rocky9", hep="rocky9")
    assert {one["rule"] for one in list_open(compare(tmp_path, PAIR))} == {"os-replaced"}
    lay_stacks(tmp_path / "new", hep="rhel8")
    for some in (part, ()):
        report = compare(tmp_path, PAIR, *some)
        assert (report["verdict"], {one["severity"] for one in list_open(report)}) == ("fail", {"error"})


@pytest.mark.parametrize(
    ("rule", "subject", "left"),
    [
        ("os-dropped", "package: hdf5, os: rhel8, stack: e4s", {"stack-dropped"}),
        ("os-dropped", "stack: e4s", {"stack-dropped"}),
        ("'*-dropped'", "stack: e4s", set()),
        ("os-dropped", "stack: hep", {"os-dropped", "stack-dropped"}),
        ("target-dropped", "stack: e4s", {"os-dropped", "stack-dropped"}),
    ],
)
def test_an_entry_of_a_rule_may_name_a_place_that_its_findings_do_not(
    tmp_path: Path, rule: str, subject: str, left: set[str]
) -> None:
    lay_stacks(tmp_path / "old", e4s="rhel8", hep="ubuntu22.04")
    lay_stacks(tmp_path / "new", hep="ubuntu22.04")
    policy = f"accepted:\n  - {{rule: {rule}, subject: {{{subject}}}, reason: because, until: 2099-01-01}}\n"
    (tmp_path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    assert {one["rule"] for one in list_open(compare(tmp_path, PAIR))} == left
    # Once more is lost for that os, it is not in that place alone.
    lay_stacks(tmp_path / "old", e4s="rhel8", hep="ubuntu22.04", radiuss="rhel8")
    assert "os-dropped" in {one["rule"] for one in list_open(compare(tmp_path, PAIR))}


def test_what_moved_is_accepted_whatever_else_was_lost_of_that_os(tmp_path: Path) -> None:
    places = [("e4s", "rhel8", "zen4"), ("hep", "rhel8", "zen4"), ("hep", "rhel8", "aarch64"), ("hep", "centos7", "zen4")]
    places += [("radiuss", "rhel8", "zen4"), ("e4s", "rocky9", "zen4")]
    made = [an_entry(i, stacks=[stack], os=os, target=target) for i, (stack, os, target) in enumerate(places)]
    write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5", made[:5])})
    write_snapshot(tmp_path / "new", {"hdf5": a_page("hdf5", made[2:])})
    report = compare(tmp_path, PAIR)
    assert [(one["rule"], one["cells"]) for one in list_open(report)] == [("cell-dropped", 1), ("os-replaced", 1)]
    assert accept(tmp_path, "--loss", "hdf5/e4s/*/*").returncode == 0
    report = compare(tmp_path, PAIR)
    assert [one["rule"] for one in list_open(report)] == ["cell-dropped"]
    assert (report["summary"]["losses"]["cells"], report["summary"]["losses"]["accepted"]) == (1, 1)
    # By parts, each of which knows nothing of the other.
    (tmp_path / "cachediff.yaml").unlink()
    for part in ("e4s", "hep"):
        compare(tmp_path, PAIR, "--stack", part)
        assert accept(tmp_path, "--all").returncode == 0
    assert list_open(compare(tmp_path, PAIR)) == []


def test_an_entry_of_cells_that_accepts_nothing_is_named(tmp_path: Path) -> None:
    """What tells of its cells tells of others, which nothing accepts: it looks like one that has an effect."""
    lay_stacks(tmp_path / "old", e4s="rhel8", hep="rhel8", radiuss="ubuntu22.04")
    lay_stacks(tmp_path / "new", radiuss="ubuntu22.04")
    policy = """accepted:
  - {rule: os-dropped, subject: {os: rhel8, stack: e4s}, reason: because, until: 2099-01-01}
"""
    (tmp_path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    lack = "accepts nothing: 1 finding tells of its cells and of others"

    def compare_whole() -> tuple[bool, list[str]]:
        found = compare(tmp_path, PAIR)["findings"]
        unused = [one["message"] for one in found if one["rule"] == "acceptance-unused"]
        return any(one["rule"] == "os-dropped" and one["status"] == "accepted" for one in found), unused

    assert compare_whole() == (False, [f"acceptance of os-dropped stack=e4s os=rhel8 {lack} (until 2099-01-01)"])
    checked = run("policy", "check", "--report", "report.json", cwd=tmp_path)
    assert f"os-dropped stack=e4s os=rhel8, until 2099-01-01: {lack}\n" in checked.stdout
    # With another for the rest both do something, also where that one has expired.
    for until, is_accepted in (("2099-01-01", True), ("2001-01-01", False)):
        more = f"  - {{rule: loss, subject: {{stack: hep, package: hdf5}}, reason: because, until: {until}}}\n"
        (tmp_path / "cachediff.yaml").write_text(policy + more, encoding="utf-8")
        assert compare_whole() == (is_accepted, [])


# --- causes ------------------------------------------------------------------------------------------------------------


def lay_mpis(path: Path, *without: str) -> None:
    """Write an index of three packages, each built on two MPIs; some lack openmpi. The last is for another target."""
    nodes = []
    for target, names in (("zen3", ("hdf5", "fftw")), ("neoverse_v2", ("petsc",))):
        arch = {"platform": "linux", "platform_os": "debian12", "target": target}
        mpis = [a_node(name, arch=arch) for name in ("mpich", "openmpi")]
        edges = [an_edge(mpi["name"], mpi["hash"]) for mpi in mpis]
        for edge in edges:
            edge["parameters"]["virtuals"] = ["mpi"]
        users = [
            a_node(name, arch=arch, dependencies=[edge])
            for name in names
            for edge in edges
            if name not in without or edge["name"] == "mpich"
        ]
        nodes += [*mpis, *users]
    put(path / "index.json", a_database(*nodes))


def test_who_accepts_a_cause_in_a_part_does_not_accept_it_elsewhere(tmp_path: Path) -> None:
    part = ("--target", "zen3")
    lay_mpis(tmp_path / "old")
    lay_mpis(tmp_path / "new", "hdf5", "fftw")
    assert {one["cause"] for one in list_open(compare(tmp_path, PAIR, *part))} == {"mpi=openmpi"}
    assert accept(tmp_path, "--cause", "mpi=openmpi").returncode == 0
    assert [list_open(compare(tmp_path, PAIR, *some)) for some in (part, ())] == [[], []]
    lay_mpis(tmp_path / "new", "hdf5", "fftw", "petsc")
    report = compare(tmp_path, PAIR)
    assert [(one["rule"], one["subject"]["package"]) for one in list_open(report)] == [("mpi-dropped", "petsc")]
