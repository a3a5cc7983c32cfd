"""No missed loss, no false alarm: what rules say of random pairs of snapshots, held against the cells themselves."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cachediff.domain.finding import SEVERITIES
from cachediff.domain.spec import Spec, SpecContent
from cachediff.domain.spelling import UNKNOWN_COMPILER
from cachediff.engine.memory import compare
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.review.judge import judge
from tests.builders import a_hash, a_spec
from tests.examples import examples
from tests.rule_pairs import alarms, find, show_all, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from cachediff.domain.cell import Cell
    from cachediff.domain.diff import PackageDiff
    from cachediff.domain.finding import Finding

    Pages = dict[str, list[Spec]]

STACKS = ("e4s", "hep", "ml-linux-x86_64-cuda", "tutorial")
PLATFORMS = ("linux", "darwin")
OSES = ("ubuntu20.04", "ubuntu22.04", "rhel8")
TARGETS = ("x86_64", "x86_64_v3", "zen4", "neoverse_v2", "unheard_of")
VERSIONS = ("1.0", "1.1", "2.0", "develop")
COMPILERS = ("gcc@11.4.0", "gcc@12.3.0", UNKNOWN_COMPILER)
VARIANTS = (
    ("~cuda", "+mpi"),
    ("~cuda", "~mpi"),
    ("+cuda", "+mpi", "cuda_arch=80"),
    ("+cuda", "+mpi", "cuda_arch=80,90"),
    ("+mpi", "+rocm"),
)
PACKAGES = ("cmake", "hdf5", "zlib-ng")
LOSS_RULES = {
    f"{what}-{how}" for what in ("stack", "os", "target", "platform", "cell", "package") for how in ("removed", "dropped")
} | {
    "os-replaced",
    "target-downgraded",
}

quick = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])

specs = st.builds(
    a_spec,
    version=st.sampled_from(VERSIONS),
    platform=st.sampled_from(PLATFORMS),
    os=st.sampled_from(OSES),
    target=st.sampled_from(TARGETS),
    compiler=st.sampled_from(COMPILERS),
    variants=st.sampled_from(VARIANTS),
    stacks=st.lists(st.sampled_from(STACKS), max_size=3, unique=True),
)
contents = st.dictionaries(st.sampled_from(PACKAGES), st.lists(specs, max_size=5), max_size=3)
new_stacks = st.lists(st.sampled_from(STACKS), max_size=2)
starts = st.sampled_from([0, 2, 100])


def _numbered(pages: Pages, start: int) -> Pages:
    """Return the pages with a hash of its own for each spec, counted from `start`: OLD and NEW may share some."""
    numbers = count(start)
    return {
        name: [Spec(a_hash(next(numbers)), spec.content, index) for index, spec in enumerate(page)]
        for name, page in sorted(pages.items())
    }


pages = st.builds(_numbered, contents, starts)


# --- no missed loss ----------------------------------------------------------------------------------------------------


@quick
@given(pages, pages)
def test_every_lost_cell_is_named(old: Pages, new: Pages) -> None:
    diff = compare(snapshot_of(old), snapshot_of(new))
    findings = judge(diff, DEFAULT_POLICY)
    for package in diff.packages:
        for lost in package.lost:
            assert [finding for finding in findings if _names_loss(finding, package, lost.cell)], (
                package.package,
                lost,
                show_all(findings),
            )


@quick
@given(pages, pages)
def test_one_finding_a_rule_and_subject(old: Pages, new: Pages) -> None:
    findings = find(snapshot_of(old), snapshot_of(new))
    assert len({finding.fingerprint for finding in findings}) == len(findings)


@quick
@given(pages, pages)
def test_a_subsumed_finding_says_no_more_than_its_subsumer(old: Pages, new: Pages) -> None:
    findings = find(snapshot_of(old), snapshot_of(new))
    by_fingerprint = {finding.fingerprint: finding for finding in findings}
    for finding in findings:
        if finding.subsumed_by:
            subsumer = by_fingerprint[finding.subsumed_by]
            assert SEVERITIES.index(subsumer.severity) <= SEVERITIES.index(finding.severity)
            assert subsumer.subject == msgspec.structs.replace(finding.subject, package="")


@quick
@given(pages)
def test_a_snapshot_against_itself_is_silent(snapshot: Pages) -> None:
    assert find(snapshot_of(snapshot), snapshot_of(snapshot)) == ()


def _names_loss(finding: Finding, package: PackageDiff, cell: Cell) -> bool:
    """Return whether a finding above note speaks of a package's lost cell: each fact of its subject is one of the cell's."""
    facts = {
        "package": package.package,
        "stack": cell.stack,
        "platform": cell.platform,
        "os": cell.os,
        "target": cell.target,
    }
    subject = {name: value for name in finding.subject.__struct_fields__ if (value := getattr(finding.subject, name))}
    return finding.rule in LOSS_RULES and finding.severity != "note" and subject.items() <= facts.items()


# --- no false alarm ----------------------------------------------------------------------------------------------------


@quick
@given(pages, contents, st.data())
def test_gains_are_no_alarm(old: Pages, more: Pages, data: st.DataObject) -> None:
    """New packages, specs, stacks, cells: nothing of OLD goes, though every hash may."""
    rebuilt = old if data.draw(st.booleans()) else _numbered(old, 1000)
    extra = _numbered(more, 2000)
    assert _alarms(old, {name: [*rebuilt.get(name, []), *extra.get(name, [])] for name in old | more}) == []


@quick
@given(pages, st.data())
def test_new_stacks_of_old_specs_are_no_alarm(old: Pages, data: st.DataObject) -> None:
    assert (
        _alarms(old, {name: [_with_stacks(spec, data.draw(new_stacks)) for spec in page] for name, page in old.items()})
        == []
    )


@pytest.mark.parametrize("fact", ["version", "compiler"])
@quick
@given(pages, st.data())
def test_bumps_in_kept_cells_are_no_alarm(fact: str, old: Pages, data: st.DataObject) -> None:
    """Each spec stays where it is, and moves to a version that the package never had, or to another compiler, or not at all.

    Orphans are left out: one that has just the coordinates that a spec in a stack had before is that spec, newly in root
    only.
    """
    old = {name: [spec for spec in page if spec.stacks] for name, page in old.items()}
    new = {name: [_bumped(spec, fact, data) for spec in page] for name, page in old.items()}
    assert _alarms(old, _numbered(new, 1000)) == []


@quick
@given(pages, st.randoms(use_true_random=False))
def test_another_order_is_no_news(old: Pages, rng: Random) -> None:
    new = {name: rng.sample(page, len(page)) for name, page in old.items()}
    assert find(snapshot_of(old), snapshot_of(new)) == ()


@pytest.mark.parametrize("split", [1, 2, 7])
def test_equal_specs_that_are_split_or_merged_are_no_alarm(split: int) -> None:
    old = {"py-pip": [a_spec(number, stacks=["e4s", "hep"]) for number in range(3)]}
    new = {"py-pip": [a_spec(100 + number, compiler=UNKNOWN_COMPILER, stacks=["e4s", "hep"]) for number in range(split)]}
    assert _alarms(old, new) == []
    assert _alarms(new, old) == []


def test_bumped_specs_that_are_split_or_merged_are_no_alarm() -> None:
    together = {version: {"hdf5": [a_spec(1, version=version, stacks=["e4s", "hep"])]} for version in ("1.0", "1.1")}
    apart = {
        version: {"hdf5": [a_spec(number, version=version, stacks=[stack]) for number, stack in ((2, "e4s"), (3, "hep"))]}
        for version in together
    }
    assert _alarms(together["1.0"], apart["1.1"]) == []
    assert _alarms(apart["1.0"], together["1.1"]) == []


def _alarms(old: Pages, new: Pages) -> list[str]:
    return show_all(alarms(find(snapshot_of(old), snapshot_of(new))))


def _with_stacks(spec: Spec, more: Sequence[str]) -> Spec:
    return Spec(spec.hash, SpecContent(spec.coordinates, tuple(sorted({*spec.stacks, *more}))), spec.index)


def _bumped(spec: Spec, fact: str, data: st.DataObject) -> Spec:
    """Return the spec with another version or compiler, or the same."""
    facts = spec.coordinates
    choices = (
        COMPILERS
        if fact == "compiler"
        else (facts.version, facts.version if facts.version == "develop" else f"{facts.version}.9")
    )
    coordinates = msgspec.structs.replace(facts, **{fact: data.draw(st.sampled_from(choices))})
    return Spec(spec.hash, SpecContent(coordinates, spec.stacks), spec.index)


def test_a_hash_that_both_sides_repeat_is_one_conflict() -> None:
    old, new = ([a_spec(1, os=os) for os in oses] for oses in (("ubuntu20.04", "rhel8"), ("ubuntu22.04", "rhel9")))
    (conflict,) = [one for one in find(snapshot_of({"gcc": old}), snapshot_of({"gcc": new})) if one.rule == "hash-conflict"]
    assert conflict.message == f"gcc has other content under 1 hash: {old[0].hash[:7]} (os)"
