"""docs/publish.md: its commands and options are those of the command line, its numbers those of the code."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from cachediff.cli.main import build_app
from cachediff.cli.publish import MAX_EVENT
from cachediff.publish.comment import write_marker
from cachediff.publish.place import TOKENS
from cachediff.review.stored import MAX_ANEW
from cachediff.review.stored_lines import MAX_ITEMS, MAX_LINE, MAX_PACKAGE, MAX_RULES
from tests.commands import ROOT, run

TEXT = (ROOT / "docs" / "publish.md").read_text(encoding="utf-8")
COMMANDS = sorted({line.strip() for line in re.findall(r"cachediff publish [^`\n]*", TEXT)})


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command: str) -> None:
    publish = typer.main.get_command(build_app()).commands["publish"]  # type: ignore[attr-defined]
    words = shlex.split(command)[2:]
    known = {name for parameter in publish.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known


def test_options_that_are_named_exist() -> None:
    offered = run("publish", "--help").stdout
    for option in set(re.findall(r"`(--[a-z-]+)", TEXT)):
        assert option in offered, option
    choices = re.search(r"`--comment ([a-z|-]+)`", TEXT)
    assert choices
    assert f"<{choices[1]}>" in offered


def test_numbers_and_names_are_those_of_the_code() -> None:
    assert f"may have {MAX_ANEW >> 20} MiB" in TEXT
    assert f"`{write_marker('default')}`" in TEXT
    assert all(f"`{name}`" in TEXT for names in TOKENS.values() for name in names)


def test_bounds_of_a_report_are_those_of_the_code() -> None:
    limits = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| the event that .* \| {MAX_EVENT >> 20} MiB \|$", limits, re.MULTILINE)
    assert re.search(
        rf": a line about a package \| {MAX_PACKAGE >> 20} MiB \|\n.* \| {MAX_LINE >> 20} MiB \|$", limits, re.MULTILINE
    )
    assert re.search(rf"its findings name \| {MAX_ITEMS:,} each \|\n.* \| {MAX_RULES} \|$", limits, re.MULTILINE)
    assert re.search(rf"something else wrote.* \| {MAX_ANEW >> 20} MiB \|$", limits, re.MULTILINE)
