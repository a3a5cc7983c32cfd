"""The annotations: what GitHub's runner makes of them, and that nothing from a page commands it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from cachediff import render
from cachediff.domain.finding import SEVERITIES
from cachediff.domain.problem import Location
from cachediff.library import RULE_TEXTS
from cachediff.render.causes import sum_up_causes
from cachediff.render.github import escape, escape_property
from cachediff.render.headline import headline
from cachediff.render.leading import list_leading
from cachediff.render.visible import MAX_PATH, make_visible
from tests.render_cases import the_report
from tests.reports import HOSTILE, a_finding, a_report, an_acceptance, hostile_reports, hostile_text
from tests.runner_commands import Command, parse_line, run_commands

if TYPE_CHECKING:
    from cachediff.domain.report import Report

KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def read(report: Report) -> list[Command]:
    """Return the commands that the runner reads in a report."""
    return list(run_commands(render(report, "github")))


# --- the port of the runner's parser -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("::error::text", Command("error", {}, "text")),
        (
            "  ::Warning file=a%2Cb%3Ac%25,line=6::50%25 of%0Ait",
            Command("Warning", {"file": "a,b:c%", "line": "6"}, "50% of\nit"),
        ),
        ("::notice title==x,empty=::", Command("notice", {"title": "x"}, "")),
        ("::error title=a=b::%250A", Command("error", {"title": "a=b"}, "%0A")),
        ("text ##[group]title", Command("group", {}, "title")),
        ("##[set-output name=a;b=c%3B]x%5D", Command("set-output", {"name": "a", "b": "c;"}, "x]")),
        ("text ::error::text", None),
        ("::error", None),
        ("::unknown::text", None),
        ("##[error", None),
        ("fail: errors in 1 package", None),
    ],
)
def test_the_port_reads_what_the_runner_reads(line: str, command: Command | None) -> None:
    assert parse_line(line) == command


def test_the_port_stops_and_goes_on() -> None:
    output = "::stop-commands::t0ken\n::error::no\n::T0KEN::\n::error::yes\r\n##[group]title"
    assert [command.name for command in run_commands(output)] == ["stop-commands", "error", "group"]


# --- the report --------------------------------------------------------------------------------------------------------


def test_the_real_week() -> None:
    commands = read(the_report("week"))
    assert [command.name for command in commands] == ["error"] * 2 + ["warning"] + ["notice"] * 3
    emacs = commands[2]
    assert emacs.message == "emacs disables native in 2 specs (centos7/x86_64_v3, rhel8/aarch64)"
    assert emacs.properties == {"title": "variant-disabled", "file": "week/new/emacs/specs.md", "line": "6"}


def test_the_verdict_is_the_last_line_and_plain_text() -> None:
    for case in ("week", "identical"):
        *_, last = render(the_report(case), "github").splitlines()
        assert last == headline(the_report(case))
        assert parse_line(last) is None


@pytest.mark.parametrize(("count", "shown", "last"), [(9, 9, ""), (10, 10, ""), (11, 10, "2 more errors: os-dropped 2")])
def test_at_most_ten_of_a_kind_and_the_tenth_counts_the_rest(count: int, shown: int, last: str) -> None:
    findings = [a_finding(message=f"gcc {number}", package=str(number)) for number in range(count)]
    commands = read(a_report([*findings, a_finding("spec-added", "note")]))
    errors = [command for command in commands if command.name == "error"]
    assert len(errors) == shown
    assert errors[0].message == "gcc 0"
    assert errors[-1] == (Command("error", {"title": "more errors"}, last) if last else errors[-1])
    assert [command.name for command in commands][shown:] == ["notice"]


def test_the_tenth_counts_by_rule() -> None:
    findings = [a_finding("stack-dropped", package=str(number)) for number in range(1_200)] + [a_finding(package="gcc")]
    assert read(a_report(findings))[-1].message == "1,192 more errors: stack-dropped 1,191, os-dropped 1"


def test_of_too_many_the_largest_losses_are_annotations() -> None:
    """What counts no loss keeps its place: a page that cannot be trusted stands before all that is lost."""
    wrong = a_finding("count-mismatch", message="zlib miscounts", package="zlib")
    lost = [
        a_finding("package-removed", message=f"{cells} lost", package=f"p{cells:02}", cells=cells) for cells in range(1, 15)
    ]
    told = [command.message for command in read(a_report([wrong, *lost]))]
    assert told == ["zlib miscounts", *(f"{cells} lost" for cells in range(14, 6, -1)), "6 more errors: package-removed 6"]


def test_accepted_and_subsumed_findings_are_no_annotations() -> None:
    findings = [a_finding(accepted=an_acceptance()), a_finding(package="gcc", subsumed_by="0" * 16)]
    report = a_report([*findings, a_finding("version-dropped", "warning", package="gcc")])
    assert [command.name for command in read(report)] == ["warning"]
    assert "1 accepted" in render(report, "github").splitlines()[-1]


def test_what_is_no_annotation_is_counted_in_plain_lines_above_the_verdict() -> None:
    lines = render(the_report("gasnet-2024"), "github").splitlines()
    assert lines[-4:-1] == [
        "gone: stack e4s (1 cell)",
        "1 cause explains 1 of 1 lost cell",
        "1 finding is told by those about the whole snapshot: stack-dropped 1",
    ]
    assert [parse_line(line) for line in lines[-4:]] == [None] * 4


def test_a_finding_about_the_whole_snapshot_has_no_file() -> None:
    assert read(a_report([a_finding("stack-removed", message="stack e4s is gone", stack="e4s")])) == [
        Command("error", {"title": "stack-removed"}, "stack e4s is gone")
    ]


@pytest.mark.parametrize(
    ("path", "line", "column", "properties"),
    [
        ("./new/a,b:c%/specs.md", 0, 0, {"file": "new/a,b:c%/specs.md"}),
        ("=x/specs.md", 6, 1, {"file": "./=x/specs.md", "line": "6"}),
        ("new/gcc/specs.md", 6, 2997, {"file": "new/gcc/specs.md", "line": "6", "col": "2997"}),
    ],
)
def test_a_place_is_read_back(path: str, line: int, column: int, properties: dict[str, str]) -> None:
    (command,) = read(a_report([a_finding(location=Location(path, line, column))]))
    assert command.properties == properties | {"title": "os-dropped"}


# --- hostile text ------------------------------------------------------------------------------------------------------


@given(hostile_reports())
def test_no_command_but_ours_and_messages_are_read_back(report: Report) -> None:
    text = render(report, "github")
    listed = [finding for finding in report.findings if finding.subsumed_by is None and finding.status == "open"]
    expected = [
        (KINDS[severity], finding.message) for severity in SEVERITIES for finding in listed if finding.severity == severity
    ]
    commands = list(run_commands(text))
    assert [(command.name, command.message) for command in commands] == [
        (kind, make_visible(message).replace("##[", "\\x23#[")) for kind, message in expected
    ]
    lines = text.splitlines()
    is_subsumed = any(finding.subsumed_by for finding in report.findings)
    plain = [*list_leading(report, RULE_TEXTS), sum_up_causes(report), *["subsumed"] * is_subsumed, "the verdict"]
    assert len(lines) == len(commands) + sum(map(bool, plain))
    assert all(line.isprintable() for line in lines)
    assert "##[" not in text
    assert not any(unicodedata.category(char) in ("Cc", "Cf") for line in lines for char in line)


@given(hostile_text)
def test_escapes_are_undone_by_the_runner(text: str) -> None:
    (command,) = run_commands(f"::error file={escape_property(text)},title=x::{escape(text)}")
    shown = make_visible(text, MAX_PATH).strip(" ")
    if not shown.startswith("=") and "##[" not in shown and shown == make_visible(text, MAX_PATH):
        assert command.properties.get("file", "") == shown
    assert set(command.properties) <= {"file", "title"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_piece_at_the_start_of_every_text_commands_nothing(text: str) -> None:
    finding = a_finding("os-dropped", message=text, package=text, location=Location(text, 1, 2))
    assert [command.name for command in read(a_report([finding]))] == ["error"]
