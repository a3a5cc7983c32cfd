"""Where a package lost an MPI, and why: cases that no shared pair has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.index_files import Record, a_database, a_node, compare, put

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.report import Report

DEBIAN = {"platform": "linux", "platform_os": "debian12", "target": "x86_64_v3"}
RHEL = DEBIAN | {"platform_os": "rhel9"}
DARWIN = {"platform": "darwin", "platform_os": "ventura", "target": "m1"}


def on(mpi: str, arch: dict[str, str], virtuals: list[str] | None = None, **fields: Any) -> list[Record]:
    """Return hdf5 on an MPI, and that MPI."""
    provider = a_node(mpi, arch=arch)
    parameters = {"deptypes": ["build", "link"], "virtuals": ["mpi"] if virtuals is None else virtuals}
    edge = {"name": mpi, "hash": provider["hash"], "parameters": parameters}
    return [a_node("hdf5", arch=arch, dependencies=[edge], **fields), provider]


def report_on(folder: Path, old: list[Record], new: list[Record]) -> Report:
    """Return the report on two build caches."""
    return compare(put(folder / "old.json", a_database(*old)), put(folder / "new.json", a_database(*new)))


def test_of_causes_that_explain_as_much_the_platform_comes_before_the_os(tmp_path: Path) -> None:
    stays = [*on("openmpi", DEBIAN), *on("mpich", DARWIN)]
    report = report_on(tmp_path, [*stays, *on("openmpi", DARWIN)], stays)
    assert [cause.id for cause in report.causes if cause.explains == "facets"] == ["mpi=openmpi & platform=darwin"]


def test_what_may_be_on_an_mpi_keeps_it_for_its_stack(tmp_path: Path) -> None:
    unknown = on("openmpi", RHEL, [], annotations={"original_specfile_version": 3})
    stays = [*on("mpich", DEBIAN), *unknown]
    report = report_on(tmp_path, [*stays, *on("openmpi", DEBIAN)], stays)
    messages = [finding.message for finding in report.findings if finding.rule == "mpi-dropped"]
    assert messages == ["hdf5 has no spec on openmpi any more in default on linux-debian12-x86_64_v3"]
