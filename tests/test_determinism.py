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

from cachediff import compare, evaluate, read_snapshot, render
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
        f"{name}: {json.dumps(shuffle(json.loads(value), luck))}" for name, _, value in (line.partition(": ") for line in (meta, details))
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
    assert {name: forget_places(text) for name, text in found.items()} == {name: forget_places(text) for name, text in expected.items()}


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
