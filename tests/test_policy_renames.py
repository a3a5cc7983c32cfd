"""OLD under the names of today: what is renamed, what is merged, and that counts stay as right or as wrong as they were."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from cachediff.comparison.counts import find_mismatches
from cachediff.domain.cell import Cell
from cachediff.domain.package import Claims, InvalidPage, PackageRecord
from cachediff.domain.problem import Location, Problem
from cachediff.engine.memory import compare, read_snapshot
from cachediff.policy.settings import Policy, Renames
from cachediff.review.judge import judge
from cachediff.review.report import evaluate
from cachediff.review.request import Request, review
from tests.builders import a_spec
from tests.commands import REAL, run
from tests.examples import examples
from tests.index_files import a_database, a_node, put
from tests.make_index_fixtures import MANIFESTS, write_index
from tests.make_rule_fixtures import FIXTURES
from tests.policy_strategies import renames
from tests.renamed import rename
from tests.rule_pairs import page_of, snapshot_of
from tests.strategies import snapshot_of as drawn_snapshot
from tests.strategies import snapshot_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.package import Snapshot
    from cachediff.domain.spec import Spec
    from tests.strategies import Entry as PageEntry


AN_INVALID_PAGE = InvalidPage("a", "a/specs.md", (Problem("page is empty", Location("a/specs.md"), "a page", "nothing"),))


def cells(snapshot: Snapshot) -> set[Cell]:
    """Return every cell of a snapshot."""
    return set(compare(None, snapshot).new.packages_by_cell)


def wrongs(page: PackageRecord) -> list[tuple[str, str, int]]:
    """Return the counts of a page that do not add up, and by how much."""
    counts = [one for one in find_mismatches(page) if one.is_count]
    return [(one.field, one.stack, int(one.claimed[0]) - int(one.counted[0])) for one in counts]


# --- one name at a time ------------------------------------------------------------------------------------------------


def test_stack_is_renamed() -> None:
    old = snapshot_of({"zlib": [a_spec(1, stacks=["e4s", "hep"])], "cmake": [a_spec(2, stacks=["hep"])]})
    expected = snapshot_of({"zlib": [a_spec(1, stacks=["e4s-new", "hep"])], "cmake": [a_spec(2, stacks=["hep"])]})
    assert rename(old, Renames(stacks={"e4s": "e4s-new"})) == expected


def test_stacks_are_merged() -> None:
    old = snapshot_of({"zlib": [a_spec(1, stacks=["a", "b"]), a_spec(2, stacks=["a"]), a_spec(3, stacks=["b", "c"])]})
    expected = snapshot_of({"zlib": [a_spec(1, stacks=["all"]), a_spec(2, stacks=["all"]), a_spec(3, stacks=["all", "c"])]})
    assert rename(old, Renames(stacks={"a": "all", "b": "all"})) == expected


def test_stack_is_merged_into_one_that_is_there() -> None:
    old = snapshot_of({"zlib": [a_spec(1, stacks=["a", "b"]), a_spec(2, stacks=["a"])]})
    expected = snapshot_of({"zlib": [a_spec(1, stacks=["b"]), a_spec(2, stacks=["b"])]})
    assert rename(old, Renames(stacks={"a": "b"})) == expected


def test_names_change_places() -> None:
    old = snapshot_of({"zlib": [a_spec(1, stacks=["a"], os="x"), a_spec(2, stacks=["b"], os="y")]})
    expected = snapshot_of({"zlib": [a_spec(1, stacks=["b"], os="y"), a_spec(2, stacks=["a"], os="x")]})
    assert rename(old, Renames(stacks={"a": "b", "b": "a"}, oses={"x": "y", "y": "x"})) == expected


def test_os_and_target_are_renamed() -> None:
    old = snapshot_of({"zlib": [a_spec(1, os="rhel8", target="x86_64_v3"), a_spec(2)]})
    expected = snapshot_of({"zlib": [a_spec(1, os="rocky8", target="haswell"), a_spec(2, target="haswell")]})
    assert rename(old, Renames(oses={"rhel8": "rocky8"}, targets={"x86_64_v3": "haswell"})) == expected


def test_package_is_renamed() -> None:
    old = snapshot_of({"zlib": [a_spec(1)], "cmake": [a_spec(2)]})
    expected = snapshot_of({"zlib-ng": [a_spec(1)], "cmake": [a_spec(2)]})
    renamed = rename(old, Renames(packages={"zlib": "zlib-ng"}))
    assert [(page.package, page.title, page.claims, page.specs) for page in renamed.packages] == [
        (page.package, page.title, page.claims, page.specs) for page in expected.packages
    ]


def test_packages_are_merged() -> None:
    specs: dict[str, list[Spec]] = {
        "a": [a_spec(1, stacks=["e4s"]), a_spec(4, version="2")],
        "b": [a_spec(2), a_spec(3, stacks=["hep"])],
    }
    (page,) = rename(snapshot_of(specs), Renames(packages={"a": "c", "b": "c"})).packages
    expected = page_of("c", specs["a"] + specs["b"])
    assert (page.package, page.title, page.claims, page.specs) == ("c", "c", expected.claims, expected.specs)
    assert wrongs(page) == []


def test_package_whose_page_is_invalid_is_renamed() -> None:
    old = msgspec.structs.replace(snapshot_of({"zlib": [a_spec(1)]}), invalid=(AN_INVALID_PAGE,))
    renamed = rename(old, Renames(packages={"a": "c"}))
    assert [page.package for page in renamed.invalid] == ["c"]
    # What OLD has under the new name is not compared, and so not new.
    diff = compare(renamed, snapshot_of({"c": [a_spec(2)], "zlib": [a_spec(1)]}))
    assert [(one.rule, one.subject.package) for one in judge(diff, Policy())] == [("page-invalid", "c")]


def test_title_of_another_package_stays() -> None:
    old = msgspec.structs.replace(
        snapshot_of({}), packages=(msgspec.structs.replace(page_of("a", [a_spec(1)]), title="odd"),)
    )
    assert rename(old, Renames(packages={"a": "b"})).packages[0].title == "odd"


def test_only_what_is_named_is_touched() -> None:
    old = snapshot_of({"zlib": [a_spec(1, stacks=["hep"])], "cmake": [a_spec(2)]})
    renamed = rename(old, Renames(stacks={"hep": "cern"}))
    assert renamed.packages[0] is old.packages[0]
    assert rename(old, Renames(stacks={"nowhere": "else"}, packages={"nothing": "x"})) == old


def claims_of(record: PackageRecord) -> Claims:
    """Return what a package claims."""
    assert record.claims is not None
    return record.claims


def test_wrong_count_stays_wrong_by_as_much() -> None:
    page = page_of("zlib", [a_spec(1, stacks=["a"]), a_spec(2, stacks=["a", "b"]), a_spec(3, stacks=["b"])])
    claims = msgspec.structs.replace(claims_of(page), num_specs=7, num_specs_by_stack=(("a", 4), ("b", 1), ("root", 3)))
    old = msgspec.structs.replace(snapshot_of({}), packages=(msgspec.structs.replace(page, claims=claims),))
    assert wrongs(old.packages[0]) == [("num_specs", "", 4), ("num_specs_by_stack", "a", 2), ("num_specs_by_stack", "b", -1)]
    (renamed,) = rename(old, Renames(stacks={"a": "c"})).packages
    assert wrongs(renamed) == [("num_specs", "", 4), ("num_specs_by_stack", "b", -1), ("num_specs_by_stack", "c", 2)]
    (merged,) = rename(old, Renames(stacks={"a": "c", "b": "c"})).packages
    assert dict(claims_of(merged).num_specs_by_stack) == {"c": 4, "root": 3}
    assert wrongs(merged) == [("num_specs", "", 4), ("num_specs_by_stack", "c", 1)]


def test_wrong_count_that_old_has_under_the_old_name_still_eases() -> None:
    def wrong(stack: str) -> Snapshot:
        page = page_of("zlib", [a_spec(1, stacks=[stack])])
        claims = msgspec.structs.replace(claims_of(page), num_specs_by_stack=(("root", 1), (stack, 3)))
        return msgspec.structs.replace(
            snapshot_of({"x": [a_spec(9, stacks=[stack])]}), packages=(msgspec.structs.replace(page, claims=claims),)
        )

    policy = Policy(renames=Renames(stacks={"e4s": "e4s-new"}))
    findings = judge(compare(rename(wrong("e4s"), policy.renames), wrong("e4s-new")), policy)
    assert [(one.rule, one.severity) for one in findings] == [("count-mismatch", "warning")]


# --- every rename ------------------------------------------------------------------------------------------------------


@given(snapshot_pairs())
@hypothesis_settings(max_examples=examples(60), deadline=None)
def test_identity_changes_nothing(pair: tuple[dict[str, list[PageEntry]], dict[str, list[PageEntry]]]) -> None:
    old, new = map(drawn_snapshot, pair)
    same = Renames(
        stacks={name: name for name in ("e4s", "hep", "ml", "nowhere")},
        oses={"rhel8": "rhel8"},
        targets={"zen4": "zen4"},
        packages={"hdf5": "hdf5"},
    )
    assert rename(old, same) == old
    assert evaluate(compare(rename(old, same), new), Policy(renames=same)) == evaluate(compare(old, new))


@pytest.mark.slow
@given(snapshot_pairs(), renames())
@hypothesis_settings(max_examples=examples(200), deadline=None)
def test_nothing_is_lost_by_a_rename(pair: tuple[dict[str, list[PageEntry]], object], names: Renames) -> None:
    old = drawn_snapshot(pair[0])
    renamed = rename(old, names)
    assert Counter(spec.hash for page in renamed.packages for spec in page.specs) == Counter(
        spec.hash for page in old.packages for spec in page.specs
    )
    assert [page.package for page in renamed.packages] == sorted(
        {names.packages.get(page.package, page.package) for page in old.packages}
    )
    assert all(wrongs(page) == [] and list(find_mismatches(page)) == [] for page in renamed.packages)
    assert cells(renamed) == {
        Cell(
            names.stacks.get(cell.stack, cell.stack),
            cell.platform,
            names.oses.get(cell.os, cell.os),
            names.targets.get(cell.target, cell.target),
        )
        for cell in cells(old)
    }


@given(snapshot_pairs(), renames())
@hypothesis_settings(max_examples=examples(60), deadline=None)
def test_rename_of_both_sides_is_no_difference(pair: tuple[dict[str, list[PageEntry]], object], names: Renames) -> None:
    old = rename(drawn_snapshot(pair[0]), names)
    # A hash on several pages, or twice on one, is so whatever it is compared with.
    assert {one.rule for one in judge(compare(old, old), Policy())} <= {"duplicate-hash", "page-misplaced"}


# --- the real week -----------------------------------------------------------------------------------------------------


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """Return a copy of the real week without gcc, which lost a stack by itself.

    In its NEW the stack e4s is called e4s-2025.
    """
    for side in ("old", "new"):
        shutil.copytree(REAL / "week" / side, tmp_path / side, ignore=shutil.ignore_patterns("gcc"))
    for page in (tmp_path / "new").rglob("specs.md"):
        page.write_text(page.read_text(encoding="utf-8").replace('"e4s"', '"e4s-2025"'), encoding="utf-8")
    assert '"e4s-2025"' in (tmp_path / "new" / "scr" / "specs.md").read_text(encoding="utf-8")
    return tmp_path


def test_renamed_stack_fails_without_the_entry(week: Path) -> None:
    ended = run("old", "new", cwd=week)
    assert ended.returncode == 1
    assert "gone: stack e4s" in ended.stdout


def test_renamed_stack_passes_with_the_entry(week: Path) -> None:
    (week / "cachediff.yaml").write_text("renames:\n  stacks: {e4s: e4s-2025}\n", encoding="utf-8")
    ended = run("old", "new", cwd=week)
    assert ended.returncode == 0
    # emacs lost a variant in that week: that, and nothing that has to do with the rename, is still told.
    assert ended.stdout.splitlines()[-1] == "pass: warnings in 1 package"
    assert not re.search(r"e4s\b", ended.stdout.partition("\n\n")[0])
    passes = run("old", "new", "--package", "[!e]*", cwd=week)
    assert passes.stdout.splitlines()[-1].startswith("pass: ")
    assert "nothing was lost" in passes.stdout


def test_merged_stacks_pass(week: Path) -> None:
    for page in (week / "new").rglob("specs.md"):
        text = re.sub(r'"e4s(-2025|-oneapi|-rocm-external)?"', '"e4s-all"', page.read_text(encoding="utf-8"))
        page.write_text(
            text.replace('"e4s-all", "e4s-all"', '"e4s-all"').replace('"e4s-all", "e4s-all"', '"e4s-all"'), encoding="utf-8"
        )
    (week / "cachediff.yaml").write_text(
        "renames:\n  stacks: {e4s: e4s-all, e4s-oneapi: e4s-all, e4s-rocm-external: e4s-all}\n", encoding="utf-8"
    )
    new = read_snapshot(str(week / "new"))
    renamed = rename(
        read_snapshot(str(week / "old")),
        Renames(stacks=dict.fromkeys(("e4s", "e4s-oneapi", "e4s-rocm-external"), "e4s-all")),
    )
    errors = [one for one in judge(compare(renamed, new), Policy()) if one.severity == "error"]
    assert {one.rule for one in errors} <= {
        "count-mismatch",
        "page-invalid",
    }  # the copy is edited by hand: its meta counts twice


def test_renamed_package_is_compared_under_its_new_name(tmp_path: Path) -> None:
    shutil.copytree(REAL / "week" / "old", tmp_path / "old", ignore=shutil.ignore_patterns("gcc", "emacs"))
    shutil.copytree(REAL / "week" / "new", tmp_path / "new", ignore=shutil.ignore_patterns("gcc", "emacs"))
    (tmp_path / "new" / "scr").rename(tmp_path / "new" / "scr-ng")
    page = tmp_path / "new" / "scr-ng" / "specs.md"
    page.write_text(page.read_text(encoding="utf-8").replace('title: "scr"', 'title: "scr-ng"'), encoding="utf-8")
    assert "package scr is gone" in run("old", "new", cwd=tmp_path).stdout
    (tmp_path / "cachediff.yaml").write_text("renames: {packages: {scr: scr-ng}}\n", encoding="utf-8")
    assert run("old", "new", cwd=tmp_path).returncode == 0
    narrowed = run("old", "new", "--package", "scr-*", cwd=tmp_path)
    assert narrowed.returncode == 0
    assert "not compared" not in narrowed.stdout
    missing = run("old", "new", "--package", "scr", cwd=tmp_path)
    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr.startswith("error: --package scr matches no package of either side\nhint: did you mean scr-ng")


def test_an_mpi_has_its_new_name_for_all_that_is_on_it(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("renames: {packages: {openmpi: mpich}}\n", encoding="utf-8")
    pair = (str(FIXTURES / "mpi-dropped" / side) for side in ("old", "new"))
    run(*pair, "-p", "policy.yaml", "-r", "json=report.json", cwd=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["verdict"], [one["rule"] for one in report["findings"]]) == ("pass", ["spec-removed"])


def test_compilers_and_providers_are_named_as_packages_are(tmp_path: Path) -> None:
    """Nothing but a name differs, so that nothing is told but new hashes."""
    for side, compiler, blas in (("old", "icc", "mkl"), ("new", "icx", "onemkl")):
        compilers, library = a_node(compiler), a_node(blas)
        edges = [
            {"name": compiler, "hash": compilers["hash"], "parameters": {"deptypes": ["build"], "virtuals": ["c"]}},
            {"name": blas, "hash": library["hash"], "parameters": {"deptypes": ["link"], "virtuals": ["blas"]}},
        ]
        put(tmp_path / f"{side}.json", a_database(compilers, library, a_node("numpy", dependencies=edges)))
    policy = Policy(renames=Renames(packages={"icc": "icx", "mkl": "onemkl"}))
    report = review(Request(str(tmp_path / "old.json"), str(tmp_path / "new.json"), policy))
    assert (report.findings, report.summary.specs.rebuilt, report.summary.specs.unchanged) == ((), 3, 0)
    assert {one.rule for one in review(Request(str(tmp_path / "old.json"), str(tmp_path / "new.json"))).findings} >= {
        "compiler-changed",
        "provider-changed",
    }


def test_compilers_of_pages_are_no_packages() -> None:
    old = snapshot_of({"zlib": [a_spec(1, compiler="clang@=17.0.1")], "llvm": [a_spec(2)]})
    renamed = rename(old, Renames(packages={"llvm": "llvm-project"}))
    assert [page.package for page in renamed.packages] == ["llvm-project", "zlib"]
    assert renamed.packages[1] == old.packages[1]


def test_what_is_wrong_with_a_view_is_told_of_its_new_name(tmp_path: Path) -> None:
    zlib, foo = a_node("zlib"), a_node("foo")
    for side, view in (("old", "e4s"), ("new", "e4s2"), ("broken", "e4s")):
        for name, nodes in ((".", [zlib]), ("tools", [zlib]), (view, [zlib, foo])):
            write_index(tmp_path / side, name, a_database(*nodes))
    (tmp_path / "broken" / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    policy = Policy(renames=Renames(stacks={"e4s": "e4s2"}))
    report = review(Request(str(tmp_path / "old"), str(tmp_path / "new"), policy))
    assert {(one.rule, one.severity, one.subject.stack) for one in report.findings} == {("meta-mismatch", "warning", "e4s2")}
    # What OLD's view had nobody knows, so that nothing of NEW's is news.
    report = review(Request(str(tmp_path / "broken"), str(tmp_path / "new"), policy))
    assert ("index-invalid", "warning", "e4s2") in {(one.rule, one.severity, one.subject.stack) for one in report.findings}
    assert {place.stack for place in report.coverage} == {"tools"}


@pytest.mark.parametrize("one", ["e4s2", "e4s"], ids=["both-renamed", "one-keeps-its-name"])
def test_what_a_stack_lost_is_told_though_one_cannot_be_read_that_is_one_with_it_now(one: str, tmp_path: Path) -> None:
    zlib, foo = a_node("zlib"), a_node("foo")
    for name, nodes in ((".", [zlib, foo]), ("tools", [zlib]), ("hep", [foo, zlib]), ("e4s", [zlib])):
        write_index(tmp_path / "old", name, a_database(*nodes))
    for name, nodes in ((".", [zlib]), ("tools", [zlib]), (one, [zlib])):
        write_index(tmp_path / "new", name, a_database(*nodes))
    (tmp_path / "old" / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    policy = Policy(renames=Renames(stacks={name: one for name in ("e4s", "hep") if name != one}))
    report = review(Request(str(tmp_path / "old"), str(tmp_path / "new"), policy))
    assert ("package-removed", "foo") in {(one.rule, one.subject.package) for one in report.findings}


@pytest.mark.parametrize(
    ("kept", "verdict", "severity"), [("bar", "pass", "warning"), ("foo", "fail", "error")], ids=["renamed", "another"]
)
def test_a_bad_record_hides_a_package_under_its_new_name(kept: str, verdict: str, severity: str, tmp_path: Path) -> None:
    """What is called `foo` in NEW is no more than another package that has the name now."""
    bad = a_node("foo", version="2") | {"version": 5}
    put(tmp_path / "old.json", a_database(a_node("zlib"), bad, in_buildcache=True))
    put(tmp_path / "new.json", a_database(a_node("zlib"), a_node(kept), in_buildcache=True))
    (tmp_path / "policy.yaml").write_text("renames: {packages: {foo: bar}}\n", encoding="utf-8")
    run("old.json", "new.json", "-q", "-p", "policy.yaml", "-r", "json=report.json", cwd=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    (finding,) = [one for one in report["findings"] if one["rule"] == "record-invalid"]
    assert (report["verdict"], finding["severity"], finding["subject"]["package"]) == (verdict, severity, "bar")
