"""Same input, same bytes: no order, seed, locale, time zone or directory is seen in a report."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.generate import generate
from benchmarks.sizes import Size
from cachediff import compare, evaluate, read_snapshot, render
from cachediff.render.formats import RENDERERS
from tests.commands import REAL, ROOT, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMATS = ("text", "markdown", "json")
PAIR = ("week/old", "week/new")


def report_all(old: Path, new: Path) -> dict[str, str]:
    """Return the report on two snapshots in each format."""
    report = evaluate(compare(read_snapshot(str(old)), read_snapshot(str(new))))
    return {format: render(report, format) for format in FORMATS}


# --- orders ------------------------------------------------------------------------------------------------------------


def shuffle(value: Any, luck: random.Random) -> Any:
    """Return JSON with every list and every object in another order."""
    if isinstance(value, dict):
        items = [(name, shuffle(item, luck)) for name, item in value.items()]
        luck.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        items = [shuffle(item, luck) for item in value]
        luck.shuffle(items)
        return items
    return value


def shuffle_page(page: str, luck: random.Random) -> str:
    """Return a page whose specs, lists and keys stand in another order."""
    *before, meta, details, fence = page.split("\n")
    lines = [
        f"{name}: {json.dumps(shuffle(json.loads(value), luck))}"
        for name, _, value in (line.partition(": ") for line in (meta, details))
    ]
    return "\n".join([*before, *lines, fence])


def shuffled(source: Path, target: Path, luck: random.Random) -> Path:
    """Write a snapshot again, its pages in another order and each page shuffled."""
    pages = sorted(source.iterdir())
    luck.shuffle(pages)
    for page in pages:
        (target / page.name).mkdir(parents=True)
        text = (page / "specs.md").read_text(encoding="utf-8")
        (target / page.name / "specs.md").write_text(shuffle_page(text, luck), encoding="utf-8")
    return target


def forget_places(text: str) -> str:
    """Return a report without digests and without the order of specs on their pages, which shuffling changes."""
    text = re.sub(r"sha256:[0-9a-f]+", "sha256", text)
    return re.sub(r'"index": ?\d+|/spec_details/\d+', "place", text)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", ["week", "gasnet-2024"])
def test_order_within_pages_means_nothing(case: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    luck = random.Random(seed)  # noqa: S311 - no secret
    for side in ("old", "new"):
        shuffled(REAL / case / side, tmp_path / case / side, luck)
    monkeypatch.chdir(REAL / case)
    expected = report_all(*map(type(tmp_path), ("old", "new")))
    monkeypatch.chdir(tmp_path / case)
    found = report_all(*map(type(tmp_path), ("old", "new")))
    assert found["text"] == expected["text"]
    assert {name: forget_places(text) for name, text in found.items()} == {
        name: forget_places(text) for name, text in expected.items()
    }


@contextmanager
def _backwards(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    with _scandir(path) as entries:
        yield iter(sorted(entries, key=lambda entry: entry.name, reverse=True))


_scandir = os.scandir


def test_order_of_the_directory_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = report_all(REAL / "week" / "old", REAL / "week" / "new")
    monkeypatch.setattr(os, "scandir", _backwards)
    assert report_all(REAL / "week" / "old", REAL / "week" / "new") == expected


# --- surroundings ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    """Return what the command prints on the week."""
    return {format: run(*PAIR, "-f", format, cwd=REAL).stdout for format in FORMATS}


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"},
        {"LC_ALL": "C", "TZ": "UTC", "LANG": "de_DE.UTF-8", "COLUMNS": "200", "HOME": "/nonexistent"},
        {"PYTHONOPTIMIZE": "2"},
    ],
    ids=str,
)
def test_surroundings_mean_nothing(expected: dict[str, str], variables: dict[str, str]) -> None:
    for format in FORMATS:
        assert run(*PAIR, "-f", format, cwd=REAL, env=variables).stdout == expected[format]


def test_working_directory_means_nothing(expected: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(REAL / "week", tmp_path / "week")
    for format in FORMATS:
        assert run(*PAIR, "-f", format, cwd=tmp_path).stdout == expected[format]


def test_reports_name_no_absolute_path(expected: dict[str, str]) -> None:
    assert all(str(ROOT) not in text for text in expected.values())


def test_directory_may_be_written_with_a_slash(expected: dict[str, str]) -> None:
    for format in FORMATS:
        assert run(*(f"{side}/" for side in PAIR), "-f", format, cwd=REAL).stdout == expected[format]


# --- all at once -------------------------------------------------------------------------------------------------------

VARIATIONS: list[tuple[str, dict[str, str]]] = [
    ("1", {"PYTHONHASHSEED": "1", "TZ": "America/St_Johns", "LC_ALL": "C"}),
    ("2", {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"}),
    ("5", {"PYTHONHASHSEED": "3", "TZ": "Asia/Kathmandu", "LC_ALL": "POSIX", "COLUMNS": "44", "TMPDIR": "."}),
]
"""Numbers of processes, and surroundings."""


def copy_in_order(source: Path, target: Path, luck: random.Random) -> None:
    """Copy a snapshot, its directories made in some order: a file system lists them in another one, then."""
    pages = sorted(source.iterdir())
    luck.shuffle(pages)
    target.mkdir(parents=True)
    for page in pages:
        if page.is_symlink():
            (target / page.name).symlink_to(page.readlink())
        else:
            shutil.copytree(page, target / page.name)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pair with everything: hundreds of packages, losses and gains, broken pages, a hash on two pages, a link."""
    directory = tmp_path_factory.mktemp("damaged")
    generate(directory, Size(packages=150, specs=1_000))
    pages = sorted((directory / "new").glob("*/specs.md"))
    for number, page in enumerate(pages[:4]):
        page.write_bytes(page.read_bytes()[: -300 * (number + 1)])
    shutil.copytree(pages[10].parent, directory / "new" / "copied")
    (directory / "new" / "linked").symlink_to("copied")
    for page in pages[20:26]:
        page.unlink()
    return directory


@pytest.mark.slow
def test_nothing_but_the_inputs_is_in_a_report(damaged: Path, tmp_path: Path) -> None:
    """Whatever the locale, time zone, hash seed, number of processes, order of files and working directory."""
    seen: dict[str, set[bytes]] = {format: set() for format in RENDERERS}
    for number, (jobs, variables) in enumerate(VARIATIONS):
        here = tmp_path / f"a directory {number}" / ("x" * number)
        for side in ("old", "new"):
            copy_in_order(damaged / side, here / side, random.Random(number))  # noqa: S311 - no secret
        reports = [word for format in RENDERERS for word in ("-r", f"{format}=report.{format}")]
        ended = run("old", "new", "-q", "--jobs", jobs, *reports, cwd=here, env=variables)
        assert (ended.returncode, ended.stderr) == (1, "")
        for format, found in seen.items():
            found.add((here / f"report.{format}").read_bytes())
    assert {format: len(found) for format, found in seen.items()} == dict.fromkeys(RENDERERS, 1)
    assert all(len(report) > 500 and b"a directory" not in report for found in seen.values() for report in found)
