"""The same two snapshots give the same report, wherever their pages lie, whatever selects or renames the same packages."""

from __future__ import annotations

import json
import shutil
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from cachediff import compare, evaluate, read_snapshot, render
from cachediff.domain.selection import EVERYTHING, Selection
from cachediff.policy.parse import parse_policy
from cachediff.policy.settings import Policy
from cachediff.review.request import Request, review
from tests.archives import add_directory
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import REAL
from tests.examples import some
from tests.renamed import rename
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Pages = dict[str, bytes]
LAYOUTS = ("nested", "flat", "git", "flat git", "tar", "flat tar", "zip", "flat zip")
RENAMES = ("", "renames: {packages: {nothing: else}}", "renames: {packages: {gcc: gcc}, stacks: {nothing: else}}")
GLOBS = ("*", "[a-z0-9]*", "*,cuda", "[!0-9]*")
FEWER = "rules: {package-removed: off}\n"


def week(side: str) -> Pages:
    """Return the pages of the real week; in NEW one is cut off."""
    pages = {page.parent.name: page.read_bytes() for page in (REAL / "week" / side).glob("*/specs.md")}
    if side == "new":
        pages["scr"] = pages["scr"][:-300]
    return pages


def lay(root: Path, side: str, pages: Mapping[str, bytes], layout: str) -> str:
    """Write a snapshot to a directory, nested or flat, and say where it is; git and archives hold it as well."""
    directory = root / ("flat" if layout.startswith("flat") else "nested") / side
    if not directory.exists() and layout.startswith("flat"):
        directory.mkdir(parents=True)
        for number, (_, data) in enumerate(sorted(pages.items(), reverse=True)):
            (directory / f"{number}.md").write_bytes(data)
    elif not directory.exists():
        write_snapshot(directory, dict(pages))
    kind = layout.removeprefix("flat ")
    if kind in ("tar", "zip"):
        archive = root / f"{directory.parent.name}-{side}.{kind}"
        return str(archive if archive.exists() else add_directory(archive, directory))
    return f"main:{directory.relative_to(root)}" if kind == "git" else str(directory)


def listed(old: str, new: str, policy: str = "", selection: Selection = EVERYTHING, jobs: int = 1) -> dict[str, Any]:
    """Return a report as JSON without where things are."""
    rules = parse_policy(policy, "cachediff.yaml").policy if policy else Policy()
    report = review(Request(old, new, rules, selection, today="2025-01-01", jobs=jobs))
    found: dict[str, Any] = without_places(json.loads(render(report, "json")))
    return found


def without_places(value: Any) -> Any:
    """Return a value without paths and sources."""
    if isinstance(value, dict):
        return {name: without_places(inner) for name, inner in value.items() if name not in ("path", "source")}
    return [*map(without_places, value)] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Return where OLD and NEW of the real week are, by layout."""
    root = tmp_path_factory.mktemp("layouts")
    repository = Repository(root)
    found = {}
    for layout in LAYOUTS:
        old, new = (lay(root, side, week(side), layout) for side in ("old", "new"))
        found[layout] = (old, new)
    repository.commit()
    return found


@pytest.fixture(scope="module")
def expected(pairs: dict[str, tuple[str, str]]) -> dict[str, Any]:
    old, new = map(read_snapshot, pairs["nested"])
    found: dict[str, Any] = without_places(json.loads(render(evaluate(compare(old, new)), "json")))
    return found


@pytest.fixture
def in_repository(pairs: dict[str, tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pairs["nested"][0].removesuffix("nested/old"))


@pytest.mark.usefixtures("in_repository")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_report(pairs: dict[str, tuple[str, str]], expected: dict[str, Any], layout: str) -> None:
    for renames, (number, glob) in some(product(RENAMES, enumerate(GLOBS))):
        found = listed(*pairs[layout], renames, Selection(package=glob), jobs=1 + number % 3)
        assert found == expected, (renames, glob)


@pytest.mark.slow
@pytest.mark.usefixtures("in_repository")
def test_a_part_is_one_part_wherever_it_is(pairs: dict[str, tuple[str, str]]) -> None:
    reports = [
        listed(*pair, renames, Selection(package=glob), jobs)
        for pair in pairs.values()
        for renames, glob, jobs in (("", "gcc,py-*", 1), (RENAMES[1], "gcc,py-pip", 2), (RENAMES[2], "g[c]c,p*", 3))
    ]
    assert reports[0]["summary"]["packages"]
    # A report says how its packages were chosen, and nothing else depends on it.
    assert len({report.pop("selection")["package"] for report in reports}) == 3
    assert all(report == reports[0] for report in reports)


@pytest.mark.usefixtures("in_repository")
def test_one_page_is_a_snapshot_of_one_package(pairs: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    old, new = pairs["nested"]
    pages = f"{old}/gcc/specs.md", f"{new}/gcc/specs.md"
    revision = "main:nested/old/gcc/specs.md", "main:nested/new/gcc/specs.md"
    nested = tuple(
        str(shutil.copytree(f"{side}/gcc", tmp_path / str(number) / "gcc").parent) for number, side in enumerate((old, new))
    )
    first = listed(nested[0], nested[1])
    assert first["verdict"] == "fail"
    for pair in (pages, revision, (nested[0], pages[1]), (pages[0], revision[1])):
        for policy in RENAMES:
            assert listed(*pair, policy) == first


@pytest.mark.slow
@pytest.mark.usefixtures("in_repository")
def test_packages_that_become_one(pairs: dict[str, tuple[str, str]]) -> None:
    policy = "renames: {packages: {cuda: both, emacs: both, gcc: compiler, scr: gone}}"
    reports = [
        listed(*pair, policy, Selection(package=glob), jobs)
        for pair in pairs.values()
        for glob, jobs in (("*", 1), ("[a-z]*", 3))
    ]
    (removed,) = [
        one for one in reports[0]["findings"] if one["rule"] == "package-removed" and one["subject"]["package"] == "both"
    ]
    assert removed["severity"] == "error"
    assert all(report == reports[0] for report in reports)
    rules, (old, new) = parse_policy(policy, "cachediff.yaml").policy, map(read_snapshot, pairs["nested"])
    whole = evaluate(compare(rename(old, rules.renames), new), rules, "", "2025-01-01")
    assert reports[0] == without_places(json.loads(render(whole, "json")))


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["nested", "flat", "tar", "flat zip"])
@pytest.mark.parametrize("policy", [FEWER, f"{FEWER}{RENAMES[1]}", f"{FEWER}{RENAMES[2]}"])
def test_a_third_of_the_packages_is_missing(tmp_path: Path, layout: str, policy: str) -> None:
    pages = {f"p{number:03}": a_page(f"p{number:03}", [an_entry(number)]).encode() for number in range(100)}
    old = lay(tmp_path, "old", pages, layout)
    new = lay(tmp_path, "new", dict([*pages.items()][:70]), layout)
    for glob in GLOBS[:2]:
        report = listed(old, new, policy, Selection(package=glob))
        assert report["verdict"] == "fail"
        assert "snapshot-shrunk" in {finding["rule"] for finding in report["findings"]}


@pytest.mark.usefixtures("in_repository")
def test_the_digest_is_of_what_is_compared(pairs: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    same = week("old")["cuda"]
    for layout in ("nested", "flat"):
        old = lay(tmp_path, "old", {"cuda": same, "gcc": week("old")["gcc"]}, layout)
        new = lay(tmp_path, "new", {"cuda": same, "gcc": week("new")["gcc"]}, layout)
        for policy in RENAMES:
            report = listed(old, new, policy, Selection(package="cuda"))
            assert report["old"]["digest"] == report["new"]["digest"]
        whole = listed(old, new)
        assert whole["old"]["digest"] != whole["new"]["digest"]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("renames", RENAMES)
@pytest.mark.parametrize("side", ["old", "new"])
def test_two_flat_pages_of_one_package_are_a_finding(tmp_path: Path, side: str, renames: str, jobs: int) -> None:
    pages = {name: a_page(name, [an_entry(number)]).encode() for number, name in enumerate(("hdf5", "zlib"))}
    before, after = (lay(tmp_path, one, pages, "flat") for one in ("old", "new"))
    (tmp_path / "flat" / side / "again.md").write_bytes(pages["zlib"])
    report = listed(before, after, renames, jobs=jobs)
    (found,) = report["findings"]
    assert (found["rule"], found["subject"]["package"]) == ("page-invalid", "zlib")
    assert "package zlib has 2 pages" in found["message"]
    assert report["verdict"] == ("fail" if side == "new" else "pass")


def test_the_title_of_a_flat_page_is_read_as_the_page_is(tmp_path: Path) -> None:
    data = a_page("zlib", [an_entry(1)])
    yaml = data.replace('title: "zlib"', "title: &name !!str 'zlib'  # its name")
    assert yaml != data
    for name, text in (("plain", data), ("yaml", yaml), ("broken", data[:-100])):
        for side in ("old", "new"):
            (tmp_path / name / side).mkdir(parents=True)
            (tmp_path / name / side / "x.md").write_text(data if side == "old" else text)
        report = listed(str(tmp_path / name / "old"), str(tmp_path / name / "new"))
        assert report["new"]["packages"] == 1
        assert {finding["subject"]["package"] for finding in report["findings"]} <= {"zlib"}
