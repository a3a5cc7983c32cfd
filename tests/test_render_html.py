"""The HTML page, read back with the HTML standard's parser: what it says, and that no text can make it say anything else."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings

from cachediff import render
from cachediff.domain.cell import Cell
from cachediff.domain.problem import Excerpt
from cachediff.domain.report import Cause, CellCount, Report, ReportedChange
from cachediff.domain.spec import FieldChange
from cachediff.library import tell_rules
from cachediff.render.html import list_causes, list_mpis, point_out, render_html
from cachediff.render.html_data import escape_json
from cachediff.render.html_map import lay_out
from cachediff.render.options import DEFAULT_OPTIONS
from tests.builders import a_hash
from tests.examples import examples
from tests.html_pages import find, read, text_of
from tests.html_reports import COVERAGE, everything, many_findings
from tests.render_cases import CASES, replace_text, the_report
from tests.reports import a_finding, a_package, a_report, a_reported_spec, hostile_reports, hostile_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from cachediff.domain.diff import Outcome

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = files("cachediff.render") / "templates"
REPORTS: dict[str, Callable[[], Report]] = {
    **{case: lambda case=case: the_report(case) for case in CASES},  # type: ignore[misc]
    "everything": everything,
    "nothing": a_report,
    "one snapshot": lambda: a_report([a_finding("page-misplaced", package="gcc")], old=None),
}


def show(report: Report) -> str:
    """Return the page of a report."""
    return render_html(report, tell_rules(DEFAULT_OPTIONS))


def data_of(tree: Element) -> Any:
    """Return what the script works on."""
    return json.loads(find(tree, "data").text or "")


def skeleton(tree: Element) -> Counter[tuple[str, ...]]:
    """Return how often each element with its attributes' names is there. Where a long name may break is left to its text."""
    return Counter((str(element.tag), *sorted(element.attrib)) for element in tree.iter() if element.tag != "wbr")


# --- what it says ------------------------------------------------------------------------------------------------------


def without_ours(page: str) -> str:
    """Return a page without its style, its script, their digests and its data: what the template makes of the report."""
    page = re.sub(r"sha256-[\w+/=]+", "sha256-…", page)
    return re.sub(
        r"(<style>|<script>|<script type=\"application/json\" id=\"data\">).*?(</)", r"\1…\2", page, flags=re.DOTALL
    )


@pytest.mark.parametrize("case", [*CASES, "everything"])
def test_golden(case: str, golden: Callable[[str, Path], None]) -> None:
    report = everything() if case == "everything" else the_report(case)
    golden(without_ours(show(msgspec.structs.replace(report, cachediff="VERSION"))), GOLDEN / f"{case}.html")


def test_same_report_same_bytes() -> None:
    assert render(the_report("week"), "html") == show(the_report("week")) == show(the_report("week"))


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_is_valid_and_says_the_verdict_first(name: str) -> None:
    report = REPORTS[name]()
    tree = read(show(report), is_strict=True)
    (first,) = tree.iter("h1")
    text = text_of(first)
    assert text.startswith(f"{report.verdict} ")
    assert render(report, "markdown").splitlines()[0].endswith(text.replace(" ", ": ", 1))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_tells_the_numbers_of_the_report(name: str) -> None:
    report = REPORTS[name]()
    tree = read(show(report))
    counts = report.summary.findings
    said = [f"{counts.error:,} error", f"{counts.warning:,} warning", f"{counts.note:,} note", f"{counts.accepted} accepted"]
    assert [part.rstrip("s") for part in text_of(find(tree, "count")).split(", ")] == said
    if report.old:
        (table,) = [element for element in tree.iter("table") if element.get("class") == "numbers"]
        rows = {row[0].text: [text_of(cell) for cell in row[1:3]] for row in table.find("tbody") or ()}
        assert rows == {
            "packages": [f"{report.old.packages:,}", f"{report.new.packages:,}"],
            "specs": [f"{report.old.specs:,}", f"{report.new.specs:,}"],
            "cells": [f"{report.summary.cells.old:,}", f"{report.summary.cells.new:,}"],
        }


def test_without_a_script_the_page_tells_causes_problems_findings_acceptances_and_coverage() -> None:
    tree = read(show(everything()))
    text = text_of(tree)
    for said in (
        "2 causes explain 3 of 3 lost cells",
        "target neoverse_v2 gcc, zlib 2 2",
        "1 page cannot be trusted, and not compared error py-pip spec hash is not a Spack hash new/py-pip/specs.md:6:2997",
        'expected 32 characters from a-z and 2-7, found "EY2Q3XMN"',
        "e4s 2→0 lost 1,200→1,199 −3 +2",
        "error emacs 0 → 0 specs, 1 cell lost cell-dropped emacs is gone from e4s",
        "os-dropped gcc has no spec for os centos7 any more runners retired @spack/ci 2025-06-01",
        "cachediff old new",
    ):
        assert said in text, said
    assert "folded" not in text_of(find(tree, "rows"))
    assert all(
        element.get("hidden") is not None for element in tree.iter() if element.get("id") in ("filters", "theme", "tip")
    )


def test_what_there_is_no_room_for_is_counted() -> None:
    tree = read(show(many_findings(2_000)))
    body = find(tree, "rows").find("tbody")
    assert body is not None
    assert len(body) == 50
    assert text_of(find(tree, "more")) == "and 750 more rows"
    assert len(data_of(tree)["findings"]) == 2_000


# --- its parts ---------------------------------------------------------------------------------------------------------


def test_the_map_tells_the_state_of_each_place() -> None:
    found = lay_out(COVERAGE)
    assert [(group.os, [column.target for column in group.columns]) for group in found.groups] == [
        ("sequoia", ["aarch64"]),
        ("centos7", ["x86_64_v3"]),
        ("ubuntu22.04", ["neoverse_v2", "x86_64_v3"]),
    ]
    squares = {
        line.stack: [square and (square.state, square.change, square.is_notched) for square in line.squares]
        for line in found.lines
    }
    assert squares == {
        "ml": [("grown", "+2", False), None, None, None],
        "hep": [None, ("same", "−1 +1", True), None, None],
        "e4s": [None, None, ("lost", "lost", False), ("shrunk", "−3 +2", False)],
        "tutorial": [None, None, None, ("same", "", False)],
    }
    assert list(squares) == ["ml", "hep", "e4s", "tutorial"]
    assert (found.states, found.notched) == ({"lost": 1, "shrunk": 1, "same": 2, "grown": 1}, 1)


@pytest.mark.parametrize(
    ("old", "new", "lost", "gained", "expected"),
    [
        (0, 3, 0, 3, ("grown", "new", False)),
        (3, 4, 1, 2, ("grown", "−1 +2", True)),
        (3, 2, 1, 0, ("shrunk", "−1", False)),
        (1_000, 0, 1_000, 0, ("lost", "lost", False)),
    ],
)
def test_a_square(old: int, new: int, lost: int, gained: int, expected: tuple[str, str, bool]) -> None:
    ((square,),) = [
        line.squares for line in lay_out((CellCount("e4s", "linux", "rhel8", "zen4", old, new, lost, gained),)).lines
    ]
    assert square
    assert (square.state, square.change, square.is_notched) == expected


def test_a_map_of_nothing_has_no_lines() -> None:
    assert lay_out(()).lines == ()
    assert "No package is in any stack." in show(a_report())


def test_a_map_that_nobody_can_read_is_not_drawn() -> None:
    coverage = tuple(CellCount(f"stack-{n}", "linux", f"os-{n}", "zen4", 1, n % 2, 1 - n % 2, 0) for n in range(400))
    found = lay_out(coverage)
    assert (found.groups, found.lines, found.too_large) == ((), (), (400, 400))
    assert (found.states["lost"], found.states["same"]) == (200, 200)
    page = show(msgspec.structs.replace(everything(), coverage=coverage))
    assert "A map of 400 stacks and 400 oses with their targets is too large to draw." in page
    assert lay_out(coverage[:300]).too_large is None


def test_the_places_of_the_map_are_those_of_the_coverage() -> None:
    report = the_report("week")
    tree = read(show(report))
    for cell in find(tree, "map").iter("td"):
        if index := cell.get("data-place"):
            place = report.coverage[int(index)]
            assert text_of(cell) == (
                f"{place.new:,}" if place.old == place.new else f"{place.old:,}→{place.new:,} −{place.lost}"
            )


def test_a_cause_is_one_row_whatever_it_explains() -> None:
    e4s = {"stack": "e4s"}
    causes = (
        Cause("stack=e4s", "cells", e4s, 3, 2, ("gcc",)),
        Cause("os=rhel8", "cells", {"os": "rhel8"}, 1, 1, ()),
        Cause("package=ada", "packages", {"package": "ada"}, 0, 1, ("ada",)),
        Cause("stack=e4s", "packages", e4s, 3, 2, ("gcc",)),
        Cause("mpi=openmpi", "facets", {"mpi": "openmpi"}, 0, 2, ("hdf5",), 3),
    )
    report = everything()
    rows = list_causes(msgspec.structs.replace(report, causes=causes))
    assert [(row.cause.id, row.lost, row.removed, row.share, row.index) for row in rows] == [
        ("stack=e4s", 3, 2, 100, 0),
        ("os=rhel8", 1, 0, 33, 1),
        ("package=ada", 0, 1, 0, 2),
    ]
    mpis = list_mpis(msgspec.structs.replace(report, causes=causes))
    assert [(row.cause.id, row.lost, row.share, row.index) for row in mpis] == [("mpi=openmpi", 3, 75, 4)]


def rebuilds_of(report: Report) -> str:
    """Return what a page says of why hashes are new, empty where it has no such section."""
    sections = [
        element
        for element in read(show(report)).iter("section")
        if any(inner.get("id") == "rebuilds" for inner in element.iter())
    ]
    return text_of(sections[0]) if sections else ""


def test_why_hashes_are_new_is_told_with_facts_and_chains() -> None:
    text = rebuilds_of(everything())
    for said in (
        "why hashes are new 72 of 75 hashes are new: 9 with another recipe, 1,000 through dependencies",
        "80 records new to the index: 11 self-changed (differing by themselves), 1 rewired",
        "1 origin (nothing below is new). A cause",
        "No cause is known of 2 of the hashes.",
        "70 3 gcc@12.2.0, external at /usr path /usr/lib/old → /usr, its recipe changed /",
        "external path /usr/lib/old /usr recipe its recipe changed self-changed, origin",
        "perl@12.2.0 flags none → cflags=-O2, its recipe changed, depends on less now",
        "dependency less none build,run flags none cflags=-O2 recipe its recipe changed",
        "emacs/abcdefg others between git/bcdefgh perl/cdefghi self-changed",
        f"hwloc@12.2.0 was built with cuda /{a_hash(1)[:7]}, now /{a_hash(2)[:7]}",
        f"dependency cuda /{a_hash(1)} /{a_hash(2)} Nothing new depends on it. rewired",
        f"less@12.2.0 new old has nothing like it: /{a_hash(1_040)}",
        "2 more causes",
        "and 2 more causes, none of which reaches more than 4",
    ):
        assert said in text, said
    # A recipe's hash tells nobody anything.
    assert "r" * 52 not in text
    places = [text.index(name) for name in ("gcc@", "perl@", "hwloc@", "less@", "py-0@", "py-5@")]
    assert places == sorted(places)


def test_why_hashes_are_new_is_no_section_where_none_is_or_nothing_is_known() -> None:
    report = everything()
    rebuilds = report.rebuilds
    assert rebuilds
    assert rebuilds_of(report)
    assert not rebuilds_of(msgspec.structs.replace(report, rebuilds=None))
    assert not rebuilds_of(msgspec.structs.replace(report, rebuilds=msgspec.structs.replace(rebuilds, fresh=0)))


def test_what_somebody_elses_report_says_of_rebuilds_is_bounded() -> None:
    report = everything()
    assert report.rebuilds
    fields = tuple(FieldChange(f"variants.{number}", "+x", "~x") for number in range(2_000))
    chain = tuple(f"gcc/{number:05}" for number in range(2_000))
    cause = msgspec.structs.replace(report.rebuilds.causes[0], fields=fields, chain=chain)
    rebuilds = msgspec.structs.replace(report.rebuilds, causes=(cause,) * 200, self_changed=500, rewired=0)
    page = show(msgspec.structs.replace(report, rebuilds=rebuilds))
    assert len(page) < 3_000_000
    text = rebuilds_of(msgspec.structs.replace(report, rebuilds=rebuilds))
    assert text.count("and 1,950 more facts") == 100
    assert "and 400 more causes, none of which reaches more than 70" in text
    assert text.count("gcc/00000") == text.count("others between") == text.count("gcc/01999") == 100


def test_cells_that_nobody_needs_or_that_cannot_be_installed_are_told_apart() -> None:
    text = text_of(read(show(everything())))
    assert "3 lost (1 no longer needed), 1 gained, 2 blocked (not installable)" in text


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (("lost", "lost"), "2 cells lost"),
        (("unneeded", "lost"), "2 cells lost (1 no longer needed)"),
        (("unneeded", "unneeded"), "2 cells lost (no longer needed)"),
        (("unwanted", "lost"), "2 cells lost (1 no longer wanted)"),
    ],
)
def test_a_row_tells_how_many_of_its_cells_nobody_needs(outcomes: tuple[Outcome, ...], said: str) -> None:
    lost = [(Cell("e4s", "linux", "rhel8", str(place)), became) for place, became in enumerate(outcomes)]
    report = a_report([a_finding("dependency-dropped", "warning", package="gperf")], [a_package("gperf", lost=lost)])
    assert text_of(find(read(show(report)), "rows")).split(", ")[1].startswith(f"{said} dependency-dropped")


def test_carets_stand_below_what_is_shown() -> None:
    pointed = point_out(Excerpt("a\tb\u202ecd", 2, 2))
    assert pointed.before + pointed.marked + pointed.after == "a\\tb\\u202ecd"
    assert pointed.carets == " " * len("a\\t") + "^" * len("b\\u202e")


def test_the_data_says_everything_that_the_report_says_of_packages() -> None:
    report = the_report("week")
    data = data_of(read(show(report)))
    for shipped, package in zip(data["packages"], report.packages, strict=True):
        assert [data["places"][place] | {"became": became} for place, became in shipped["lost"]] == [
            {name: getattr(lost, name) for name in ("stack", "platform", "os", "target", "became")}
            for lost in package.cells.lost
        ]
        for (kind, old, new, fields, became, facts), change in zip(shipped["changes"], package.changes, strict=True):
            assert (kind, fields, became, facts) == (
                change.kind,
                [field.field for field in change.fields],
                change.became,
                [],
            )
            for side, spec in ((old, change.old), (new, change.new)):
                assert (side is None) == (spec is None)
                if side and spec:
                    body = data["bodies"][side[0]]
                    assert side[1] == spec.hash[:7]
                    assert body == {
                        name: value for name, value in json.loads(msgspec.json.encode(spec)).items() if name in body
                    }


def test_the_data_has_what_differs_in_a_pair_and_no_body_shows() -> None:
    old, new = a_reported_spec(1), a_reported_spec(2)
    fields = (
        FieldChange("dependencies.zlib", None, "/abc build"),
        FieldChange("flags", None, "cflags=-O2"),
        FieldChange("namespace", "builtin", "local"),
        FieldChange("package_hash", "a", "b"),
        FieldChange("providers.mpi", "openmpi", "mpich"),
        FieldChange("stacks", "e4s", "hep"),
        FieldChange("variants.mpi", "~mpi", "+mpi"),
        FieldChange("version", "1", "2"),
    )
    change = ReportedChange("changed", old, new, fields)
    (package,) = data_of(read(show(a_report([], [a_package("gcc", changes=[change])]))))["packages"]
    assert package["changes"][0][5] == [
        ["dependency zlib", "none", "/abc build"],
        ["flags", "none", "cflags=-O2"],
        ["namespace", "builtin", "local"],
        ["recipe", "a", "b"],
        ["mpi provider", "openmpi", "mpich"],
    ]


# --- safety ------------------------------------------------------------------------------------------------------------


def test_the_policy_names_exactly_the_pages_own_script_and_style() -> None:
    page = show(the_report("week"))
    tree = read(page)
    (policy,) = [
        str(meta.get("content")) for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for directive, tag in (("script-src", "script"), ("style-src", "style")):
        (text,) = [element.text or "" for element in tree.iter(tag) if element.get("type") is None]
        assert allowed[directive] == f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    assert (allowed["default-src"], allowed["trusted-types"]) == ("'none'", "'none'")


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_loads_nothing(name: str) -> None:
    for element in read(show(REPORTS[name]())).iter():
        for attribute in ("src", "srcset", "action", "formaction", "style", "onclick", "onload", "onerror"):
            assert element.get(attribute) is None
        assert str(element.get("href") or "#").startswith(("#", "data:image/svg+xml,"))


def test_the_script_makes_text_and_never_markup() -> None:
    script = (TEMPLATES / "explorer.js").read_text(encoding="utf-8")
    ways = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "setHTML",
        "DOMParser",
        "fetch(",
        "import(",
    )
    assert not [way for way in ways if way in script]
    assert len(script.splitlines()) < 500


def test_the_template_declares_nothing_safe() -> None:
    for path in (path for path in TEMPLATES.iterdir() if path.name.endswith(".html")):
        assert not re.search(r"\|\s*safe|{%\s*autoescape|Markup", path.read_text(encoding="utf-8"))
    template = (TEMPLATES / "explorer.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>{{ (\w+) }}|<style>{{ (\w+) }}", template) == [
        ("", "style"),
        ("data", ""),
        ("script", ""),
    ]


def harmless(report: Report) -> Report:
    """Return a report with a plain word in place of each text, the same one for the same text."""
    words: dict[str, str] = {}
    plain = replace_text(
        msgspec.to_builtins(report), lambda text: words.setdefault(text, f"word{len(words)}") if text else text
    )
    return msgspec.convert(plain, Report)


@given(hostile_reports())
@settings(deadline=None)
def test_no_element_or_attribute_comes_from_the_data(report: Report) -> None:
    tree = read(show(report))
    assert skeleton(tree) == skeleton(read(show(harmless(report))))
    data = data_of(tree)
    assert [finding["message"] for finding in data["findings"]] == [finding.message for finding in report.findings]
    assert [package["package"] for package in data["packages"]] == [package.package for package in report.packages]


def test_hostile_names_everywhere_change_nothing_but_text() -> None:
    report = the_report("hostile")
    assert skeleton(read(show(report), is_strict=True)) == skeleton(read(show(harmless(report))))


@given(hostile_text)
@settings(max_examples=examples(30), deadline=None)
def test_text_is_seen_as_it_is_in_every_place(text: str) -> None:
    report = the_report("passing")
    changed = msgspec.structs.replace(report, new=msgspec.structs.replace(report.new, source=f"x{text}x"))
    (command,) = [element for element in read(show(changed)).iter("p") if element.get("class") == "command"]
    assert "".join(command.itertext()).isprintable()


@given(hostile_text)
def test_escaped_json_means_the_same(text: str) -> None:
    written = escape_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert written.isascii()
    assert written.isprintable()
    assert not set(written) & set("<>&")
