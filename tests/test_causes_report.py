"""Which findings causes explain, and what reports make of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import astuple

from cachediff import compare, evaluate, read_snapshot, render
from cachediff.domain.report import Cause
from cachediff.domain.selection import Selection
from cachediff.library import RULE_TEXTS
from cachediff.render.alike import name_alike
from cachediff.render.causes import sum_up_causes
from cachediff.render.options import Options
from cachediff.render.vanished import name_appeared, name_moved, name_turns, name_vanished
from tests.builders import an_entry
from tests.coverage_maps import compare_maps
from tests.pages import REAL
from tests.reports import a_report
from tests.strategies import Entry, snapshot_of

if TYPE_CHECKING:
    from cachediff.domain.report import Report

VERBOSE = Options(is_verbose=True)
SCHEMA = Path(__file__).parent.parent / "schemas" / "report.schema.json"


# --- findings on cells -------------------------------------------------------------------------------------------------


def test_gcc_in_the_real_week() -> None:
    """Two lost cells have two causes, which explain every error: that of each value is the cause of the cell that had it."""
    report = real_report("week")
    aarch64 = "stack=developer-tools-aarch64-linux-gnu & package=gcc"
    x86_64 = "stack=developer-tools-x86_64_v3-linux-gnu & package=gcc"
    assert [(cause.id, cause.cells, cause.packages) for cause in report.causes] == [(aarch64, 1, 1), (x86_64, 1, 1)]
    assert causes_of(report, "error") == {
        "stack-dropped gcc developer-tools-aarch64-linux-gnu": aarch64,
        "stack-dropped gcc developer-tools-x86_64_v3-linux-gnu": x86_64,
        "os-dropped gcc centos7": x86_64,
        "os-dropped gcc rhel8": aarch64,
        "target-dropped gcc aarch64": aarch64,
    }
    assert causes_of(report, "warning") == {"variant-disabled emacs native": None}


def test_gasnet_lost_a_stack() -> None:
    """The stack that is gone explains itself, and the spec that it left in root only."""
    report = real_report("gasnet-2024")
    assert {finding.cause for finding in report.findings if finding.severity != "note"} == {"stack=e4s"}
    assert [lost.cause for package in report.packages for lost in package.cells.lost] == ["stack=e4s"]


def test_what_follows_from_gone_stacks() -> None:
    """An os that two gone stacks had is put down to the one with more of it, and so is a package that was nowhere else."""
    report = evaluate(
        compare_maps(
            {"gcc": ["A v x", "B v x", "C u x"], "hdf5": ["A v x", "C u x"], "zlib": ["A v x", "B v x"]},
            {"gcc": ["C u x"], "hdf5": ["C u x"]},
        )
    )
    assert causes_of(report, "error") == {
        "stack-removed A": "stack=A",
        "stack-removed B": "stack=B",
        "os-removed v": "stack=A",
        "package-removed zlib": "stack=A",
        "stack-dropped gcc A": "stack=A",
        "stack-dropped gcc B": "stack=B",
        "os-dropped gcc v": "stack=A",
        "stack-dropped hdf5 A": "stack=A",
        "os-dropped hdf5 v": "stack=A",
    }


def test_a_cause_of_its_own_is_not_hidden_under_a_wider_one() -> None:
    """What the package did by itself is what is told, where a wider cause explains the rest, even if it explains more."""
    report = evaluate(
        compare_maps(
            {"gcc": ["A u v", "A w v", "B u v", "C u x"], "hdf5": ["A u v", "B u v", "C u x"]},
            {"gcc": ["C u x"], "hdf5": ["B u v", "C u x"]},
        )
    )
    assert causes_of(report, "error")["target-dropped gcc v"] == "stack=B & package=gcc"
    assert causes_of(report, "error")["stack-dropped gcc A"] == "stack=A"


def test_a_cell_that_nothing_explains() -> None:
    """One cell without a cause leaves the finding without one."""
    diff = compare_maps({"gcc": ["A u x", "A v x", "A u y", "B u x"]}, {"gcc": ["A v x", "A u y", "B u x"]})
    report = evaluate(diff)
    assert report.causes == ()
    assert causes_of(report, "error") == {"cell-dropped gcc A linux u x": None}
    assert [lost.cause for package in report.packages for lost in package.cells.lost] == [None]
    assert "no cause: gcc A linux-u-x: lost\n" in render(report, "text")
    assert "* no cause: `gcc` `A linux-u-x`: lost\n" in render(report, "markdown")


@pytest.mark.parametrize(
    ("rule", "old", "new", "cause"),
    [
        ("gpu-dropped", [an_entry(1, variants=["+cuda"])], [an_entry(1, variants=["~cuda"])], None),
        ("version-dropped", [an_entry(1, version="1.0"), an_entry(2, version="2.0")], [an_entry(2, version="2.0")], None),
        ("spec-orphaned", [an_entry(1, stacks=["gone"]), an_entry(2)], [an_entry(1, stacks=[]), an_entry(2)], "stack=gone"),
        ("spec-orphaned", [an_entry(1), an_entry(2)], [an_entry(1, stacks=[]), an_entry(2)], None),
        ("target-downgraded", [an_entry(1, target="zen4"), an_entry(2)], [an_entry(2)], "target=zen4"),
        ("os-replaced", [an_entry(1, os="rhel8"), an_entry(2, os="rhel8")], [an_entry(3, os="rhel9")], "os=rhel8"),
    ],
)
def test_findings_on_specs(rule: str, old: list[Entry], new: list[Entry], cause: str | None) -> None:
    """What is about specs is explained where every cell that those had is."""
    report = evaluate(compare(snapshot_of({"hdf5": old}), snapshot_of({"hdf5": new})))
    found = [finding.cause for finding in report.findings if finding.rule == rule]
    assert set(found) == {cause}


# --- what people read --------------------------------------------------------------------------------------------------

STUMP = compare_maps(
    {name: ["A v x", "B v x", "C u x"] for name in ("gcc", "hdf5", "zstd")} | {"zlib": ["A v x", "B v x"], "zfp": ["C u x"]},
    {name: ["C u x"] for name in ("gcc", "hdf5", "zstd")},
)


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_findings_are_left_to_causes(format: str) -> None:
    """Findings that a wide cause explains are counted; the package that is gone by itself is told."""
    text = render(evaluate(STUMP), format)
    assert "3 causes explain 9 of 9 lost cells" in text
    assert "gone: stacks A, B, os v (8 cells); packages zlib, zfp" in text.replace("`", "")
    assert "stack-removed 2, package-removed 1" in " ".join(text.split())
    assert "package zfp is gone" in text
    assert "package zlib is gone" not in text


def test_verbose_text_tells_everything() -> None:
    """What is left to causes is there with -v."""
    text = render(evaluate(STUMP), "text", VERBOSE)
    assert "told by these causes" not in text
    assert "package zlib is gone" in text


def test_row_stays_together() -> None:
    """A package with an error that no wide cause explains keeps all its errors in its row."""
    report = evaluate(
        compare_maps(
            {"gcc": ["A v x", "C u x", "D u x"], "hdf5": ["A v x", "C u x", "D u x"], "zlib": ["C v x"]},
            {"gcc": ["C u x"], "hdf5": ["C u x", "D u x"], "zlib": ["C v x"]},
        )
    )
    text = render(report, "text")
    assert "error gcc: 3 → 1 spec, 2 cells lost\n  stack-dropped     D\n  os-dropped        v\n" in text
    assert "error hdf5" not in text


def test_only_some_causes_are_listed() -> None:
    """Many causes that name a package are counted, since their findings are told."""
    names = [f"package-{number}" for number in range(8)]
    old = {name: ["A u x", "B u x"] for name in names} | {"kept": ["A u x"]}
    report = evaluate(compare_maps(old, {name: ["B u x"] for name in names} | {"kept": ["A u x"]}))
    assert len(report.causes) == 8
    assert "and 3 more causes of 3 cells (-v lists them)\n" in render(report, "text")
    assert "and 3 more causes of 3 cells, all of them in the JSON report\n" in render(report, "markdown")
    assert "more cause" not in render(report, "text", VERBOSE)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"gcc": ["A u x", "B u x"]}, {"gcc": ["B u x"]}, "gone: stack A (1 cell)"),
        (
            {"gcc": ["A u x", "B u x"], "hdf5": ["A u x"]},
            {"gcc": ["B u x"]},
            "gone: stack A (2 cells); package hdf5",
        ),
        (
            {"gcc": ["A u x", "B u x", "C v x", "C u x", "D u x", "D v x"], "hdf5": ["D v x", "D u x"]},
            {"gcc": ["C u x", "D u x"], "hdf5": ["D u x"]},
            "gone: stacks A, B, os v (5 cells)",
        ),
        ({"gcc": ["A u x"], "hdf5": ["A u x"]}, {"gcc": ["A u x"]}, "gone: package hdf5"),
        (
            {"gcc": ["A u x", "A v x"], "hdf5": ["A v x"], "zlib": ["B v x"]},
            {"gcc": ["A u x"], "zlib": ["B v x"]},
            "gone: package hdf5",
        ),
        ({"gcc": ["A u x", "B u x"]}, {"gcc": ["B u x"], "hdf5": ["A u x"]}, ""),
    ],
)
def test_what_is_gone_is_said_first(old: dict[str, list[str]], new: dict[str, list[str]], said: str) -> None:
    """The line after the first says what is gone altogether."""
    report = evaluate(compare_maps(old, new))
    assert name_vanished(report) == said
    for format in ("text", "markdown"):
        lines = [line for line in render(report, format).splitlines() if line]
        assert (lines[1].strip("*").replace("`", "") == said) == bool(said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"gcc": ["A u x"]}, {"gcc": ["A u x", "B u x"], "hdf5": ["B u x"]}, "new: stack B (2 cells)"),
        (
            {"gcc": ["A u x"]},
            {"gcc": ["A u x", "B v x", "C v x", "D v x"], "hdf5": ["C v x", "A v x"]},
            "new: stacks C, B (+1), os v (5 cells)",
        ),
        # What took the place of something is told with that.
        ({"gcc": ["A u x"]}, {"gcc": ["A v x", "B u x"]}, "new: stack B (1 cell)"),
        ({"gcc": ["A u x", "B u x"], "hdf5": ["A u x"]}, {"gcc": ["B v x", "A u x"], "hdf5": ["A u x"]}, ""),
        ({"gcc": ["A u x"]}, {"gcc": ["A u x"], "hdf5": ["A u x"]}, ""),
    ],
)
def test_what_is_new_is_said_first(old: dict[str, list[str]], new: dict[str, list[str]], said: str) -> None:
    """Notes are only counted, and who adds a stack looks for it."""
    report = evaluate(compare_maps(old, new))
    assert name_appeared(report, RULE_TEXTS) == said
    for format in ("text", "markdown"):
        leading = render(report, format).replace("`", "").partition("specs ")[0]
        assert said in " ".join(leading.split())
        assert ("new: " in leading) == bool(said)
    assert said in render(report, "html").partition("</header>")[0]
    log = render(report, "github").splitlines()
    assert [line for line in log if line.startswith("new: ")] == ([said] if said else [])


@pytest.mark.parametrize(("count", "said"), [(9, ""), (10, "10 packages of stack ml-cuda lost +cuda cuda_arch=70")])
def test_a_gpu_that_many_packages_of_a_stack_lost_is_said_in_a_line(count: int, said: str) -> None:
    """The stack keeps its cells, so that no cause tells it: it was told package by package."""
    sides = [
        snapshot_of(
            {
                f"p{number:02}": [an_entry(side * 100 + number, stacks=["ml-cuda"], variants=variants)]
                for number in range(count)
            }
        )
        for side, variants in enumerate((["+cuda", "cuda_arch=70,90"], ["+cuda", "cuda_arch=90"]))
    ]
    report = evaluate(compare(*sides))
    assert name_alike(report, RULE_TEXTS) == said
    for format in ("text", "markdown", "html"):
        assert said in render(report, format).replace("`", "")


@pytest.mark.parametrize(("count", "said"), [(9, ""), (10, "10 packages lost stack hep")])
def test_a_stack_that_many_packages_lost_and_others_keep_is_said_in_a_line(count: int, said: str) -> None:
    kept = {"zlib": [an_entry(999, stacks=["e4s", "hep"])]}
    sides = [
        snapshot_of({f"p{number:02}": [an_entry(number, stacks=stacks)] for number in range(count)} | kept)
        for stacks in (["e4s", "hep"], ["e4s"])
    ]
    assert name_alike(evaluate(compare(*sides)), RULE_TEXTS) == said


def test_what_a_cause_of_many_packages_explains_is_said_by_that_alone() -> None:
    """Each package lost the os with the stack, and others keep the os."""
    entry = an_entry(1, stacks=["hep"], os="rhel8")
    other = an_entry(2, stacks=["e4s"], os="centos7")
    kept = {"zlib": [an_entry(999, stacks=["e4s"], os="rhel8")]}
    sides = [snapshot_of({f"p{number:02}": specs for number in range(10)} | kept) for specs in ([entry, other], [other])]
    report = evaluate(compare(*sides))
    assert [cause.id for cause in report.causes] == ["stack=hep"]
    assert name_alike(report, RULE_TEXTS) == ""


@pytest.mark.parametrize(("count", "said"), [(9, ""), (10, "10 packages go from gcc@11.4.0 to gcc@12.1.0")])
def test_what_many_packages_do_alike_is_said_in_a_line(count: int, said: str) -> None:
    """Where the compiler is new everywhere, a thousand notes say it one by one, and are only counted."""
    sides = [
        snapshot_of({f"p{number:02}": [an_entry(side * 100 + number, compiler=compiler)] for number in range(count)})
        for side, compiler in enumerate(("gcc@11.4.0", "gcc@12.1.0"))
    ]
    report = evaluate(compare(*sides))
    assert name_turns(report, RULE_TEXTS) == said
    for format in ("text", "markdown"):
        leading = render(report, format).replace("`", "").partition("specs ")[0]
        assert (" packages go " in leading, said in leading) == (bool(said), True)
    assert said in render(report, "html").partition("</header>")[0]


def test_another_name_is_not_told_as_new() -> None:
    places = [f"A u t{number}" for number in range(9)]
    old = {name: [*places, "K u x"] for name in ("gcc", "hdf5")}
    new = {name: [place.replace("A", "A2") for place in places] + ["K u x"] for name in ("gcc", "hdf5")}
    report = evaluate(compare_maps(old, new))
    assert "probably renamed: stack A → A2\n" in render(report, "text")
    assert name_appeared(report, RULE_TEXTS) == ""
    new["gcc"].append("B u x")
    comment = render(evaluate(compare_maps(old, new)), "markdown")
    assert "**new: stack `B` (1 cell)**" in comment
    assert "**probably renamed: stack `A` → `A2`**\n\n<details><summary>if so, the policy says</summary>" in comment


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"gcc": ["A u x"]}, {"gcc": ["A v x"]}, "os u gives way to v (1 cell of 1 package moved)"),
        (
            {"gcc": ["A u x", "B w x", "C t x"], "hdf5": ["A u x"]},
            {"gcc": ["A v x", "B y x", "C z x"], "hdf5": ["A v x"]},
            "os u gives way to v (2 cells of 2 packages moved); os t gives way to z (1 cell of 1 package moved); and 1 more",
        ),
        (
            {"gcc": ["A u zen4", "A u x86_64_v3"]},
            {"gcc": ["A u x86_64_v3"]},
            "target zen4 gives way to x86_64_v3 (1 cell of 1 package moved)",
        ),
        (
            {"gcc": ["A u x", "B u x"], "hdf5": ["A u x", "B u x"]},
            {"gcc": ["A v x", "B v x"], "hdf5": ["A v x"]},
            "os u gives way to v (2 cells of 1 package moved)",
        ),
        (
            {"gcc": ["A u x", "B u x"], "hdf5": ["A u x", "B u x"]},
            {"gcc": ["A v x", "B u x"], "hdf5": ["A v x", "B u x"]},
            "2 packages go from os u to v",
        ),
        ({"gcc": ["A u x", "B w x"]}, {"gcc": ["A u x"]}, ""),
    ],
)
def test_what_gave_way_is_said_first(old: dict[str, list[str]], new: dict[str, list[str]], said: str) -> None:
    """The cause of such cells names only what went: what came is said in every report for people, before the numbers."""
    report = evaluate(compare_maps(old, new))
    assert name_moved(report, RULE_TEXTS) == said
    for format in ("text", "markdown"):
        leading = render(report, format).replace("`", "").partition("specs ")[0]
        assert said in " ".join(leading.split())
    assert said in render(report, "github")
    assert said in render(report, "html").partition("</header>")[0]


def test_specs_that_went_with_stacks_are_left_to_causes() -> None:
    """A row shows the specs that it is about; those of which all news is that their stack is gone are counted."""
    old = {name: [an_entry(1, version="1.0", stacks=["A", "B"])] for name in ("gcc", "zlib")}
    old["gcc"] += [
        an_entry(2, version="2.0", stacks=["A"], variants=["+mpi"]),
        an_entry(3, variants=["+native"], stacks=["B"], os="rhel8"),
    ]
    new = {name: [an_entry(1, version="1.0", stacks=["B"])] for name in ("gcc", "zlib")}
    new["gcc"] += [an_entry(3, variants=["~native"], stacks=["B"], os="rhel8")]
    report = evaluate(compare(snapshot_of(old), snapshot_of(new)))
    text = render(report, "text")
    assert "    +native → ~native\n  and 2 more specs (-v lists them)\n" in text
    assert "stack-gone" not in text
    assert "stack-gone" in render(report, "text", VERBOSE)


def test_many_causes_leave_no_room_for_specs() -> None:
    """Where the causes fill a screen, rows only count their specs."""
    places = [f"stack-{number:02} u x" for number in range(20)]
    old = {name: [*places, "kept u x", "kept v x"] for name in ("gcc", "hdf5")}
    text = render(evaluate(compare_maps(old, {"gcc": ["kept u x"], "hdf5": ["kept u x", "kept v x"]})), "text")
    assert "error gcc: 22 → 1 spec, 21 cells lost\n  os-dropped        v\n  21 specs (-v lists them)\n" in text


def test_nothing_lost_has_no_causes() -> None:
    """A report without a lost cell does not speak of causes."""
    report = evaluate(compare_maps({"gcc": ["A u x"]}, {"gcc": ["A u x", "B u x"]}))
    assert "cause" not in render(report, "text") + render(report, "markdown")


def test_removed_orphans_are_told() -> None:
    """A removed package without a cell is said to be gone, though no cell is lost."""
    report = evaluate(compare_maps({"gcc": [], "hdf5": ["A u x"]}, {"hdf5": ["A u x"]}))
    assert "; package gcc\n" in render(report, "text")
    assert causes_of(report, "warning")["package-removed gcc"] == "package=gcc"


def test_fates_are_told() -> None:
    """What became of a removed spec is said of it, unless it is just lost."""
    old = [
        an_entry(1, version="1.0", variants=["+mpi"]),
        an_entry(2, version="1.1", variants=["+mpi"]),
        an_entry(3, os="rhel8"),
    ]
    new = [an_entry(4, version="2.0", variants=["+mpi"])]
    report = evaluate(compare(snapshot_of({"hdf5": old}), snapshot_of({"hdf5": new})))
    assert [change.became for package in report.packages for change in package.changes] == ["lost", "superseded", None]
    assert "(e4s): superseded " in " ".join(render(report, "text").split())
    assert " in `e4s`: superseded\n" in render(report, "markdown")
    assert ": lost" not in render(report, "text") + render(report, "markdown")


@pytest.mark.parametrize("diff", ["week", "gasnet-2024", "stump"])
def test_json_keeps_everything(diff: str) -> None:
    """The JSON report is as the schema says, with every finding that people are not told."""
    report = evaluate(STUMP) if diff == "stump" else real_report(diff)
    value = json.loads(render(report, "json"))
    value["old"]["digest"] = value["new"]["digest"] = "sha256:" + "0" * 64
    assert [error.message for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(value)] == []
    assert len(value["findings"]) == len(report.findings)


def real_report(case: str) -> Report:
    """Return the report on a real pair of snapshots."""
    return evaluate(compare(read_snapshot(str(REAL / case / "old")), read_snapshot(str(REAL / case / "new"))))


def causes_of(report: Report, severity: str) -> dict[str, str | None]:
    """Return the cause of each finding of one severity, by its rule and subject."""
    return {
        " ".join([finding.rule, *filter(None, astuple(finding.subject))]): finding.cause
        for finding in report.findings
        if finding.severity == severity
    }


def test_of_some_packages_nothing_is_known_of_all() -> None:
    """What a few packages lost may still be there for others: with --package nothing but the package explains."""
    old, new = (read_snapshot(str(REAL / "week" / side)) for side in ("old", "new"))
    part, whole = (evaluate(compare(old, new, selection=Selection(package=package))) for package in ("gcc", "*"))
    assert [cause.id for cause in part.causes] == [cause.id for cause in whole.causes]
    (gcc,) = [one for one in whole.packages if one.package == "gcc"]
    assert part.packages == (gcc,)
    assert [cell.became for cell in gcc.cells.lost] == ["lost", "lost"]


def test_of_many_causes_it_is_said_what_they_are() -> None:
    """As of 58 packages where 1,200 were: that each is gone by itself is the news."""

    def a_cause(number: int, *facts: str) -> Cause:
        predicate = {fact: f"{fact}-{number}" for fact in facts}
        return Cause(f"{facts}{number}", "cells", predicate, 2, 1, ("zlib",))

    packages = [a_cause(number, "package") for number in range(5)]
    said = "explain 10 of 10 lost cells"
    assert sum_up_causes(a_report(causes=tuple(packages))) == f"5 causes {said}"
    others = [a_cause(5, "os"), a_cause(6, "os"), a_cause(7, "os", "target"), a_cause(8, "**shout**")]
    assert sum_up_causes(a_report(causes=(*packages, *others))) == (
        "9 causes explain 18 of 18 lost cells: 5 packages, 2 oses, 1 os & target, 1 other"
    )
