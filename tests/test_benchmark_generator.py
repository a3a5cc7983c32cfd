"""Generated pairs are repeatable, valid, and differ by about what was asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import generate
from benchmarks.sizes import Size
from tests.processes import execute

SIZE = Size(packages=150, specs=1_500)
LISTS = {"compilers": "compiler", "oss": "os", "platforms": "platform", "targets": "target"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pair")
    generate(directory, SIZE)
    return directory


@pytest.fixture(scope="module")
def truth(pair: Path) -> Any:
    return json.loads((pair / "truth.json").read_bytes())


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def front_matter(page: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    fence, title, layout, categories, meta, specs, end = page.read_text(encoding="utf-8").split("\n")
    assert (fence, layout, end) == ("---", "layout: cache", "---")
    assert title == f'title: "{page.parent.name}"'
    assert categories in {"categories: [package, develop-2025-03-23]", "categories: [package, develop-2025-03-30]"}
    return json.loads(meta.removeprefix("meta: ")), json.loads(specs.removeprefix("spec_details: "))


def pages(directory: Path) -> list[Path]:
    return sorted(directory.glob("*/specs.md"))


def test_same_seed_gives_the_same_bytes_whatever_the_hash_seed(tmp_path: Path, pair: Path) -> None:
    code = (
        "import sys, pathlib; from benchmarks.generate import generate; from benchmarks.sizes import Size; "
        f"generate(pathlib.Path(sys.argv[1]), Size({SIZE.packages}, {SIZE.specs}))"
    )
    repository = Path(__file__).parents[1]
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(repository)}
    execute([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment, cwd=repository)
    assert files(tmp_path) == files(pair)


def test_another_seed_gives_another_pair(tmp_path: Path, pair: Path) -> None:
    generate(tmp_path, SIZE, seed=2)
    assert files(tmp_path) != files(pair)


def test_meta_is_the_sum_of_the_specs(pair: Path, truth: Any) -> None:
    for page in [*pages(pair / "old"), *pages(pair / "new")]:
        meta, specs = front_matter(page)
        stacks = [stack for spec in specs for stack in spec["stacks"]]
        counts = {"root": len(specs)} | {stack: stacks.count(stack) for stack in stacks}
        counts_add_up = meta["num_specs"] == len(specs) and meta["num_specs_by_stack"] == counts
        assert counts_add_up or page.parent.name in truth["wrong_counts"], page
        assert meta["stacks"] == sorted(set(stacks))
        assert meta["versions"] == sorted({spec["versions"][0] for spec in specs})
        for of_meta, of_spec in LISTS.items():
            assert meta[of_meta] == sorted({spec[of_spec] for spec in specs})


def test_counts_are_wrong_where_the_truth_says_so(pair: Path, truth: Any) -> None:
    assert truth["wrong_counts"]
    for package in truth["wrong_counts"]:
        meta, specs = front_matter(pair / "new" / package / "specs.md")
        stacks = [stack for spec in specs for stack in spec["stacks"]]
        assert meta["num_specs"] != len(specs) or meta["num_specs_by_stack"] != {
            stack: stacks.count(stack) for stack in stacks
        }


def test_hashes_are_spack_hashes_and_sorted_and_none_repeats(pair: Path) -> None:
    for side in ("old", "new"):
        by_page = [[spec["hash"] for spec in front_matter(page)[1]] for page in pages(pair / side)]
        assert all(hashes == sorted(hashes) for hashes in by_page)
        hashes = [hash_ for page in by_page for hash_ in page]
        assert len(hashes) == len(set(hashes))
        assert all(len(hash_) == 32 and set(hash_) <= set("abcdefghijklmnopqrstuvwxyz234567") for hash_ in hashes)


def test_sides_are_spelled_as_in_their_week(pair: Path) -> None:
    old = b"".join(page.read_bytes() for page in pages(pair / "old"))
    new = b"".join(page.read_bytes() for page in pages(pair / "new"))
    assert b'"gcc@=' in old
    assert b'"oneapi@=' in old
    assert b":=" not in old
    assert b"@=" not in new
    assert b'"intel-oneapi-compilers@' in new
    assert b'"compiler": "none"' in new
    assert b":=" in new


def test_buckets_are_about_what_was_asked(truth: Any) -> None:
    specs = truth["specs"]
    kept = specs["unchanged"] + specs["rebuilt"]
    assert truth["old"] == {"packages": SIZE.packages, "specs": SIZE.specs}
    assert specs["removed"] / SIZE.specs == pytest.approx(0.03, abs=0.01)
    assert specs["added"] / SIZE.specs == pytest.approx(0.04, abs=0.01)
    assert specs["changed"] / SIZE.specs == pytest.approx(0.05, abs=0.01)
    assert specs["rebuilt"] / kept == pytest.approx(0.70, abs=0.05)


def test_truth_adds_up(pair: Path, truth: Any) -> None:
    specs, cells = truth["specs"], truth["cells"]
    assert sum(specs.values()) - specs["added"] == truth["old"]["specs"]
    assert truth["new"]["specs"] - truth["old"]["specs"] == specs["added"] - specs["removed"]
    assert cells["new"] - cells["old"] == cells["gained"]["count"] - cells["lost"]["count"]
    for side, other, names in (("old", "new", "packages_removed"), ("new", "old", "packages_added")):
        only = {page.parent.name for page in pages(pair / side)} - {page.parent.name for page in pages(pair / other)}
        assert sorted(only) == truth[names] != []


def test_unchanged_is_what_keeps_its_hash(pair: Path, truth: Any) -> None:
    old, new = ({spec["hash"] for page in pages(pair / side) for spec in front_matter(page)[1]} for side in ("old", "new"))
    assert len(old & new) == truth["specs"]["unchanged"]


def test_too_many_specs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        generate(tmp_path, Size(packages=2, specs=1_201))
