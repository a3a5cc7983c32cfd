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
from cachediff.render.html import list_causes, list_mpis, load_script, point_out, render_html, sum_up_rows
from cachediff.render.html_data import escape_json
from cachediff.render.html_map import lay_out
from cachediff.render.options import DEFAULT_OPTIONS, Links, Options
from tests.builders import a_hash
from tests.commands import WEEK, run
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
        (body,) = table.iter("tbody")
        rows = {row[0].text: [text_of(cell) for cell in row[1:3]] for row in body}
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


@pytest.mark.slow
@pytest.mark.parametrize("name", REPORTS)
def test_the_contents_lead_to_each_section(name: str) -> None:
    tree = read(show(REPORTS[name]()))
    (contents,) = tree.iter("nav")
    assert [link.get("href") for link in contents.iter("a")] == [f"#{heading.get('id')}" for heading in tree.iter("h2")]


def test_the_contents_count_what_a_section_lists() -> None:
    (contents,) = read(show(everything())).iter("nav")
    assert text_of(contents) == (
        "causes lost MPIs numbers reproduce not trusted 1 why hashes are new coverage map findings 4 accepted 1"
    )


def test_the_page_leads_to_the_run_that_made_it_where_that_is_known() -> None:
    report = the_report("week")
    url = "https://ci.example/runs/7"
    for links, expected in (
        (Links(url, f"{url}#artifacts"), {"the run that made this": url, "its reports": f"{url}#artifacts"}),
        (Links(url), {"the run that made this": url}),
        (Links(), {}),
    ):
        tree = read(render(report, "html", Options(links=links)), is_strict=True)
        away = [link for link in tree.iter("a") if not str(link.get("href")).startswith("#")]
        assert {text_of(link): link.get("href") for link in away} == expected
        assert all(link.get("rel") == "noopener" for link in away)


@pytest.mark.slow
def test_the_command_learns_of_the_run_and_makes_the_same_page_without_one(tmp_path: Path) -> None:
    pages = {}
    nowhere, url = {"GITHUB_ACTIONS": "", "GITLAB_CI": ""}, "https://gitlab.example/spack/cache/-/pipelines/7"
    for name, environment in (
        ("none", nowhere),
        ("again", nowhere),
        ("gitlab", nowhere | {"GITLAB_CI": "true", "CI_PIPELINE_URL": url}),
    ):
        path = tmp_path / name
        assert run(*WEEK, "-r", f"html={path}", env=environment).returncode == 1
        pages[name] = path.read_text(encoding="utf-8")
    assert pages["none"] == pages["again"]
    assert url not in pages["none"]
    assert url in [link.get("href") for link in read(pages["gitlab"]).iter("a")]


def test_what_there_is_no_room_for_is_counted() -> None:
    tree = read(show(many_findings(2_000)))
    body = find(tree, "rows").find("tbody")
    assert body is not None
    assert len(body) == 50
    assert text_of(find(tree, "more")) == "and 750 more rows"
    assert len(data_of(tree)["findings"]) == 2_000


def test_of_the_whole_snapshot_the_largest_loss_stands_first() -> None:
    findings = [
        a_finding("snapshot-shrunk", message="packages fell by 50%: 2 → 1"),
        a_finding("os-removed", message="os rhel8 is gone", os="rhel8", cells=2),
        a_finding("os-removed", message="os rhel9 is gone", os="rhel9", facets=5),
        a_finding("target-removed", message="target zen4 is gone", target="zen4", cells=1_000),
    ]
    assert text_of(find(read(show(a_report(findings))), "rows")) == (
        "severity package numbers findings error the whole snapshot snapshot-shrunk packages fell by 50%: 2 → 1 "
        "error the whole snapshot 1,000 cells lost target-removed target zen4 is gone "
        "error the whole snapshot 2 cells lost os-removed os rhel8 is gone "
        "error the whole snapshot 5 facets lost os-removed os rhel9 is gone"
    )


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


def a_place(stack: str, target: str = "zen4", old: int = 10, lost: int = 0, gained: int = 0) -> CellCount:
    """Return a place of the map."""
    return CellCount(stack, "linux", "rhel9", target, old, old - lost + gained, lost, gained)


@pytest.mark.slow
def test_a_map_that_nobody_can_read_is_not_drawn() -> None:
    grid = tuple(a_place(f"stack-{n % 1_001}", f"zen{n // 1_001}", 1, n % 2) for n in range(1_001 * 100))
    found = lay_out(grid)
    assert (found.groups, found.lines, found.stacks, found.too_large) == ((), (), (), (1_001, 100))
    assert (found.states["lost"], found.states["same"]) == (50_050, 50_050)
    assert lay_out(grid[:-1_001]).too_large is None
    diagonal = tuple(a_place(f"stack-{n}", f"zen{n}") for n in range(2_001))
    assert lay_out(diagonal).too_large == (2_001, 2_001)
    assert lay_out(diagonal[1:]).too_large is None
    page = show(msgspec.structs.replace(everything(), coverage=diagonal))
    assert "A map of 2,001 stacks and 2,001 oses with their targets is too large to draw." in page


def test_a_map_that_would_be_nearly_empty_is_a_list_of_stacks_what_lost_most_first() -> None:
    places = (
        *(a_place(f"stack-{n}", f"zen{n}", old=100) for n in range(6)),
        a_place("e4s", "zen1", old=80, lost=3, gained=23),
        a_place("e4s", "zen2", old=70, lost=70),
        a_place("hep", "zen3", old=1_000, lost=1),
    )
    found = lay_out(places)
    assert (found.groups, found.lines, found.too_large) == ((), (), None)
    assert [stack.stack for stack in found.stacks] == ["e4s", "hep", *(f"stack-{n}" for n in range(6))]
    assert [
        (place.square.count.target, place.square.change, place.kept, place.gained, place.lost)
        for stack in found.stacks[:3]
        for place in stack.places
    ] == [("zen1", "−3 +23", 77, 23, 10), ("zen2", "lost", 0, 0, 70), ("zen3", "−1", 999, 0, 10), ("zen0", "", 100, 0, 0)]
    assert [stack.index for stack in found.stacks[:3]] == [6, 8, 0]
    text = text_of(find(read(show(msgspec.structs.replace(everything(), coverage=places))), "map"))
    assert text.startswith(
        "stack os and target packages change e4s linux rhel9 zen1 80→100 −3 +23 linux rhel9 zen2 70→0 lost hep"
    )
    # One more place, and a quarter of the grid is filled.
    assert lay_out((*places, *(a_place("e4s", f"zen{n}") for n in (0, 3, 4)))).stacks == ()


def test_of_a_long_list_the_stacks_that_lost_least_unfold() -> None:
    coverage = tuple(a_place(f"stack-{n:02}", f"zen{n}", old=100, lost=n) for n in range(43))
    (more,) = find(read(show(msgspec.structs.replace(everything(), coverage=coverage))), "map").iter("details")
    assert text_of(more).startswith("3 more stacks stack os and target packages change stack-02 linux rhel9 zen2 100→98 −2")


def test_the_places_of_the_map_are_those_of_the_coverage() -> None:
    report = the_report("week")
    seen = 0
    for row in find(read(show(report)), "map").iter("tr"):
        cells = {
            cell.get("data-by"): report.coverage[int(cell.get("data-place", ""))] for cell in row if cell.get("data-by")
        }
        if place := cells.get("stack platform os target"):
            counts = f"{place.new:,}" if place.old == place.new else f"{place.old:,}→{place.new:,} −{place.lost}"
            assert text_of(row) == f"{place.stack} {place.platform} {place.os} {place.target} {counts}"
            seen += 1
    assert seen == len(report.coverage)


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
    # As many as the heading says.
    assert sum_up_rows(msgspec.structs.replace(report, causes=causes), rows) == (
        "2 causes explain 4 of 4 lost cells; 1 more explains packages that are gone"
    )
    assert sum_up_rows(msgspec.structs.replace(report, causes=causes[2:3]), rows[2:]) == (
        "1 cause explains packages that are gone"
    )
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


@pytest.mark.slow
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


def test_the_policy_names_exactly_the_pages_own_scripts_and_style() -> None:
    page = show(the_report("week"))
    tree = read(page)
    (policy,) = [
        str(meta.get("content")) for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for directive, tag in (("script-src", "script"), ("style-src", "style")):
        texts = [element.text or "" for element in tree.iter(tag) if element.get("type") is None]
        digests = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]
        assert sorted(allowed[directive].split(" ")) == sorted(digests)
    assert (allowed["default-src"], allowed["trusted-types"]) == ("'none'", "'none'")


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_loads_nothing(name: str) -> None:
    for element in read(show(REPORTS[name]())).iter():
        for attribute in ("src", "srcset", "action", "formaction", "style", "onclick", "onload", "onerror"):
            assert element.get(attribute) is None
        assert str(element.get("href") or "#").startswith(("#", "data:image/svg+xml,"))


def test_the_script_makes_text_and_never_markup() -> None:
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
    assert not [way for way in ways if way in load_script()]


def test_each_part_of_the_script_is_short_and_on_the_page() -> None:
    parts = [path.read_text(encoding="utf-8") for path in (TEMPLATES / "explorer").iterdir()]
    assert sorted("\n".join(parts).splitlines()) == sorted(load_script().splitlines())
    assert all(len(part.splitlines()) < 150 for part in parts)
    assert all(len(line) <= 140 for part in parts for line in part.splitlines())


def test_the_template_declares_nothing_safe() -> None:
    for path in (path for path in TEMPLATES.iterdir() if path.name.endswith(".html")):
        assert not re.search(r"\|\s*safe|{%\s*autoescape|Markup", path.read_text(encoding="utf-8"))
    template = (TEMPLATES / "explorer.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>{{ (\w+) }}|<style>{{ (\w+) }}", template) == [
        ("", "style"),
        ("theme", ""),
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
