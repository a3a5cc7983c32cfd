"""Ten thousand mutants of real pages, judged by a model: nothing lost is unnamed, and nothing is called lost that is not."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cachediff import compare, evaluate
from cachediff.domain.package import PackageRecord, Snapshot
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.page import parse_page
from tests.builders import TAG, a_page, an_entry
from tests.examples import examples
from tests.loss_judge import COVERAGE_RULES, judge, pairs_of
from tests.loss_model import Cell, Facet, find_losses
from tests.mutants import LOSSES, SILENCES, Mutant, make_mutant
from tests.pages import PageValues, a_file, read_real

if TYPE_CHECKING:
    from cachediff.domain.report import Report
    from tests.loss_model import Entry, Losses, Pages

MUTANTS = 10_000 if os.environ.get("CI") else examples(500)
BATCHES = 20
FIRST = 0 if os.environ.get("CI") else int(time.time())
"""The first seed: new mutants each time, but in CI, where each change is judged by the same ones."""


def report_on(old: Pages, new: Pages) -> Report:
    """Return what is said of two snapshots."""
    return evaluate(compare(_read(old, "old"), _read(new, "new")))


def _read(pages: Pages, side: str) -> Snapshot:
    return Snapshot(side, TAG, tuple(_read_page(package, entries, side) for package, entries in sorted(pages.items())))


def _read_page(package: str, entries: list[dict[str, object]], side: str) -> PackageRecord:
    path = f"{side}/{package}/specs.md"
    page = parse_page(a_page(package, entries).encode(), a_file(path, package), SpecDecoder())
    assert isinstance(page, PackageRecord), page
    return page


def complain(mutant: Mutant) -> list[str]:
    """Return what is wrong with the report on a mutant."""
    report = report_on(mutant.old, mutant.new)
    complaints = judge(mutant.old, mutant.new, report)
    if mutant.is_silent:
        complaints += [
            f"not silent: {finding.severity} {finding.rule}" for finding in report.findings if finding.severity != "note"
        ]
    return [f"{mutant.name}: {complaint}" for complaint in complaints]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_each_mutant_is_judged_as_the_model_judges_it(batch: int) -> None:
    seeds = range(FIRST + batch, FIRST + MUTANTS, BATCHES)
    complaints = [complaint for seed in seeds for complaint in complain(make_mutant(seed))]
    assert not complaints, f"{len(complaints)} complaints, the first of which are:\n" + "\n".join(complaints[:10])


def with_cuda(number: int, architecture: str, **fields: object) -> Entry:
    """Return an entry for a GPU; without an architecture, one that has it turned off."""
    return an_entry(number, variants=["+cuda", f"cuda_arch:={architecture}"] if architecture else ["~cuda"], **fields)


def with_variants(number: int, *variants: str, **fields: object) -> Entry:
    """Return an entry with these variants alone."""
    return an_entry(number, variants=list(variants), **fields)


EXAMPLES: dict[str, tuple[list[Entry], list[Entry]]] = {
    "a GPU of one target, which another target keeps": (
        [with_cuda(1, "80", target="aarch64"), with_cuda(2, "80")],
        [with_cuda(3, "", target="aarch64"), with_cuda(4, "80")],
    ),
    "a GPU of a target that a lesser one without it stands in for": (
        [with_cuda(1, "80", target="zen4"), with_cuda(2, "")],
        [with_cuda(2, "")],
    ),
    "a GPU that the lesser of two stand-ins has": (
        [with_cuda(1, "80", target="zen4"), with_cuda(2, "", target="zen3")],
        [with_cuda(3, "80"), with_cuda(2, "", target="zen3")],
    ),
    "a GPU of an os that another one without it stands in for": (
        [with_cuda(1, "80", os="rhel8")],
        [with_cuda(2, "", os="rhel10")],
    ),
    "an architecture where there is no switch": (
        [with_variants(1, "amdgpu_target:=gfx90a"), with_variants(2, "amdgpu_target:=gfx942")],
        [with_variants(3, "amdgpu_target:=gfx90a")],
    ),
    "a switch for what the recipe was always built for": (
        [with_variants(1, "amdgpu_target:=gfx90a")],
        [with_variants(2, "+rocm", "amdgpu_target:=gfx90a")],
    ),
    "a switch that is gone from what the recipe is always built for": (
        [with_variants(1, "+rocm", "amdgpu_target:=gfx90a,gfx942")],
        [with_variants(2, "amdgpu_target:=gfx942")],
    ),
    "a switch, off, for what the recipe was always built for": (
        [with_variants(1, "amdgpu_target:=gfx90a")],
        [with_variants(2, "~rocm")],
    ),
    "a version that becomes one which is there": (
        [an_entry(1), an_entry(2, version="2.0")],
        [an_entry(3, version="2.0"), an_entry(4, version="2.0")],
    ),
    "a version that becomes one which is there in one of two stacks": (
        [an_entry(1, stacks=["e4s", "hep"]), an_entry(2, version="2.0", stacks=["hep"])],
        [an_entry(3, version="2.0", stacks=["e4s", "hep"]), an_entry(2, version="2.0", stacks=["hep"])],
    ),
    "a version in whose place another stack's spec is": (
        [an_entry(1, version="2.0"), an_entry(2, stacks=["hep"])],
        [an_entry(3, stacks=["e4s", "hep"])],
    ),
    "a variant of a removed spec": ([with_variants(1, "+mpi"), with_variants(2, "~mpi")], [with_variants(2, "~mpi")]),
    "a variant of a removed spec, of another recipe": (
        [with_variants(1, "+mpi"), with_variants(2, version="2.0")],
        [with_variants(2, version="2.0")],
    ),
    "a variant of a spec that leaves a stack": (
        [with_variants(1, "+mpi", stacks=["e4s", "hep"]), with_variants(2, "~mpi")],
        [with_variants(1, "+mpi", stacks=["hep"]), with_variants(2, "~mpi")],
    ),
    "a value of a variant that is a list elsewhere on the page": (
        [with_variants(1, "l:=a"), with_variants(2, "l:=b"), with_variants(3, "l:='a,b'", os="rhel8")],
        [with_variants(2, "l:=b"), with_variants(3, "l:='a,b'", os="rhel8")],
    ),
    "a value of a variant that is a list in another stack alone": (
        [with_variants(1, "l:=a"), with_variants(2, "l:=b"), with_variants(3, "l:='a,b'", stacks=["hep"])],
        [with_variants(2, "l:=b"), with_variants(3, "l:='a,b'", stacks=["hep"])],
    ),
    "a value of a variant that is a list in no stack": (
        [with_variants(1, "l:=a"), with_variants(2, "l:=b"), with_variants(3, "l:='a,b'", stacks=[])],
        [with_variants(2, "l:=b"), with_variants(3, "l:='a,b'", stacks=[])],
    ),
    "four oses that become one": ([an_entry(number, os=f"os{number}") for number in range(4)], [an_entry(9, os="bogus")]),
    "a spec out of root": ([an_entry(1), an_entry(2)], [an_entry(1) | {"stacks": ["e4s"]}, an_entry(2)]),
    "a spec in nothing": ([an_entry(1), an_entry(2)], [an_entry(1) | {"stacks": []}, an_entry(2)]),
    "an os of orphans": ([an_entry(1), an_entry(2, os="rhel8", stacks=[])], [an_entry(1)]),
    "every spec of a page": ([an_entry(1)], []),
}
"""Small pairs of one package, each of which hides a loss from some simple rule, or looks like one."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_judged_as_the_model_judges_it(name: str) -> None:
    old, new = ({"hdf5": entries, "zlib": [an_entry(99)]} for entries in EXAMPLES[name])
    assert judge(old, new, report_on(old, new)) == []


def test_orphans_under_new_hashes_are_no_news() -> None:
    old = [an_entry(1) | {"stacks": ["root"]}, an_entry(2) | {"stacks": []}]
    new = [an_entry(3) | {"stacks": []}, an_entry(4) | {"stacks": ["root"]}]
    report = report_on({"hdf5": old}, {"hdf5": new})
    assert [finding.rule for finding in report.findings if finding.severity != "note"] == []


# --- the judge ---------------------------------------------------------------------------------------------------------


def losses_of(old: Pages, new: Pages) -> Losses:
    """Return what the model finds, given the pairs that the report shows."""
    return find_losses(old, new, pairs_of(report_on(old, new)))


@pytest.mark.slow
def test_mutants_of_every_kind_lose_something_and_silent_ones_nothing() -> None:
    # Seeds go through the kinds in turn; some kinds only seldom find what they could lose.
    lossy: Counter[str] = Counter()
    for seed in range(len(LOSSES | SILENCES) * 15):
        mutant = make_mutant(seed)
        kind = list(LOSSES | SILENCES)[seed % len(LOSSES | SILENCES)]
        is_lossy = bool(losses_of(mutant.old, mutant.new))
        assert not (mutant.is_silent and is_lossy), mutant.name
        lossy[kind] += is_lossy
    assert [kind for kind in LOSSES if not lossy[kind]] == []


def test_a_report_that_says_nothing_is_found_out() -> None:
    for seed in range(100):
        mutant = make_mutant(seed)
        report = report_on(mutant.old, mutant.new)
        silenced = replace(
            report, findings=tuple(finding for finding in report.findings if finding.rule not in COVERAGE_RULES)
        )
        assert bool(judge(mutant.old, mutant.new, silenced)) == bool(losses_of(mutant.old, mutant.new)), mutant.name


def test_a_report_that_calls_everything_lost_is_found_out() -> None:
    lost = {"old": {"page": [an_entry(1), an_entry(2, os="rhel8")]}, "new": {}}
    report = report_on(lost["old"], {"zlib": [an_entry(3)]})
    for seed in range(100):
        mutant = make_mutant(seed)
        if mutant.is_silent:
            loud = replace(report_on(mutant.old, mutant.new), findings=report.findings)
            assert judge(mutant.old, mutant.new, loud), mutant.name


def test_model_on_real_weeks() -> None:
    old, new = (
        {name: PageValues.of(data).specs for name, data in read_real(f"week/{side}").items()} for side in ("old", "new")
    )
    losses = losses_of(old, new)
    assert losses.gone == {
        Cell("gcc", "developer-tools-x86_64_v3-linux-gnu", "linux", "centos7", "x86_64_v3"),
        Cell("gcc", "developer-tools-aarch64-linux-gnu", "linux", "rhel8", "aarch64"),
    }
    assert losses.facets == {
        (Cell("emacs", "developer-tools-x86_64_v3-linux-gnu", "linux", "centos7", "x86_64_v3"), Facet("variant", "native")),
        (Cell("emacs", "developer-tools-aarch64-linux-gnu", "linux", "rhel8", "aarch64"), Facet("variant", "native")),
    }
    assert [losses.served, losses.contested, losses.strays, dict(losses.orphaned)] == [set(), [], set(), {}]


CUDA = {"gpu +cuda cuda_arch=80", "variant cuda"}
HERE = Cell("hdf5", "e4s", "linux", "ubuntu22.04", "x86_64_v3")


@pytest.mark.parametrize(
    ("old", "new", "facets"),
    [
        (
            [an_entry(1), an_entry(2, version="2.0")],
            [an_entry(3, version="2.0"), an_entry(4, version="2.0")],
            {"version 1.0"},
        ),
        ([an_entry(1), an_entry(2, version="2.0")], [an_entry(3, version="2.0"), an_entry(4, version="3.0")], set()),
        ([an_entry(1)], [an_entry(3, version="2.0")], set()),
        (
            [with_cuda(1, "80"), with_cuda(2, "80", target="zen4")],
            [with_cuda(3, "80", target="zen4"), with_cuda(4, "")],
            CUDA,
        ),
        ([with_cuda(1, "'70,80'")], [with_cuda(2, "80")], {"gpu +cuda cuda_arch=70", "variant cuda_arch=70"}),
        (
            [an_entry(1, variants=["+mpi"]), an_entry(2, variants=["~mpi"])],
            [an_entry(3, variants=["~mpi"])],
            {"variant mpi"},
        ),
        (
            [an_entry(1, variants=["+mpi"]), an_entry(2, variants=["+mpi", "+x"])],
            [an_entry(3, variants=["+mpi"])],
            {"variant x"},
        ),
        ([an_entry(1, variants=["+mpi"])], [an_entry(3, variants=[])], set()),
        ([an_entry(1, variants=["languages=c,c++"])], [an_entry(3, variants=["languages:=c"])], {"variant languages=c++"}),
        ([an_entry(1, variants=["build_type=Release"])], [an_entry(3, variants=["build_type=Debug"])], set()),
    ],
)
def test_facets_of_the_model(old: list[Entry], new: list[Entry], facets: set[str]) -> None:
    lost = {f"{facet.kind} {facet.text}" for cell, facet in losses_of({"hdf5": old}, {"hdf5": new}).facets if cell == HERE}
    assert lost == facets


def test_one_os_stands_in_for_one() -> None:
    old = [an_entry(number, os=f"os{number}") for number in range(4)]
    losses = losses_of({"hdf5": old}, {"hdf5": [an_entry(9, os="bogus")]})
    assert [(len(cells), gone) for cells, gone in losses.contested] == [(4, 3)]
    assert losses_of({"hdf5": old[:1]}, {"hdf5": [an_entry(9, os="bogus")]}).served == {HERE._replace(os="os0")}


def test_a_lesser_target_stands_in_for_many() -> None:
    old = [an_entry(number, target=target) for number, target in enumerate(("zen4", "zen3", "neoverse_v2"))]
    losses = losses_of({"hdf5": old}, {"hdf5": [an_entry(9)]})
    assert losses.served == {HERE._replace(target="zen4"), HERE._replace(target="zen3")}
    assert losses.gone == {HERE._replace(target="neoverse_v2")}


def test_what_stands_in_has_to_have_the_gpu() -> None:
    lost = {(HERE._replace(target="zen4"), Facet("gpu", "+cuda cuda_arch=80"))}
    before = with_cuda(1, "80", target="zen4")
    assert losses_of({"hdf5": [before, with_cuda(2, "")]}, {"hdf5": [with_cuda(2, "")]}).facets == lost
    assert losses_of({"hdf5": [before]}, {"hdf5": [with_cuda(2, "", target="zen4", os="rhel10")]}).facets == lost
    assert losses_of({"hdf5": [before]}, {"hdf5": [with_cuda(2, "80")]}).facets == set()


def test_what_only_orphans_had_is_a_stray() -> None:
    losses = losses_of({"hdf5": [an_entry(1), an_entry(2, os="rhel8", stacks=[])]}, {"hdf5": [an_entry(1)]})
    assert [(stray.field, stray.value) for stray in losses.strays] == [("os", "rhel8")]
    assert not losses.cells
