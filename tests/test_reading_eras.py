"""Pages of every era of the format, and the two seed pages: all valid, all add up."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.domain.package import InvalidPage, PackageRecord
from cachediff.engine.memory import compare, read_snapshot
from cachediff.review.report import evaluate
from tests.builders import a_meta, write_snapshot
from tests.pages import REAL, PageValues, all_real, parse, parse_exact, parse_fast, read_real

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# --- the four eras of the format ---------------------------------------------------------------------------------------


def tarball(spec: dict[str, Any]) -> str:
    """Return where the binary of a spec of gcc is."""
    return f"https://binaries.spack.io/develop/build_cache/{spec['platform']}-{spec['os']}-{spec['target']}-gcc-{spec['hash']}.spack"


def until_2023_06() -> bytes:
    """Return a page without the label root, its stacks unsorted."""
    values = PageValues.of(read_real("gasnet-2024/new")["gasnet"])
    for spec in values.specs:
        spec["stacks"] = sorted(set(spec["stacks"]) - {"root"}, reverse=True)
    values.meta["stacks"].remove("root")
    return values.write()


def until_2023_06_without_any_root() -> bytes:
    """Return a page that does not count root either."""
    values = PageValues.of(until_2023_06())
    del values.meta["num_specs_by_stack"]["root"]
    return values.write()


def until_2025_01() -> bytes:
    """Return a page as it is: root is there, nothing is sorted."""
    return read_real("gasnet-2024/new")["gasnet"]


def early_2025() -> bytes:
    """Return a page that is sorted, and still has its tarballs."""
    values = PageValues.of(read_real("week/old")["gcc"])
    values.specs = [dict(sorted((spec | {"tarball": tarball(spec)}).items())) for spec in values.specs]
    return values.write()


def from_2025_03() -> bytes:
    """Return a page as it is: sorted, no tarballs."""
    return read_real("week/old")["py-pip"]


ERAS = [until_2023_06, until_2023_06_without_any_root, until_2025_01, early_2025, from_2025_03]


@pytest.mark.parametrize("era", ERAS)
def test_pages_of_every_era_are_valid_and_read_fast(era: Callable[[], bytes]) -> None:
    data = era()
    assert isinstance(parse_fast(data), PackageRecord)
    assert parse_fast(data) == parse_exact(data)


@pytest.mark.parametrize("era", ERAS)
def test_pages_of_every_era_add_up(era: Callable[[], bytes], tmp_path: Path) -> None:
    data = era()
    snapshot = read_snapshot(str(write_snapshot(tmp_path, {PageValues.of(data).title: data})))
    assert evaluate(compare(None, snapshot)).findings == ()


@pytest.mark.parametrize("era", ERAS)
def test_the_order_of_a_page_means_nothing(era: Callable[[], bytes]) -> None:
    values = PageValues.of(era())
    page = parse(values.write())
    assert isinstance(page, PackageRecord)
    values.specs = [
        {key: spec[key][::-1] if isinstance(spec[key], list) else spec[key] for key in reversed(spec)}
        for spec in reversed(values.specs)
    ]
    values.meta = {key: value[::-1] if isinstance(value, list) else value for key, value in reversed(values.meta.items())}
    shuffled = parse(values.write())
    assert isinstance(shuffled, PackageRecord)
    assert [(spec.hash, spec.content) for spec in shuffled.specs] == [(spec.hash, spec.content) for spec in page.specs]
    assert shuffled.claims == page.claims


def test_extra_fields_are_kept() -> None:
    values = PageValues.of(early_2025())
    values.specs[0] |= {"note": "-", "size": 12}
    page = parse(values.write())
    assert isinstance(page, PackageRecord)
    extra = {spec.index: spec.extra for spec in page.specs}
    assert extra[0] == f'{{"note":"-","size":12,"tarball":"{tarball(values.specs[0])}"}}'
    assert extra[1] == f'{{"tarball":"{tarball(values.specs[1])}"}}'
    kept = parse(
        values.write().replace(b"layout:", b"note: [1]\nlayout:").replace(b'"num_specs"', b'"note": {"a": 1}, "num_specs"')
    )
    assert isinstance(kept, PackageRecord)
    assert kept.extra == '{"meta.note":{"a":1},"note":[1]}'
    assert [kept.locate(pointer).line for pointer in ("", "/title", "/meta/oss", "/spec_details/0", None)] == [2, 2, 6, 7, 7]


# --- the seed pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["2025-03-23/py-pip", "2025-04-20/py-packaging"])
def test_the_seed_pages_are_valid_and_every_count_agrees(seed: str, tmp_path: Path) -> None:
    data = (REAL / "seeds" / seed / "specs.md").read_bytes()
    values = PageValues.of(data)
    assert values.meta == a_meta(values.specs)
    package = tmp_path / seed.rpartition("/")[2]
    package.mkdir()
    shutil.copy(REAL / "seeds" / seed / "specs.md", package)
    report = evaluate(compare(None, read_snapshot(str(tmp_path))))
    assert (report.findings, report.verdict) == ((), "pass")
    assert report.new.specs == len(values.specs) == values.meta["num_specs"]


def test_the_seed_pages_hold_what_is_known_of_them() -> None:
    pip = parse(all_real()["seeds/2025-03-23/py-pip"])
    packaging = parse(all_real()["seeds/2025-04-20/py-packaging"])
    assert not isinstance(pip, InvalidPage)
    assert not isinstance(packaging, InvalidPage)
    assert (len(pip.specs), pip.tag) == (42, "develop-2025-03-23")
    assert packaging.tag == "develop-2025-04-20"
    assert all(spec.is_in_root for spec in (*pip.specs, *packaging.specs))
    shared = max([spec.coordinates for spec in pip.specs].count(spec.coordinates) for spec in pip.specs)
    assert shared == 7, "seven specs of py-pip share one set of coordinates"


@pytest.mark.parametrize("page", all_real())
def test_every_count_of_every_real_page_agrees(page: str) -> None:
    values = PageValues.of(all_real()[page])
    recounted = a_meta(values.specs)
    assert values.meta["num_specs"] == recounted["num_specs"]
    assert values.meta["num_specs_by_stack"] == recounted["num_specs_by_stack"]
    assert {name: sorted(value) for name, value in values.meta.items() if isinstance(value, list)} == {
        name: value for name, value in recounted.items() if isinstance(value, list)
    }
