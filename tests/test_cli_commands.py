"""The commands besides `diff`: show, rules, schema, validate, --version, --help and shell completion."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, get_args

import pytest

from cachediff.cli.main import build_app
from cachediff.cli.options import Format
from cachediff.domain.diff import Outcome
from cachediff.render.show import BECAME
from cachediff.rules.catalogue import RULES
from cachediff.text.schema import SCHEMA_NAMES
from cachediff.version import __version__
from tests.builders import a_meta, a_page, an_entry, write_snapshot
from tests.commands import GASNET, ROOT, SEEDS, WEEK, run
from tests.make_index_fixtures import MANIFESTS
from tests.processes import execute

if TYPE_CHECKING:
    from pathlib import Path

APP = build_app()
COMMANDS = [
    *(str(command.name) for command in APP.registered_commands),
    *(str(group.name) for group in APP.registered_groups),
]


def test_what_rules_of_any_length_say_stands_in_one_column() -> None:
    ended = run(*(str(ROOT / "fixtures" / "index" / "hole" / side) for side in ("old", "new")))
    lines = ended.stdout.partition("error cd-lib\n")[2].splitlines()[:3]
    # Behind the name of a rule, and where a line goes on.
    assert {len(line) - len(re.sub(r"^ *(?:[a-z]+-[a-z]+)? +", "", line)) for line in lines} == {21}


# --- the list of commands ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--help",), ("policy", "--help")])
def test_no_command_is_explained_in_half_a_sentence(arguments: tuple[str, ...]) -> None:
    listed = run(*arguments).stdout.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    assert listed
    assert [line for line in listed if line.endswith("...") or line[-1] not in ".?"] == []


# --- what a failing report says to run next ----------------------------------------------------------------------------

RULE_PAIRS = ROOT / "fixtures" / "rules"


@pytest.mark.parametrize(
    ("rule", "shows"),
    [("wanted-missing", 0), ("requirement-unmet", 1), ("dependency-missing", 0), ("os-dropped", 1), ("page-invalid", 0)],
)
def test_what_comes_next_can_be_run(tmp_path: Path, rule: str, shows: int) -> None:
    """What a lock or a policy asks for, or a spec needs, may be in neither snapshot: `show` has nothing of it."""
    pair = RULE_PAIRS / rule
    options = [
        word
        for option, name in (("--policy", "cachediff.yaml"), ("--wanted", "locks"))
        if (pair / name).exists()
        for word in (option, str(pair / name))
    ]
    ended = run(str(pair / "old"), str(pair / "new"), *options, cwd=tmp_path)
    assert ended.returncode == 1
    commands = re.findall(r"^(?:next:|     ) [a-z ]{14}  cachediff (rules|show) (.*)$", ended.stdout, re.MULTILINE)
    assert [name for name, _ in commands] == ["rules", *["show"] * shows]
    for name, arguments in commands:
        assert run(name, *shlex.split(arguments), cwd=tmp_path).returncode == 0


# --- validate ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a snapshot with a good page, one with a wrong count, and one that is cut off."""
    entries = [an_entry(1), an_entry(2)]
    wrong = a_page("wrong", entries, meta=a_meta(entries) | {"num_specs": 3})
    return write_snapshot(
        tmp_path / "pages", {"good": a_page("good", [an_entry(3)]), "wrong": wrong, "cut": a_page("cut")[:200]}
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_seed_is_valid(seed: str) -> None:
    ended = run("validate", seed)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1].startswith("pass: 1 page and ")


def test_wrong_count_is_1_and_says_where(pages: Path) -> None:
    ended = run("validate", "pages/wrong/specs.md", cwd=pages.parent)
    assert ended.returncode == 1
    assert ended.stdout == (
        "pages/wrong/specs.md  develop-2025-03-30\n\n"
        "error[count-mismatch]: num_specs does not add up on wrong: 3 claimed, 2 counted\n"
        "  --> pages/wrong/specs.md:5:1  /meta/num_specs\n\n"
        "next: why it matters  cachediff rules count-mismatch\n\n"
        "fail: errors in 1 package\n"
    )


def test_snapshot_is_validated_as_a_whole(pages: Path) -> None:
    ended = run("validate", "pages", cwd=pages.parent)
    assert ended.returncode == 1
    assert "error[page-invalid]: " in ended.stdout
    assert "  --> pages/cut/specs.md:" in ended.stdout
    assert "is left out of the comparison" not in ended.stdout
    assert ended.stdout.endswith("\nfail: errors in 2 packages\n")


def test_of_several_only_those_that_fail_are_told(pages: Path) -> None:
    ended = run("validate", *(f"pages/{name}/specs.md" for name in ("good", "wrong", "cut", "good")), cwd=pages.parent)
    assert ended.returncode == 1
    assert "pages/good" not in ended.stdout
    assert ended.stdout.splitlines()[-1] == "fail: 2 of 4 have errors"
    assert run("validate", "pages/good", "pages/wrong", "-q", cwd=pages.parent).stdout == "fail: 1 of 2 has errors\n"
    assert "pages/good" in run("validate", "pages/good", "pages/wrong", "-v", cwd=pages.parent).stdout


def test_what_cannot_be_read_hides_nothing_of_the_other_snapshots(pages: Path) -> None:
    ended = run("validate", "pages/none", "pages/wrong", "pages/good", cwd=pages.parent)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (3, "1 of 3 cannot be read; of the others 1 has errors")
    assert ended.stderr.startswith("error: pages/none cannot be read: ")
    # No verdict: "pass: all 1 are valid" was what stood there.
    ended = run("validate", "pages/good", "pages/none", cwd=pages.parent)
    assert (ended.returncode, ended.stdout) == (3, "1 of 2 cannot be read; of the others none has errors\n")
    ended = run("validate", "pages/none", "pages/nor this", cwd=pages.parent)
    assert (ended.returncode, ended.stdout) == (3, "")
    first, *others = ended.stderr.splitlines()
    assert first == "error: 2 snapshots cannot be read"
    assert [line.split(" cannot")[0].strip() for line in others] == ["pages/none", "pages/nor this"]
    # One JSON value is of all that was named.
    assert run("validate", "pages/none", "pages/wrong", "-f", "json", cwd=pages.parent).stdout == ""


def test_several_that_are_valid_are_told_in_a_line(pages: Path) -> None:
    ended = run("validate", *SEEDS, str(pages / "good"))
    assert (ended.returncode, ended.stdout) == (0, "pass: all 3 are valid and add up\n")


def test_missing_snapshot_is_3_whatever_else_is_wrong(pages: Path) -> None:
    assert run("validate", str(pages), str(pages / "nowhere")).returncode == 3


def test_validation_has_every_format(pages: Path) -> None:
    report = json.loads(run("validate", str(pages), "-f", "json").stdout)
    assert (report["old"], report["verdict"], report["new"]["packages"]) == (None, "fail", 3)
    assert run("validate", str(pages), "-f", "markdown").stdout.startswith("### ❌ fail: errors in 2 packages\n")
    assert run("validate", str(pages), "-q").stdout == "fail: errors in 2 packages\n"


# --- show --------------------------------------------------------------------------------------------------------------


def test_show_prints_every_spec_with_its_pair() -> None:
    ended = run("show", "gasnet", *GASNET)
    assert (ended.returncode, ended.stderr) == (0, "")
    first, *_ = ended.stdout.splitlines()
    assert first == "gasnet: 11 → 11 specs"
    assert re.findall(r"^\d+ \w+$", ended.stdout, re.MULTILINE) == ["2 changed", "2 rebuilt", "7 unchanged"]
    assert len(re.findall(r"^  [-+~=] gasnet@", ended.stdout, re.MULTILINE)) == 11
    assert "    stacks: e4s → root only\n" in ended.stdout


def test_show_prints_a_package_of_one_side() -> None:
    gone, new = run("show", "gcc", WEEK[0], GASNET[1]).stdout, run("show", "gcc", GASNET[0], WEEK[1]).stdout
    assert gone.startswith("gcc: 3 → 0 specs\n\nerror[package-removed]: package gcc is gone: 3 specs in 3 cells lost\n\n")
    assert "\n3 removed\n  - gcc@" in gone
    assert new.startswith("gcc: 0 → 1 spec\n\nnote[package-added]: ")
    assert "\n1 added\n  + gcc@" in new


def test_show_says_what_became_of_each_loss() -> None:
    assert {*BECAME} == {*get_args(Outcome)}
    pair = ROOT / "fixtures" / "rules" / "unwanted-dropped"
    ended = run("show", "cmake", "old", "new", cwd=pair)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "linux-ubuntu22.04-x86_64_v3: no lock asks for it any more\n" in ended.stdout


def test_show_of_an_unknown_package_suggests_one() -> None:
    ended = run("show", "gasnt", *WEEK)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == "error: neither snapshot has a valid page of gasnt\nhint: did you mean gasnet?\n"


def test_show_does_not_say_that_nothing_has_what_may_be_in_what_cannot_be_read(tmp_path: Path) -> None:
    """NEW had it, in a stack that is left out since OLD's index of it cannot be read."""
    mirror = ROOT / "fixtures" / "index" / "mirror"
    for side in ("old", "new"):
        shutil.copytree(mirror / side / "v3", tmp_path / side / "v3")
        shutil.copytree(mirror / side / "blobs", tmp_path / side / "blobs")
        (tmp_path / side / MANIFESTS / "index.manifest.json").unlink()
    (tmp_path / "old" / MANIFESTS / "e4s" / "index.manifest.json").write_text("{")
    ended = run("show", "hdf5", "old", "new", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == (
        "error: neither snapshot has a spec of hdf5 outside of the stacks that are not compared: e4s\n"
        "hint: see what is wrong: cachediff validate SNAPSHOT\n"
    )


@pytest.mark.parametrize(
    ("sides", "more"),
    [(("old", "new"), ": cachediff why gcc OLD NEW"), (("old", "../hole/new"), "")],
)
def test_show_of_an_external_leads_to_what_tells_of_it(sides: tuple[str, str], more: str) -> None:
    ended = run("show", "gcc", *sides, cwd=ROOT / "fixtures" / "index" / "mirror")
    hint = f"its records are external, or not in the snapshot{more}"
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == f"error: neither snapshot has a spec of gcc\nhint: {hint}\n"


def test_why_leads_to_no_show_of_what_was_external() -> None:
    ended = run("why", "gcc", "mirror/old", "hole/new", cwd=ROOT / "fixtures" / "index")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == "error: NEW has no gcc, and OLD has gcc /e47kegk\n"


# --- rules and schema --------------------------------------------------------------------------------------------------


def test_rules_lists_every_rule_with_its_severity() -> None:
    lines = run("rules").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[rule.id, rule.severity] for rule in RULES]


@pytest.mark.parametrize("rule", ["os-dropped", "snapshot-shrunk", "count-mismatch"])
def test_rules_explains_a_rule(rule: str) -> None:
    text = run("rules", rule).stdout
    assert text.startswith(f"{rule} (error): ")
    assert "\n\nwhy it matters: " in text
    assert "\n\nhow to fix it: " in text
    assert ("threshold: more than 5 percent, and at least 10" in text) == (rule == "snapshot-shrunk")
    assert ("mirror: os-gained" in text) == (rule == "os-dropped")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_schema_prints_what_is_shipped(name: str) -> None:
    assert run("schema", name).stdout == (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


def test_schema_lists_them() -> None:
    assert [line.split()[0] for line in run("schema").stdout.splitlines()] == list(SCHEMA_NAMES)


# --- version and help --------------------------------------------------------------------------------------------------


def test_version() -> None:
    assert run("--version").stdout == f"cachediff {__version__}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command_and_exit_code(option: str) -> None:
    ended = run(option)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [command for command in COMMANDS if re.search(rf"^  {command} ", ended.stdout, re.MULTILINE)] == COMMANDS
    assert re.findall(r"\b(\d+) [a-z]", " ".join(ended.stdout.split()).partition("Exit codes: ")[2]) == [
        "0",
        "1",
        "2",
        "3",
        "4",
        "70",
    ]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(command: str, option: str) -> None:
    ended = run(command, option)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Usage: cachediff {command} ")


# --- completion --------------------------------------------------------------------------------------------------------


def complete(line: str) -> list[str]:
    """Return what bash is offered for the last word of a command line."""
    words = line.split(" ")
    ended = run(env={"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_CACHEDIFF_COMPLETE": "complete_bash"})
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cachediff ", COMMANDS),
        ("cachediff va", ["validate"]),
        ("cachediff --fo", ["--format"]),
        ("cachediff --ver", ["--version", "--verbose"]),
        ("cachediff old new --fo", ["--format"]),
        ("cachediff -f json old new --fail-on ", ["error", "warning", "never"]),
        ("cachediff -f ", [format.value for format in Format]),
        ("cachediff diff --format m", ["markdown"]),
        ("cachediff show --", ["--format", "--policy", "--as-of", "--limit", "--color", "--help"]),
        ("cachediff why --", ["--format", "--policy", "--verbose", "--limit", "--color", "--help"]),
        ("cachediff why -f ", ["text", "json"]),
        ("cachediff old ", []),
        ("cachediff develop-2025", []),
    ],
)
def test_completion(line: str, offered: list[str]) -> None:
    assert complete(line) == offered


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o default -F"), ("zsh", "compdef"), ("fish", "complete --command cachediff")]
)
def test_completion_script(shell: str, word: str) -> None:
    ended = run("--show-completion", shell, env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert word in ended.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_completion_in_a_real_shell(tmp_path: Path) -> None:
    command = tmp_path / "cachediff"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cachediff "$@"\n')
    command.chmod(0o755)
    script = tmp_path / "script"
    script.write_text(
        'eval "$(cachediff --show-completion)"\n'
        "COMP_WORDS=(cachediff --format m) COMP_CWORD=2\n"
        '_cachediff_completion cachediff m --format\necho "${COMPREPLY[@]}"\n'
    )
    variables = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "SHELL": "/bin/bash", "PYTHONPATH": str(ROOT)}
    ended = execute(["bash", str(script)], env=variables, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert (ended.stdout, ended.stderr) == ("markdown\n", "")


def test_unknown_completion_is_no_verdict() -> None:
    assert run(env={"_CACHEDIFF_COMPLETE": "complete_tcsh"}).returncode == 2
