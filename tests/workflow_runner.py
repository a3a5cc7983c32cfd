"""GitHub's runner, as far as the action and workflows need it: expressions, steps that bash runs, and the files they write.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands and .../metadata-syntax
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.commands import ROOT, environment
from tests.processes import execute
from tests.runner_commands import run_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.runner_commands import Command

Outputs = dict[str, str]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_TERM = re.compile(r"(\S+) (==|!=) '([^']*)'")
_BASH = (shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass
class Step:
    """A step that was run, or one of another action's (`uses`), which is only remembered with what it would be given."""

    name: str
    uses: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    code: int = 0
    stdout: str = ""
    stderr: str = ""
    summary: str = ""

    @property
    def annotations(self) -> list[Command]:
        """What the step commands the runner to do."""
        return list(run_commands(self.stdout))


@dataclass
class Runner:
    """One job: its contexts by name (`inputs.root`, `github.token`), the working directory, and what is set for every step.

    `done` has the outputs of steps that are not run, by id: those of other actions, and those that would ask the network.
    """

    contexts: Mapping[str, str]
    directory: Path
    temporary: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, Outputs] = field(default_factory=dict)
    outputs: dict[str, Outputs] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    code: int = 0

    def run(self, steps: Iterable[dict[str, Any]]) -> None:
        """Run steps as the runner does; `code` is then that of the last one that failed, and 0 where none did."""
        self.outputs |= self.done
        for raw in steps:
            if self._is_wanted(raw.get("if", "")):
                step = self._remember(raw) if "uses" in raw or raw.get("id") in self.done else self._run(raw)
                self.steps.append(step)
                if step.code and not raw.get("continue-on-error"):
                    self.code = step.code

    def expand(self, text: str) -> str:
        """Return a text with its expressions replaced."""
        return _EXPRESSION.sub(lambda found: self._look_up(found[1]), text)

    def _look_up(self, expression: str) -> str:
        """Return the value of `a.b`, or that of `a.b || 'c'`.

        An output that no step wrote is empty, everything else must be known.
        """
        name, _, default = expression.partition(" || ")
        if found := re.fullmatch(r"steps\.([\w-]+)\.outputs\.([\w-]+)", name):
            value = self.outputs.get(found[1], {}).get(found[2], "")
        else:
            value = self.contexts[name]
        return value or default.strip("'")

    def _is_wanted(self, condition: str) -> bool:
        terms = condition.removeprefix("${{").removesuffix("}}").strip().split(" && ") if condition else ["success()"]
        implied = [] if "cancelled()" in condition or "success()" in terms else ["success()"]
        return all(self._holds(term) for term in [*terms, *implied])

    def _holds(self, term: str) -> bool:
        if term in ("success()", "!cancelled()"):
            return term == "!cancelled()" or not self.code
        found = _TERM.fullmatch(term)
        assert found, f"this runner knows no condition {term!r}"
        return (self._look_up(found[1]) == found[3]) is (found[2] == "==")

    def _remember(self, raw: dict[str, Any]) -> Step:
        given = {name: self.expand(str(value)) for name, value in raw.get("with", {}).items()}
        return Step(raw.get("name", ""), raw.get("uses", ""), given)

    def _run(self, raw: dict[str, Any]) -> Step:
        """Run a step by bash, with files of its own for what it says to the runner."""
        number = len(self.steps)
        script, said, summary = (self.temporary / f"{number}.{kind}" for kind in ("sh", "output", "summary"))
        script.write_text(raw["run"], encoding="utf-8")
        said.touch()
        summary.touch()
        listed = {"GITHUB_OUTPUT": str(said), "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(self.temporary)}
        given = {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_BASE_REF": "",
            "GITHUB_RUN_ID": "7",
            "GITHUB_SERVER_URL": "https://github.com",
            **self.variables,
        }
        own = {name: self.expand(str(value)) for name, value in raw.get("env", {}).items()}
        ended = execute(
            [*_BASH, str(script)],
            cwd=self.directory / self.expand(raw.get("working-directory", "")),
            env=environment(**(given | listed | own)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=600,
        )
        if "id" in raw:
            self.outputs[raw["id"]] = read_outputs(said.read_text(encoding="utf-8"))
        return Step(
            raw.get("name", ""), "", own, ended.returncode, ended.stdout, ended.stderr, summary.read_text(encoding="utf-8")
        )


def read_outputs(text: str) -> Outputs:
    """Return what the runner reads in the file GITHUB_OUTPUT: `name=value` lines, and `name<<END` with lines up to END."""
    outputs: Outputs = {}
    lines = iter(text.splitlines())
    for line in lines:
        found = re.fullmatch(r"([^=<]+)(=|<<)(.*)", line)
        if found is None:
            assert not line, f"the runner refuses the line {line!r}"
        elif found[2] == "=":
            outputs[found[1]] = found[3]
        else:
            outputs[found[1]] = "\n".join(iter(lines.__next__, found[3]))
    return outputs
