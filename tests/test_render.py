"""Every format on every case: golden files, and each format valid in its own language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from cachediff import compare, evaluate, render
from cachediff.render.counts import count_buckets
from cachediff.render.formats import RENDERERS
from cachediff.render.headline import headline
from cachediff.render.options import Options
from cachediff.render.terminal import count_columns
from cachediff.version import __version__
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import ROOT, run, wrapped
from tests.render_cases import CASES, the_report
from tests.reports import a_finding, a_report
from tests.schemas import load_whole
from tests.strategies import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = ("text", "markdown", "summary", "json")
GOLDEN = Path(__file__).parent / "golden"


def show(case: str, format: str, options: Options | None = None) -> str:
    """Return one case in one format, without the version of cachediff."""
    report = msgspec.structs.replace(the_report(case), cachediff="VERSION")
    return render(report, format, options or Options())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, format: str, golden: Callable[[str, Path], None]) -> None:
    text = show(case, format)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    golden(text, GOLDEN / f"{case}.{format}")


def test_no_golden_is_forgotten() -> None:
    expected = {f"{case}.{format}" for case in CASES for format in RENDERERS}
    assert {path.name for path in GOLDEN.iterdir()} == expected | {"everything.html"}


def test_goldens_name_no_version_and_no_directory() -> None:
    for path in GOLDEN.iterdir():
        text = path.read_text(encoding="utf-8")
        assert str(Path(__file__).parent.parent) not in text
        assert f"cachediff {__version__}" not in text


# --- what is said ------------------------------------------------------------------------------------------------------


def test_the_week_is_what_design_section_9_says() -> None:
    report = json.loads(render(the_report("week"), "json"))
    assert report["summary"] == {
        "packages": {"added": 0, "removed": 0, "changed": 4, "rebuilt": 3, "unchanged": 0},
        "specs": {"unchanged": 0, "rebuilt": 71, "changed": 2, "added": 2, "removed": 2},
        "cells": {"old": 44, "new": 42, "lost": 2, "gained": 0, "unneeded": 0, "blocked": 0, "moved": 0},
        "losses": {"packages": 1, "cells": 2, "facets": 0, "accepted": 0},
        "findings": {"error": 5, "warning": 1, "note": 3, "accepted": 0},
        "facets": {"lost": {}, "gained": {}},
    }
    assert {finding["subject"].get("package") for finding in report["findings"] if finding["severity"] != "note"} == {
        "gcc",
        "emacs",
    }


def test_gasnet_lost_a_stack_and_has_an_orphan() -> None:
    findings = the_report("gasnet-2024").findings
    listed = {
        (finding.rule, finding.severity) for finding in findings if finding.severity != "note" and not finding.subsumed_by
    }
    assert listed == {("stack-removed", "error"), ("spec-orphaned", "warning")}


@pytest.mark.parametrize("case", CASES)
def test_json_fits_its_schema(case: str) -> None:
    assert [str(error) for error in load_whole("report").iter_errors(json.loads(show(case, "json")))] == []


@pytest.mark.parametrize("case", CASES)
def test_json_is_the_report_field_by_field(case: str) -> None:
    report = the_report(case)
    read_back = msgspec.json.decode(render(report, "json"), type=type(report))
    assert [*read_back.packages] == [*report.packages]
    assert [*read_back.also_compared] == [*report.also_compared]
    nothing: dict[str, tuple[()]] = {"packages": (), "also_compared": ()}
    assert msgspec.structs.replace(read_back, **nothing) == msgspec.structs.replace(report, **nothing)


@pytest.mark.parametrize("case", CASES)
def test_verdict_stands_last_in_text_and_first_in_markdown(case: str) -> None:
    verdict = the_report(case).verdict
    assert show(case, "text").splitlines()[-1].startswith(f"{verdict}: ")
    sign = {"pass": "✅", "fail": "❌"}[verdict]
    assert show(case, "markdown").startswith(f"### {sign} {verdict}: ")


@pytest.mark.parametrize("case", [case for case in CASES if case != "hostile"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_text_fits_its_width(case: str, width: int) -> None:
    *lines, _verdict = wrapped(show(case, "text", Options(width=width)))
    for line in lines:
        longest = max(map(count_columns, line.split()), default=0)
        assert count_columns(line) < width or longest > width - 30, line


@pytest.mark.parametrize(
    ("case", "steps"),
    [
        (
            "week",
            [
                "rules stack-dropped",
                "show gcc week/old week/new",
                "accept report.json --cause 'stack=developer-tools-aarch64-linux-gnu & package=gcc' "
                "--reason WHY --until DATE",
            ],
        ),
        (
            "stump",
            [
                "rules stack-removed",
                "show package-02 old new",
                "accept report.json --cause stack=stack-05 --reason WHY --until DATE",
            ],
        ),
        ("passing", []),
    ],
)
def test_a_failing_report_says_where_next(case: str, steps: list[str]) -> None:
    text = show(case, "text")
    assert re.findall(r"^(?:next:|     ) [a-z ]{14}  cachediff (.*)$", text, re.MULTILINE) == steps


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("os-replaced", "pass: 1 of 3 cells lost (moved) in 1 package"),
        ("target-downgraded", "pass: 1 of 3 cells lost (moved) in 1 package"),
        ("gpu-dropped", "fail: 1 facet (GPU) lost in 1 package"),
        ("mpi-dropped", "fail: 1 facet (MPI) lost in 1 package"),
        ("version-dropped", "pass: 1 facet (version) lost in 1 package"),
        ("snapshot-shrunk", "fail: 1 error about the whole snapshot; 3 facets (variant) lost in 1 package"),
        ("dependency-missing", "fail: errors in 1 package; 1 cell not installable"),
    ],
)
def test_the_verdict_says_what_was_lost(rule: str, verdict: str) -> None:
    assert run(f"fixtures/rules/{rule}/old", f"fixtures/rules/{rule}/new", "-q", cwd=ROOT).stdout == f"{verdict}\n"


def test_cells_and_facets_are_lost_in_the_same_packages() -> None:
    """In sentences of their own, two facets were lost in three packages."""
    old = {"gcc": [an_entry(1, os="a")], "hdf5": [an_entry(2, os="b", variants=["+cuda"]), an_entry(3, os="b")]}
    new = {"hdf5": [an_entry(4, os="b")]}
    (text, *_) = render(evaluate(compare(snapshot_of(old), snapshot_of(new))), "markdown").splitlines()
    assert "1 of 2 cells and 1 facet (GPU) lost in 2 packages" in text


@pytest.mark.parametrize("case", [case for case in CASES if the_report(case).old])
def test_the_specs_of_each_side_add_up(case: str) -> None:
    """What a page on one side alone holds is not compared on that side alone."""
    report = the_report(case)
    (row,) = (one for one in count_buckets(report) if one.noun == "specs")
    counts = {
        name: count.replace(",", "").split(" → ")
        for count, name in re.findall(r"([\d,]+(?: → [\d,]+)?) ([a-z ]+)", row.parts)
    }
    for side, ours, other in ((0, row.old, "added"), (-1, row.new, "removed")):
        assert sum(int(values[side]) for name, values in counts.items() if name != other) == ours


def test_how_many_cells_moved_is_said_wherever_lost_ones_are_counted() -> None:
    """Where all moved, a run that passes said that all were lost."""
    pages = [
        {"gcc": [an_entry(n, os=os)], "zlib": [an_entry(n + 2, os=old)]} for n, os, old in ((1, "a", "c"), (2, "b", "d"))
    ]
    report = evaluate(compare(*map(snapshot_of, pages)))
    assert (report.summary.cells.lost, report.summary.cells.moved) == (2, 2)
    text, comment = render(report, "text"), render(report, "markdown")
    assert "cells       2    2  2 lost (moved), 2 gained\n" in text
    assert "| cells | 2 | 2 | 2 lost (moved), 2 gained |\n" in comment
    assert "2 of 2 cells lost (moved) in 2 packages" in comment.splitlines()[0]
    part = evaluate(compare(snapshot_of(pages[0]), snapshot_of({"gcc": pages[1]["gcc"]})))
    assert "2 of 2 cells lost (1 moved) in 2 packages" in render(part, "text", Options(is_quiet=True))


def test_the_whole_snapshot_is_named_once_in_the_verdict() -> None:
    findings = [a_finding("snapshot-shrunk", severity, tag=severity) for severity in ("error", "warning", "warning")]
    assert headline(a_report(findings)) == "fail: 1 error and 2 warnings about the whole snapshot"


@pytest.mark.parametrize("case", CASES)
def test_colour_adds_nothing_but_colour(case: str) -> None:
    colored = show(case, "text", Options(color=True))
    for code in ("1", "2", "31", "32", "33", "36", "0"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == show(case, "text")


@pytest.mark.parametrize("case", CASES)
def test_ascii_is_ascii_and_keeps_its_width(case: str) -> None:
    text = show(case, "text", Options(is_ascii=True))
    assert text.isascii()
    assert len(text.splitlines()) >= len(show(case, "text").splitlines())


@pytest.mark.parametrize("case", CASES)
def test_quiet_is_the_verdict(case: str) -> None:
    assert show(case, "text", Options(is_quiet=True)) == show(case, "text").splitlines()[-1] + "\n"


def test_verbose_leaves_nothing_out() -> None:
    report = the_report("many")
    brief, verbose = show("many", "text"), show("many", "text", Options(is_verbose=True))
    assert "-v lists them" in brief
    assert "-v lists them" not in verbose
    listed = [finding for finding in report.findings if not finding.subsumed_by]
    for package in {finding.subject.package for finding in listed} - {""}:
        assert f" {package}" in verbose
    for change in (change for package in report.packages if package.kind == "changed" for change in package.changes):
        assert (change.old or change.new).hash[:7] in verbose  # type: ignore[union-attr] # a change has a side


@pytest.mark.parametrize("case", CASES)
def test_what_is_left_out_is_counted(case: str) -> None:
    """Every open finding of a package is in a row, a line or a count."""
    report, text = the_report(case), show(case, "text")
    losses, verdict = report.summary.losses, text.splitlines()[-1]
    others = [finding for finding in report.findings if not (losses.packages and finding.is_loss)]
    errors = {finding.subject.package for finding in others if finding.severity == "error" and not finding.subsumed_by} - {
        ""
    }
    if errors:
        assert f"errors in {len(errors):,} package" in verdict
    if losses.packages:
        lost = {finding.subject.package for finding in report.findings if finding.is_loss and finding.severity != "note"}
        assert losses.packages == len(lost - {""})
        assert f"{losses.cells:,} of {report.summary.cells.old:,} cells lost" in verdict
        assert f" in {losses.packages:,} package" in verdict


# --- problems ----------------------------------------------------------------------------------------------------------


def test_problem_reads_as_in_design_section_9() -> None:
    assert (
        "error[page-invalid]: spec hash is not a Spack hash\n"
        "  --> new/wide/specs.md:6:51  /spec_details/0/hash\n"
        ' 6 | … [{"compiler": "gcc@11.4.0", "hash": "短い", "os": "ubuntu22.04", …\n'
        "   |                                       ^^^^^^\n"
        "   = expected: 32 characters from a-z and 2-7\n"
        '   = found: "短い"\n'
        "   = note: wide is left out of the comparison\n"
    ) in show("problems", "text")


def test_specs_of_a_package_are_told_once() -> None:
    """A spec that went from +cuda to ~cuda is an error and a warning, and stands below the error alone."""
    old, new = (snapshot_of({"amrex": [an_entry(n, variants=[variant])]}) for n, variant in ((1, "+cuda"), (2, "~cuda")))
    report = evaluate(compare(old, new))
    for options in (Options(), Options(is_verbose=True)):
        text = render(report, "text", options)
        assert re.findall("^(error|warning) amrex", text, re.MULTILINE) == ["error", "warning"]
        assert text.count("  ~ amrex@") == text.count("+cuda → ~cuda") == 1


def test_the_next_steps_are_about_what_fails_the_run(tmp_path: Path) -> None:
    # hdf5 moved to another os, which is a loss and a warning; zlib miscounts, and its page of OLD cannot be read.
    miscounted = a_page("zlib", [an_entry(9)]).replace('"num_specs": 1', '"num_specs": 2')
    for number, side, os, zlib in ((1, "old", "rhel8", "---"), (2, "new", "rhel9", miscounted)):
        write_snapshot(tmp_path / side, {"hdf5": a_page("hdf5", [an_entry(number, os=os)]), "zlib": zlib})
    text = run("old", "new", cwd=tmp_path).stdout
    assert "next: why it matters  cachediff rules count-mismatch\n" in text
    assert "cachediff accept report.json --rule count-mismatch --subject package=zlib" in " ".join(text.split())
