"""What a lock has and has not: roots without a record, and what became external."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.index_files import WHOLE, a_lock, a_node, compare, needs_whole, put, read, rules_of

if TYPE_CHECKING:
    from pathlib import Path

ZLIB, HDF5 = a_node("zlib"), a_node("hdf5")
SOUND = a_lock(ZLIB, HDF5)


def with_roots(*roots: tuple[str, str]) -> bytes:
    """Return the lock with some more roots: the words for each, and its hash."""
    lock = json.loads(SOUND)
    lock["roots"] += [{"spec": spec, "hash": hash_} for spec, hash_ in roots]
    return json.dumps(lock, indent=1).encode()


def test_a_root_without_a_record_is_an_error_in_new(tmp_path: Path) -> None:
    old, new = put(tmp_path / "old.lock", SOUND), put(tmp_path / "new.lock", with_roots(("netcdf-c+mpi", "a" * 32)))
    report = compare(old, new)
    (finding,) = report.findings
    assert (report.verdict, finding.rule, finding.severity) == ("fail", "record-invalid", "error")
    assert finding.message == "root netcdf-c+mpi has no record /aaaaaaa in its lock"
    assert finding.location
    assert (finding.location.path, finding.location.pointer) == (new, "/roots")
    line = (tmp_path / "new.lock").read_text(encoding="utf-8").split("\n")[finding.location.line - 1]
    assert line[finding.location.column - 1 :].startswith('"roots"')
    # All that it has is compared.
    assert (report.summary.specs.unchanged, report.not_compared) == (2, ())


def test_it_is_a_warning_in_old(tmp_path: Path) -> None:
    old, new = put(tmp_path / "old.lock", with_roots(("x", "a" * 32), ("y", "b" * 32))), put(tmp_path / "new.lock", SOUND)
    report = compare(old, new)
    assert (report.verdict, rules_of(report)) == ("pass", {"record-invalid": [""]})
    assert report.findings[0].message == "root x has no record /aaaaaaa in its lock (and 1 more record)"


def test_a_root_of_an_included_environment(tmp_path: Path) -> None:
    lock = json.loads(a_lock(ZLIB, included={"/e": [HDF5]}))
    for hash_, faults in ((HDF5["hash"], 0), ("c" * 32, 1)):
        lock["include_concrete"]["/e"]["roots"] = [{"spec": "hdf5", "hash": hash_}]
        found = read(put(tmp_path / "spack.lock", json.dumps(lock).encode())).info.reading.faults
        assert len(found) == faults


def an_edge(node: dict[str, Any], *virtuals: str) -> dict[str, Any]:
    """Return a dependency that is linked to."""
    return {"name": node["name"], "hash": node["hash"], "parameters": {"deptypes": ["link"], "virtuals": [*virtuals]}}


@pytest.mark.parametrize(("path", "where"), [("/usr", ", at /usr"), (None, "")])
def test_a_package_that_became_external_is_said_to_be(path: str | None, where: str, tmp_path: Path) -> None:
    """As after `spack external find`: nobody builds it any more, and it is still there."""
    there = a_node("zlib", version="1.2", external={"path": path, "module": None, "extra_attributes": {}})
    old = put(tmp_path / "old.lock", a_lock(a_node("hdf5", dependencies=[an_edge(ZLIB)]), ZLIB))
    new = put(tmp_path / "new.lock", a_lock(a_node("hdf5", dependencies=[an_edge(there)]), there))
    (finding,) = [one for one in compare(old, new).findings if one.rule == "package-removed"]
    assert finding.message == f"package zlib is gone: 1 spec in 1 cell lost, as it is external now{where}"
    # One that OLD has, too, is not why.
    both = put(tmp_path / "both.lock", a_lock(a_node("hdf5", dependencies=[an_edge(ZLIB)]), ZLIB, there))
    (finding,) = [one for one in compare(both, new).findings if one.rule == "package-removed"]
    assert finding.message == "package zlib is gone: 1 spec in 1 cell lost"


@needs_whole
@pytest.mark.parametrize("path", sorted(WHOLE.rglob("spack.lock")), ids=lambda path: "-".join(path.parts[-3:-1]))
def test_no_real_lock_lacks_one(path: Path) -> None:
    assert read(path).info.reading.faults == ()
