"""Package by package, on any number of processes, in memory or on disk.

The answer is that of whole snapshots, to the byte.
"""

from __future__ import annotations

import json
from array import array
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generate import generate
from benchmarks.sizes import Size
from cachediff import compare, evaluate, read_snapshot, render
from cachediff.comparison.collectors import shared_hashes
from cachediff.engine import loop
from cachediff.errors import InputError, ResourceError
from cachediff.rules import catalogue
from cachediff.spill import diffs
from tests.comparing import compare_sources

if TYPE_CHECKING:
    from cachediff.domain.diff import PackageDiff, SnapshotDiff


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return two generated snapshots, NEW with three odd pages.

    One is cut off, one is under another name, one repeats a hash of another.
    """
    directory = tmp_path_factory.mktemp("pair")
    generate(directory, Size(packages=120, specs=1_200))
    old, new = directory / "old", directory / "new"
    cut, moved, copied, copy = sorted(
        page.parent.name for page in new.glob("*/specs.md") if (old / page.parent.name).exists()
    )[:4]
    page = new / cut / "specs.md"
    page.write_bytes(page.read_bytes()[:-300])
    (new / moved).rename(new / f"{moved}-moved")
    (new / copy / "specs.md").write_text(
        (new / copied / "specs.md").read_text().replace(f'title: "{copied}"', f'title: "{copy}"')
    )
    return str(old), str(new)


@pytest.fixture(scope="module")
def expected(pair: tuple[str, str]) -> str:
    old, new = pair
    return render(evaluate(compare(read_snapshot(old), read_snapshot(new))), "json")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("most", [4096, 7], ids=["in memory", "on disk"])
def test_the_answer_is_that_of_whole_snapshots(
    pair: tuple[str, str], expected: str, jobs: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "MAX_KEPT", most)
    monkeypatch.setattr(diffs, "CHUNK", 5)
    diff = compare_sources(*pair, jobs=jobs)
    assert isinstance(diff.packages, tuple) == (most > 1000)
    report = evaluate(diff)
    assert len(report.packages) == len(tuple(report.packages)) > 7
    assert len(diff.packages) == len(tuple(diff.packages)) > 7
    assert next(iter(diff.packages)) in diff.packages
    assert next(iter(report.packages)) in report.packages
    assert render(report, "json") == expected


@pytest.mark.slow
@pytest.mark.parametrize("format", ["text", "markdown", "html", "csv", "sarif"])
def test_every_format_takes_packages_on_disk(
    pair: tuple[str, str], expected: str, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = render(evaluate(compare_sources(*pair)), format)
    monkeypatch.setattr(loop, "MAX_KEPT", 7)
    assert render(evaluate(compare_sources(*pair)), format) == in_memory


def test_rules_see_the_same_however_many_packages_at_a_time(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    diff = compare_sources(*pair)

    def seen() -> list[tuple[str, str, str]]:
        return sorted(
            (rule.id, str(observation.subject), observation.message) for rule, observation in catalogue.observe(diff)
        )

    at_once = seen()
    assert len(at_once) > 100
    for number in (1, 3):
        monkeypatch.setattr(catalogue, "AT_A_TIME", number)
        assert seen() == at_once


def test_a_worker_that_ends_early_is_no_answer(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(diffs.DiffSpill, "put", fail)
    with pytest.raises(ResourceError, match="not enough memory"):
        compare_sources(*pair, jobs=2)


def test_a_full_directory_for_temporary_files(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    monkeypatch.setattr(loop, "MAX_KEPT", 7)

    def a_full_disk(**_: object) -> FileIO:
        return FileIO("/dev/full", "r+")

    monkeypatch.setattr("tempfile.TemporaryFile", a_full_disk)
    with pytest.raises(InputError, match="cannot be written: no space left on device") as caught:
        compare_sources(*pair, jobs=1)
    assert "TMPDIR" in caught.value.hint


def test_the_json_report_has_a_line_for_each_finding_and_package(expected: str) -> None:
    lines = [line.rstrip(",") for line in expected.splitlines() if line.startswith('{"')]
    report = json.loads(expected)
    assert [json.loads(line) for line in lines] == [
        item for name in ("causes", "findings", "packages", "not_compared", "coverage") for item in report[name]
    ]


def _names(diff: SnapshotDiff) -> list[str]:
    return [package.package for package in diff.packages]


def test_packages_on_disk_are_in_order(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    expected: list[str] = _names(compare_sources(*pair))
    assert expected == sorted(expected)
    monkeypatch.setattr(loop, "MAX_KEPT", 7)
    found: list[PackageDiff] = [*compare_sources(*pair, jobs=3).packages]
    assert [package.package for package in found] == expected


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 100])
@given(numbers=st.lists(st.integers(-5, 5)))
def test_numbers_that_repeat(numbers: list[int], at_a_time: int) -> None:
    expected = {number for number in numbers if numbers.count(number) > 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_hashes, "AT_A_TIME", at_a_time)
        assert shared_hashes.find_repeated(array("q", numbers)) == expected
