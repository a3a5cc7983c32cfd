"""The graphs of whole snapshots: whatever reads them, and in however many processes, they say the same."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cachediff.domain.selection import Selection
from cachediff.policy.settings import Renames
from tests.comparing import compare_sources
from tests.index_files import put
from tests.make_index_fixtures import FIXTURES

if TYPE_CHECKING:
    from cachediff.domain.diff import GraphDiff

PAIRS = ("mirror", "hole", "site", "lock", "v2")
SITE = tuple(str(FIXTURES / "site" / side / ".spack-db" / "index.json") for side in ("old", "new"))


def graph_of(old: str, new: str, **options: Any) -> GraphDiff:
    """Return what the graphs of two snapshots say."""
    return compare_sources(old, new, **options).graph


def without_places(found: GraphDiff) -> object:
    """Return what graphs say, but for where it stands."""
    values = msgspec.to_builtins(found)
    for one in (*values["missing"], *values["externals"]):
        del one["location"]
    return values


@pytest.mark.parametrize("name", PAIRS)
def test_one_process_or_three(name: str) -> None:
    old, new = (str(FIXTURES / name / side) for side in ("old", "new"))
    alone = graph_of(old, new, jobs=1)
    assert alone.rebuilds
    assert alone.rebuilds.causes
    assert graph_of(old, new, jobs=3) == alone


def respell(source: str, target: Path, seed: int) -> str:
    """Write an index with its records, and the keys of each, in another order, and indented."""
    database = json.loads(Path(source).read_bytes())["database"]
    items = [*database["installs"].items()]
    Random(seed).shuffle(items)  # noqa: S311 - no secret
    installs = {key: dict(reversed(install.items())) for key, install in items}
    return put(target, json.dumps({"database": {"installs": installs, "version": database["version"]}}, indent=1).encode())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_and_spelling_mean_nothing(tmp_path: Path, seed: int) -> None:
    respelled = [respell(path, tmp_path / str(number), seed) for number, path in enumerate(SITE)]
    assert without_places(graph_of(*respelled)) == without_places(graph_of(*SITE))


def test_a_package_that_was_renamed_changed_by_nothing_else(tmp_path: Path) -> None:
    text = Path(SITE[0]).read_text(encoding="utf-8")
    before = put(tmp_path / "index.json", text.replace('"name":"curl"', '"name":"curly"').encode())
    assert before
    renames = Renames(packages={"curly": "curl"})
    found, expected = graph_of(before, SITE[1], renames=renames), graph_of(*SITE)
    assert without_places(found) == without_places(expected)
    assert without_places(graph_of(before, SITE[1])) != without_places(expected)


def test_other_names_of_places_are_those_of_all_records() -> None:
    renames = Renames(oses={"debian12": "debian13"})
    found = graph_of(SITE[0], SITE[0], renames=renames).rebuilds
    # No hash is new, whatever the places are called.
    assert found
    assert (found.fresh_records, found.self_changed) == (0, 0)


def test_a_part_has_a_part_of_what_is_new() -> None:
    whole, part = (graph_of(*SITE, selection=Selection(package=package)).rebuilds for package in ("*", "hdf5"))
    assert whole
    assert part
    assert part.fresh == 1
    assert part.fresh_records == whole.fresh_records
    assert {one.hash: one.reaches for one in part.causes}.keys() == {one.hash for one in whole.causes}
    assert all(one.reaches <= 1 for one in part.causes)


@pytest.mark.parametrize(("package", "blocked"), [("*", 2), ("cd-app", 1), ("cd-base", 0)])
def test_what_a_part_cannot_install_is_of_the_part(package: str, blocked: int) -> None:
    old, new = (str(FIXTURES / "hole" / side) for side in ("old", "new"))
    found = graph_of(old, new, selection=Selection(package=package))
    assert (found.blocked, len(found.missing)) == (blocked, min(1, blocked))
    assert all(one.specs == blocked and not one.was_missing for one in found.missing)
