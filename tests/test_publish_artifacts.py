"""Artifacts that an attacker made.

What is no report is refused before anybody is asked, and a report full of markup is only text.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import cmarkgfm
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from cachediff import render
from cachediff.review.stored import read_report
from tests.commands import GASNET, run
from tests.examples import examples
from tests.forge.github import GithubServer
from tests.forge.publishing import publish
from tests.markdown_pages import TAGS, read
from tests.render_cases import the_report
from tests.reports import a_report, hostile_reports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cachediff.domain.report import Report

GOOD = json.dumps(json.loads(render(a_report(), "json")), indent=2)
MARKER = "<!-- cachediff: default -->"


def changed(**fields: object) -> str:
    """Return a report with some fields that are not what they should be."""
    return json.dumps(json.loads(GOOD) | fields)


def link(path: Path) -> None:
    """Make a link to a good report."""
    target = path.parent / "elsewhere.json"
    target.write_text(GOOD, encoding="utf-8")
    path.symlink_to(target)


def two_files(path: Path) -> None:
    """Make a directory with two reports, with names that are markup and commands."""
    path.mkdir()
    for name in ("report.json", "\n::error::x"):
        (path / name).write_text(GOOD, encoding="utf-8")


def hole(path: Path) -> None:
    """Make a file of 50 MB that takes no room on the disk."""
    path.touch()
    os.truncate(path, 50_000_000)


def link_in_directory(path: Path) -> None:
    """Make a directory with nothing but a link."""
    path.mkdir()
    (path / "report.json").symlink_to("/etc/passwd")


def directory_in_directory(path: Path) -> None:
    """Make a directory with nothing but another."""
    (path / "report.json").mkdir(parents=True)


ARTIFACTS: dict[str, tuple[str | Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "report artifact cannot be read: no such file or directory"),
    "link": (link, "report artifact cannot be read: a symbolic link"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "report artifact cannot be read: a symbolic link"),
    "link to a directory": (lambda path: path.symlink_to("."), "report artifact cannot be read: a symbolic link"),
    "link in a directory": (link_in_directory, "report artifact/report.json cannot be read: a symbolic link"),
    "pipe": (os.mkfifo, "report artifact cannot be read: a named pipe"),
    "empty directory": (lambda path: path.mkdir(), "artifact holds 0 files, not one report"),
    "two files": (two_files, "artifact holds 2 files, not one report: "),
    "directory in a directory": (directory_in_directory, "report artifact/report.json cannot be read: a directory"),
    "50 MB": (lambda path: path.write_text(GOOD + " " * 50_000_000), "bytes, more than 8,388,608"),
    "50 MB of nothing": (hole, "50,000,000 bytes, more than 8,388,608"),
    "empty": ("", "artifact is not a JSON report: "),
    "not JSON": ("#!/bin/sh", "artifact is not a JSON report: "),
    "cut off": (GOOD[:-40], "artifact is not a JSON report: "),
    "no report": ("{}", "artifact is not a JSON report of cachediff"),
    "list": ("[]", "artifact is not a JSON report of cachediff"),
    "of tomorrow": (changed(format_version=2), "artifact is of format version 2; this version reads format version 1"),
    "a version of 50 digits": (changed(format_version=10**50), "this version reads format version 1"),
    "deep": ("[" * 1_000_000, "artifact is not a JSON report: "),
    "deep in a report": (GOOD.replace('"pass"', "[" * 5_000 + "]" * 5_000), "artifact is not a JSON report: "),
    "wrong word": (
        changed(verdict="<script>"),
        'artifact is not a JSON report: "<script>" is not one of "pass" or "fail" at /verdict',
    ),
    "wrong type": (changed(summary=[]), "is not of type "),
    "field too many": (changed(x=1), "at the top"),
    "field too few": (GOOD.replace('"fail_on"', '"fail-on"'), "artifact is not a JSON report: "),
    "negative count": (GOOD.replace('"packages": 7', '"packages": -7', 1), "artifact is not a JSON report: "),
    "count of 5,000 digits": (
        GOOD.replace('"packages": 7', f'"packages": {"7" * 5_000}', 1),
        "artifact is not a JSON report: ",
    ),
    "count of a half": (GOOD.replace('"packages": 7', '"packages": 7.5', 1), "artifact is not a JSON report: "),
    "digest of something else": (GOOD.replace("sha256:0", "sha256:x", 1), "artifact is not a JSON report: "),
    "not UTF-8": ("\udcff" + GOOD, "artifact is not a JSON report: "),
    "lone surrogate": (GOOD.replace('"develop-2025-03-23"', '"\\ud800"', 1), "artifact is not a JSON report: "),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ARTIFACTS)
def test_refused_with_a_message_and_without_a_comment(name: str, tmp_path: Path) -> None:
    made, message = ARTIFACTS[name]
    path = tmp_path / "artifact"
    if isinstance(made, str):
        path.write_bytes(made.encode("utf-8", "surrogateescape"))
    else:
        made(path)
    event = tmp_path / "event.json"
    event.write_text('{"pull_request": {"number": 3}}', encoding="utf-8")
    with GithubServer() as forge:
        ended = publish(
            "artifact", forge=forge, cwd=tmp_path, event=event, env={"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
        )
        assert (ended.returncode, ended.stdout, forge.seen) == (3, "", [])
    assert ended.stderr.startswith("error: ")
    assert message in ended.stderr
    assert "\nhint: " in ended.stderr
    assert len(ended.stderr) < 700
    assert not (tmp_path / "summary.md").exists()


def test_directory_with_one_report(tmp_path: Path) -> None:
    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact" / "any name.json").write_text(GOOD, encoding="utf-8")
    ended = publish("artifact", "--dry-run", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


# --- a report is what it was, and its text is text ---------------------------------------------------------------------


@pytest.mark.slow
def test_report_that_is_read_is_the_one_that_was_written(tmp_path: Path) -> None:
    assert run(*GASNET, "-q", "-r", f"json={tmp_path / 'report.json'}").returncode == 1
    report = read_report(str(tmp_path / "report.json"))
    assert render(report, "json") == (tmp_path / "report.json").read_text(encoding="utf-8")
    assert render(report, "markdown") == run(*GASNET, "-f", "markdown").stdout


def posted(report: Report, directory: Path) -> tuple[str, str]:
    """Return what publishing a report makes of the comment and of a dry run's stdout."""
    path = directory / "report.json"
    path.write_text(render(report, "json"), encoding="utf-8")
    with GithubServer() as forge:
        where = ("--repository", "spack/cache", "--number", "3")
        dry = publish("report.json", "--dry-run", *where, forge=forge, cwd=directory)
        ended = publish("report.json", *where, forge=forge, cwd=directory)
        assert ended.stdout.startswith("created: ")
        return forge.bodies[0], dry.stdout


@pytest.mark.slow
@pytest.mark.parametrize("case", ["hostile", "problems", "many"])
def test_markup_in_names_is_only_text(case: str, tmp_path: Path) -> None:
    body, dry = posted(the_report(case), tmp_path)
    marker, _, markdown = body.partition("\n")
    assert marker == MARKER
    found = read(markdown)
    assert {tag.removeprefix("/") for tag in found.tags} <= TAGS
    assert found.attributes == set()
    assert not re.search(r"[@#<\[]|https?:", "".join(found.texts))
    assert "<h3>" in cmarkgfm.github_flavored_markdown_to_html(body)
    assert json.loads(dry.partition("\n")[2]) == {"body": body}


def name_causes(report: Report) -> Report:
    """Return a report whose causes all have an id."""
    return replace(report, causes=tuple(replace(cause, id=cause.id or "stack=") for cause in report.causes))


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile_reports().map(name_causes))
def test_whatever_stands_in_a_report_it_is_read_back(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "report.json"
    path.write_text(render(report, "json"), encoding="utf-8")
    assert render(read_report(str(path)), "json") == path.read_text(encoding="utf-8")
