"""Where a package lost an MPI, and why: cases that no shared pair has."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cachediff.comparison.mpi_causes import find_mpi_causes
from cachediff.domain.cell import DIMENSIONS, Cell, FacetChange
from cachediff.domain.diff import GraphDiff, PackageDiff, SpecCounts
from cachediff.domain.selection import Selection
from cachediff.engine.loop import compare_readers
from cachediff.review.request import Request, review
from tests.index_files import Record, a_database, a_node, compare, put, read
from tests.pages import FIXTURES
from tests.work import count_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.report import Report

MIRROR = FIXTURES / "index" / "mirror" / "new"
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


def lost_from(package: str, cells: Iterable[tuple[str, Cell]]) -> PackageDiff:
    """Return a package that lost MPIs."""
    changes = tuple(FacetChange("mpi", mpi, cell) for mpi, cell in sorted(cells))
    return PackageDiff(package, None, None, SpecCounts(), facets_lost=changes)


@cache
def some_diff() -> SnapshotDiff:
    return compare_readers(None, read(MIRROR))


def diff_of(packages: Sequence[PackageDiff], kept: Iterable[tuple[str, Cell]]) -> SnapshotDiff:
    """Return a comparison in which packages lost MPIs, and others are on some still."""
    return replace(some_diff(), packages=tuple(packages), graph=GraphDiff(mpis=frozenset(kept)))


cells = st.builds(Cell, st.sampled_from("st"), st.just("linux"), st.sampled_from("uv"), st.sampled_from("xy"))
on_mpis = st.frozensets(st.tuples(st.sampled_from(["mpich", "openmpi"]), cells), max_size=6)


@given(on_mpis, on_mpis, on_mpis)
def test_the_cover_is_the_greedy_one(
    one: frozenset[tuple[str, Cell]], two: frozenset[tuple[str, Cell]], kept: frozenset[tuple[str, Cell]]
) -> None:
    packages = [lost_from("one", one), lost_from("two", two)]
    left = {("one", *loss) for loss in one} | {("two", *loss) for loss in two}
    predicates = [
        {"mpi": mpi} | fact for _, mpi, cell in left for fact in ({}, *({n: getattr(cell, n)} for n in DIMENSIONS))
    ]
    possible = [predicate for predicate in predicates if not any(holds(predicate, *where) for where in kept)]
    expected = []
    while left:
        ranked = [(-sum(holds(one, *loss[1:]) for loss in left), len(one), *rank(one)) for one in possible]
        best = min(range(len(ranked)), key=ranked.__getitem__, default=0)
        if not ranked or not ranked[best][0]:
            break
        predicate = possible[best]
        expected.append((predicate, -ranked[best][0]))
        left = {loss for loss in left if not holds(predicate, *loss[1:])}
    found, _ = find_mpi_causes(diff_of(packages, kept), packages)
    assert [(dict(cause.predicate), cause.facets) for cause in found] == expected


def holds(predicate: dict[str, str], mpi: str, cell: Cell) -> bool:
    return all(value == (mpi if fact == "mpi" else getattr(cell, fact)) for fact, value in predicate.items())


def rank(predicate: dict[str, str]) -> tuple[list[int], list[str]]:
    return [place for place, fact in enumerate(DIMENSIONS) if fact in predicate], [*predicate.values()]


def test_work_grows_with_the_mpis() -> None:
    def compare_many(size: int) -> int:
        packages = [lost_from(f"p{number}", [(f"mpi{number}", Cell("s", "", "", ""))]) for number in range(size)]
        return len(find_mpi_causes(diff_of(packages, ()), packages)[0])

    few, many = (count_lines(partial(compare_many, size)) for size in (100, 400))
    assert compare_many(100) == 100
    assert many <= 5 * few


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


def test_of_one_os_a_stack_loses_no_mpi_that_it_has_on_another(tmp_path: Path) -> None:
    stays = [*on("mpich", DEBIAN), *on("openmpi", RHEL)]
    old, new = [*stays, *on("openmpi", DEBIAN)], stays
    sides = [str(put(tmp_path / name, a_database(*side))) for name, side in (("old.json", old), ("new.json", new))]
    for selection in (Selection(), Selection(os="debian12"), Selection(os="!rhel9")):
        report = review(Request(sides[0], sides[1], selection=selection))
        messages = [finding.message for finding in report.findings if finding.rule == "mpi-dropped"]
        assert messages == ["hdf5 has no spec on openmpi any more in default on linux-debian12-x86_64_v3"]
