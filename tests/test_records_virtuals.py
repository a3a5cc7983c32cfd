"""Which MPI a record is on, where an older Spack wrote it and a newer one rewrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cachediff.comparison.freshness import FreshRecords
from tests.index_files import a_lock, a_node, compare, put, read, rules_of

if TYPE_CHECKING:
    from pathlib import Path


def on_mpi(virtuals: list[str], version: str = "5.0.6", **fields: Any) -> bytes:
    """Return a lock of hdf5 on openmpi, whose edge names some virtuals."""
    mpi = a_node("openmpi", version=version)
    edge = {"name": "openmpi", "hash": mpi["hash"], "parameters": {"deptypes": ["build", "link"], "virtuals": virtuals}}
    return a_lock(a_node("hdf5", dependencies=[edge], **fields), mpi)


@pytest.mark.parametrize(
    ("original", "found"), [(3, {}), (2, {}), (4, {"mpi-dropped": ["hdf5"]}), (5, {"mpi-dropped": ["hdf5"]})]
)
def test_virtuals_that_nobody_knew_are_none_that_went(original: int, found: dict[str, list[str]], tmp_path: Path) -> None:
    old = put(tmp_path / "old.lock", on_mpi(["mpi"]))
    new = put(tmp_path / "new.lock", on_mpi([], annotations={"original_specfile_version": original}))
    assert rules_of(compare(old, new)) == found


@pytest.mark.parametrize("original", [3, 5])
def test_who_worked_out_the_virtuals_is_no_reason_for_a_new_hash(original: int, tmp_path: Path) -> None:
    old = put(tmp_path / "old.lock", on_mpi(["mpi"], annotations={"original_specfile_version": original}))
    new = put(tmp_path / "new.lock", on_mpi(["mpi"], version="4.1.6"))
    before, after = (read(source).info.graph for source in (old, new))
    assert before
    assert after
    causes = FreshRecords(before, after).causes
    assert {after.nodes[hash_].own.package: why for hash_, why in causes.items()} == {"openmpi": "self-changed"}
