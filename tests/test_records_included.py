"""Environments that a lock includes, and groups of roots: everything that Spack would install for it is in the snapshot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.domain.package import PackageRecord
from cachediff.domain.reading import Integrity
from cachediff.errors import InputError
from cachediff.sources.records.index import MAX_INCLUDED
from tests.index_files import a_lock, a_node, compare, put, read, rules_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.index_files import Record

ZLIB, HDF5, GMAKE = a_node("zlib"), a_node("hdf5"), a_node("gmake")


def an_environment(node: Record, **inner: Any) -> dict[str, Any]:
    """Return what a lock has of an environment of one spec, and of those that it includes."""
    found: dict[str, Any] = {"roots": [{"hash": node["hash"], "spec": node["name"]}], "concrete_specs": {node["hash"]: node}}
    return found | ({"include_concrete": inner} if inner else {})


def with_included(**environments: Any) -> bytes:
    """Return a lock of zlib that includes environments."""
    return json.dumps({**json.loads(a_lock(ZLIB)), "include_concrete": environments}, indent=1).encode()


def nested(levels: int) -> bytes:
    """Return a lock that includes an environment that includes another, and so on."""
    environment = an_environment(HDF5)
    for _ in range(levels - 1):
        environment = an_environment(GMAKE, e=environment)
    return with_included(e=environment)


def test_what_an_included_environment_includes_is_in_the_lock(tmp_path: Path) -> None:
    whole = with_included(outer=an_environment(HDF5, inner=an_environment(GMAKE)))
    reader = read(put(tmp_path / "old.lock", whole))
    assert sorted(reader.packages()) == ["gmake", "hdf5", "zlib"]
    record = reader.read("gmake")
    assert isinstance(record, PackageRecord)
    (spec,) = record.specs
    assert reader.info.graph
    assert reader.info.graph.nodes[spec.hash].is_explicit
    pointer = f"/include_concrete/outer/include_concrete/inner/concrete_specs/{GMAKE['hash']}"
    place = record.source_map.locate_spec(spec)
    assert place.pointer == pointer
    line = whole.decode().split("\n")[place.line - 1]
    assert line[place.column - 1 :].startswith(f'"{GMAKE["hash"]}"')


def test_what_it_lost_is_a_loss(tmp_path: Path) -> None:
    old = put(tmp_path / "old.lock", with_included(outer=an_environment(HDF5, inner=an_environment(GMAKE))))
    new = put(tmp_path / "new.lock", with_included(outer=an_environment(HDF5)))
    report = compare(old, new)
    assert (report.verdict, rules_of(report)) == ("fail", {"package-removed": ["gmake"]})


def test_one_without_records_of_its_own_includes_others(tmp_path: Path) -> None:
    outer = {"roots": [], "concrete_specs": {}, "include_concrete": {"inner": an_environment(GMAKE)}}
    assert sorted(read(put(tmp_path / "spack.lock", with_included(outer=outer))).packages()) == ["gmake", "zlib"]


def test_a_root_of_an_inner_environment_has_a_record(tmp_path: Path) -> None:
    inner = an_environment(GMAKE)
    inner["roots"].append({"hash": "c" * 32, "spec": "netcdf-c"})
    (fault,) = read(put(tmp_path / "spack.lock", with_included(outer=an_environment(HDF5, inner=inner)))).info.reading.faults
    assert fault.message == "root netcdf-c has no record /ccccccc in its lock"


def test_how_deep_environments_are_included_is_bounded(tmp_path: Path) -> None:
    assert sorted(read(put(tmp_path / "deep.lock", nested(MAX_INCLUDED))).packages()) == ["gmake", "hdf5", "zlib"]
    data = nested(MAX_INCLUDED + 1)
    with pytest.raises(InputError, match="environments are included too deep") as refused:
        read(put(tmp_path / "deeper.lock", data))
    assert refused.value.hint == "expected at most 20 levels of environments, found more"
    line = int(str(refused.value).split(":")[1])
    assert '"include_concrete"' in data.decode().split("\n")[line - 1]


def test_an_inner_environment_that_stands_twice_ends_the_run(tmp_path: Path) -> None:
    inner = f'"i": {json.dumps(an_environment(GMAKE))}'
    data = json.dumps({**json.loads(a_lock(ZLIB)), "include_concrete": {"o": an_environment(HDF5, i="INNER")}}).replace(
        '"i": "INNER"', f"{inner}, {inner}"
    )
    with pytest.raises(InputError, match="index has this key twice"):
        read(put(tmp_path / "spack.lock", data.encode()))


def test_a_lock_with_groups_of_roots(tmp_path: Path) -> None:
    """Lock 7, which Spack writes for an environment that has groups, says of each root in which it is."""
    lock = json.loads(a_lock(ZLIB, HDF5, version=6))
    old = put(tmp_path / "old.lock", json.dumps(lock).encode())
    lock["_meta"]["lockfile-version"] = 7
    lock["roots"] = [
        {"hash": node["hash"], "spec": node["name"], "group": group} for node, group in ((ZLIB, "default"), (HDF5, "apps"))
    ]
    new = put(tmp_path / "new.lock", json.dumps(lock).encode())
    reader = read(new)
    assert (reader.info.reading.format, reader.info.reading.integrity) == ("lock v7", Integrity(recomputed=2))
    report = compare(old, new)
    assert (report.verdict, report.summary.specs.unchanged, rules_of(report)) == ("pass", 2, {})
    del lock["concrete_specs"][HDF5["hash"]], lock["roots"][1]
    lost = compare(new, put(tmp_path / "lost.lock", json.dumps(lock).encode()))
    assert (lost.verdict, rules_of(lost)) == ("fail", {"package-removed": ["hdf5"]})
