"""The action, run by tests but for its installation."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

import yaml

from tests.commands import ROOT
from tests.workflow_runner import Runner, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
DEFAULTS = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()}
OF_ACTION = {"inputs.token": "ghs_t0ken", "github.action_repository": "x/cachediff", "github.action_ref": "v1"}
NO_RUNNER = {"GITHUB_API_URL": "", "GITHUB_REPOSITORY": "", "GITHUB_EVENT_PATH": "", "GH_TOKEN": ""}


def make_command(directory: Path, *words: str) -> str:
    """Return the path of a program that stands for the installed one, and takes the arguments after the words."""
    path = directory / "cachediff"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def act(
    tmp_path: Path,
    inputs: Mapping[str, str],
    *,
    cwd: Path = ROOT,
    command: str = "",
    variables: Mapping[str, str] | None = None,
) -> tuple[Runner, dict[str, str]]:
    """Run the action but for its installation; return the runner and the action's outputs."""
    temporary = tmp_path / "temp"
    report = temporary / "cachediff.report"
    report.mkdir(parents=True)
    named = {f"inputs.{name}": value for name, value in DEFAULTS.items()} | {
        f"inputs.{name}": text for name, text in inputs.items()
    }
    made = command or make_command(temporary, sys.executable, "-m", "cachediff")
    runner = Runner(
        named | OF_ACTION | {"runner.temp": str(temporary)},
        cwd,
        temporary,
        NO_RUNNER | dict(variables or {}),
        {"python": {"python-path": sys.executable}, "install": {"command": made, "directory": str(report)}},
    )
    runner.run(ACTION["runs"]["steps"])
    return runner, {name: runner.expand(about["value"]) for name, about in ACTION["outputs"].items()}


def step(runner: Runner, name: str) -> Step:
    """Return the step of that name."""
    return next(one for one in runner.steps if one.name == name)


def uploads(runner: Runner) -> dict[str, str]:
    """Return the artifacts by name, each with its path."""
    return {one.given["name"]: one.given["path"] for one in runner.steps if "upload-artifact@" in one.uses}
