"""The workflows, action and GitLab template: what zizmor and the schemas of the forges say, and who may do what in them."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands import ROOT
from tests.processes import execute

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = sorted((ROOT / "docs").glob("*.gitlab-ci.yml"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in [ROOT / "action.yml", *WORKFLOWS]}
EXCEPTIONS = {
    ("snapshot-comment.yml", "dangerous-triggers"): "nothing of it is checked out, run, or put into an expression",
    ("snapshot-gate.yml", "self-repository"): "the checkout beside it",
    ("ci.yml", "self-repository"): "the checkout is what is tested",
}
"""What zizmor may find, by file and audit, each with words of the reason that stands beside it."""

DOCS = (ROOT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def read(name: str) -> Any:
    """Return a file as YAML 1.1 reads it, in which the key `on` is True."""
    return yaml.safe_load(TEXTS[name])


def find_tool(name: str) -> str:
    """Return the path of a program beside this Python, or on the path; the test is skipped where it is not installed."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed: the extra `test` has it")
    return found


def audit(*paths: Path, ignores: bool) -> set[tuple[str, str]]:
    """Return what zizmor finds at its strictest, by file and audit."""
    options = ["--offline", "--strict-collection", "--persona", "auditor", "--format", "json", "--no-exit-codes"]
    command = [find_tool("zizmor"), *options, *([] if ignores else ["--no-ignores"]), *map(str, paths)]
    ended = execute(command, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr
    places = [
        (one["ident"], json.dumps(place["symbolic"]["key"]))
        for one in json.loads(ended.stdout)
        for place in one["locations"]
    ]
    return {(re.findall(r"[\w.-]+\.yml", path)[-1], ident) for ident, path in places}


def check(schema: str, *paths: Path) -> None:
    """Hold files to one of the schemas that come with check-jsonschema."""
    command = [find_tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
    ended = execute(command, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stdout


# --- what the tools say ------------------------------------------------------------------------------------------------


def test_zizmor_finds_nothing_that_is_not_explained() -> None:
    paths = (ROOT / "action.yml", ROOT / ".github")
    assert audit(*paths, ignores=True) == set()
    assert audit(*paths, ignores=False) == set(EXCEPTIONS)
    for (name, rule), reason in EXCEPTIONS.items():
        lines = TEXTS[name].splitlines()
        (number,) = [number for number, line in enumerate(lines) if f"zizmor: ignore[{rule}]" in line]
        assert reason in " ".join(line.strip(" #") for line in lines[number - 3 : number + 1])


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    worse = tmp_path / "action.yml"
    worse.write_text(TEXTS["action.yml"].replace('"$COMMAND" publish', "${{ inputs.id }} publish"), encoding="utf-8")
    assert ("action.yml", "template-injection") in audit(worse, ignores=True)


@pytest.mark.slow
def test_schemas_of_the_forges() -> None:
    check("github-actions", ROOT / "action.yml")
    check("github-workflows", *WORKFLOWS)
    check("gitlab-ci", *GITLAB)


@pytest.mark.slow
def test_examples_in_the_docs_are_as_strict(tmp_path: Path) -> None:
    directory = tmp_path / ".github" / "workflows"
    directory.mkdir(parents=True)
    assert len(EXAMPLES) == 4
    for number, example in enumerate(EXAMPLES):
        (directory / f"{number}.yml").write_text(example.replace("COMMIT", COMMIT), encoding="utf-8")
    check("github-workflows", *(directory / f"{number}.yml" for number in range(3)))
    (directory / "3.yml").rename(tmp_path / ".gitlab-ci.yml")
    check("gitlab-ci", tmp_path / ".gitlab-ci.yml")
    assert audit(tmp_path, ignores=False) == {("2.yml", "dangerous-triggers")}
    assert audit(tmp_path, ignores=True) == set()


# --- who may do what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_permissions_are_given_job_by_job(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())
    assert "pull_request_target" not in TEXTS[name]
    assert "secrets" not in TEXTS[name]
    writes = {
        f"{job}: {scope}"
        for job, about in workflow["jobs"].items()
        for scope, may in about["permissions"].items()
        if may == "write"
    }
    assert writes == {
        "snapshot-comment.yml": {"comment: pull-requests"},
        "release.yml": {"attest: attestations", "attest: id-token", "pypi: id-token", "github: contents"},
    }.get(name, set())


@pytest.mark.parametrize("name", ["action.yml", *(path.name for path in WORKFLOWS)])
def test_actions_are_pinned_and_keep_no_token(name: str) -> None:
    used = re.findall(r"uses: (\S+)( # v\d+\.\d+\.\d+)?", TEXTS[name])
    for action, version in used:
        assert action.startswith(("./", "$/")) or (re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) and version)
    assert TEXTS[name].count("actions/checkout@") == TEXTS[name].count("persist-credentials: false")


def test_one_commit_an_action() -> None:
    used = {
        pin for text in [*TEXTS.values(), DOCS] for pin in re.findall(r"uses: ([\w-]+/[\w.-]+@[0-9a-f]{40} # v\S+)", text)
    }
    names = [pin.partition("@")[0] for pin in used]
    assert len(names) == len(set(names)), sorted(used)


def test_gate_and_comment_are_called_with_what_they_have() -> None:
    for number, name in ((1, "snapshot-gate.yml"), (2, "snapshot-comment.yml")):
        (job,) = yaml.safe_load(EXAMPLES[number])["jobs"].values()
        assert job["uses"] == f"OWNER/cachediff/.github/workflows/{name}@COMMIT"
        called = read(name)
        assert set(job["with"]) <= set(called[True]["workflow_call"]["inputs"])
        (inner,) = called["jobs"].values()
        assert job["permissions"] == inner["permissions"], "a called workflow has no more than its caller gives"
    assert yaml.safe_load(EXAMPLES[2])[True]["workflow_run"]["workflows"] == [yaml.safe_load(EXAMPLES[1])["name"]]
    action = read("action.yml")
    (step,) = [step for step in yaml.safe_load(EXAMPLES[0])["jobs"]["gate"]["steps"] if "cachediff" in step["uses"]]
    assert set(step["with"]) <= set(action["inputs"])
    (gate,) = [step for step in read("snapshot-gate.yml")["jobs"]["gate"]["steps"] if step["uses"] == "./cachediff"]
    assert set(gate["with"]) <= set(action["inputs"])


def test_the_job_that_may_write_takes_one_file() -> None:
    workflow = read("snapshot-comment.yml")
    assert set(workflow[True]) == {"workflow_run", "workflow_call"}
    steps = workflow["jobs"]["comment"]["steps"]
    (checkout,) = [step for step in steps if "actions/checkout@" in step.get("uses", "")]
    assert checkout["with"] == {
        "repository": "${{ job.workflow_repository }}",
        "ref": "${{ job.workflow_sha }}",
        "persist-credentials": False,
    }
    (download,) = [step for step in steps if "download-artifact@" in step.get("uses", "")]
    assert download["with"]["pattern"].endswith("-json")
    assert download["with"]["run-id"] == "${{ github.event.workflow_run.id }}"
    assert all("${{" not in step.get("run", "") for step in steps)
    assert "head_sha" not in TEXTS["snapshot-comment.yml"]
    (upload,) = [step for step in read("action.yml")["runs"]["steps"] if step["name"] == "Upload the JSON report"]
    assert upload["with"]["name"].replace("inputs.id", "inputs.id || 'default'") == download["with"]["pattern"]


def test_a_revision_has_its_whole_name() -> None:
    """Whoever may push a tag may call it `origin/main`."""
    texts = [
        *TEXTS.values(),
        *(path.read_text(encoding="utf-8") for path in (*GITLAB, *(ROOT / ".github" / "gate").iterdir())),
    ]
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        texts += re.findall(r"```.*?```|`[^`\n]*:[^`\n]*`", path.read_text(encoding="utf-8"), re.DOTALL)
    for text in texts:
        assert not re.findall(r"(?<!refs/remotes/)\borigin/.*", text)
        assert not re.findall(r"^.*\bFETCH_HEAD\b(?<!checkout --quiet --detach FETCH_HEAD)", text, re.MULTILINE)


# --- the docs ----------------------------------------------------------------------------------------------------------


def test_docs_list_inputs_and_outputs_of_the_action() -> None:
    action = read("action.yml")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", DOCS, re.MULTILINE))
    assert rows == {name: about["description"] for kind in ("inputs", "outputs") for name, about in action[kind].items()}


def test_docs_name_every_variable_of_the_gitlab_jobs() -> None:
    named = set(re.findall(r"\bCACHEDIFF_[A-Z]+", GITLAB[0].read_text(encoding="utf-8")))
    assert named == set(re.findall(r"\bCACHEDIFF_[A-Z]+", DOCS))


def test_docs_name_every_variable_that_pip_sees() -> None:
    named = set(re.findall(r"\bPIP_[A-Z_]+", (ROOT / ".github" / "gate" / "install").read_text(encoding="utf-8"))) - {
        "PIP_CONFIG_FILE"
    }
    assert named == set(re.findall(r"\bPIP_[A-Z_]+", DOCS))
