"""Reports for the tests of the HTML page: one with a bit of everything that it shows, and one with a great many findings."""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec.structs import replace

from cachediff.domain.cell import Cell
from cachediff.domain.diff import SpecCounts
from cachediff.domain.problem import Excerpt, Location, Problem
from cachediff.domain.rebuilds import Origin, RebuildCause, Rebuilds
from cachediff.domain.report import Cause, CellCount, CellSummary, FacetSummary, Report, ReportedChange
from cachediff.domain.spec import FieldChange
from tests.builders import a_hash
from tests.reports import a_finding, a_package, a_report, a_reported_spec, an_acceptance

JAMMY = Cell("e4s", "linux", "ubuntu22.04", "x86_64_v3")
NEOVERSE = Cell("e4s", "linux", "ubuntu22.04", "neoverse_v2")
CENTOS = Cell("hep", "linux", "centos7", "x86_64_v3")
SEQUOIA = Cell("ml", "darwin", "sequoia", "aarch64")

COVERAGE = (
    CellCount(*("e4s", "linux", "ubuntu22.04", "neoverse_v2"), old=2, new=0, lost=2, gained=0),
    CellCount(*("e4s", "linux", "ubuntu22.04", "x86_64_v3"), old=1_200, new=1_199, lost=3, gained=2),
    CellCount(*("hep", "linux", "centos7", "x86_64_v3"), old=7, new=7, lost=1, gained=1),
    CellCount(*("ml", "darwin", "sequoia", "aarch64"), old=4, new=6, lost=0, gained=2),
    CellCount(*("tutorial", "linux", "ubuntu22.04", "x86_64_v3"), old=9, new=9, lost=0, gained=0),
)
"""A place of each state: lost, shrunk, same but for one package, grown, same."""


def everything() -> Report:
    """Return a report in which every part of the page has something to show."""
    native = a_reported_spec(1, variants=("+native", "~gui"), os="centos7", stacks=("hep",))
    changed = a_reported_spec(2, variants=("~gui", "~native"), os="centos7", stacks=("hep",))
    field = FieldChange("variants.native", "+native", "~native")
    provider = FieldChange("providers.mpi", "openmpi", "mpich")
    gone = a_finding(
        "target-removed",
        message="target neoverse_v2 is gone: 2 cells of 2 packages lost",
        target="neoverse_v2",
        cause="target=neoverse_v2",
    )
    line = '… "hash": "EY2Q3XMN", "os": "ubuntu22.04", …'
    problem = Problem(
        "spec hash is not a Spack hash",
        Location("new/py-pip/specs.md", 6, 2997, "/spec_details/11/hash"),
        "32 characters from a-z and 2-7",
        '"EY2Q3XMN"',
        Excerpt(line, line.index('"EY2Q'), len('"EY2Q3XMN"')),
    )
    findings = [
        gone,
        a_finding(
            "target-dropped",
            message="gcc has no spec for target neoverse_v2 any more",
            package="gcc",
            target="neoverse_v2",
            subsumed_by=gone.fingerprint,
        ),
        a_finding(
            "cell-dropped",
            message="emacs is gone from e4s on linux-ubuntu22.04-x86_64_v3",
            package="emacs",
            stack="e4s",
            platform="linux",
            os="ubuntu22.04",
            target="x86_64_v3",
        ),
        a_finding("variant-disabled", "warning", "emacs disables native in 1 spec", package="emacs", variant="native"),
        a_finding(
            "os-dropped",
            message="gcc has no spec for os centos7 any more",
            package="gcc",
            os="centos7",
            accepted=an_acceptance(),
        ),
        a_finding("page-invalid", message="py-pip cannot be read", package="py-pip", problems=(problem,)),
        a_finding("spec-added", "note", "zlib has 2 specs added", package="zlib"),
    ]
    packages = [
        a_package("emacs", lost=[(JAMMY, "lost")], changes=[ReportedChange("changed", native, changed, (provider, field))]),
        a_package(
            "gcc",
            lost=[(NEOVERSE, "retargeted"), (CENTOS, "lost")],
            changes=[ReportedChange("removed", a_reported_spec(3), None, ())],
        ),
        a_package("zlib", gained=[SEQUOIA], changes=[ReportedChange("added", None, a_reported_spec(4), ())]),
    ]
    causes = (
        Cause("target=neoverse_v2", "cells", {"target": "neoverse_v2"}, 2, 2, ("gcc", "zlib")),
        Cause("stack=hep & os=centos7", "cells", {"stack": "hep", "os": "centos7"}, 1, 1, ("linux-centos7-x86_64_v3",)),
        Cause("mpi=openmpi", "facets", {"mpi": "openmpi"}, 0, 2, ("hdf5", "parmetis"), 3),
    )
    report = a_report(findings, packages, causes=causes, coverage=COVERAGE, rebuilds=why_new())
    cells = replace(report.summary.cells, unneeded=1, blocked=2)
    return replace(report, summary=replace(report.summary, cells=cells, facets=FacetSummary({"mpi": 4}, {})))


def why_new() -> Rebuilds:
    """Return why hashes are new, with a cause of each kind, and more causes than are listed."""
    recipe, edge = FieldChange("recipe", "r" * 52, "s" * 52), FieldChange("dependencies.less", None, "build,run")
    target = FieldChange("dependencies.cuda", f"/{a_hash(1)}", f"/{a_hash(2)}")
    flags = FieldChange("flags", None, "cflags=-O2")
    path = FieldChange("external", "/usr/lib/old", "/usr")
    causes = [
        _a_cause("gcc", 70, fields=(path, recipe), is_external=True, path="/usr", alone=3),
        _a_cause("perl", 60, fields=(edge, flags, recipe), chain=("emacs/abcdefg", "", "git/bcdefgh", "perl/cdefghi")),
        _a_cause("hwloc", 50, kind="rewired", facts=("dependencies",), fields=(target,), chain=("hwloc/defghij",)),
        _a_cause("less", 40, old_hash=None, facts=(), fields=()),
        *(_a_cause(f"py-{number}", 9 - number) for number in range(6)),
    ]
    return Rebuilds(
        fresh=72,
        fresh_records=80,
        recipes_changed=9,
        dependencies_only=1_000,
        self_changed=11,
        rewired=1,
        unexplained=2,
        origins_total=1,
        origins=(Origin("gcc", "12.2.0", causes[0].hash, is_external=True, reaches=70),),
        causes=tuple(causes),
    )


def _a_cause(package: str, reaches: int, **fields: Any) -> RebuildCause:
    given: dict[str, Any] = {
        "version": "12.2.0",
        "hash": a_hash(1_000 + reaches),
        "old_hash": a_hash(2_000 + reaches),
        "kind": "self-changed",
        "is_external": False,
        "facts": ("recipe",),
        "alone": 0,
        "fields": (FieldChange("recipe", "r" * 52, "s" * 52),),
    }
    return RebuildCause(package=package, reaches=reaches, **given | fields)


def many_findings(count: int = 5_000) -> Report:
    """Return a report of so many findings about a fifth as many packages, in 27 stacks, all of them errors or warnings."""
    cells = [Cell(f"stack-{n:02}", "linux", f"os{n % 5}", f"target_{n % 7}") for n in range(27)]
    findings, packages = [], []
    for number in range(count // 5):
        name = f"package-{number:04}"
        lost = [cells[(number + step) % 27] for step in range(5)]
        for cell in lost[:4]:
            message = f"{name} has no spec for stack {cell.stack} any more: 1 cell lost ({cell.os}/{cell.target})"
            findings.append(a_finding("stack-dropped", message=message, package=name, stack=cell.stack))
        findings.append(
            a_finding("variant-disabled", "warning", f"{name} disables shared in 1 spec", package=name, variant="shared")
        )
        old, new = (
            a_reported_spec(2 * number + side, variants=(f"{sign}shared",), stacks=(cells[number % 27].stack,))
            for side, sign in enumerate("+~")
        )
        change = ReportedChange("changed", old, new, (FieldChange("variants.shared", "+shared", "~shared"),))
        one = a_package(name, lost=[(cell, "lost") for cell in lost], changes=[change])
        packages.append(replace(one, specs=SpecCounts(old=9, new=8, rebuilt=7, changed=1, removed=1)))
    lost_at = Counter(
        Cell(one.stack, one.platform, one.os, one.target) for package in packages for one in package.cells.lost
    )
    coverage = tuple(
        CellCount(c.stack, c.platform, c.os, c.target, 1_000, 1_000 - lost_at[c], lost_at[c], 0) for c in sorted(cells)
    )
    report = a_report(findings, packages, coverage=coverage)
    cells_lost = sum(lost_at.values())
    return replace(report, summary=replace(report.summary, cells=CellSummary(27_000, 27_000 - cells_lost, cells_lost, 0)))
