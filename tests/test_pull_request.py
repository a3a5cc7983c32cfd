"""A pull request from end to end: a repository, a branch that adds a week, the gate of each forge, the comment."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.action_runs import act, make_command, step, uploads
from tests.commands import ROOT, WEEK, environment, run
from tests.forge.github import GithubServer
from tests.forge.publishing import VARIABLES, publish
from tests.processes import execute
from tests.repositories import Repository, needs_git
from tests.workflow_runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.commands import Ended

pytestmark = needs_git
OLD, NEW = "develop-2025-03-23", "develop-2025-03-30"
MARKER = "<!-- cachediff: default -->"
COMMENT: dict[str, Any] = yaml.safe_load(
    (ROOT / ".github" / "workflows" / "snapshot-comment.yml").read_text(encoding="utf-8")
)
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "snapshot-gate.gitlab-ci.yml").read_text(encoding="utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A clone in which the branch `add` adds a week to what `main` has."""
    made = Repository(tmp_path / "repository")
    made.copy(WEEK[0], f"_cache/{OLD}")
    made.commit()
    made.git("switch", "-q", "-c", "add")
    made.copy(WEEK[1], f"_cache/{NEW}")
    made.commit()
    return made


def forget_where(text: str) -> str:
    """Return a report in which both snapshots are in the working directory."""
    return text.replace(f"main:_cache/{OLD}", OLD).replace(f"add:_cache/{NEW}", NEW).replace(f"_cache/{NEW}", NEW)


# --- one report, wherever the snapshots come from ----------------------------------------------------------------------


@pytest.mark.slow
def test_same_report_from_directories_revisions_and_a_pull_request(repository: Repository, tmp_path: Path) -> None:
    shutil.copytree(WEEK[0], tmp_path / "files" / OLD)
    shutil.copytree(WEEK[1], tmp_path / "files" / NEW)
    files = run(OLD, NEW, "-f", "json", cwd=tmp_path / "files")
    added = run("latest", "_cache", "--against", "main", "-f", "json", cwd=repository.path)
    assert (added.returncode, added.stderr) == (1, f"comparing main:_cache/{OLD} with _cache/{NEW}\n")
    revisions = run(f"main:_cache/{OLD}", f"add:_cache/{NEW}", "-f", "json", cwd=repository.path)
    reports = [forget_where(ended.stdout) for ended in (files, added, revisions)]
    assert reports == [files.stdout] * 3
    requests = []
    for name, ended in (("files", files), ("added", added), ("revisions", revisions)):
        (tmp_path / f"{name}.json").write_text(ended.stdout, encoding="utf-8")
        listed = publish(f"{name}.json", "--dry-run", "--repository", "spack/cache", "--number", "3", cwd=tmp_path)
        address, content = listed.stdout.splitlines()
        assert (listed.returncode, address) == (0, "POST https://api.github.com/repos/spack/cache/issues/3/comments")
        requests.append(json.loads(content)["body"])
    printed = run(OLD, NEW, "-f", "markdown", cwd=tmp_path / "files").stdout
    assert requests[0] == f"{MARKER}\n{printed}".rstrip().replace("### ❌ ", "### ❌ cachediff: ", 1)
    assert [forget_where(request) for request in requests] == [requests[0]] * 3


# --- GitHub ------------------------------------------------------------------------------------------------------------


def comment(tmp_path: Path, forge: GithubServer, event: Mapping[str, Any], **inputs: str) -> Runner:
    """Run the job of snapshot-comment.yml, but for its installation; return the runner."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    listed = {**dict.fromkeys(VARIABLES, ""), **forge.environment, "GITHUB_EVENT_PATH": str(path), "NO_PROXY": "*"}
    for own in ("GITHUB_TOKEN", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        del listed[own]
    contexts = {"github.token": "ghs_t0ken", "github.event.workflow_run.id": "1", "runner.temp": str(tmp_path)}
    contexts |= {
        "github.server_url": "https://github.com",
        "job.workflow_repository": "x/cachediff",
        "job.workflow_sha": "0" * 40,
        "inputs.id": "",
        "inputs.comment": "",
    }
    named = {f"inputs.{name}": value for name, value in inputs.items()}
    command = make_command(tmp_path, sys.executable, "-m", "cachediff")
    runner = Runner(contexts | named, ROOT, tmp_path, listed, {"install": {"command": command}})
    runner.run(COMMENT["jobs"]["comment"]["steps"])
    return runner


def event_of(sha: str) -> dict[str, Any]:
    """Return the event of a run for a fork's pull request, which names no number."""
    run_of_fork = {
        "id": 1,
        "event": "pull_request",
        "head_sha": sha,
        "head_branch": "add",
        "head_repository": {"full_name": "somebody/cache"},
    }
    return {"workflow_run": run_of_fork | {"pull_requests": []}}


@pytest.mark.slow
def test_fork_from_gate_to_comment(repository: Repository, tmp_path: Path) -> None:
    sha = repository.git("rev-parse", "HEAD")
    gate, outputs = act(tmp_path / "gate", {"root": "_cache", "against": "main"}, cwd=repository.path)
    assert (gate.code, outputs["verdict"], outputs["lost-cells"]) == (1, "fail", "2")
    (tmp_path / "report").mkdir()
    shutil.copy(uploads(gate)["cachediff-default-json"], tmp_path / "report")
    with GithubServer() as forge:
        forge.open_pull(3, sha, "somebody/cache", "add")
        runner = comment(tmp_path, forge, event_of(sha))
        assert runner.code == 0, step(runner, "Comment").stderr
        assert step(runner, "Comment").stdout.startswith("created: ")
        (body,) = forge.bodies
        assert body.startswith(f"{MARKER}\n### ❌ cachediff: fail: ")
        # The run of the gate, not of the workflow that comments.
        run_of_fork = "https://github.com/spack/cache/actions/runs/1"
        assert f"\n[run]({run_of_fork}) · [reports]({run_of_fork}#artifacts) · what it means: [stack-dropped](" in body
        page = f"https://github.com/x/cachediff/blob/{'0' * 40}/docs/rules.md"
        assert f", [variant-disabled]({page}#variant-disabled)\n" in body
        download = step(runner, "Download the JSON report")
        assert (download.given["pattern"], download.given["path"]) == ("cachediff-default-json", str(tmp_path / "report"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["not a report", "two files", "a link", "somebody else's head"])
def test_what_a_fork_uploads_is_not_trusted(kind: str, tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    assert run(*WEEK, "-q", "-r", f"json={report / 'cachediff.json'}").returncode == 1
    if kind == "not a report":
        (report / "cachediff.json").write_text('{"format_version": 1, "verdict": "pass"}', encoding="utf-8")
    elif kind == "two files":
        (report / "number").write_text("4", encoding="utf-8")
    elif kind == "a link":
        (report / "cachediff.json").unlink()
        (report / "cachediff.json").symlink_to("/etc/passwd")
    with GithubServer() as forge:
        forge.open_pull(3, ("b" if kind == "somebody else's head" else "a") * 40, "somebody/cache", "add")
        runner = comment(tmp_path, forge, event_of("a" * 40))
        assert (runner.code, forge.bodies) == (0 if kind == "somebody else's head" else 3, [])


def test_run_without_a_report_is_no_failure(tmp_path: Path) -> None:
    with GithubServer() as forge:
        runner = comment(tmp_path, forge, event_of("a" * 40))
        assert (runner.code, forge.bodies) == (0, [])
        assert step(runner, "Comment").stdout.startswith("the run has no report: nothing was compared\n")


@pytest.mark.slow
def test_a_comment_is_not_left_beside_a_run_without_a_report(repository: Repository, tmp_path: Path) -> None:
    """What it says is of an earlier push: of a loss that is no longer there, or of a pass that is none any more."""
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 3}}), encoding="utf-8")
    with GithubServer() as forge:
        listed = {**forge.environment, "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "NO_PROXY": "*"}
        del listed["GITHUB_TOKEN"], listed["GITHUB_ACTIONS"]
        inputs = {"root": "_cache", "against": "main", "comment": "always"}
        headings = []
        for number, gone in enumerate((None, NEW, OLD)):
            if gone:
                shutil.rmtree(repository.path / "_cache" / gone)
            runner, _ = act(tmp_path / str(number), inputs, cwd=repository.path, variables=listed)
            headings.append((runner.code, forge.bodies[0].splitlines()[1].partition(":")[0]))
    assert headings == [(1, "### ❌ cachediff"), (0, "### ➖ cachediff"), (3, "### ➖ cachediff")]
    # A fork's comment, which another workflow writes.
    with GithubServer() as forge:
        forge.open_pull(3, "a" * 40, "somebody/cache", "add")
        (tmp_path / "report").mkdir()
        assert run(*WEEK, "-q", "-r", f"json={tmp_path / 'report' / 'cachediff.json'}").returncode == 1
        assert comment(tmp_path, forge, event_of("a" * 40)).code == 0
        shutil.rmtree(tmp_path / "report")
        assert comment(tmp_path, forge, event_of("a" * 40)).code == 0
        assert forge.bodies[0].startswith(f"{MARKER}\n### ➖ cachediff: nothing is compared\n")


# --- GitLab ------------------------------------------------------------------------------------------------------------


def run_gate(clone: Repository, tmp_path: Path, **variables: str) -> Ended:
    """Run the script of the GitLab job in a clone, but for its installation, as GitLab's runner does: in one shell."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    if not (tools / "cachediff").exists():
        (tools / "cachediff").symlink_to(ROOT)
    command = make_command(tmp_path, sys.executable, "-m", "cachediff")
    (own,) = (line for line in GITLAB[".cachediff"]["before_script"] if line.startswith("own()"))
    script = "\n".join([f"tools={tools}", f"COMMAND={command}", own, *GITLAB["snapshot-gate"]["script"]])
    listed = {name: str(value) for name, value in GITLAB["variables"].items()} | {
        "CI_PROJECT_DIR": str(clone.path),
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CACHEDIFF_ROOT": "_cache",
    }
    listed |= {"GIT_CONFIG_GLOBAL": "/dev/null", **variables}
    ended = ["bash", "-eo", "pipefail", "-c", script]
    return execute(
        ended, cwd=clone.path, env=environment(**listed), capture_output=True, encoding="utf-8", check=False, timeout=60
    )


@pytest.fixture
def clone(repository: Repository, tmp_path: Path) -> Repository:
    """A clone of the branch `add`, while `main` has gone on: it has one more snapshot, and a policy."""
    repository.git("switch", "-q", "main")
    repository.copy(WEEK[0], "_cache/develop-2025-03-16")
    (repository.path / "cachediff.yaml").write_text("rules: {variant-disabled: error}\n", encoding="utf-8")
    repository.commit()
    made = Repository(tmp_path / "clone")
    made.git("remote", "add", "origin", str(repository.path))
    made.git("fetch", "-q", "origin", "add")
    made.git("checkout", "-q", "FETCH_HEAD")
    return made


@pytest.mark.slow
def test_gitlab_gate(clone: Repository, tmp_path: Path) -> None:
    ended = run_gate(clone, tmp_path)
    assert ended.returncode == 1, ended.stderr
    report = clone.path / "cachediff-report"
    judged = json.loads((report / "cachediff.json").read_text(encoding="utf-8"))
    assert judged["verdict"] == "fail"
    assert judged["summary"]["findings"]["error"] == 6, "the policy is that of the target branch as it is now"
    quality = json.loads((report / "code-quality.json").read_text(encoding="utf-8"))
    assert {one["location"]["path"] for one in quality} >= {f"_cache/{NEW}/emacs/specs.md"}
    artifacts = GITLAB["snapshot-gate"]["artifacts"]
    assert (clone.path / artifacts["reports"]["codequality"]).exists()
    assert (clone.path / artifacts["paths"][0]).is_dir()


@pytest.mark.slow
def test_gitlab_gate_of_a_branch_that_is_behind(clone: Repository, repository: Repository, tmp_path: Path) -> None:
    """It adds what comes after what its target has by now, and not only after what it began with."""
    repository.copy(WEEK[0], "_cache/develop-2025-03-26")
    target = repository.commit()
    ended = run_gate(clone, tmp_path)
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (
        1,
        f"comparing {target}:_cache/develop-2025-03-26 with _cache/{NEW}",
    )


@pytest.mark.slow
def test_gitlab_gate_of_a_fork(clone: Repository, repository: Repository, tmp_path: Path) -> None:
    clone.git("remote", "set-url", "origin", "/nowhere")
    address = str(repository.path).removesuffix(".git")
    repository.path.rename(f"{address}.git")
    ended = run_gate(clone, tmp_path, CI_PROJECT_ID="8", CI_MERGE_REQUEST_PROJECT_URL=address, CACHEDIFF_FAIL_ON="never")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_gitlab_report_that_is_brought_along_is_not_published(clone: Repository, tmp_path: Path) -> None:
    (clone.path / "cachediff-report").mkdir()
    (clone.path / "cachediff-report" / "cachediff.json").write_text("{}", encoding="utf-8")
    shutil.rmtree(clone.path / "_cache" / NEW)
    ended = run_gate(clone, tmp_path)
    assert (ended.returncode, "nothing is compared" in ended.stderr) == (0, True)
    assert not (clone.path / "cachediff-report" / "cachediff.json").exists()
