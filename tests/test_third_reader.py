"""A third kind of source takes one file: here is one, a snapshot made of a Python dict, and nothing else knows of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cachediff import read_snapshot, render
from cachediff.domain.package import InvalidPackage, InvalidPage, PackageRecord, SourceMap
from cachediff.domain.problem import Location, Problem
from cachediff.domain.selection import EVERYTHING, Selection
from cachediff.policy.parse import parse_policy
from cachediff.policy.settings import Policy
from cachediff.review.request import Request, review
from cachediff.sources import open as door
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.reader import PageFormat
from cachediff.sources.reader import SourceInfo
from tests.archives import add_directory
from tests.builders import TAG, a_page, an_entry, write_snapshot
from tests.commands import REAL

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from cachediff.limits import Limits
    from cachediff.sources.tree import Entry, FileTree

Pages = dict[str, Any]


class DictionaryReader:
    """A snapshot in a dictionary: the entries of each package, or a text that says why there are none."""

    def __init__(self, source: str, packages: Pages) -> None:
        self.info = SourceInfo(source, TAG)
        self._packages = packages
        self._decoder = SpecDecoder()

    def packages(self) -> Collection[str]:
        """Return the keys."""
        return self._packages.keys()

    def read(self, package: str) -> PackageRecord | InvalidPackage | None:
        """Return the entries of a package, understood."""
        entries = self._packages.get(package)
        if isinstance(entries, str):
            problem = Problem(entries, Location(self.info.source), "a list of specs", "a text")
            return InvalidPackage(package, (InvalidPage(package, self.info.source, (problem,)),))
        if entries is None:
            return None
        specs = sorted(
            (self._decoder.make_spec(entry, index) for index, entry in enumerate(entries)), key=lambda spec: spec.hash
        )
        places = SourceMap(self.info.source, (("", 1),), f"/{package}")
        return PackageRecord(package, package, TAG, places, None, tuple(specs), digest=str(len(specs)))


class DictionaryFormat:
    """The same in a file: `snapshot.json`."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.page_bytes

    def is_wanted(self, name: str) -> bool:
        """Return whether it is the file."""
        return name.rpartition("/")[2] == "snapshot.json"

    def find_roots(self, names: Collection[str]) -> list[str]:
        """Return where such files are."""
        return [name.rpartition("/")[0] for name in names if self.is_wanted(name)]

    def list_files(self, tree: FileTree) -> list[Entry]:
        """Return the file."""
        return [entry for entry in tree.entries() if self.is_wanted(entry.name)]

    def open(self, source: str, tree: FileTree) -> DictionaryReader | None:
        """Return what reads it."""
        files = self.list_files(tree)
        return DictionaryReader(source, json.loads(tree.read(files[0], self._most))) if files else None


def week(side: str) -> Pages:
    """Return the entries of each page of the real week."""
    pages = {path.parent.name: path.read_text() for path in (REAL / "week" / side).glob("*/specs.md")}
    return {name: json.loads(text.partition("spec_details: ")[2].partition("\n")[0]) for name, text in pages.items()}


def report_on(old: Pages, new: Pages, policy: Policy | None = None, selection: Selection = EVERYTHING, jobs: int = 1) -> Any:
    """Return the report on two dictionaries, as JSON."""
    request = Request(DictionaryReader("old", old), DictionaryReader("new", new), policy or Policy(), selection, jobs=jobs)
    return json.loads(render(review(request), "json"))


def without_origin(report: Any) -> Any:
    """Return a report without what tells where its snapshots were read."""
    if isinstance(report, dict):
        return {
            name: without_origin(value)
            for name, value in report.items()
            if name not in ("source", "digest", "tag", "location")
        }
    return [*map(without_origin, report)] if isinstance(report, list) else report


@pytest.mark.parametrize("policy", ["", "renames: {packages: {gcc: compiler}, stacks: {e4s: eufs}}"])
@pytest.mark.parametrize("selection", [EVERYTHING, Selection(package="g*,c*"), Selection(stack="*e*")])
def test_a_dictionary_is_judged_like_the_pages_with_the_same_specs(policy: str, selection: Selection) -> None:
    rules = parse_policy(policy, "cachediff.yaml").policy if policy else Policy()
    pages = Request(str(REAL / "week" / "old"), str(REAL / "week" / "new"), rules, selection)
    expected = json.loads(render(review(pages), "json"))
    for jobs in (1, 3):
        assert without_origin(report_on(week("old"), week("new"), rules, selection, jobs)) == without_origin(expected)


def test_a_finding_is_where_the_reader_says() -> None:
    report = report_on({"hdf5": [an_entry(1), an_entry(2, stacks=["hep"])]}, {"hdf5": [an_entry(1)]})
    assert report["verdict"] == "fail"
    places = [one["location"] for one in report["findings"] if "package" in one["subject"]]
    assert {(place["path"], place["line"], place["pointer"]) for place in places} == {("new", 1, "/hdf5")}


def test_a_package_that_cannot_be_trusted_is_not_compared() -> None:
    report = report_on({"gcc": [an_entry(1)], "hdf5": [an_entry(2)]}, {"gcc": "it is a riddle", "hdf5": [an_entry(2)]})
    assert [one["package"] for one in report["not_compared"]] == ["gcc"]
    assert [one["rule"] for one in report["findings"]] == ["page-invalid"]


@pytest.mark.parametrize("format", ["text", "markdown", "summary", "html", "junit", "sarif", "github", "gitlab", "csv"])
def test_every_format_shows_it(format: str) -> None:
    request = Request(DictionaryReader("old", week("old")), DictionaryReader("new", week("new")))
    assert "gcc" in render(review(request), format)


def test_as_a_format_it_is_found_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "FORMATS", (DictionaryFormat, PageFormat))
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "snapshot.json").write_text(json.dumps(week(side)))
    archive = add_directory(tmp_path / "new.tar", tmp_path / "new")
    old = str(tmp_path / "old")
    expected = without_origin(report_on(week("old"), week("new")))
    for new in (tmp_path / "new", archive):
        assert without_origin(json.loads(render(review(Request(old, str(new))), "json"))) == expected
    write_snapshot(tmp_path / "pages", {"hdf5": a_page()})
    assert [one.package for one in read_snapshot(str(tmp_path / "pages")).packages] == ["hdf5"]
