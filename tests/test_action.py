"""action.yml: its steps, run by bash as the runner runs them.

They run on the real week and on what somebody may put into inputs and pages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.action_runs import ACTION, DEFAULTS, NO_RUNNER, act, make_command, step, uploads
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import ROOT, WEEK, run
from tests.forge.github import GithubServer
from tests.processes import execute
from tests.repositories import Repository, needs_git
from tests.workflow_runner import Runner, Step

OLD, NEW = WEEK
NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
COUNTS = ("lost-cells", "errors", "warnings", "accepted")


# --- the real week -----------------------------------------------------------------------------------------------------


def test_the_real_week_fails(tmp_path: Path) -> None:
    runner, outputs = act(tmp_path, {"old": OLD, "new": NEW})
    assert runner.code == 1
    directory = tmp_path / "temp" / "cachediff.report"
    report = {"report": str(directory / "cachediff.json")}
    assert (
        outputs
        == {"verdict": "fail", "exit-code": "1", "lost-cells": "2", "errors": "5", "warnings": "1", "accepted": "0"} | report
    )
    assert uploads(runner) == {
        "cachediff-default-json": str(directory / "cachediff.json"),
        "cachediff-default-html": str(directory / "cachediff.html"),
    }
    assert (directory / "cachediff.json").read_text(encoding="utf-8") == run(*WEEK, "-f", "json").stdout
    assert (directory / "cachediff.html").read_text(encoding="utf-8") == run(*WEEK, "-f", "html").stdout
    compared = step(runner, "Compare")
    assert compared.summary == run(*WEEK, "-f", "summary").stdout
    findings = json.loads((directory / "cachediff.json").read_text(encoding="utf-8"))["findings"]
    listed = [(one.name, one.properties["title"], one.message) for one in compared.annotations]
    kinds = {"error": "error", "warning": "warning", "note": "notice"}
    assert sorted(listed) == sorted(
        (kinds[one["severity"]], one["rule"], one["message"]) for one in findings if not one["repeats"]
    )
    assert step(runner, "End as cachediff ended").annotations == []
    assert "Comment" not in [one.name for one in runner.steps]


@pytest.mark.slow
def test_a_week_against_itself_passes(tmp_path: Path) -> None:
    runner, outputs = act(tmp_path, {"old": OLD, "new": OLD, "id": "same"})
    assert runner.code == 0
    assert {name: outputs[name] for name in ("verdict", "exit-code", *COUNTS)} == {
        "verdict": "pass",
        "exit-code": "0",
        **dict.fromkeys(COUNTS, "0"),
    }
    assert list(uploads(runner)) == ["cachediff-same-json", "cachediff-same-html"]
    assert step(runner, "Compare").annotations == []


@pytest.mark.slow
def test_what_locks_do_not_ask_for_may_go(tmp_path: Path) -> None:
    pair = ROOT / "fixtures" / "rules" / "unwanted-dropped"
    inputs = {"old": str(pair / "old"), "new": str(pair / "new")}
    assert act(tmp_path / "without", inputs)[0].code == 1
    runner, outputs = act(tmp_path / "with", inputs | {"wanted": f"{pair / 'locks'}\n"})
    assert (runner.code, outputs["verdict"], outputs["lost-cells"]) == (0, "pass", "1")


@pytest.mark.slow
def test_inputs_become_options(tmp_path: Path) -> None:
    policy = tmp_path / "wanted.yaml"
    policy.write_text("fail-on: error\n", encoding="utf-8")
    more = f"csv={tmp_path / 'a b.csv'}\n\nsarif={tmp_path / 'x.sarif'}"
    inputs = {"old": OLD, "new": NEW, "fail-on": "never", "policy": str(policy), "reports": more}
    runner, outputs = act(tmp_path, inputs)
    assert (runner.code, outputs["verdict"], outputs["errors"]) == (0, "pass", "5")
    assert (tmp_path / "a b.csv").exists()
    assert (tmp_path / "x.sarif").exists()


# --- exit codes --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, 2),
        ({"old": OLD}, 2),
        ({"root": "fixtures/real", "old": OLD}, 2),
        ({"old": OLD, "new": NEW, "fail-on": "sometimes"}, 2),
        ({"old": OLD, "new": NEW, "reports": "json"}, 2),
        ({"old": "--version", "new": NEW}, 3),
        ({"old": OLD, "new": "none"}, 3),
        ({"root": "--help"}, 3),
        pytest.param({"old": OLD, "new": NEW, "reports": "csv=/dev/full"}, 3, marks=NEEDS_FULL),
        ({"root": "fixtures/none"}, 3),
        ({"old": OLD, "new": NEW, "policy": "none.yaml"}, 3),
        pytest.param({"root": "fixtures/real", "against": "no-such-revision"}, 3, marks=needs_git),
    ],
    ids=str,
)
def test_no_verdict_is_none(inputs: dict[str, str], code: int, tmp_path: Path) -> None:
    runner, outputs = act(tmp_path, inputs)
    assert runner.code == code
    assert outputs == {"verdict": "none", "exit-code": str(code), **dict.fromkeys((*COUNTS, "report"), "")}
    assert uploads(runner) == {}
    assert "error: " in step(runner, "Compare").stderr
    (listed,) = step(runner, "End as cachediff ended").annotations
    assert (listed.name, listed.message) == ("error", f"no verdict, exit code {code}: the log says why")


@pytest.mark.parametrize("code", [70, 130])
def test_cachediff_breaks_down(code: int, tmp_path: Path) -> None:
    broken = make_command(tmp_path, "sh", "-c", f"exit {code}")
    runner, outputs = act(tmp_path, {"old": OLD, "new": NEW}, command=broken)
    assert (runner.code, outputs["verdict"], outputs["exit-code"]) == (code, "none", str(code))


def test_a_directory_that_cannot_be_written_is_no_verdict(tmp_path: Path) -> None:
    gate = {"COMMAND": "/bin/false", "DIRECTORY": str(tmp_path / "nowhere"), "GITHUB_BASE_REF": "main", "POLICY": ""}
    ended = execute(
        [str(ROOT / ".github/gate/compare")], cwd=tmp_path, env=gate, capture_output=True, encoding="utf-8", check=False
    )
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.endswith("error: there is no verdict: DIRECTORY cannot be written\n")


def test_an_installation_that_fails_is_no_verdict(tmp_path: Path) -> None:
    steps = [dict(one, run="exit 1") if one.get("id") == "install" else one for one in ACTION["runs"]["steps"]]
    names = {f"inputs.{name}": value for name, value in DEFAULTS.items()} | {"runner.temp": str(tmp_path)}
    runner = Runner(names, ROOT, tmp_path, {}, {"python": {"python-path": sys.executable}})
    runner.run(steps)
    assert [one.name for one in runner.steps] == ["Set up Python", "Install cachediff", "End as cachediff ended"]
    assert runner.code == 70


# --- what others may write ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["old", "new", "root", "against", "policy", "fail-on", "reports"])
@pytest.mark.parametrize(
    "text", ["$(touch hacked)", "`touch hacked`", "'; touch hacked; '", '"; touch hacked; "', "x\ntouch hacked", "-x"]
)
def test_inputs_are_never_code(name: str, text: str, tmp_path: Path) -> None:
    workspace = tmp_path / "work space"
    workspace.mkdir()
    base = {"old": OLD, "new": NEW} if name != "root" else {}
    runner, outputs = act(tmp_path, base | {name: text}, cwd=workspace)
    assert runner.code in (2, 3)
    assert outputs["verdict"] == "none"
    assert list(workspace.iterdir()) == []


HOSTILE = "::error::x\n::set-output name=verdict::pass\n##[add-mask]t0ken verdict=pass"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A snapshot whose names command a runner, write outputs and leave code spans."""
    entry = an_entry(1, os=HOSTILE, target="`\n</details>\nverdict=pass", stacks=["a", "lost-cells=0\nb<<END"])
    return write_snapshot(tmp_path / "hostile", {"hdf5": a_page("hdf5", [an_entry(0)]), "x": a_page("x", [entry])})


@pytest.mark.slow
def test_page_text_stays_out_of_outputs(tmp_path: Path, hostile: Path) -> None:
    runner, outputs = act(tmp_path, {"old": str(hostile), "new": NEW})
    assert runner.code == 1
    assert outputs["verdict"] == "fail"
    assert all(re.fullmatch(r"[0-9]+|pass|fail|none", value) for name, value in outputs.items() if name != "report")
    compared = step(runner, "Compare")
    assert {one.name for one in compared.annotations} <= {"error", "warning", "notice"}
    assert list(Step("", stdout=compared.stderr).annotations) == []


@pytest.mark.slow
@needs_git
def test_a_change_is_not_judged_by_its_own_policy(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.copy(OLD, "_cache/develop-2025-03-23")
    repository.commit()
    repository.git("switch", "-q", "-c", "change")
    repository.copy(NEW, "_cache/develop-2025-03-30")
    (repository.path / "cachediff.yaml").write_text("fail-on: never\n", encoding="utf-8")
    repository.commit()
    judged = {"root": "_cache", "against": "main"}
    named = {"old": "main:_cache/develop-2025-03-23", "new": NEW, "against": "main"}
    assert act(tmp_path / "1", judged, cwd=repository.path)[0].code == 1
    assert act(tmp_path / "2", named, cwd=repository.path)[0].code == 1
    assert act(tmp_path / "3", {"root": "_cache"}, cwd=repository.path)[0].code == 0, (
        "without a revision it is the directory's own"
    )
    repository.git("switch", "-q", "main")
    (repository.path / "cachediff.yaml").write_text("rules: {variant-disabled: error}\n", encoding="utf-8")
    repository.commit()
    repository.git("switch", "-q", "change")
    runner, outputs = act(tmp_path / "4", judged, cwd=repository.path)
    assert (runner.code, outputs["errors"], outputs["warnings"]) == (1, "6", "0")


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("pull", [{"GITHUB_BASE_REF": "main"}, {"GITHUB_EVENT_NAME": "merge_group"}])
def test_a_pull_request_without_a_revision_has_no_policy(pull: dict[str, str], tmp_path: Path) -> None:
    """The one of the directory may be its own, also in a merge queue."""
    (tmp_path / "cachediff.yaml").write_text("fail-on: never\n", encoding="utf-8")
    given = {"old": OLD, "new": NEW}
    assert act(tmp_path / "1", given, cwd=tmp_path)[0].code == 0
    runner, outputs = act(tmp_path / "2", given, cwd=tmp_path, variables=pull)
    assert (runner.code, outputs["verdict"]) == (1, "fail")
    assert step(runner, "Compare").stderr.startswith(
        "cachediff.yaml here is not used, because a pull request can change it: `against` names"
    )
    (tmp_path / "_cache").mkdir()
    for side, tag in ((OLD, "develop-2025-03-23"), (NEW, "develop-2025-03-30")):
        shutil.copytree(side, tmp_path / "_cache" / tag)
    runner, _ = act(tmp_path / "4", {"root": "_cache", "policy": "./cachediff.yaml"}, cwd=tmp_path, variables=pull)
    assert runner.code == 0
    assert "pull request, which can change the older one, too: `against` names" in step(runner, "Compare").stderr
    named = given | {"policy": "./cachediff.yaml"}
    assert act(tmp_path / "3", named, cwd=tmp_path, variables=pull)[0].code == 0, "what the workflow names is used"


# --- the comment -------------------------------------------------------------------------------------------------------


def event_of(tmp_path: Path) -> dict[str, str]:
    """Return the variable that leads to the event of pull request 3."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 3}}), encoding="utf-8")
    return {"GITHUB_EVENT_PATH": str(path)}


@pytest.mark.slow
def test_comment(tmp_path: Path) -> None:
    with GithubServer() as forge:
        listed = {**forge.environment, **event_of(tmp_path), "NO_PROXY": "*"}
        del listed["GITHUB_TOKEN"], listed["GITHUB_ACTIONS"]
        runner, _ = act(tmp_path / "1", {"old": OLD, "new": NEW, "comment": "always", "id": "week"}, variables=listed)
        assert runner.code == 1
        (body,) = forge.bodies
        links = [line for line in body.splitlines() if line.startswith("[run](")]
        page = "https://github.com/x/cachediff/blob/v1/docs/rules.md"
        assert links == [
            "[run](https://github.com/spack/cache/actions/runs/7) · "
            "[reports](https://github.com/spack/cache/actions/runs/7#artifacts) · "
            f"what it means: [stack-dropped]({page}#stack-dropped), [variant-disabled]({page}#variant-disabled)"
        ]
        rest = body.replace(f"{links[0]}\n\n", "").replace(" cachediff `week`:", "", 1)
        assert rest == f"<!-- cachediff: week -->\n{run(*WEEK, '-f', 'markdown').stdout}".rstrip()
        runner, _ = act(tmp_path / "2", {"old": OLD, "new": OLD, "comment": "on-failure", "id": "week"}, variables=listed)
        assert runner.code == 0
        assert "✅" in forge.bodies[0]


@pytest.mark.slow
@pytest.mark.parametrize(("new", "code"), [(NEW, 1), (OLD, 0)])
def test_a_comment_that_cannot_be_posted_is_no_verdict(new: str, code: int, tmp_path: Path) -> None:
    with GithubServer() as forge:
        listed = {**forge.environment, **event_of(tmp_path), "NO_PROXY": "*"}
        del listed["GITHUB_TOKEN"], listed["GITHUB_ACTIONS"]
        forge.faults.append(forge.refuse("POST"))
        runner, _ = act(tmp_path, {"old": OLD, "new": new, "comment": "always"}, variables=listed)
        commented = step(runner, "Comment")
        assert (runner.code, commented.code) == (code, 0)
        assert "warning: the comment is not posted: GitHub answers 403" in commented.stderr
        assert commented.summary == "", "the report is in the job summary once"
        runner, _ = act(tmp_path / "2", {"old": OLD, "new": new, "comment": "sometimes"}, variables=listed)
        assert (runner.code, step(runner, "Comment").code) == (code, 2)


# --- the file ----------------------------------------------------------------------------------------------------------


def test_every_output_is_written_and_every_input_is_used() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name in ACTION["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in text or f"inputs.{name} !=" in text
    steps: list[dict[str, Any]] = ACTION["runs"]["steps"]
    assert {about["value"] for about in ACTION["outputs"].values()} == {
        f"${{{{ steps.compare.outputs.{name} }}}}" for name in ACTION["outputs"]
    }
    assert all("${{" not in one.get("run", "") for one in steps)
    assert all(one["shell"] == "bash" for one in steps if "run" in one)


@pytest.mark.skipif(not os.environ.get("CACHEDIFF_WHEELS"), reason="installs from the network: .ci/run has what it needs")
def test_installs_what_is_locked(tmp_path: Path) -> None:
    names = {f"inputs.{name}": value for name, value in DEFAULTS.items()} | {"inputs.old": OLD, "inputs.new": NEW}
    names["runner.temp"] = str(tmp_path)
    runner = Runner(names, tmp_path, tmp_path, NO_RUNNER, {"python": {"python-path": sys.executable}})
    runner.run(ACTION["runs"]["steps"])
    assert (runner.code, step(runner, "Install cachediff").code) == (1, 0), step(runner, "Install cachediff").stderr
    assert runner.outputs["compare"]["verdict"] == "fail"
    assert Path(runner.outputs["install"]["command"]).is_relative_to(tmp_path)
