"""Nothing that a gate starts runs a file of the checkout.

The real scripts run in a pull request that lays every file that might be run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.action_runs import ACTION, DEFAULTS, NO_RUNNER, OF_ACTION, step
from tests.attack import lay, make_action
from tests.commands import ROOT, WEEK, environment
from tests.forge.github import GithubServer
from tests.forge.gitlab import GitlabServer
from tests.forge.publishing import VARIABLES as PUBLISHING
from tests.processes import execute
from tests.repositories import Repository, needs_git
from tests.test_pull_request import COMMENT, GITLAB
from tests.workflow_runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [
    pytest.mark.slow,
    needs_git,
    pytest.mark.skipif(find_spec("ensurepip") is None, reason="this Python makes no virtual environments with pip"),
    pytest.mark.skipif(not Path("/bin/bash").exists(), reason="there is no /bin/bash, as on the runners"),
]
OLD, NEW = "develop-2025-03-23", "develop-2025-03-30"
TARGETS = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "7"}


class Attack:
    """A clone of a pull request that adds a week with losses, and everything else that a checkout may have."""

    def __init__(self, directory: Path) -> None:
        origin = Repository(directory / "origin")
        origin.copy(WEEK[0], f"_cache/{OLD}")
        (origin.path / "cachediff.yaml").write_text("rules: {variant-disabled: error}\n", encoding="utf-8")
        origin.commit()
        self.clone = Repository(directory / "clone")
        self.clone.git("remote", "add", "origin", str(origin.path))
        self.clone.git("fetch", "-q", "origin")
        self.clone.git("checkout", "-q", "--detach", "refs/remotes/origin/main")
        self.clone.copy(WEEK[1], f"_cache/{NEW}")
        self.marks = directory / "marks"
        self.variables = lay(self.clone.path, self.marks)
        # A part of PATH that is empty is the working directory, as one that is relative is below it.
        self.path = f".::bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
        (self.clone.path / "cachediff.yaml").write_text("fail-on: never\n", encoding="utf-8")
        self.clone.commit()
        self.clone.git("update-ref", "refs/tags/origin/main", "HEAD")

    @property
    def ran(self) -> list[str]:
        """What left a mark."""
        return sorted(path.name for path in self.marks.iterdir())


@pytest.fixture
def attack(tmp_path: Path) -> Attack:
    return Attack(tmp_path / "attack")


def bash(script: str, cwd: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as GitLab's runner does: in one shell."""
    command = ["/bin/bash", "-eo", "pipefail", "-c", script]
    return execute(
        command, cwd=cwd, env=environment(**variables), capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL
    )


def test_the_files_do_leave_marks(attack: Attack) -> None:
    """Else the other tests would show nothing."""
    python, own = sys.executable, {name: attack.variables[name] for name in ("HOME", "PIP_CONFIG_FILE")}
    commands = ("-m venv x", "-c 'import yaml'", "-I -m pip config list", "-I -m pip download --no-deps /nothing")
    bash("\n".join(f"{python} {command} || true" for command in commands), attack.clone.path, own)
    bash("git status || true; git ls-remote /x || true", attack.clone.path, own)
    bash("python3 || true; git || true", attack.clone.path, {"PATH": attack.path, "BASH_ENV": ".bash_env"})
    assert {"pip.conf", ".gitconfig", "python3", "git", ".bash_env"} <= {*attack.ran}
    assert any(name.endswith(".py") for name in attack.ran)


def test_action(attack: Attack, tmp_path: Path) -> None:
    action = make_action(tmp_path / "action")
    temporary = tmp_path / "temp"
    temporary.mkdir()
    inputs = DEFAULTS | {"root": "_cache", "against": "refs/remotes/origin/main"}
    contexts = {f"inputs.{name}": text for name, text in inputs.items()} | {"runner.temp": str(temporary)}
    variables = {
        "GITHUB_ACTION_PATH": str(action.path),
        "BASH_ENV": ".bash_env",
        "GIT_DIR": "x",
        "GIT_EXEC_PATH": ".",
        "LD_LIBRARY_PATH": ":/x",
    }
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 3}}), encoding="utf-8")
    with GithubServer() as forge:
        said = {name: text for name, text in forge.environment.items() if name not in ("GITHUB_TOKEN", "GITHUB_ACTIONS")}
        variables |= (
            NO_RUNNER | said | attack.variables | {"PATH": attack.path, "NO_PROXY": "*", "GITHUB_EVENT_PATH": str(event)}
        )
        contexts |= OF_ACTION | {"inputs.comment": "always"}
        runner = Runner(contexts, attack.clone.path, temporary, variables, {"python": {"python-path": sys.executable}})
        runner.run(ACTION["runs"]["steps"])
        assert step(runner, "Install cachediff").code == 0, step(runner, "Install cachediff").stderr
        outputs = runner.outputs["compare"]
        assert attack.ran == []
        assert (runner.code, outputs["verdict"], outputs["errors"]) == (1, "fail", "6"), (
            "by the policy of the branch, which has it as an error"
        )
        assert "❌" in forge.bodies[0]


def test_action_that_is_given_a_name_of_several_things(attack: Attack, tmp_path: Path) -> None:
    """The tag has the policy of the pull request, and its week."""
    done = {
        "python": {"python-path": sys.executable},
        "install": {"command": str(tmp_path / "cachediff"), "directory": str(tmp_path)},
    }
    (tmp_path / "cachediff").write_text(
        f'#!/bin/sh\nPYTHONPATH= exec {sys.executable} -I -m cachediff "$@"\n', encoding="utf-8"
    )
    (tmp_path / "cachediff").chmod(0o755)
    for given in ({"root": "_cache"}, {"old": WEEK[0], "new": WEEK[1]}):
        inputs = DEFAULTS | {"against": "origin/main"} | given
        contexts = {f"inputs.{name}": text for name, text in inputs.items()} | {"runner.temp": str(tmp_path)}
        runner = Runner(contexts, attack.clone.path, tmp_path, {}, done)
        runner.run(ACTION["runs"]["steps"])
        assert (runner.code, runner.outputs["compare"]) == (3, {"exit-code": "3", "verdict": "none"})
        assert "origin/main names several things" in step(runner, "Compare").stderr


def test_comment_workflow(attack: Attack, tmp_path: Path) -> None:
    """What it has of the pull request is an artifact, here the whole checkout."""
    action = make_action(tmp_path / "action")
    temporary = tmp_path / "temp"
    temporary.mkdir()
    attack.clone.path.rename(temporary / "report")
    variables = dict.fromkeys(PUBLISHING, "") | attack.variables | {"PATH": attack.path, "HOME": str(temporary / "report")}
    contexts = {"github.token": "ghs_t0ken", "github.event.workflow_run.id": "1", "runner.temp": str(temporary)}
    contexts |= {
        "github.server_url": "https://github.com",
        "job.workflow_repository": "x/cachediff",
        "job.workflow_sha": "0" * 40,
        "inputs.id": "",
        "inputs.comment": "",
    }
    runner = Runner(contexts, action.path, temporary, variables)
    runner.run(COMMENT["jobs"]["comment"]["steps"])
    assert step(runner, "Install cachediff").code == 0, step(runner, "Install cachediff").stderr
    assert (runner.code, attack.ran) == (3, [])
    assert "error: " in step(runner, "Comment").stderr


def test_gitlab_jobs(attack: Attack, tmp_path: Path) -> None:
    action = make_action(tmp_path / "action")
    (tmp_path / "tmp").mkdir()
    variables = {name: str(value) for name, value in GITLAB["variables"].items()} | TARGETS
    variables |= {"CI_PROJECT_DIR": str(attack.clone.path), "CACHEDIFF_ROOT": "_cache", "TMPDIR": str(tmp_path / "tmp")}
    variables |= {"CACHEDIFF_URL": str(action.path), "CACHEDIFF_COMMIT": action.git("rev-parse", "HEAD")}
    variables |= attack.variables | {"PATH": attack.path, "GITHUB_BASE_REF": ""}
    ended = bash(
        "\n".join([*GITLAB[".cachediff"]["before_script"], *GITLAB["snapshot-gate"]["script"]]), attack.clone.path, variables
    )
    assert attack.ran == []
    assert ended.returncode == 1, ended.stderr
    report = json.loads((attack.clone.path / "cachediff-report" / "cachediff.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["summary"]["findings"]["error"]) == ("fail", 6)
    with GitlabServer() as forge:
        variables |= dict.fromkeys(PUBLISHING, "") | forge.environment | {"NO_PROXY": "*"}
        (tools,) = (tmp_path / "tmp").iterdir()  # as before_script, which is the same in both jobs, leaves it
        script = "\n".join([f"cd {tools}", f"COMMAND={tools}/installed/cachediff", *GITLAB["snapshot-note"]["script"]])
        ended = bash(script, attack.clone.path, variables)
        assert attack.ran == []
        assert ended.returncode == 0, ended.stderr
        assert len(forge.bodies) == 1


def test_every_script_is_here() -> None:
    """A step that is new is tested, too: everything that runs in the gate is in one of the files that these tests run."""
    scripts = sorted(path.name for path in (ROOT / ".github" / "gate").iterdir())
    assert scripts == ["compare", "install"]
    for name in scripts:
        assert (ROOT / ".github" / "gate" / name).read_text(encoding="utf-8").startswith("#!/bin/bash -p\n")
    assert {one["working-directory"] for one in ACTION["runs"]["steps"] if "run" in one} == {
        "${{ runner.temp }}",
        "${{ inputs.directory }}",
    }
    assert all(one["env"]["BASH_ENV"] == "" for one in ACTION["runs"]["steps"] if "run" in one)
