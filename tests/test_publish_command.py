"""`cachediff publish` as a process: in a workflow and in a pipeline, with and without a forge that answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands import GASNET, SEEDS, WEEK, run, run_code
from tests.forge.github import GithubServer
from tests.forge.gitlab import GitlabServer
from tests.forge.publishing import VARIABLES, publish
from tests.forge.server import US, Answer, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forge.server import Forge

MARKER = "<!-- cachediff: default -->"
BOTH = pytest.mark.parametrize("forge", [GithubServer, GitlabServer], ids=["github", "gitlab"], indirect=True)
ON_GITHUB = pytest.mark.parametrize("forge", [GithubServer], ids=["github"], indirect=True)


@pytest.fixture
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    """Return a forge that serves."""
    with request.param() as served:
        yield served


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the JSON reports on a week that fails, and on one that is compared with itself."""
    directory = tmp_path_factory.mktemp("reports")
    assert run(*WEEK, "-q", "-r", f"json={directory / 'fail.json'}").returncode == 1
    assert run(WEEK[0], WEEK[0], "-q", "-r", f"json={directory / 'pass.json'}").returncode == 0
    assert run(*GASNET, "-q", "-r", f"json={directory / 'gasnet.json'}").returncode == 1
    assert run(*SEEDS, "-q", "-r", f"json={directory / 'seeds.json'}").returncode == 1
    return directory


@pytest.fixture
def event(tmp_path: Path) -> Path:
    """Return GitHub's event of pull request 3."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"action": "synchronize", "number": 3, "pull_request": {"number": 3}}), encoding="utf-8")
    return path


# --- a comment ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@BOTH
def test_a_run_without_a_report_leaves_no_comment_that_says_otherwise(forge: Forge, reports: Path, event: Path) -> None:
    nothing = publish("--no-report", forge=forge, cwd=reports, event=event)
    assert (nothing.returncode, forge.bodies) == (0, []), "there is none to refresh"
    assert nothing.stdout == "not needed: there is no comment, and none is asked for\n"
    assert publish("fail.json", forge=forge, cwd=reports, event=event).returncode == 0
    absent = ("--no-report", "--link", "run=https://ci.example/1")
    ended = publish(*absent, forge=forge, cwd=reports, event=event)
    assert (ended.returncode, ended.stderr, ended.stdout.partition(":")[0]) == (0, "", "updated")
    (body,) = forge.bodies
    assert body.startswith(f"{MARKER}\n### ➖ cachediff: nothing is compared\n")
    assert body.endswith("\n\n[run](https://ci.example/1)")
    assert publish(*absent, forge=forge, cwd=reports, event=event).stdout.startswith("unchanged: ")
    assert publish("pass.json", forge=forge, cwd=reports, event=event).returncode == 0
    assert "✅" in forge.bodies[0]


def test_a_report_and_none(reports: Path) -> None:
    for arguments, said in (
        (("fail.json", "--no-report"), "error: --no-report stands in place of a report, and there is fail.json"),
        ((), "error: missing argument 'REPORT'"),
        (("",), "error: REPORT is empty"),
    ):
        ended = publish(*arguments, cwd=reports)
        assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, said)


@pytest.mark.slow
@BOTH
def test_comment_from_red_to_green(forge: Forge, reports: Path, event: Path) -> None:
    created = publish("fail.json", forge=forge, cwd=reports, event=event)
    assert (created.returncode, created.stderr) == (0, ""), "the verdict is not publish's"
    assert created.stdout.startswith(f"created: https://{forge.name}.com/spack/cache/")
    red = run(*WEEK, "-f", "markdown").stdout.replace("### ❌ ", "### ❌ cachediff: ", 1)
    assert forge.bodies == [f"{MARKER}\n{red}".rstrip()]
    assert publish("fail.json", forge=forge, cwd=reports, event=event).stdout.startswith("unchanged: https://")
    assert publish("pass.json", forge=forge, cwd=reports, event=event).stdout.startswith("updated: https://")
    (green,) = forge.bodies
    assert green.startswith(f"{MARKER}\n### ✅ cachediff: pass: ")


@pytest.mark.slow
@BOTH
def test_several_comparisons(forge: Forge, reports: Path, event: Path) -> None:
    for id, report in (("week", "fail.json"), ("gasnet", "gasnet.json"), ("week", "pass.json")):
        assert publish(report, "--id", id, forge=forge, cwd=reports, event=event).returncode == 0
    assert [body.splitlines()[0] for body in forge.bodies] == ["<!-- cachediff: week -->", "<!-- cachediff: gasnet -->"]
    assert [body.splitlines()[1].partition(": ")[0] for body in forge.bodies] == [
        "### ✅ cachediff `week`",
        "### ❌ cachediff `gasnet`",
    ]


@pytest.mark.slow
@ON_GITHUB
def test_duplicates_are_counted(forge: Forge, reports: Path, event: Path) -> None:
    for _ in range(3):
        forge.add(US, f"{MARKER}\nold")
    assert publish("pass.json", forge=forge, cwd=reports, event=event).stdout.startswith("updated, 2 duplicates folded: ")


@pytest.mark.slow
@ON_GITHUB
@pytest.mark.parametrize(
    ("when", "created"),
    [("always", {"pass", "seeds", "fail"}), ("on-change", {"seeds", "fail"}), ("on-failure", {"seeds", "fail"})],
)
def test_when(when: str, created: set[str], forge: Forge, reports: Path, event: Path) -> None:
    for name in ("pass", "seeds", "fail"):
        forge.comments.clear()
        ended = publish(f"{name}.json", "--comment", when, forge=forge, cwd=reports, event=event)
        assert (ended.returncode, bool(forge.comments)) == (0, name in created)
        assert ended.stdout.startswith("created: " if name in created else "not needed: ")
    forge.comments.clear()
    forge.add(US, f"{MARKER}\nred")
    assert publish("pass.json", "--comment", when, forge=forge, cwd=reports, event=event).stdout.startswith("updated: ")


@pytest.mark.slow
def test_workflow_that_another_one_started(reports: Path, tmp_path: Path) -> None:
    run_of_fork = {"head_sha": "a" * 40, "head_branch": "add", "head_repository": {"full_name": "somebody/cache"}}
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"workflow_run": run_of_fork}), encoding="utf-8")
    with GithubServer() as forge:
        forge.open_pull(3, "a" * 40, "somebody/cache", "add")
        forge.open_pull(4, "b" * 40, "victim/cache", "add")
        refused = publish("fail.json", "--number", "4", forge=forge, cwd=reports, event=path)
        assert (refused.returncode, forge.comments) == (3, [])
        assert "pull request 4 is not that of this run, whose head is somebody/cache:add at aaaaaaaaaaaa" in refused.stderr
        assert publish("fail.json", forge=forge, cwd=reports, event=path).stdout.startswith("created: ")
        assert len(forge.comments) == 1


@ON_GITHUB
def test_number_of_somebody_else(forge: Forge, reports: Path, event: Path) -> None:
    ended = publish("fail.json", "--number", "4", forge=forge, cwd=reports, event=event)
    assert (ended.returncode, forge.seen) == (3, [])
    assert "pull request 4 is not the one that this run is about, which is 3" in ended.stderr


@pytest.mark.slow
@BOTH
def test_outside_of_ci(forge: Forge, reports: Path) -> None:
    where = ("--forge", forge.name, "--repository", "spack/cache", "--number", "3", "--api-url", forge.api_url)
    token = {"GH_TOKEN": "ghs_t0ken", "GITLAB_TOKEN": "glpat-t0ken"}
    assert publish("fail.json", *where, cwd=reports, env=token).stdout.startswith("created: ")


@ON_GITHUB
def test_given_author_that_is_another(forge: Forge, reports: Path, event: Path) -> None:
    ended = publish("fail.json", "--author", "other[bot]", forge=forge, cwd=reports, event=event)
    assert f"warning: the comment is by {US}, not by other[bot]" in ended.stderr


# --- a forge that says no ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("is_required", [False, True], ids=["", "require"])
def test_token_of_a_fork(is_required: bool, forge: Forge, reports: Path, event: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# What other steps say", encoding="utf-8")
    forge.faults.append(forge.refuse("POST"))
    option = ("--require",) if is_required else ()
    ended = publish("fail.json", *option, forge=forge, cwd=reports, event=event, env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert (ended.returncode, ended.stdout, forge.comments) == (4 if is_required else 0, "", [])
    word = "error" if is_required else "warning"
    assert ended.stderr.startswith(
        f"{word}: the comment is not posted: {'GitHub' if forge.name == 'github' else 'GitLab'} answers 403: "
    )
    assert f"; the report is in {summary}\nhint: the token may not write comments" in ended.stderr
    markdown = run(*WEEK, "-f", "summary").stdout
    assert summary.read_text(encoding="utf-8") == f"# What other steps say\n{markdown}"


@BOTH
def test_no_token(forge: Forge, reports: Path, event: Path, tmp_path: Path) -> None:
    blank = dict.fromkeys(("GITHUB_TOKEN", "GITLAB_TOKEN"), "") | {"CI_JOB_TOKEN": "t0ken"}
    option = ("--summary", str(tmp_path / "summary.md"))
    ended = publish("fail.json", *option, forge=forge, cwd=reports, event=event, env=blank)
    assert (ended.returncode, forge.seen) == (0, [])
    assert "warning: the comment is not posted: there is no token" in ended.stderr
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### ❌ fail")


@BOTH
def test_network_lost(forge: Forge, reports: Path, event: Path) -> None:
    forge.stop()
    ended = publish("fail.json", "--wait", "0", forge=forge, cwd=reports, event=event)
    assert ended.returncode == 0
    assert (
        "cannot be reached: connection refused; there is no job summary to write to (--summary FILE names a file)"
        in ended.stderr
    )


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_certificates_that_are_not_there(name: str, reports: Path) -> None:
    """They are no bug: it was exit code 70, also where a comment is nobody's condition."""
    where = ("--forge", name, "--repository", "spack/cache", "--number", "3", "--api-url", "https://127.0.0.1:1")
    env = {"GITHUB_TOKEN": "ghs_t0ken", "GITLAB_TOKEN": "glpat-t0ken", "REQUESTS_CA_BUNDLE": "/nowhere.pem"}
    ended = publish("fail.json", *where, cwd=reports, env=env)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "cannot be reached: could not find a suitable TLS CA certificate bundle" in ended.stderr
    assert "hint: REQUESTS_CA_BUNDLE names a file" in ended.stderr


@pytest.mark.slow
@BOTH
def test_fault_then_success(forge: Forge, reports: Path, event: Path) -> None:
    forge.faults.append(Fault("POST", Answer(502, "<html>"), is_done=True))
    assert publish("fail.json", forge=forge, cwd=reports, event=event).stdout.startswith("unchanged: ")
    assert len(forge.comments) == 1


@ON_GITHUB
def test_rate_limit_that_ends_late(forge: Forge, reports: Path, event: Path) -> None:
    forge.faults.append(forge.limit("GET", 3_600))
    ended = publish("fail.json", "--require", forge=forge, cwd=reports, event=event)
    assert (ended.returncode, len(forge.seen)) == (4, 2)
    assert "GitHub answers 403: You have exceeded a secondary rate limit." in ended.stderr


@ON_GITHUB
def test_run_about_no_pull_request(forge: Forge, reports: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    ended = publish("fail.json", forge=forge, cwd=reports, env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert (ended.returncode, forge.seen) == (0, [])
    assert "warning: the comment is not posted: this run is about no pull request" in ended.stderr
    assert summary.exists()


@BOTH
def test_answer_that_commands_the_runner(forge: Forge, reports: Path, event: Path) -> None:
    hostile = "::error::x\n::add-mask::y ##[group]z \x1b[31m"
    forge.faults.append(Fault("GET", Answer(403, {"message": hostile})))
    ended = publish("fail.json", forge=forge, cwd=reports, event=event)
    assert ended.returncode == 0
    assert "answers 403: :\\x3aerror:\\x3ax" in ended.stderr
    assert "\x1b" not in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("had", "grows"), [(0, True), (1_000_000, True), (1 << 20, False)])
def test_summary_is_whole_or_not_there(had: int, grows: bool, reports: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_bytes(b"x" * had)
    ended = publish("fail.json", "--repository", "a/b", "--number", "1", "--summary", str(summary), cwd=reports)
    assert ended.returncode == 0
    assert (summary.stat().st_size > had) is grows
    assert summary.stat().st_size <= 1 << 20
    assert (f"the report is in {summary}" if grows else f"{summary} is full: 1,048,576 of 1,048,576 bytes") in ended.stderr


def test_summary_that_cannot_be_written(reports: Path, tmp_path: Path) -> None:
    ended = publish("fail.json", "--repository", "a/b", "--number", "1", "--summary", str(tmp_path), cwd=reports)
    assert ended.returncode == 0
    assert f"{tmp_path} cannot be written: is a directory" in ended.stderr


# --- a dry run ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@BOTH
def test_dry_run_asks_nobody(forge: Forge, reports: Path, event: Path) -> None:
    ended = publish(
        "fail.json", "--dry-run", forge=forge, cwd=reports, event=event, env={"GITHUB_TOKEN": "", "GITLAB_TOKEN": ""}
    )
    assert (ended.returncode, ended.stderr, forge.seen) == (0, "", [])
    request, content = ended.stdout.splitlines()
    path = "/repos/spack/cache/issues/3/comments" if forge.name == "github" else "/projects/7/merge_requests/3/notes"
    assert request == f"POST {forge.api_url}{path}"
    publish("fail.json", forge=forge, cwd=reports, event=event)
    assert json.loads(content) == {"body": forge.bodies[0]}
    assert [f"{seen.method} {forge.origin}{seen.target}" for seen in forge.seen if seen.method == "POST"][-1] == request


def test_dry_run_outside_of_ci(reports: Path) -> None:
    ended = publish("pass.json", "--dry-run", "--comment", "on-failure", cwd=reports)
    condition, request, _ = ended.stdout.splitlines()
    assert condition == "only if the comment is there already, by its own address:"
    assert request == "POST https://api.github.com/repos/{owner}/{name}/issues/{number}/comments"


# --- a command line that cannot be meant -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "REPORT is empty"),
        (("fail.json", "--id", "a--b"), "--id 'a--b' is not an id"),
        (("fail.json", "--repository", "a"), "'a' is not a repository of github"),
        (("fail.json", "--api-url", "http://api.github.com"), "'http://api.github.com' is not the address of an API"),
        (("fail.json", "--number", "0"), "invalid value for '--number'"),
        (("fail.json",), "no repository is known"),
    ],
)
def test_bad_command_line(arguments: tuple[str, ...], message: str, reports: Path) -> None:
    ended = publish(*arguments, cwd=reports)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("forge", "library"), [("github", "github"), ("gitlab", "gitlab")])
def test_library_that_is_not_installed(forge: str, library: str, reports: Path) -> None:
    code = (
        f"import sys, os; sys.modules[{library!r}] = None; os.environ['GITHUB_TOKEN'] = os.environ['GITLAB_TOKEN'] = 'x'\n"
    )
    code += "from cachediff.cli.main import run; sys.exit(run(sys.argv[1:]))"
    ended = run_code(code, "publish", str(reports / "fail.json"), "--forge", forge, "--repository", "a/b", "--number", "1")
    assert ended.returncode == 2
    assert f"hint: pip install 'cachediff[{forge}]'" in ended.stderr


@pytest.mark.slow
def test_only_the_library_of_the_forge_is_imported(reports: Path) -> None:
    code = "import sys; from cachediff.cli.main import run; run(sys.argv[1:]); print(*sorted(sys.modules), file=sys.stderr)"
    blank = "import os; [os.environ.pop(name, None) for name in " + repr(VARIABLES) + "]; "
    ended = run_code(blank + code, "publish", str(reports / "fail.json"), "--dry-run")
    assert {"github", "gitlab", "requests"} & set(ended.stderr.split()) == set()
