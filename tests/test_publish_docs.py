"""docs/publish.md: its workflows parse, its commands and options are those of the command line, its numbers those of the code."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
import yaml

from cachediff.cli.main import app
from cachediff.cli.publish import MOST_REPORT
from cachediff.publish.comment import write_marker
from cachediff.publish.place import TOKENS
from tests.commands import ROOT, run

TEXT = (ROOT / "docs" / "publish.md").read_text(encoding="utf-8")
WORKFLOWS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = sorted({line.strip() for line in re.findall(r"cachediff publish [^`\n]*", TEXT)})


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=["pull_request", "workflow_run", "gitlab"])
def test_workflow_publishes_with_the_least_permission(workflow: str) -> None:
    parsed = yaml.safe_load(workflow)
    assert "cachediff publish report" in workflow
    if "permissions" in parsed:
        assert parsed["permissions"].get("pull-requests") == "write"
        assert set(parsed["permissions"]) <= {"pull-requests", "actions", "contents"}
    if "workflow_run" in workflow:
        assert "checkout" not in workflow, "a token that writes never meets the code of a fork"


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command: str) -> None:
    publish = typer.main.get_command(app).commands["publish"]  # type: ignore[attr-defined]
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
    assert f"{MOST_REPORT >> 20} MiB" in TEXT
    assert f"`{write_marker('default')}`" in TEXT
    assert all(f"`{name}`" in TEXT for names in TOKENS.values() for name in names)
