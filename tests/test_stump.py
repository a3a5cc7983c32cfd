"""A stump: nearly all stacks of a snapshot are gone, and the report says just that, in a page (issue 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.generate import generate
from benchmarks.sizes import Size
from cachediff import compare, evaluate, read_snapshot, render
from cachediff.domain.spec import ROOT
from tests.pages import PageValues

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.report import Report

KEPT = frozenset(["e4s", "ml-linux-x86_64-cpu", "developer-tools-darwin"])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where a generated snapshot is, and the stumps of it and of the one a week later."""
    directory = tmp_path_factory.mktemp("stump") / "pair"
    generate(directory, Size(packages=200, specs=1500))
    for side in ("old", "new"):
        cut_down(directory / side, directory / f"stump-of-{side}")
    return directory


def test_each_removed_stack_is_one_cause(pair: Path) -> None:
    """Where only stacks are gone, the causes are these stacks, widest first, and all that is lost is put down to them."""
    report = report_on(pair, "stump-of-old")
    gone = {place.stack for place in report.coverage} - KEPT
    assert {cause.id for cause in report.causes} == {f"stack={stack}" for stack in gone}
    widths = [cause.cells for cause in report.causes if cause.explains == "cells"]
    assert len(widths) == len(gone) == 25
    assert widths == sorted(widths, reverse=True)
    assert sum(widths) == report.summary.cells.lost > 600
    assert (
        sum(cause.packages for cause in report.causes if cause.explains == "packages")
        == report.summary.packages.removed
        > 100
    )


def test_every_finding_on_coverage_has_a_cause(pair: Path) -> None:
    """All errors but those on the counts of the whole snapshot are put down to stacks, and stay in the report."""
    report = report_on(pair, "stump-of-old")
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert {finding.rule for finding in errors if finding.cause is None} == {"snapshot-shrunk"}
    assert len([finding for finding in errors if finding.rule == "package-removed"]) == report.summary.packages.removed


def test_everything_went_with_its_stack(pair: Path) -> None:
    """What became of each lost cell, and of each removed spec that was in a stack: the stack is gone."""
    report = report_on(pair, "stump-of-old")
    removed = [change for package in report.packages for change in package.changes if change.kind == "removed"]
    assert {change.became for change in removed if change.old and change.old.stacks} == {"stack-gone"}
    assert {lost.became for package in report.packages for lost in package.cells.lost} == {"stack-gone"}


def test_what_else_happened_that_week_is_told(pair: Path) -> None:
    """Packages that are gone from a stack that stays are causes of their own, and their rows are there in full."""
    report = report_on(pair, "stump-of-new")
    wide = [cause for cause in report.causes if cause.explains == "cells" and cause.packages > 1]
    alone = [
        cause.predicate["package"]
        for cause in report.causes
        if cause.explains == "packages" and "package" in cause.predicate
    ]
    assert {*wide[0].predicate, *wide[-1].predicate} == {"stack"}
    assert len(wide) == 25
    assert alone
    assert all(f"package {package} is gone" in render(report, "text") for package in alone)


@pytest.mark.parametrize("stump", ["stump-of-old", "stump-of-new"])
def test_the_report_is_a_page(pair: Path, stump: str) -> None:
    """The text has fewer than 100 lines, and says in the second line how many stacks are gone."""
    lines = render(report_on(pair, stump), "text").splitlines()
    assert len(lines) < 100
    assert lines[1].startswith("gone: stacks ")
    assert "(+23)" in lines[1]


def report_on(directory: Path, new: str) -> Report:
    """Return the report on a pair of generated snapshots."""
    return evaluate(compare(read_snapshot(str(directory / "old")), read_snapshot(str(directory / new))))


def cut_down(snapshot: Path, stump: Path) -> None:
    """Write a snapshot without most of its stacks, as a pipeline would that published too early: all counts add up."""
    for page in sorted(snapshot.glob("*/specs.md")):
        values = PageValues.of(page.read_bytes())
        values.specs = [
            spec | {"stacks": [*stacks, ROOT]}
            for spec in values.specs
            if (stacks := [name for name in spec["stacks"] if name in KEPT])
        ]
        if values.specs:
            target = stump / page.parent.name / "specs.md"
            target.parent.mkdir(parents=True)
            target.write_bytes(values.write(recount=True))
