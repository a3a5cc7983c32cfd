"""The cases of the design's last table: what must be caught, and what must stay silent."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.engine.memory import compare, read_snapshot
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.review.judge import count_findings, decide
from cachediff.rules.catalogue import observe
from tests.builders import a_spec
from tests.rule_pairs import alarms, find, show_all, show_subject, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cachediff.domain.finding import Finding
    from cachediff.domain.package import Snapshot
    from cachediff.domain.spec import Spec

    Pages = Mapping[str, Sequence[Spec]]

REAL = Path(__file__).parent.parent / "fixtures" / "real"
SNAPSHOTS = ["week/old", "week/new", "gasnet-2024/old", "gasnet-2024/new", "seeds/2025-03-23", "seeds/2025-04-20"]
X86_TOOLS, ARM_TOOLS = "developer-tools-x86_64_v3-linux-gnu", "developer-tools-aarch64-linux-gnu"


def real(case: str, package: str = "*") -> Snapshot:
    """Return a real snapshot, or one package of it."""
    return read_snapshot(str(REAL / case), package=package)


def listed(findings: Iterable[Finding]) -> list[str]:
    """Return what the findings that no other subsumes are about: severity, rule and subject."""
    return [
        f"{finding.severity} {finding.rule} {show_subject(finding.subject)}"
        for finding in findings
        if finding.subsumed_by is None
    ]


# --- real weeks --------------------------------------------------------------------------------------------------------


def test_the_week() -> None:
    findings = find(real("week/old"), real("week/new"))
    assert listed(findings) == [
        f"error stack-dropped package=gcc stack={ARM_TOOLS}",
        f"error stack-dropped package=gcc stack={X86_TOOLS}",
        "error os-dropped package=gcc os=centos7",
        "error os-dropped package=gcc os=rhel8",
        "error target-dropped package=gcc target=aarch64",
        "warning variant-disabled package=emacs variant=native",
        "note spec-removed package=gcc",
        "note spec-added package=cuda",
        "note spec-added package=py-pip",
    ]
    counts = count_findings(findings)
    assert (counts.error, counts.warning, counts.note, counts.accepted) == (5, 1, 3, 0)
    assert decide(findings, DEFAULT_POLICY) == "fail"


def test_the_week_in_words() -> None:
    findings = find(real("week/old"), real("week/new"))
    assert [finding.message for finding in findings if finding.severity != "note"] == [
        f"gcc has no spec for stack {ARM_TOOLS} any more: 1 cell lost (rhel8/aarch64)",
        f"gcc has no spec for stack {X86_TOOLS} any more: 1 cell lost (centos7/x86_64_v3)",
        f"gcc has no spec for os centos7 any more: 1 cell lost ({X86_TOOLS})",
        f"gcc has no spec for os rhel8 any more: 1 cell lost ({ARM_TOOLS})",
        f"gcc has no spec for target aarch64 any more: 1 cell lost ({ARM_TOOLS})",
        "emacs disables native in 2 specs (centos7/x86_64_v3, rhel8/aarch64)",
    ]


@pytest.mark.parametrize(("package", "notes"), [("rocblas", 0), ("scr", 0), ("gasnet", 0), ("cuda", 1), ("py-pip", 1)])
def test_a_week_of_churn_is_silent(package: str, notes: int) -> None:
    findings = find(real("week/old", package), real("week/new", package))
    assert [finding.rule for finding in findings] == ["spec-added"] * notes


def test_the_week_backwards() -> None:
    findings = find(real("week/new"), real("week/old"))
    assert listed(alarms(findings)) == ["error snapshots-swapped tag=develop-2025-03-23"]
    assert "note variant-enabled package=emacs variant=native" in listed(findings)
    assert f"note stack-gained package=gcc stack={ARM_TOOLS}" in listed(findings)


def test_gasnet_without_e4s() -> None:
    findings = find(real("gasnet-2024/old"), real("gasnet-2024/new"))
    assert listed(alarms(findings)) == ["error stack-removed stack=e4s", "warning spec-orphaned package=gasnet"]
    removed, dropped = findings[:2]
    assert (dropped.rule, show_subject(dropped.subject)) == ("stack-dropped", "package=gasnet stack=e4s")
    assert dropped.subsumed_by == removed.fingerprint


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_a_real_snapshot_against_itself(snapshot: str) -> None:
    assert find(real(snapshot), real(snapshot)) == ()


# --- what else must be caught ------------------------------------------------------------------------------------------

ZEN: dict[str, Any] = {"stacks": ["e4s-cray-rhel"], "os": "rhel8", "target": "zen4"}
V3: dict[str, Any] = ZEN | {"target": "x86_64_v3"}
FOCAL: dict[str, Any] = {"stacks": ["e4s"], "os": "ubuntu20.04"}
CUDA = ("+cuda", "cuda_arch=80,90")
MAC: dict[str, Any] = {"platform": "darwin", "os": "sequoia", "target": "m2", "stacks": ["ml-darwin-aarch64-mps"]}

CASES: dict[str, tuple[Pages, Pages, str]] = {
    "a stack, kept elsewhere in the snapshot": (
        {"hdf5": [a_spec(1, stacks=["e4s", "hep"])], "cmake": [a_spec(2, stacks=["hep"])]},
        {"hdf5": [a_spec(3, stacks=["e4s"])], "cmake": [a_spec(4, stacks=["hep"])]},
        "error stack-dropped package=hdf5 stack=hep",
    ),
    "a stack, from the snapshot": (
        {"hdf5": [a_spec(1, stacks=["e4s", "hep"])]},
        {"hdf5": [a_spec(2, stacks=["e4s"])]},
        "error stack-removed stack=hep",
    ),
    "an os": (
        {"hdf5": [a_spec(1), a_spec(2, **FOCAL)]},
        {"hdf5": [a_spec(3)]},
        "error os-removed os=ubuntu20.04",
    ),
    "an os that only orphans had": (
        {"hdf5": [a_spec(1), a_spec(2, os="centos7", stacks=[])]},
        {"hdf5": [a_spec(3)]},
        "warning os-removed os=centos7",
    ),
    "a target that serves no other": (
        {"hdf5": [a_spec(1), a_spec(2, target="neoverse_v2")]},
        {"hdf5": [a_spec(3)]},
        "error target-removed target=neoverse_v2",
    ),
    "a target that archspec does not know": (
        {"hdf5": [a_spec(1), a_spec(2, target="zen99")]},
        {"hdf5": [a_spec(3)]},
        "error target-removed target=zen99",
    ),
    "a more general target, which the lost one's binaries are too new for": (
        {"hdf5": [a_spec(1, **V3)]},
        {"hdf5": [a_spec(2, **ZEN)]},
        "error target-removed target=x86_64_v3",
    ),
    "a platform": (
        {"hdf5": [a_spec(1), a_spec(2, **MAC)]},
        {"hdf5": [a_spec(3)]},
        "error stack-removed stack=ml-darwin-aarch64-mps; error os-removed os=sequoia; error target-removed target=m2; "
        "error platform-removed platform=darwin",
    ),
    "a cell among kept values": (
        {"hdf5": [a_spec(1, stacks=["e4s", "hep"]), a_spec(2, os="rhel8", stacks=["hep"])]},
        {"hdf5": [a_spec(3, stacks=["e4s"]), a_spec(4, os="rhel8", stacks=["hep"])]},
        "error cell-dropped package=hdf5 stack=hep platform=linux os=ubuntu22.04 target=x86_64_v3",
    ),
    "a package": (
        {"hdf5": [a_spec(1)], "cmake": [a_spec(2)]},
        {"hdf5": [a_spec(3)]},
        "error package-removed package=cmake",
    ),
    "a stack that only a removed package was in": (
        {"hdf5": [a_spec(1)], "cmake": [a_spec(2, stacks=["hep"])]},
        {"hdf5": [a_spec(3)]},
        "error stack-removed stack=hep; error package-removed package=cmake",
    ),
    "a GPU": (
        {"kokkos": [a_spec(1, variants=["~cuda"]), a_spec(2, variants=CUDA)]},
        {"kokkos": [a_spec(3, variants=["~cuda"])]},
        "error gpu-dropped package=kokkos stack=e4s gpu=+cuda cuda_arch=80; "
        "error gpu-dropped package=kokkos stack=e4s gpu=+cuda cuda_arch=90",
    ),
    "one architecture of a GPU": (
        {"kokkos": [a_spec(1, variants=CUDA)]},
        {"kokkos": [a_spec(2, variants=("+cuda", "cuda_arch=90"))]},
        "error gpu-dropped package=kokkos stack=e4s gpu=+cuda cuda_arch=80; "
        "warning variant-disabled package=kokkos variant=cuda_arch=80",
    ),
    "a version from one stack": (
        {"python": [a_spec(1, version="3.10", stacks=["e4s", "hep"]), a_spec(2, version="3.11", stacks=["e4s", "hep"])]},
        {"python": [a_spec(3, version="3.10", stacks=["e4s"]), a_spec(4, version="3.11", stacks=["e4s", "hep"])]},
        "warning version-dropped package=python stack=hep version=3.10",
    ),
    "zen4 in one package": (
        {"hdf5": [a_spec(1, **ZEN)], "cmake": [a_spec(2, **ZEN)]},
        {"hdf5": [a_spec(3, **V3)], "cmake": [a_spec(4, **ZEN)]},
        "warning target-downgraded package=hdf5 target=zen4",
    ),
    "zen4 in one stack of a package": (
        {"hdf5": [a_spec(1, **ZEN), a_spec(2, target="zen4")]},
        {"hdf5": [a_spec(3, **V3), a_spec(4, target="zen4")]},
        "warning target-downgraded package=hdf5 target=zen4",
    ),
    "zen4 everywhere": (
        {"hdf5": [a_spec(1, **ZEN)], "cmake": [a_spec(2, **ZEN)]},
        {"hdf5": [a_spec(3, **V3)], "cmake": [a_spec(4, **V3)]},
        "warning target-downgraded target=zen4",
    ),
    "zen4 everywhere, and a package with it": (
        {"hdf5": [a_spec(1, **ZEN)], "cmake": [a_spec(2, **ZEN)]},
        {"hdf5": [a_spec(3, **V3)]},
        "error package-removed package=cmake; warning target-downgraded target=zen4",
    ),
    "zen4 everywhere, but one package went nowhere": (
        {"hdf5": [a_spec(1, **ZEN)], "cmake": [a_spec(2, **ZEN), a_spec(5)]},
        {"hdf5": [a_spec(3, **V3)], "cmake": [a_spec(4)]},
        "error target-removed target=zen4; error stack-dropped package=cmake stack=e4s-cray-rhel; "
        "error os-dropped package=cmake os=rhel8; warning target-downgraded target=zen4",
    ),
    "an os that moves in one package": (
        {"hdf5": [a_spec(1, **FOCAL)], "cmake": [a_spec(2, **FOCAL)]},
        {"hdf5": [a_spec(3)], "cmake": [a_spec(4, **FOCAL)]},
        "warning os-replaced package=hdf5 os=ubuntu20.04",
    ),
    "an os that moves everywhere": (
        {"hdf5": [a_spec(1, **FOCAL)], "cmake": [a_spec(2, **FOCAL)]},
        {"hdf5": [a_spec(3)], "cmake": [a_spec(4)]},
        "warning os-replaced os=ubuntu20.04",
    ),
    "an os in the place of which another stays": (
        {"hdf5": [a_spec(1, **FOCAL), a_spec(2)], "cmake": [a_spec(3, **FOCAL)]},
        {"hdf5": [a_spec(4)], "cmake": [a_spec(5, **FOCAL)]},
        "error os-dropped package=hdf5 os=ubuntu20.04",
    ),
    "an os that moves in one stack of a package": (
        {"hdf5": [a_spec(1, **FOCAL), a_spec(2, os="ubuntu20.04", stacks=["hep"])]},
        {"hdf5": [a_spec(3), a_spec(4, os="ubuntu20.04", stacks=["hep"])]},
        "warning os-replaced package=hdf5 os=ubuntu20.04",
    ),
    "a target and an os that could both stand in": (
        {"hdf5": [a_spec(1, **FOCAL, target="zen4"), a_spec(2, os="ubuntu20.04", target="zen4", stacks=["hep"])]},
        {"hdf5": [a_spec(3, **FOCAL), a_spec(4, target="zen4"), a_spec(5, os="ubuntu20.04", target="zen4", stacks=["hep"])]},
        "warning target-downgraded package=hdf5 target=zen4",
    ),
    "a feature": (
        {"emacs": [a_spec(1, variants=["+native", "gui=x11,gtk"]), a_spec(2, os="rhel8", variants=["+native"])]},
        {"emacs": [a_spec(3, variants=["~native", "gui=x11"]), a_spec(4, os="rhel8", variants=["~native"])]},
        "warning variant-disabled package=emacs variant=gui=gtk; warning variant-disabled package=emacs variant=native",
    ),
    "a newer version": (
        {"cmake": [a_spec(1, version="3.31.6")]},
        {"cmake": [a_spec(2, version="3.9.1")]},
        "warning version-downgraded package=cmake version=3.31.6",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_lost_is_told_once(case: str) -> None:
    old, new, expected = CASES[case]
    assert listed(alarms(find(snapshot_of(old), snapshot_of(new)))) == expected.split("; ")


def test_a_move_of_everything_is_told_in_numbers() -> None:
    old, new, _ = CASES["zen4 everywhere, but one package went nowhere"]
    lines = [line for line in show_all(find(snapshot_of(old), snapshot_of(new))) if "target" in line and "note" not in line]
    assert lines == [
        "error | target-removed | target=zen4 | target zen4 is gone: 1 cell of 1 package lost",
        "error | target-dropped | package=cmake target=zen4 | cmake has no spec for target zen4 any more: 1 cell lost "
        "(e4s-cray-rhel) | /spec_details | subsumed by target-removed",
        "warning | target-downgraded | target=zen4 | target zen4 gives way to x86_64_v3: 1 cell of 1 package moved",
        "warning | target-downgraded | package=hdf5 target=zen4 | hdf5 goes from target zen4 to x86_64_v3: 1 cell moved "
        "(e4s-cray-rhel) | /spec_details | subsumed by target-downgraded",
    ]


# --- what else must stay silent ----------------------------------------------------------------------------------------

SILENT: dict[str, tuple[Pages, Pages]] = {
    "a new package": ({"hdf5": [a_spec(1)]}, {"hdf5": [a_spec(2)], "cmake": [a_spec(3)]}),
    "a new stack, os, target and platform": ({"hdf5": [a_spec(1)]}, {"hdf5": [a_spec(2), a_spec(3, **MAC)]}),
    "a new cell": (
        {"hdf5": [a_spec(1), a_spec(2, os="rhel8", stacks=["hep"])]},
        {"hdf5": [a_spec(3, stacks=["e4s", "hep"]), a_spec(4, os="rhel8", stacks=["hep"])]},
    ),
    "a new GPU": (
        {"kokkos": [a_spec(1, variants=["~cuda"])]},
        {"kokkos": [a_spec(2, variants=["~cuda"]), a_spec(3, variants=CUDA)]},
    ),
    "a new version": ({"cmake": [a_spec(1, version="3.9")]}, {"cmake": [a_spec(2, version="3.10")]}),
    "a new version, and other patches": (
        {"cmake": [a_spec(1, version="3.9", variants=["patches=1111111,2222222"])]},
        {"cmake": [a_spec(2, version="3.10", variants=["patches=3333333"])]},
    ),
    "a new compiler": ({"cmake": [a_spec(1)]}, {"cmake": [a_spec(2, compiler="gcc@13.2.0")]}),
    "a compiler that is not told any more": ({"cmake": [a_spec(1)]}, {"cmake": [a_spec(2, compiler="none")]}),
    "another spelling": (
        {
            "cmake": [
                a_spec(1, version="=3.9", compiler="oneapi@=2024.2.0", variants=["languages='c,c++'", "-doc", "++shared"])
            ]
        },
        {
            "cmake": [
                a_spec(
                    2,
                    version="3.9",
                    compiler="intel-oneapi-compilers@2024.2.0",
                    variants=["+shared", "~doc", "languages:=c++,c"],
                )
            ]
        },
    ),
    "a variant that the recipe dropped": (
        {"cmake": [a_spec(1, variants=["+qt"])]},
        {"cmake": [a_spec(2, version="2.0", variants=[])]},
    ),
    "an orphan that moves on": (
        {"hdf5": [a_spec(1), a_spec(2, variants=["+x"], stacks=[])]},
        {"hdf5": [a_spec(3), a_spec(4, variants=["+x"], version="2.0", stacks=[])]},
    ),
    "an orphan that joins a stack": (
        {"hdf5": [a_spec(1), a_spec(2, version="2.0", stacks=[])]},
        {"hdf5": [a_spec(3), a_spec(4, version="2.0")]},
    ),
}


@pytest.mark.parametrize("case", SILENT)
def test_what_is_not_lost_is_no_alarm(case: str) -> None:
    old, new = SILENT[case]
    assert listed(alarms(find(snapshot_of(old), snapshot_of(new)))) == []


# --- a stump -----------------------------------------------------------------------------------------------------------

STACKS = tuple(f"stack-{number:02}" for number in range(24))
KEPT = STACKS[:3]


def a_grown_snapshot(packages: int) -> dict[str, list[Spec]]:
    """Return a snapshot in which each package has two versions, each in all the stacks."""
    return {
        f"package-{number:04}": [
            a_spec(2 * number, version="1.0", stacks=STACKS),
            a_spec(2 * number + 1, version="1.1", stacks=STACKS),
        ]
        for number in range(packages)
    }


def a_stump(pages: Pages) -> dict[str, list[Spec]]:
    """Return the snapshot of which three stacks are left."""
    return {
        name: [a_spec(spec.index, version=spec.coordinates.version, stacks=KEPT) for spec in specs]
        for name, specs in pages.items()
    }


def test_a_stump_is_told_by_its_stacks() -> None:
    old = a_grown_snapshot(100)
    findings = find(snapshot_of(old), snapshot_of(a_stump(old)))
    assert listed(findings) == [f"error stack-removed stack={stack}" for stack in STACKS[3:]]
    assert len(findings) == 21 + 21 * 100


def test_a_stump_of_few_pages_is_told_by_its_size() -> None:
    old = a_grown_snapshot(100)
    few = {name: specs for name, specs in a_stump(old).items() if name < "package-0005"}
    findings = find(snapshot_of(old), snapshot_of(few))
    lines = show_all(findings)
    assert "error | snapshot-shrunk | field=packages | packages fell by 95.0%: 100 → 5" in lines
    assert "error | snapshot-shrunk | field=coordinates | distinct coordinates fell by 95.0%: 200 → 10" in lines
    assert "error | stack-removed | stack=stack-03 | stack stack-03 is gone: 100 cells of 100 packages lost" in lines
    assert "warning | stack-shrunk | stack=stack-00 | distinct coordinates in stack-00 fell by 95.0%: 200 → 10" in lines
    assert sum(finding.rule == "package-removed" for finding in findings) == 95


@pytest.mark.slow
def test_a_stump_is_judged_in_a_moment() -> None:
    """All rules together take about 0.1 s on 1,200 packages that lose 21 stacks: the bound is for a slow machine."""
    old = a_grown_snapshot(1200)
    diff = compare(snapshot_of(old), snapshot_of(a_stump(old)))
    start = process_time()
    observations = sum(1 for _ in observe(diff))
    assert observations == 21 + 21 * 1200
    assert process_time() - start < 1
