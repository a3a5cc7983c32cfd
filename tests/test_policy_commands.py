"""Policies on the command line: `--policy`, `--as-of`, `cachediff accept`, `cachediff policy check`, as real processes."""

from __future__ import annotations

import json
import re
import shlex
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from cachediff.policy.load import load_policy
from cachediff.policy.parse import parse_policy
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import GASNET as SIDES
from tests.commands import WEEK, run
from tests.index_files import a_database, a_node
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from pathlib import Path

GONE = """\
accepted:
  - rule: stack-removed
    subject: {stack: e4s}
    reason: the stack is retired
    until: 2024-09-01
    owner: "@spack/ci"
"""


GASNET = ("develop-2024-06-16", "develop-2024-08-04")
"""The weeks in which gasnet lost e4s, in the working directory."""


@pytest.fixture(autouse=True)
def _snapshots(tmp_path: Path) -> None:
    for side, name in zip(SIDES, GASNET, strict=True):
        copytree(side, tmp_path / name)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a working directory with the JSON report on the weeks in which gasnet lost e4s."""
    assert run(*GASNET, "-r", "json=report.json", "-q", cwd=tmp_path).returncode == 1
    return tmp_path


def write(path: Path, text: str) -> str:
    """Write a file and return its path as text."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def last_line(*arguments: str, cwd: Path, code: int) -> str:
    """Return the verdict of a comparison that ends with an exit code."""
    ended = run(*arguments, cwd=cwd)
    assert ended.returncode == code, ended.stderr
    return ended.stdout.splitlines()[-1]


def test_what_a_failing_report_says_accepts_it(here: Path) -> None:
    """Its last step, with the words filled in and nothing to look up: all that is lost with what is lost first."""
    said = run(*GASNET, cwd=here).stdout
    (step,) = re.findall("if it is meant  cachediff (.*)$", said, re.MULTILINE)
    words = shlex.split(step.replace("WHY", "retired").replace("DATE", "2024-09-01"))
    assert "(-r json=report.json writes that report)" in said
    assert run(*words, cwd=here).returncode == 0
    assert last_line(*GASNET, cwd=here, code=0).endswith("accepted")


def test_the_next_steps_name_the_report_and_the_policy_of_the_run(tmp_path: Path) -> None:
    """What is accepted would else be in a file that the next run does not read."""
    write(tmp_path / "team policy.yaml", "fail-on: error\n")
    command = [*GASNET, "--policy", "team policy.yaml"]
    said = run(*command, "-r", "json=of the week.json", cwd=tmp_path).stdout
    steps = re.findall("^[a-z: ]+  cachediff (.*)$", said, re.MULTILINE)
    assert steps[1] == f"show gasnet {' '.join(GASNET)} --policy 'team policy.yaml'"
    assert "(-r json=" not in said
    words = shlex.split(steps[2].replace("WHY", "retired").replace("DATE", "2024-09-01"))
    assert run(*words, cwd=tmp_path).returncode == 0
    assert last_line(*command, cwd=tmp_path, code=0).endswith("accepted")
    # As a CI's job has it: its folders are nowhere where somebody accepts.
    absolute = [*GASNET, "--policy", str(tmp_path / "other.yaml"), "-r", f"json={tmp_path}/other.json"]
    write(tmp_path / "other.yaml", "fail-on: error\n")
    said = run(*absolute, cwd=tmp_path).stdout
    assert "cachediff accept report.json --cause stack=e4s --reason WHY --until DATE\n" in said


@needs_git
def test_a_policy_of_a_revision_is_not_where_the_next_steps_accept(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    write(tmp_path / "cachediff.yaml", "fail-on: error\n")
    commit = repository.commit()
    said = run(*GASNET, "--policy", f"{commit}:cachediff.yaml", cwd=tmp_path).stdout
    assert "cachediff accept report.json --cause stack=e4s --reason" in said


# --- cachediff OLD NEW -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_stack_is_accepted_until_september(tmp_path: Path) -> None:
    policy = write(tmp_path / "policy.yaml", GONE)
    assert last_line(*GASNET, cwd=tmp_path, code=1).startswith("fail: 1 of 6 cells lost")
    assert (
        last_line(*GASNET, "--policy", policy, cwd=tmp_path, code=0)
        == "pass: warnings in 1 package, 1 accepted; 1 of 6 cells lost"
    )
    ended = run(*GASNET, "-p", policy, "-f", "json", cwd=tmp_path)
    (found,) = [one for one in json.loads(ended.stdout)["findings"] if one["rule"] == "stack-removed"]
    assert found["status"] == "accepted"
    assert found["accepted"] == {"reason": "the stack is retired", "until": "2024-09-01", "owner": "@spack/ci"}


@pytest.mark.slow
def test_accepted_findings_are_shown_with_reason_owner_and_date(tmp_path: Path) -> None:
    policy = write(tmp_path / "policy.yaml", GONE)
    text = run(*GASNET, "-p", policy, cwd=tmp_path).stdout
    assert (
        "\n\n1 accepted until 2024-09-01 (owner @spack/ci): the stack is retired\n"
        "  stack-removed     stack e4s is gone: 1 cell of 1 package lost\n\npass: "
    ) in text
    markdown = run(*GASNET, "-p", policy, "-f", "markdown", cwd=tmp_path).stdout
    assert (
        "| accepted | until | owner | reason |\n|---|---|---|---|\n"
        "| stack-removed `stack e4s is gone: 1 cell of 1 package lost` | `2024-09-01` | "
        "`@spack/ci` | `the stack is retired` |\n\n"
    ) in markdown
    for format in ("html", "junit", "sarif", "gitlab"):
        listed = run(*GASNET, "-p", policy, "-f", format, cwd=tmp_path).stdout
        assert "the stack is retired" in listed
        assert "2024-09-01" in listed
        assert "@spack/ci" in listed


def test_many_accepted_findings_are_counted(tmp_path: Path) -> None:
    entry = "  - {{rule: {}, subject: {{package: gcc}}, reason: bump, until: 2099-01-01}}\n"
    policy = write(tmp_path / "policy.yaml", "accepted:\n" + entry.format('"*-dropped"') + entry.format("spec-removed"))
    assert "  and 1 more (-v lists them)\n" in run(*WEEK, "-p", policy, cwd=tmp_path).stdout
    verbose = run(*WEEK, "-p", policy, "-v", cwd=tmp_path).stdout
    assert "and 1 more" not in verbose
    assert "6 accepted until 2099-01-01: bump\n" in verbose


def test_and_not_in_october(tmp_path: Path) -> None:
    policy = write(tmp_path / "policy.yaml", GONE)
    ended = run(*GASNET, "-p", policy, "--as-of", "2024-10-01", cwd=tmp_path)
    assert ended.returncode == 1
    said = " ".join(ended.stdout.split())
    assert "error[stack-removed]: stack e4s is gone" in said
    assert (
        "warning[acceptance-expired]: acceptance of stack-removed stack=e4s expired (2024-09-01 was its last day, owner "
        "@spack/ci): 2 findings open again"
    ) in said


def test_policy_of_the_working_directory_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "cachediff.yaml", GONE)
    assert run(*GASNET, cwd=tmp_path).returncode == 0
    assert run(*GASNET, "-p", write(tmp_path / "other.yaml", "fail-on: error\n"), cwd=tmp_path).returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "asked", "code"),
    [
        ("never", (), 0),
        ("never", ("--fail-on", "error"), 1),
        ("error", ("--fail-on", "never"), 0),
        ("error", (), 1),
        ("never", ("--fail-on", "warning"), 1),
    ],
)
def test_command_line_goes_over_fail_on(said: str, asked: tuple[str, ...], code: int, tmp_path: Path) -> None:
    write(tmp_path / "cachediff.yaml", f"fail-on: {said}\n")
    assert run(*GASNET, *asked, cwd=tmp_path).returncode == code


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--policy", ""), 2, "--policy is empty"),
        (("--policy", "nowhere.yaml"), 3, "policy nowhere.yaml cannot be read: no such file or directory"),
        (("--as-of", "yesterday"), 2, "--as-of 'yesterday' is not a date"),
        (("--as-of", "2024-02-30"), 2, "--as-of '2024-02-30' is not a date"),
    ],
)
def test_what_cannot_be_used(arguments: tuple[str, ...], code: int, message: str, tmp_path: Path) -> None:
    ended = run(*GASNET, *arguments, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.splitlines()[0] == f"error: {message}"


HDF5_LIKE = """\
require:
  - {package: hdf5, stack: e4s, os: ubuntu22.04, target: x86_64_v3}
  - {package: netcdf-c, stack: e4s}
  - {package: "parallel-*", specs: 2}
"""


def test_what_new_never_had_is_missed_all_the_same(tmp_path: Path) -> None:
    """In the real week neither side has hdf5 and its like."""
    policy = write(tmp_path / "policy.yaml", HDF5_LIKE)
    ended = run(WEEK[1], WEEK[1], "-p", policy, "-f", "json", cwd=tmp_path)
    assert ended.returncode == 1
    said = [one["message"] for one in json.loads(ended.stdout)["findings"] if one["rule"] == "requirement-unmet"]
    assert said == [
        "hdf5 has 0 of 1 required spec for stack e4s, os ubuntu22.04, target x86_64_v3",
        "netcdf-c has 0 of 1 required spec for stack e4s",
        "parallel-* has 0 of 2 required specs",
    ]
    assert run(WEEK[1], WEEK[1], cwd=tmp_path).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("narrowed", "judged"),
    [
        ((), {"hdf5", "netcdf-c", "parallel-*"}),
        (("--stack", "e4s"), {"hdf5", "netcdf-c"}),
        (("--stack", "e4s*"), {"hdf5", "netcdf-c"}),
        (("--stack", "*,!e4s*"), set()),
        (("--stack", "developer-tools-*"), set()),
        (("--package", "[s-z]*"), set()),
        (("--target", "x86_64_v3"), {"hdf5"}),
    ],
)
def test_narrowed_run_judges_what_it_can_see(narrowed: tuple[str, ...], judged: set[str], tmp_path: Path) -> None:
    policy = write(tmp_path / "policy.yaml", HDF5_LIKE)
    ended = run(WEEK[1], WEEK[1], "-p", policy, "-f", "json", *narrowed, cwd=tmp_path)
    findings = json.loads(ended.stdout)["findings"]
    assert {one["subject"]["package"] for one in findings if one["rule"] == "requirement-unmet"} == judged


def test_requirement_that_is_met_says_nothing(tmp_path: Path) -> None:
    policy = write(tmp_path / "policy.yaml", "require:\n  - {package: rocblas, stack: e4s*}\n  - {package: s?r, specs: 2}\n")
    ended = run(WEEK[1], WEEK[1], "-p", policy, "-f", "json", cwd=tmp_path)
    assert json.loads(ended.stdout)["findings"] == []


# --- cachediff accept --------------------------------------------------------------------------------------------------


def test_accept_writes_what_passes(here: Path) -> None:
    ended = run(
        *("accept", "report.json", "--rule", "stack-removed", "--subject", "stack=e4s", "--reason", "the stack is retired"),
        *("--until", "2024-09-01", "--owner", "@spack/ci"),
        cwd=here,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (here / "cachediff.yaml").read_text(encoding="utf-8") == GONE
    assert ended.stdout == f"added to cachediff.yaml:\n\n{GONE.partition(chr(10))[2]}"
    assert run(*GASNET, cwd=here).returncode == 0


def accept(here: Path, *arguments: str, code: int = 0) -> str:
    """Return what `accept` prints on stdout, or on stderr where it fails."""
    ended = run("accept", "report.json", *arguments, "--reason", "because", "--until", "2024-12-01", cwd=here)
    assert ended.returncode == code, ended.stderr
    assert (ended.stdout == "") == (code != 0)
    return ended.stdout or ended.stderr


def test_accept_keeps_what_stands_there(here: Path) -> None:
    before = f"# ours\n{GONE}    # renewed twice\n\nfail-on: error   # for now\n"
    write(here / "cachediff.yaml", before)
    accept(here, "--rule", "spec-orphaned", "--subject", "package=gasnet")
    after = (here / "cachediff.yaml").read_text(encoding="utf-8")
    added = "  - rule: spec-orphaned\n    subject: {package: gasnet}\n    reason: because\n    until: 2024-12-01\n"
    assert after == before.replace("    # renewed", f"{added}    # renewed")
    assert [entry.rule for entry in load_policy(here / "cachediff.yaml").accepted] == ["stack-removed", "spec-orphaned"]


@pytest.mark.slow
def test_accept_names_each_finding_by_itself(here: Path) -> None:
    accept(here, "--rule", "*")
    policy = load_policy(here / "cachediff.yaml")
    # stack-dropped of gasnet is accepted with the stack, and notes need no acceptance.
    assert [entry.rule for entry in policy.accepted] == ["stack-removed", "spec-orphaned"]
    assert last_line(*GASNET, "--fail-on", "warning", cwd=here, code=0).startswith("pass: ")


def test_accept_as_written(here: Path) -> None:
    accept(here, "--rule", "stack-*", "--subject", "stack=e4*", "--as-written")
    (entry,) = load_policy(here / "cachediff.yaml").accepted
    assert (entry.rule, entry.subject.stack, entry.subject.package) == ("stack-*", "e4*", "")
    assert run(*GASNET, cwd=here).returncode == 0


def test_accept_everything_as_written_is_said_twice(here: Path) -> None:
    assert "--as-written without --subject would accept every finding" in accept(
        here, "--rule", "stack-*", "--as-written", code=2
    )
    accept(here, "--rule", "stack-*", "--subject", "any", "--as-written")
    assert "subject: any\n" in (here / "cachediff.yaml").read_text(encoding="utf-8")


def test_accept_twice_adds_once(here: Path) -> None:
    arguments = ("--rule", "stack-removed", "--subject", "stack=e4s")
    accept(here, *arguments)
    before = (here / "cachediff.yaml").read_bytes()
    assert accept(here, *arguments) == "already in cachediff.yaml: 1 acceptance\n"
    assert (here / "cachediff.yaml").read_bytes() == before


@pytest.mark.slow
def test_accepted_findings_are_not_accepted_again(here: Path) -> None:
    accept(here, "--rule", "stack-removed")
    assert run(*GASNET, "-r", "json=report.json", "-q", cwd=here).returncode == 0
    assert "no open error or warning of the report matches stack-removed" in accept(here, "--rule", "stack-removed", code=3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (
            ("--rule", "stack-remved"),
            3,
            "matches stack-remved",
            "unknown rule 'stack-remved'; did you mean 'stack-removed'?",
        ),
        (
            ("--rule", "stack-removed", "--subject", "stack=hep"),
            3,
            "matches stack-removed stack=hep",
            "open there: stack-removed stack=e4s",
        ),
        (
            ("--rule", "os-dropped"),
            3,
            "matches os-dropped",
            "rules with open errors or warnings: spec-orphaned, stack-dropped, stack-removed",
        ),
        (("--rule", "compiler-changed"), 3, "matches compiler-changed", "1 note matches: a note never fails"),
        (
            ("--rule", "*", "--subject", "stak=e4s"),
            2,
            "--subject 'stak=e4s' has no known field; did you mean 'stack'?",
            "fields are package,",
        ),
        (("--rule", "*", "--subject", "e4s"), 2, "--subject 'e4s' is not FIELD=GLOB", "as in --subject stack=e4s"),
        (("--rule", "*", "--subject", "stack="), 2, "--subject 'stack=' is not FIELD=GLOB", ""),
        (("--rule", "*", "--subject", "stack=a", "--subject", "stack=b"), 2, "--subject 'stack=b' is given twice", ""),
        (("--rule", " "), 2, "--rule is empty", "is a variable unset?"),
    ],
)
def test_accept_nothing(here: Path, arguments: tuple[str, ...], code: int, message: str, hint: str) -> None:
    said = accept(here, *arguments, code=code).splitlines()
    assert message in said[0]
    assert hint in " ".join(said[1:])
    assert not (here / "cachediff.yaml").exists()


def test_accept_until_the_past(here: Path) -> None:
    ended = run("accept", "report.json", "--rule", "*", "--reason", "x", "--until", "2024-08-03", cwd=here)
    assert ended.returncode == 2
    assert "--until 2024-08-03 is before 2024-08-04: nothing would be accepted" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a JSON report: "),
        ("{}", "is not a JSON report of cachediff; this version reads format version 1"),
        ("[1]", "is not a JSON report of cachediff"),
        ('{"format_version": 2}', "is of format version 2; this version reads format version 1"),
        ('{"format_version": 1, "verdict": "perhaps"}', "is not a JSON report: "),
        ("\xff", "is not a JSON report: "),
        ("[" * 100_000, "is not a JSON report: "),
    ],
)
def test_accept_of_what_is_no_report(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(content.encode("latin-1"))
    assert message in accept(tmp_path, "--rule", "*", code=3)


def test_accept_of_no_report_at_all(tmp_path: Path) -> None:
    assert "report report.json cannot be read: no such file" in accept(tmp_path, "--rule", "*", code=3)


@pytest.mark.parametrize("policy", ["accepted: []\n", "fail_on: error\n"])
def test_accept_changes_no_policy_that_it_cannot_add_to(here: Path, policy: str) -> None:
    write(here / "cachediff.yaml", policy)
    accept(here, "--rule", "stack-removed", code=3)
    assert (here / "cachediff.yaml").read_text(encoding="utf-8") == policy
    assert sorted(path.name for path in here.iterdir()) == ["cachediff.yaml", *GASNET, "report.json"]


def test_accept_of_odd_values(tmp_path: Path) -> None:
    """What a page holds comes back as itself, though it looks like a glob or like YAML."""
    stack = "::error::a*[b]:{c}##[d]"
    old = write_snapshot(tmp_path / "old", {"zlib": a_page("zlib", [an_entry(1, stacks=["e4s", stack])])})
    new = write_snapshot(tmp_path / "new", {"zlib": a_page("zlib", [an_entry(2)])})
    assert run(str(old), str(new), "-q", "-r", "json=report.json", cwd=tmp_path).returncode == 1
    ended = run(
        "accept", "report.json", "--rule", "stack-removed", "--reason", "- x: y # z", "--until", "2099-01-01", cwd=tmp_path
    )
    assert ended.returncode == 0
    assert not re.search(r"::|##\[", ended.stdout)
    shown = parse_policy("accepted:\n" + ended.stdout.partition("\n\n")[2], "stdout").policy
    assert shown == load_policy(tmp_path / "cachediff.yaml")
    assert run(str(old), str(new), cwd=tmp_path).returncode == 0
    assert load_policy(tmp_path / "cachediff.yaml").accepted[0].acceptance.reason == "- x: y # z"


# --- cachediff policy find ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@needs_git
def test_where_a_revision_has_its_policy(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.write("sub/old", {"hdf5": a_page()})
    repository.commit()
    below = repository.path / "sub"
    write(below / "cachediff.yaml", "fail-on: never\n")
    ended = run("policy", "find", "main", cwd=below)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), "what is not committed is in no revision"
    repository.commit()
    assert run("policy", "find", "main", cwd=below).stdout == "main:./cachediff.yaml\n"
    assert run("policy", "find", "main", cwd=repository.path).stdout == ""
    ended = run("policy", "find", "", cwd=below)
    assert ended.returncode == 2
    for revision in ("none", "refs/heads/none", "-x", "./main", ":"):
        ended = run("policy", "find", "--", revision, cwd=below)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert "no revision" in ended.stderr
    repository.git("tag", "main")
    ended = run("policy", "find", "main", cwd=below)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "main names several things, the tag refs/tags/main and the branch refs/heads/main" in ended.stderr


# --- cachediff policy check --------------------------------------------------------------------------------------------

POLICY = f"""\
fail-on: error
rules:
  spec-orphaned: note
  os-dropped: off
overrides:
  - match: {{stack: e4s}}
    rules: {{stack-removed: warning}}
  - match: {{stack: "*"}}
    rules: {{"stack-removed": note, stack-dropped: {{severity: note}}}}
renames:
  stacks: {{a: b}}
{GONE}  - {{rule: os-dropped, subject: any, reason: x, until: 2024-08-01}}
require:
  - {{package: hdf5, specs: 3}}
"""


def test_check_without_a_report(tmp_path: Path) -> None:
    write(tmp_path / "cachediff.yaml", POLICY)
    ended = run("policy", "check", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "cachediff.yaml:3: rules: spec-orphaned: note",
        "cachediff.yaml:4: rules: os-dropped: off",
        "cachediff.yaml:6: overrides: stack=e4s: stack-removed: warning",
        "cachediff.yaml:8: overrides: stack=*: stack-removed: note, stack-dropped: note",
        "cachediff.yaml:11: renames: stacks a → b",
        "cachediff.yaml:13: accepted: stack-removed stack=e4s, until 2024-09-01 (owner @spack/ci)",
        "cachediff.yaml:18: accepted: os-dropped any, until 2024-08-01",
        "cachediff.yaml:20: require: package=hdf5, at least 3 specs",
        "cachediff.yaml is valid: fail-on error, 2 rules, 2 overrides, 1 rename, 2 acceptances, 1 requirement",
    ]


@pytest.mark.slow
def test_check_against_a_report(here: Path) -> None:
    policy = write(here / "other.yaml", POLICY)
    ended = run("policy", "check", "other.yaml", "--report", "report.json", cwd=here)
    assert (ended.returncode, ended.stderr) == (0, "")
    said = [line.partition(": ")[2] for line in ended.stdout.splitlines()]
    assert said[:8] == [
        "rules: spec-orphaned: note: is about 1 finding",
        "rules: os-dropped: off: is about 0 findings",
        "overrides: stack=e4s: stack-removed: warning: is the first to match 1 finding",
        "overrides: stack=*: stack-removed: note, stack-dropped: note: is the first to match 1 finding",
        "renames: stacks a → b: is applied before snapshots are compared: a report does not tell",
        "accepted: stack-removed stack=e4s, until 2024-09-01 (owner @spack/ci): matches 2 findings",
        "accepted: os-dropped any, until 2024-08-01: expired 3 days before 2024-08-04; matches nothing",
        "require: package=hdf5, at least 3 specs: is met, or not judged by this report",
    ]
    assert run(*GASNET, "-p", policy, "-q", "-r", "json=report.json", cwd=here).returncode == 1
    later = run("policy", "check", "other.yaml", "-r", "report.json", "--as-of", "2024-10-01", cwd=here).stdout
    assert "until 2024-09-01 (owner @spack/ci): expired 30 days before 2024-10-01; matches 2 findings" in later
    assert "at least 3 specs: is not met: hdf5 has 0 of 3 required specs" in later


def test_check_tells_requirements_of_one_package_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(a_database(node := a_node("zlib")))
    policy = (
        "require:\n"
        "  - {package: zlib}\n"
        "  - {package: zlib, installable: true, specs: 2}\n"
        "  - {package: zlib, mpi: openmpi}\n"
        "  - {package: zlib, mpi: openmpi, installable: true}\n"
    )
    write(tmp_path / "cachediff.yaml", policy)
    (tmp_path / "b").write_bytes(a_database(node))
    assert run("a", "b", "-q", "-r", "json=report.json", cwd=tmp_path).returncode == 1
    said = run("policy", "check", "-r", "report.json", cwd=tmp_path).stdout.splitlines()
    on_mpi = "require: package=zlib mpi=openmpi, at least 1"
    assert [line.partition(": ")[2] for line in said[:4]] == [
        "require: package=zlib, at least 1 spec: is met, or not judged by this report",
        "require: package=zlib, at least 2 installable specs: is not met: zlib has 1 of 2 required installable specs",
        f"{on_mpi} spec: is not met: zlib has 0 of 1 required spec for mpi openmpi",
        f"{on_mpi} installable spec: is not met: zlib has 0 of 1 required installable spec for mpi openmpi",
    ]


def test_check_of_no_policy(tmp_path: Path) -> None:
    ended = run("policy", "check", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == "error: there is no cachediff.yaml here\nhint: name the policy: cachediff policy check FILE\n"
    assert run("policy", "check", "", cwd=tmp_path).returncode == 2
    assert run("policy", cwd=tmp_path).returncode == 2


def test_check_of_a_broken_policy(tmp_path: Path) -> None:
    write(tmp_path / "policy.yaml", "rules: {target-droped: error}\n")
    ended = run("policy", "check", "policy.yaml", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: policy.yaml:1:9: unknown rule 'target-droped'; did you mean 'target-dropped'?\n")


def test_check_of_an_empty_policy(tmp_path: Path) -> None:
    write(tmp_path / "policy.yaml", "")
    assert (
        run("policy", "check", "policy.yaml", cwd=tmp_path).stdout == "policy.yaml is valid: fail-on error, nothing else\n"
    )
