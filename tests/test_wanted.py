"""Losses by what locks ask for: pages and indexes against locks made by hand, and what is no lock to judge by."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cachediff.domain.cell import Cell
from cachediff.domain.wanted import Wanted
from cachediff.engine.memory import compare
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.render.also import sum_up
from cachediff.review.also import join
from cachediff.review.judge import judge
from cachediff.review.report import evaluate
from cachediff.review.request import Request, review
from tests.archives import write_archive
from tests.builders import a_page, a_spec, an_entry, write_snapshot
from tests.commands import ROOT, run
from tests.html_pages import read as read_page
from tests.html_pages import text_of
from tests.index_files import a_database, a_lock, a_node, an_edge, put
from tests.repositories import Repository
from tests.rule_pairs import snapshot_of
from tests.schemas import load_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachediff.domain.package import Snapshot
    from tests.index_files import Record

PLACE = {"os": "debian12", "target": "x86_64_v3"}
"""Where the specs of locks are that `a_node` makes."""


def a_spec_of(*names: str, types: tuple[str, ...] = ("link",), **fields: Any) -> list[Record]:
    """Return a chain of specs, each of which depends on the next: the first is the root of a lock."""
    nodes: list[Record] = []
    for name in reversed(names):
        below = [
            {"name": node["name"], "hash": node["hash"], "parameters": {"deptypes": [*types], "virtuals": []}}
            for node in nodes[:1]
        ]
        nodes.insert(0, a_node(name, **({"dependencies": below} if below else {}), **fields))
    return nodes


def write_locks(folder: Path, locks: Mapping[str, Sequence[Record]]) -> str:
    """Write a folder of locks by stack, and return its path. All specs but what others depend on are roots."""
    for stack, nodes in locks.items():
        put(folder / stack / "spack.lock", lock_of(nodes))
    return str(folder)


def lock_of(nodes: Sequence[Record]) -> bytes:
    """Return a lock of some specs; roots are those on which none of the others depends."""
    needed = {edge["hash"] for node in nodes for edge in node.get("dependencies", ())}
    lock = json.loads(a_lock(*nodes))
    lock["roots"] = [{"hash": node["hash"], "spec": node["name"]} for node in nodes if node["hash"] not in needed]
    return json.dumps(lock).encode()


def write_pages(folder: Path, packages: Mapping[str, Sequence[str]], **fields: Any) -> str:
    """Write pages that have one spec each, in some stacks."""
    pages: dict[str, str | bytes] = {
        name: a_page(name, [an_entry(number, stacks=[*stacks], **PLACE, **fields)])
        for number, (name, stacks) in enumerate(packages.items())
    }
    return str(write_snapshot(folder, pages))


def judge_by(old: str, new: str, *locks: str, options: Sequence[str] = ()) -> dict[str, Any]:
    """Return the JSON report of a run with locks, which fits its schema."""
    words = [word for lock in locks for word in ("--wanted", lock)]
    ended = run(old, new, *words, *options, "-f", "json")
    assert ended.stderr == ""
    report: dict[str, Any] = json.loads(ended.stdout)
    load_whole("report").validate(report)
    assert ended.returncode == (report["verdict"] == "fail")
    return report


def list_findings(report: dict[str, Any], *severities: str) -> list[tuple[str, str]]:
    """Return rule and package, or stack, of each finding that stands for itself."""
    return [
        (one["rule"], one["subject"].get("package") or one["subject"].get("stack", ""))
        for one in report["findings"]
        if one["severity"] in (severities or ("error", "warning")) and one["subsumed_by"] is None
    ]


STACKS = ("e4s", "hep", "ml")


@pytest.fixture
def week(tmp_path: Path) -> tuple[str, str]:
    """Two snapshots of pages: hdf5 is gone from e4s, hep and ml; zlib stays everywhere."""
    old = write_pages(tmp_path / "old", {"zlib": STACKS, "hdf5": STACKS, "cmake": STACKS})
    return old, write_pages(tmp_path / "new", {"zlib": STACKS, "hdf5": [], "cmake": STACKS})


# --- the three cases ---------------------------------------------------------------------------------------------------


def test_dropped_on_purpose_failed_to_build_and_failed_to_be_generated(tmp_path: Path, week: tuple[str, str]) -> None:
    both = [*a_spec_of("hdf5", "zlib"), a_node("cmake")]
    locks = write_locks(tmp_path / "locks", {"e4s": [*a_spec_of("zlib"), a_node("cmake")], "hep": both})
    report = judge_by(*week, locks)
    assert report["verdict"] == "fail"
    assert list_findings(report, "error") == [("stack-dropped", "hdf5"), ("stack-dropped", "hdf5")]
    stacks = {one["subject"]["stack"] for one in report["findings"] if one["rule"] == "stack-dropped"}
    assert stacks == {"hep", "ml"}
    assert [one["message"] for one in report["findings"] if one["rule"] == "unwanted-dropped"] == [
        "hdf5 is gone from 1 cell: no longer wanted"
    ]
    became = {lost["stack"]: lost["became"] for package in report["packages"] for lost in package["cells"]["lost"]}
    assert became == {"e4s": "unwanted", "hep": "lost", "ml": "lost"}
    assert report["wanted"] == {
        "locks": [locks], "packages": 3, "lost": 1, "no_longer": 1, "missing": 0, "unnamed": ["ml"],
    }  # fmt: skip


def test_dropped_on_purpose_everywhere_is_silent(tmp_path: Path, week: tuple[str, str]) -> None:
    kept = [*a_spec_of("zlib"), a_node("cmake")]
    report = judge_by(*week, write_locks(tmp_path / "locks", dict.fromkeys(STACKS, kept)))
    assert (report["verdict"], list_findings(report)) == ("pass", [])
    assert list_findings(report, "note") == [("unwanted-dropped", "hdf5"), ("spec-orphaned", "hdf5")]
    text = run(*week, "--wanted", str(tmp_path / "locks")).stdout
    assert text.splitlines()[2] == "3 cells lost: 0 still wanted, 3 no longer"
    # Without the locks it is what it was.
    assert run(*week).returncode == 1


def test_every_format_for_people_says_what_is_wanted(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("zlib"), a_node("cmake")], "hep": [a_node("hdf5")]})
    said = "3 cells lost: 1 still wanted, 1 no longer, 1 in stacks without a lock (no lock for {}: judged as without)"
    shown = {name: run(*week, "--wanted", locks, "-f", name).stdout for name in ("text", "markdown", "summary", "html")}
    lines = shown["text"].splitlines()
    assert " ".join([lines[2], lines[3].strip()]) == said.format("ml")
    for name in ("markdown", "summary"):
        assert shown[name].splitlines()[2] == f"**{said.format('`ml`')}**"
    (header,) = read_page(shown["html"]).iter("header")
    assert said.format("ml") in text_of(header)
    assert "2 of 9 cells lost in 1 package" in shown["text"].splitlines()[-1]


def test_a_package_that_is_gone_altogether(tmp_path: Path) -> None:
    old = write_pages(tmp_path / "old", {"zlib": STACKS, "hdf5": STACKS})
    new = write_pages(tmp_path / "new", {"zlib": STACKS})
    locks = write_locks(tmp_path / "locks", dict.fromkeys(STACKS, a_spec_of("zlib")))
    assert list_findings(judge_by(old, new, locks)) == []
    put(tmp_path / "locks" / "hep" / "spack.lock", lock_of(a_spec_of("hdf5", "zlib")))
    report = judge_by(old, new, locks)
    assert list_findings(report) == [("package-removed", "hdf5")]
    (message,) = [one["message"] for one in report["findings"] if one["rule"] == "package-removed"]
    assert message == "package hdf5 is gone: 1 spec in 1 cell lost"


# --- what is wanted ----------------------------------------------------------------------------------------------------


def test_what_roots_need_is_wanted_and_what_builds_them_is_not(tmp_path: Path) -> None:
    names = ["app", "lib", "tool", "gcc"]
    old = write_pages(tmp_path / "old", {key: ["e4s"] for key in names})
    new = write_pages(tmp_path / "new", {"app": ["e4s"]})
    lib, tool = a_node("lib"), a_node("tool")
    gcc = a_node("gcc", external={"path": "/usr", "module": None, "extra_attributes": {}})
    edges = [
        {"name": node["name"], "hash": node["hash"], "parameters": {"deptypes": [kind], "virtuals": []}}
        for node, kind in ((lib, "run"), (tool, "build"), (gcc, "link"))
    ]
    app = a_node("app", dependencies=edges)
    locks = write_locks(tmp_path / "locks", {"e4s": [app, lib, tool, gcc]})
    report = judge_by(old, new, locks)
    assert list_findings(report) == [("package-removed", "lib")]
    assert list_findings(report, "note") == [("unwanted-dropped", "gcc"), ("unwanted-dropped", "tool")]


def test_a_root_of_one_lock_is_no_root_of_another(tmp_path: Path) -> None:
    """What another lock of the folder has as a root may here be there to build alone."""
    tool = a_node("tool")
    edge = {"name": "tool", "hash": tool["hash"], "parameters": {"deptypes": ["build"], "virtuals": []}}
    app = a_node("app", dependencies=[edge])
    locks = {"e4s": [app, tool], "hep": [tool]}
    folder = write_locks(tmp_path / "locks", locks)
    old = write_pages(tmp_path / "old", {"app": ["e4s"], "tool": ["e4s", "hep"]})
    new = write_pages(tmp_path / "new", {"app": ["e4s"], "tool": ["hep"]})
    report = judge_by(old, new, folder)
    assert list_findings(report) == []
    assert report["wanted"]["missing"] == 0
    rows = json.loads(run("impact", folder, "--in", new, "-f", "json").stdout)["locks"]
    assert [(row["stack"], row["roots"]) for row in rows] == [("e4s", 1), ("hep", 1)]


def test_wanted_is_by_place(tmp_path: Path) -> None:
    zen = a_node("hdf5", arch={"platform": "linux", "platform_os": "debian12", "target": "zen4"})
    locks = write_locks(tmp_path / "locks", {"e4s": [zen]})
    old = write_pages(tmp_path / "old", {"hdf5": ["e4s"], "zlib": ["hep"]})
    new = write_pages(tmp_path / "new", {"hdf5": [], "zlib": ["hep"]})
    report = judge_by(old, new, locks)
    assert list_findings(report) == [("wanted-missing", "hdf5")]
    assert (report["wanted"]["lost"], report["wanted"]["no_longer"]) == (0, 1)


def test_a_lock_of_no_stack_speaks_for_every_one_and_several_are_united(tmp_path: Path, week: tuple[str, str]) -> None:
    lone = put(tmp_path / "env" / "spack.lock", lock_of([a_node("zlib"), a_node("cmake")]))
    assert list_findings(judge_by(*week, lone)) == []
    other = put(tmp_path / "other" / "spack.lock", lock_of([a_node("hdf5")]))
    report = judge_by(*week, lone, other)
    assert [one["subject"]["stack"] for one in report["findings"] if one["severity"] == "error"] == [*STACKS]
    one, two = (write_locks(tmp_path / name, {"e4s": [a_node(name)]}) for name in ("hdf5", "cmake"))
    zlib = write_locks(tmp_path / "zlib", {"e4s": [a_node("zlib")], "hep": [a_node("zlib")]})
    report = judge_by(*week, one, two, zlib)
    stacks = [one["subject"]["stack"] for one in report["findings"] if one["severity"] == "error"]
    assert stacks == ["e4s", "ml"]
    # What one lock of no stack asks for is wanted in every stack, also in those that have one of their own.
    report = judge_by(*week, zlib, other)
    assert [one["subject"]["stack"] for one in report["findings"] if one["severity"] == "error"] == [*STACKS]


def test_a_stack_whose_lock_has_no_root_is_judged_as_without(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {key: [a_node("zlib"), a_node("cmake")] for key in STACKS})
    put(tmp_path / "locks" / "hep" / "spack.lock", a_lock())
    report = judge_by(*week, locks)
    assert report["wanted"]["unnamed"] == ["hep"]
    assert [one["subject"]["stack"] for one in report["findings"] if one["severity"] == "error"] == ["hep"]
    rootless = json.loads(a_lock(a_node("zlib")))
    put(tmp_path / "locks" / "hep" / "spack.lock", json.dumps(rootless | {"roots": []}).encode())
    assert judge_by(*week, locks)["wanted"]["unnamed"] == ["hep"]


# --- wanted and not there ----------------------------------------------------------------------------------------------


def test_what_neither_snapshot_has_is_an_error(tmp_path: Path, week: tuple[str, str]) -> None:
    nodes = [a_node("zlib"), a_node("cmake"), a_node("python"), a_node("perl")]
    locks = write_locks(tmp_path / "locks", {"e4s": nodes, "cray": nodes})
    report = judge_by(*week, locks)
    missing = [(one["subject"], one["message"]) for one in report["findings"] if one["rule"] == "wanted-missing"]
    place = {"platform": "linux", "os": "debian12", "target": "x86_64_v3"}
    assert missing == [
        (
            {"stack": "cray", **place},
            "neither snapshot has anything in cray on linux-debian12-x86_64_v3, and 4 packages (cmake, perl, python, zlib) "
            "are wanted there",
        ),
        (
            {"package": "perl", "stack": "e4s", **place},
            "perl is wanted in e4s on linux-debian12-x86_64_v3, and neither snapshot has it",
        ),
        (
            {"package": "python", "stack": "e4s", **place},
            "python is wanted in e4s on linux-debian12-x86_64_v3, and neither snapshot has it",
        ),
    ]
    assert report["wanted"]["missing"] == 6
    # Each stands in the lock that asks for it, what is gone as a whole at the first of its packages. Of a record that both
    # locks have, one place is known.
    places = [one["location"] for one in report["findings"] if one["rule"] == "wanted-missing"]
    assert [Path(one["path"]) for one in places] == [Path(locks, stack, "spack.lock") for stack in ("cray", "e4s", "e4s")]
    assert places[0]["pointer"] == f"/concrete_specs/{nodes[1]['hash']}"
    assert places[0]["line"] == 1
    assert [one["line"] for one in places[1:]] == [0, 0]
    assert "; 6 wanted and in neither snapshot" in " ".join(run(*week, "--wanted", locks).stdout.split())
    # Of a part nothing is said of what is not in it.
    report = judge_by(*week, locks, options=("--stack", "e4s", "--package", "!cmake"))
    assert list_findings(report, "error")[:2] == [("wanted-missing", "perl"), ("wanted-missing", "python")]
    report = judge_by(*week, locks, options=("--package", "hdf5,zlib"))
    assert report["wanted"]["missing"] == 1  # zlib in cray


def test_a_lock_of_no_stack_misses_what_no_stack_has(tmp_path: Path, week: tuple[str, str]) -> None:
    lone = put(tmp_path / "spack.lock", lock_of([a_node("zlib"), a_node("cmake"), a_node("perl"), a_node("hdf5")]))
    report = judge_by(*week, lone)
    missing = [one["subject"] for one in report["findings"] if one["rule"] == "wanted-missing"]
    assert missing == [{"package": "perl", "platform": "linux", "os": "debian12", "target": "x86_64_v3"}]
    assert [one["location"]["path"] for one in report["findings"] if one["rule"] == "wanted-missing"] == [lone]
    # In one stack that is not to be seen.
    report = judge_by(*week, lone, options=("--stack", "e4s"))
    assert [one for one in report["findings"] if one["rule"] == "wanted-missing"] == []


def test_of_a_page_that_cannot_be_trusted_nothing_is_missing(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("zlib"), a_node("cmake"), a_node("hdf5")]})
    page = tmp_path / "new" / "hdf5" / "specs.md"
    page.write_text(page.read_text(encoding="utf-8").replace("spec_details", "spec_detail"), encoding="utf-8")
    report = judge_by(*week, locks)
    assert list_findings(report, "error") == [("page-invalid", "hdf5")]
    assert report["wanted"]["missing"] == 0


def test_a_page_of_old_that_cannot_be_trusted_hides_no_hole(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("zlib"), a_node("cmake"), a_node("hdf5")]})
    page = tmp_path / "old" / "hdf5" / "specs.md"
    page.write_text(page.read_text(encoding="utf-8").replace("spec_details", "spec_detail"), encoding="utf-8")
    assert list_findings(judge_by(*week, locks), "error") == [("wanted-missing", "hdf5")]


# --- what else is a loss -----------------------------------------------------------------------------------------------


def facts_of(name: str, findings: dict[str, Any]) -> list[tuple[str, str]]:
    """Return rule and severity of each finding on a package."""
    return sorted((one["rule"], one["severity"]) for one in findings["findings"] if one["subject"].get("package") == name)


def test_what_a_cell_that_nobody_wants_loses_is_a_note(tmp_path: Path) -> None:
    def write(name: str, **changed: Any) -> str:
        entry = an_entry(len(name), stacks=["e4s"], **PLACE, **changed)
        zlib = an_entry(2, stacks=["e4s"], **PLACE)
        return str(write_snapshot(tmp_path / name, {"hdf5": a_page("hdf5", [entry]), "zlib": a_page("zlib", [zlib])}))

    old = write("before", version="1.14", variants=["+cuda", "cuda_arch=80", "+native"])
    new = write("new", version="1.12", variants=["~cuda", "~native"])
    kept, gone = (
        write_locks(tmp_path / name, {"e4s": [a_node("zlib"), *nodes]})
        for name, nodes in (("kept", [a_node("hdf5")]), ("gone", []))
    )
    as_it_was = facts_of("hdf5", judge_by(old, new))
    assert ("gpu-dropped", "error") in as_it_was
    assert ("version-downgraded", "warning") in as_it_was
    assert ("variant-disabled", "warning") in as_it_was
    assert facts_of("hdf5", judge_by(old, new, kept)) == as_it_was
    report = judge_by(old, new, gone)
    assert (report["verdict"], list_findings(report)) == ("pass", [])
    assert ("unwanted-dropped", "note") in facts_of("hdf5", report)
    assert report["summary"]["facets"]["lost"]["gpu"] == 1


def test_what_a_stack_lost_is_wanted_where_one_place_that_had_it_is(tmp_path: Path) -> None:
    def write(name: str, version: str, variants: list[str]) -> str:
        there, elsewhere = an_entry(1, **PLACE), an_entry(len(name), version=version, variants=variants, target="zen4")
        return str(write_snapshot(tmp_path / name, {"hdf5": a_page("hdf5", [there, elsewhere | {"os": "rhel9"}])}))

    old, new = write("before", "1.14", ["+cuda", "+native"]), write("new", "1.12", ["~cuda", "~native"])
    alarms = list_findings(judge_by(old, new))
    assert ("gpu-dropped", "hdf5") in alarms
    place = {"platform": "linux", "platform_os": "rhel9", "target": "zen4"}
    here, elsewhere = (
        write_locks(tmp_path / name, {"e4s": [a_node("hdf5", **fields)]})
        for name, fields in (("here", {}), ("elsewhere", {"arch": place}))
    )
    assert list_findings(judge_by(old, new, elsewhere)) == alarms
    assert list_findings(judge_by(old, new, here)) == []


def test_only_what_is_wanted_can_shrink(tmp_path: Path) -> None:
    def write(name: str, wanted: int, others: int) -> str:
        many = [an_entry(n, stacks=["e4s"], **PLACE, variants=[f"size={n}"]) for n in range(wanted)]
        extra = {f"other{n}": a_page(f"other{n}", [an_entry(100 + n, stacks=["e4s"], **PLACE)]) for n in range(others)}
        return str(write_snapshot(tmp_path / name, {"hdf5": a_page("hdf5", many), **extra}))

    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("hdf5")]})
    full, fewer, less = write("full", 30, 30), write("fewer", 30, 10), write("less", 15, 60)
    rules = {rule for rule, _ in list_findings(judge_by(full, fewer))}
    assert {"snapshot-shrunk", "stack-shrunk"} <= rules
    assert list_findings(judge_by(full, fewer, locks)) == []
    assert not {"snapshot-shrunk", "stack-shrunk"} & {rule for rule, _ in list_findings(judge_by(full, less))}
    report = judge_by(full, less, locks)
    found = [one["message"] for one in report["findings"] if one["rule"].endswith("shrunk")]
    assert found == [
        "distinct coordinates of what is wanted fell by 50.0%: 30 → 15",
        "distinct coordinates of what is wanted in e4s fell by 50.0%: 30 → 15",
    ]


# --- indexes -----------------------------------------------------------------------------------------------------------


def test_an_index_without_stacks_is_judged_by_locks_of_no_stack_alone(tmp_path: Path) -> None:
    old = put(tmp_path / "old" / "index.json", a_database(a_node("hdf5"), a_node("zlib")))
    new = put(tmp_path / "new" / "index.json", a_database(a_node("zlib")))
    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("zlib")]})
    ended = run(old, new, "--wanted", locks)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "the locks are of stacks, such as e4s" in ended.stderr
    lone = f"{locks}/e4s/spack.lock"
    assert list_findings(judge_by(old, new, lone)) == []
    other = put(tmp_path / "other" / "spack.lock", lock_of([a_node("hdf5")]))
    assert list_findings(judge_by(old, new, lone, other)) == [("package-removed", "hdf5")]


def test_a_lock_knows_better_than_an_index_what_is_needed(tmp_path: Path) -> None:
    app, zlib = a_spec_of("app", "zlib")
    old = put(tmp_path / "old" / "index.json", a_database(app, zlib))
    new = put(tmp_path / "new" / "index.json", a_database(a_node("app")))
    assert list_findings(judge_by(old, new)) == [("dependency-dropped", "zlib")]
    wanted = put(tmp_path / "wanted" / "spack.lock", lock_of([app, zlib]))
    assert list_findings(judge_by(old, new, wanted)) == [("package-removed", "zlib")]
    unwanted = put(tmp_path / "unwanted" / "spack.lock", lock_of([a_node("app")]))
    report = judge_by(old, new, unwanted)
    assert list_findings(report) == []
    assert (report["summary"]["cells"]["unneeded"], report["wanted"]["no_longer"]) == (0, 1)


def test_a_folder_of_indexes_has_stacks_and_one_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    nodes = {name: a_node(name) for name in ("app", "zlib", "cmake")}
    for side, stacks in (("old", {"e4s": "app zlib", "hep": "app cmake"}), ("new", {"e4s": "zlib", "hep": "app"})):
        for stack, names in stacks.items():
            put(tmp_path / side / stack / ".spack-db" / "index.json", site_of([nodes[one] for one in names.split()]))
    locks = write_locks(tmp_path / "locks", {"e4s": [nodes["zlib"]], "hep": [nodes["app"], nodes["cmake"]]})
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    report = judge_by(old, new, locks)
    assert list_findings(report) == [("package-removed", "cmake")]
    assert (report["wanted"]["lost"], report["wanted"]["no_longer"]) == (1, 1)
    put(tmp_path / "new" / "hep" / ".spack-db" / "index.json", b'{"database": {')
    report = judge_by(old, new, locks)
    assert list_findings(report) == [("index-invalid", "hep")]
    assert report["wanted"]["missing"] == 0


def site_of(nodes: Sequence[Record]) -> bytes:
    """Return the database of an installation."""
    return a_database(*nodes, ref_count=1, installed=True, explicit=True, path="/opt", installation_time=1.0)


def test_what_is_on_an_mpi_that_was_taken_out_is_not_wanted(tmp_path: Path) -> None:
    def on(mpi: Record) -> Record:
        edge = {"name": mpi["name"], "hash": mpi["hash"], "parameters": {"deptypes": ["link"], "virtuals": ["mpi"]}}
        return a_node("hdf5", dependencies=[edge])

    mpich, openmpi = a_node("mpich"), a_node("openmpi")
    outside = a_node("openmpi", external={"path": "/opt", "module": None, "extra_attributes": {}})
    old = put(tmp_path / "old" / "index.json", a_database(mpich, on(mpich), openmpi, on(openmpi)))
    new = put(tmp_path / "new" / "index.json", a_database(mpich, on(mpich)))
    alarms = [("package-removed", "openmpi"), ("mpi-dropped", "hdf5")]
    assert list_findings(judge_by(old, new)) == alarms
    without = put(tmp_path / "without" / "spack.lock", lock_of([mpich, on(mpich)]))
    report = judge_by(old, new, without)
    assert list_findings(report) == []
    assert list_findings(report, "note")[:2] == [("unwanted-dropped", "hdf5"), ("unwanted-dropped", "openmpi")]
    assert [cause for cause in report["causes"] if cause["explains"] == "facets"] == []
    both = put(tmp_path / "both" / "spack.lock", lock_of([mpich, on(mpich), openmpi, on(openmpi)]))
    assert list_findings(judge_by(old, new, both)) == alarms
    elsewhere = put(tmp_path / "elsewhere" / "spack.lock", lock_of([mpich, on(mpich), outside, on(outside)]))
    assert list_findings(judge_by(old, new, elsewhere)) == [("mpi-dropped", "hdf5")]


# --- what is no measure ------------------------------------------------------------------------------------------------


def bad_locks() -> dict[str, tuple[dict[str, bytes], str]]:
    """Return folders of locks that cannot be trusted to say what is wanted, and words of what is said of each."""
    app, zlib = a_spec_of("app", "zlib")
    good = lock_of([app, zlib])
    a, b = (dict(a_node(name), hash=name * 32) for name in "ab")
    circle = [node | {"dependencies": [an_edge("x", other["hash"])]} for node, other in ((a, b), (b, a))]
    rootless = json.loads(good)
    rootless["roots"].append({"hash": "z" * 32, "spec": "gone"})
    empty = json.dumps(json.loads(good) | {"roots": []}).encode()
    outside = a_node("gcc", external={"path": "/usr", "module": None, "extra_attributes": {}})
    stacks = {"cut off": good[:-20], "text": b"not json", "rootless": json.dumps(rootless).encode()}
    stacks |= {"circle": a_lock(*circle), "hole": lock_of([app]), "edited": good.replace(b'"1.3"', b'"1.4"', 1)}
    words = {
        "cut off": "/locks/e4s/spack.lock:1:", "text": "/locks/e4s/spack.lock:1:1\n", "rootless": "root gone has no record",
        "circle": "depends on itself",
        "hole": "no record of zlib", "edited": "not what its hash says",
    }  # fmt: skip
    found = {name: ({"e4s/spack.lock": text, "hep/spack.lock": good}, words[name]) for name, text in stacks.items()}
    found["hole"] = ({"e4s/spack.lock": stacks["hole"]}, words["hole"])
    found |= {f"lone {name}": ({"spack.lock": text}, "") for name, text in stacks.items()}
    found["nothing"] = ({"README": b"no locks"}, "holds no page and no index")
    found["all empty"] = ({"e4s/spack.lock": empty, "hep/spack.lock": empty}, "no lock has a root")
    found["lone empty"] = ({"spack.lock": empty}, "nothing would be wanted")
    found["outside"] = ({"spack.lock": lock_of([outside])}, "")
    found["an index"] = ({"index.json": a_database(zlib)}, "is no lock")
    return found


@pytest.mark.parametrize("name", bad_locks())
def test_a_lock_that_cannot_be_trusted_ends_the_run(tmp_path: Path, week: tuple[str, str], name: str) -> None:
    files, words = bad_locks()[name]
    for path, text in files.items():
        put(tmp_path / "locks" / path, text)
    ended = run(*week, "--wanted", str(tmp_path / "locks"))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert words in ended.stderr


def test_an_option_that_names_nothing(tmp_path: Path, week: tuple[str, str]) -> None:
    assert "--wanted is empty" in run(*week, "--wanted", "").stderr
    ended = run(*week, "--wanted", str(tmp_path / "nowhere"))
    assert (ended.returncode, ended.stdout) == (3, "")


# --- where locks lie ---------------------------------------------------------------------------------------------------


def test_locks_in_archives_and_in_git(tmp_path: Path, week: tuple[str, str]) -> None:
    nodes = {stack: [a_node("zlib"), a_node("cmake")] for stack in STACKS}
    locks = write_locks(tmp_path / "locks", nodes)
    found = judge_by(*week, locks)
    files = {f"{stack}/spack.lock": lock_of(some) for stack, some in nodes.items()}
    archive = str(write_archive(tmp_path / "locks.tar.gz", files))
    repository = Repository(tmp_path / "repository")
    write_locks(repository.path / "envs", nodes)
    repository.commit()
    for where in (archive, "HEAD:envs"):
        words = ["--wanted", where, "-f", "json"]
        ended = run(*week, *words, cwd=repository.path)
        assert ended.stderr == ""
        report = json.loads(ended.stdout)
        assert report | {"wanted": None} == found | {"wanted": None}
        assert report["wanted"] == found["wanted"] | {"locks": [where]}
        rows = json.loads(run("impact", where, "--in", week[1], "-f", "json", cwd=repository.path).stdout)["locks"]
        assert [(row["stack"], row["roots"]) for row in rows] == [(stack, 2) for stack in STACKS]


def test_an_archive_of_one_stack_s_lock_does_not_speak_for_every_stack(tmp_path: Path, week: tuple[str, str]) -> None:
    text = lock_of([a_node("zlib")])
    one = str(write_archive(tmp_path / "one.tar", {"e4s/spack.lock": text}))
    ended = run(*week, "--wanted", one)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "holds one lock, in e4s" in ended.stderr
    assert run(*week, "--wanted", str(write_archive(tmp_path / "top.tar", {"spack.lock": text}))).returncode != 3
    # In a folder it is its stack's.
    assert judge_by(*week, write_locks(tmp_path / "locks", {"e4s": [a_node("zlib")]}))["wanted"]["unnamed"] == ["hep", "ml"]


def test_a_policy_names_locks_beside_itself(tmp_path: Path, week: tuple[str, str]) -> None:
    write_locks(tmp_path / "repository" / "locks", {key: [a_node("zlib"), a_node("cmake")] for key in STACKS})
    policy = tmp_path / "repository" / "cachediff.yaml"
    policy.write_text("wanted: [locks]\n", encoding="utf-8")
    assert run(*week, "--policy", str(policy)).returncode == 0
    assert run(*week, cwd=policy.parent).returncode == 0
    assert "1 wanted lock" in run("policy", "check", cwd=policy.parent).stdout
    # The command line goes over it.
    other = write_locks(tmp_path / "other", {"e4s": [a_node("hdf5"), a_node("zlib"), a_node("cmake")]})
    assert run(*week, "--policy", str(policy), "--wanted", other).returncode == 1
    # In a revision they are those of the revision, whatever the working tree has.
    repository = Repository(policy.parent)
    repository.commit()
    (policy.parent / "locks" / "e4s" / "spack.lock").unlink()
    for name in ("HEAD:cachediff.yaml", "HEAD:./cachediff.yaml"):
        ended = run(*week, "--policy", name, "-f", "json", cwd=policy.parent)
        assert (ended.returncode, json.loads(ended.stdout)["wanted"]["locks"]) == (0, ["HEAD:locks"])


@pytest.mark.parametrize(
    "path", ["../locks", "/etc", "a/../../b", "HEAD:locks", "https://host/locks", "..", "''", "index#ref"]
)
def test_a_policy_names_nothing_elsewhere(tmp_path: Path, week: tuple[str, str], path: str) -> None:
    policy = tmp_path / "cachediff.yaml"
    policy.write_text(f'wanted: ["{path}"]\n'.replace("\"''\"", "''"), encoding="utf-8")
    ended = run(*week, "--policy", str(policy))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "wanted" in ended.stderr


def test_a_report_is_verified_with_the_locks(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {key: [a_node("zlib"), a_node("cmake")] for key in STACKS})
    report = str(tmp_path / "report.json")
    assert run(*week, "--wanted", locks, "--report", f"json={report}").returncode == 0
    assert run("verify", report, *week, "--wanted", locks).returncode == 0
    assert run("verify", report, *week).returncode == 1
    put(tmp_path / "locks" / "e4s" / "spack.lock", lock_of([a_node("zlib"), a_node("cmake"), a_node("hdf5")]))
    assert run("verify", report, *week, "--wanted", locks).returncode == 1


def test_what_was_also_compared_is_measured_by_locks_too(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("zlib"), a_node("cmake"), a_node("perl")]})
    report = review(Request(*week, replace(DEFAULT_POLICY, wanted=(locks,))))
    (also,) = join([report, report]).also_compared
    assert also.wanted == report.wanted
    # hdf5 went from three stacks; of one there is a lock, which has it no longer.
    assert sum_up(also).endswith("; 3 of 9 cells lost (1 no longer wanted); 1 wanted and in neither snapshot")


def test_locks_of_today_say_nothing_of_an_older_snapshot(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    root = repository.path
    for day, packages in (("02", "zlib hdf5"), ("09", "zlib hdf5")):
        pages = {
            name: a_page(name, [an_entry(n, **PLACE)], tag=f"develop-2025-03-{day}")
            for n, name in enumerate(packages.split())
        }
        write_snapshot(root / "_cache" / f"develop-2025-03-{day}", dict(pages))
    write_locks(root / "locks", {"e4s": [a_node("zlib")]})
    repository.commit()
    for day in ("09", "16"):
        page = a_page("zlib", [an_entry(0, **PLACE)], tag=f"develop-2025-03-{day}")
        write_snapshot(root / "_cache" / f"develop-2025-03-{day}", {"zlib": page})
    (root / "_cache" / "develop-2025-03-09" / "hdf5" / "specs.md").unlink()
    options = ("--wanted", "locks", "--against", "HEAD")
    assert run("latest", "_cache", *options, cwd=root).returncode == 1  # 09 was thinned out
    repository.git("checkout", "--", "_cache/develop-2025-03-09")
    assert run("latest", "_cache", *options, cwd=root).returncode == 0


def test_the_example_of_the_docs_is_true() -> None:
    text = (ROOT / "docs" / "impact.md").read_text(encoding="utf-8")
    examples = text.split("```console\n$ cachediff ")[1:]
    command, _, shown = examples[-1].partition("\n```")[0].partition("\n")
    ended = run(*command.split(), cwd=ROOT)
    assert "--wanted" in command
    assert (ended.returncode, ended.stdout) == (0, f"{shown}\n")


# --- any snapshots -----------------------------------------------------------------------------------------------------

PACKAGES, TARGETS = ("a", "b", "c"), ("x86_64_v3", "zen4")
cells = st.sets(st.tuples(st.sampled_from(PACKAGES), st.sampled_from(STACKS), st.sampled_from(TARGETS)), min_size=1)


def snapshot_with(some: set[tuple[str, str, str]]) -> Snapshot:
    """Return a snapshot in which each of some packages has a spec of its own in each of its places."""
    pages: dict[str, list[Any]] = {}
    for number, one in enumerate(product(PACKAGES, STACKS, TARGETS)):
        if one in some:
            package, stack, target = one
            pages.setdefault(package, []).append(a_spec(number, stacks=[stack], target=target))
    return snapshot_of(pages)


def wanted_of(some: set[tuple[str, str, str]], stacks: set[str]) -> Wanted:
    """Return what the locks of some stacks ask for."""
    return Wanted(
        ("locks",),
        {
            stack: frozenset((package, "linux", "ubuntu22.04", target) for package, own, target in some if own == stack)
            for stack in stacks
        },
    )


@given(cells, cells, cells, st.sets(st.sampled_from(STACKS)))
def test_each_lost_cell_is_judged_by_what_is_wanted(
    old: set[tuple[str, str, str]], new: set[tuple[str, str, str]], asked: set[tuple[str, str, str]], stacks: set[str]
) -> None:
    diff = compare(snapshot_with(old), snapshot_with(new), wanted=wanted_of(asked, stacks))
    report = evaluate(diff)
    became = {
        (package.package, lost.stack, lost.target): lost.became for package in report.packages for lost in package.cells.lost
    }
    assert became.keys() == old - new
    for cell, word in became.items():
        assert (word == "unwanted") == (cell[1] in stacks and cell not in asked)
    missing = {(p, c.stack, c.target) for p, c in _list_missing(diff)}
    assert missing == {cell for cell in asked - old - new if cell[1] in stacks}
    alarming = {one.subject.package for one in report.findings if one.severity == "error" and one.subject.package}
    needed = {package for (package, *_), word in became.items() if word != "unwanted"}
    assert alarming <= needed | {package for package, *_ in missing}
    assert report.wanted is not None
    assert report.wanted.no_longer == sum(word == "unwanted" for word in became.values())
    assert report.wanted.lost == sum(word != "unwanted" and cell[1] in stacks for cell, word in became.items())


def _list_missing(diff: Any) -> list[tuple[str, Cell]]:
    return [
        (package, Cell(gap.stack, gap.platform, gap.os, gap.target))
        for gap in diff.wanted.missing
        for package in (gap.packages or (gap.package,))
    ]


@given(cells, cells)
def test_where_all_of_old_is_wanted_nothing_is_judged_otherwise(
    old: set[tuple[str, str, str]], new: set[tuple[str, str, str]]
) -> None:
    before, after = snapshot_with(old), snapshot_with(new)
    wanted = compare(before, after, wanted=wanted_of(old, set(STACKS)))
    assert judge(wanted, DEFAULT_POLICY) == judge(compare(before, after), DEFAULT_POLICY)


def test_the_processes_agree(tmp_path: Path, week: tuple[str, str]) -> None:
    locks = write_locks(tmp_path / "locks", {"e4s": [a_node("perl"), a_node("zlib")], "hep": [a_node("hdf5")]})
    one, three = (judge_by(*week, locks, options=("--jobs", number)) for number in ("1", "3"))
    assert one == three
    assert one["wanted"]["missing"] == 1
