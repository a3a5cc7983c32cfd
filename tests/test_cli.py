"""`cachediff OLD NEW` as a process: the exit codes (docs/design.md, Exit codes), and the sentence that goes with each."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from cachediff.cli.options import Format
from cachediff.errors import InputError
from cachediff.policy.load import find_policy
from cachediff.text.schema import SCHEMA_NAMES
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import GASNET, REAL, ROOT, WEEK, run, run_code
from tests.index_files import a_lock, a_node, put

FORMATS = [format.value for format in Format]
HARMFUL = """
from importlib import import_module
from cachediff.__main__ import main

def fail(*arguments, **options):
    raise {error}

import_module("cachediff.comparison.packages").compare_package = fail
main()
"""


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """Return a directory where the snapshot `new` adds a package to `old`, and a variant of a package that stays is gone."""
    write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5", [an_entry(1, variants=["+mpi"]), an_entry(2)])})
    write_snapshot(
        tmp_path / "new", {"hdf5": a_page("hdf5", [an_entry(3, variants=["~mpi"]), an_entry(4)]), "zlib": a_page("zlib")}
    )
    return tmp_path


# --- verdicts ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "verdict"),
    [
        (WEEK, 1, "fail: 2 of 44 cells lost in 1 package; warnings in 1 package"),
        (("diff", *WEEK), 1, "fail: 2 of 44 cells lost in 1 package; warnings in 1 package"),
        (GASNET, 1, "fail: 1 of 6 cells lost in 1 package; warnings in 1 package"),
        ((WEEK[0], WEEK[0]), 0, "pass: the snapshots are identical"),
        ((*WEEK, "--package", "emacs"), 0, "pass: warnings in 1 package"),
        ((*WEEK, "--package", "emacs", "--fail-on", "warning"), 1, "fail: warnings in 1 package"),
        ((*WEEK, "--package", "emacs", "--fail-on", "never"), 0, "pass: warnings in 1 package; fail-on is never"),
        ((*WEEK, "--package", "s*"), 0, "pass: 5 specs were rebuilt, nothing was lost"),
        ((*WEEK, "--package", "g*", "--stack", "e4s*"), 0, "pass: 8 specs were rebuilt, nothing was lost"),
        (
            (*WEEK, "--fail-on", "never"),
            0,
            "pass: 2 of 44 cells lost in 1 package; warnings in 1 package; fail-on is never",
        ),
    ],
)
def test_verdict_is_the_exit_code_and_the_last_line(arguments: tuple[str, ...], code: int, verdict: str) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout.splitlines()[-1], ended.stderr) == (code, verdict, "")


@pytest.mark.parametrize(("old", "new"), [(REAL / "seeds" / "2025-04-20", "copy"), (REAL / "gasnet-2024" / "new", "copy")])
def test_a_snapshot_is_identical_to_its_copy(tmp_path: Path, old: Path, new: str) -> None:
    shutil.copytree(old, tmp_path / new)
    ended = run(str(old), new, cwd=tmp_path)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "pass: the snapshots are identical")


def test_same_specs_in_another_order_and_spelling_are_not_called_identical(tmp_path: Path) -> None:
    entries = [an_entry(1, variants=["+mpi", "api=v1"], compiler="gcc@=11.4.0"), an_entry(2, version="2.0")]
    respelled = [an_entry(2, version="2.0"), an_entry(1, variants=["api:=v1", "+mpi"], compiler="gcc@11.4.0")]
    write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5", entries)})
    write_snapshot(tmp_path / "new", {"hdf5": a_page("hdf5", respelled)})
    ended = run("old", "new", cwd=tmp_path)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "pass: the snapshots hold the same specs")


def test_locks_with_other_roots_are_not_called_identical(tmp_path: Path) -> None:
    """A root that is only a dependency now is in the lock as before, and no root any more."""
    zlib = a_node("zlib")
    hdf5 = a_node("hdf5", dependencies=[{"name": "zlib", "hash": zlib["hash"], "parameters": {"deptypes": ["link"]}}])
    lock = json.loads(a_lock(hdf5, zlib))
    put(tmp_path / "new" / "spack.lock", json.dumps(lock).encode())
    lock["roots"].append({"hash": zlib["hash"], "spec": "zlib"})
    put(tmp_path / "old" / "spack.lock", json.dumps(lock).encode())
    ended = run("old", "new", cwd=tmp_path)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "pass: the snapshots hold the same specs")


def test_fail_on_warning_judges_warnings(pair: Path) -> None:
    assert run("old", "new", cwd=pair).returncode == 0
    assert run("old", "new", "--fail-on", "warning", cwd=pair).returncode == 1
    assert run("old", "new", "--fail-on", "never", cwd=pair).returncode == 0


@pytest.mark.slow
def test_options_may_stand_anywhere() -> None:
    expected = run(*WEEK, "-f", "json").stdout
    assert run("-f", "json", *WEEK).stdout == expected
    assert run(WEEK[0], "--format=json", WEEK[1]).stdout == expected
    assert run("diff", "-f", "json", "--", *WEEK).stdout == expected


@pytest.mark.slow
def test_quiet_prints_the_verdict_alone() -> None:
    assert run(*WEEK, "-q").stdout == "fail: 2 of 44 cells lost in 1 package; warnings in 1 package\n"
    assert run(*WEEK, "-q", "-f", "json").stdout == run(*WEEK, "-f", "json").stdout


def test_verbose_prints_every_note() -> None:
    brief, verbose = run(*WEEK).stdout, run(*WEEK, "-v").stdout
    assert "3 notes: " in brief
    assert "note[" not in brief
    assert verbose.count("note[") == 3


def test_package_takes_a_glob() -> None:
    text = run(*WEEK, "--package", "g*").stdout
    assert re.search(r"^packages +2 +2 ", text, re.MULTILINE)


def test_stack_narrows_coverage() -> None:
    text = run(*WEEK, "--stack", "e4s*").stdout
    assert "developer-tools" not in text
    assert re.search(r"^cells +15 +15$", text, re.MULTILINE)


@pytest.mark.slow
def test_of_a_part_nothing_is_said_of_the_whole(tmp_path: Path) -> None:
    whole = json.loads(run(*WEEK, "-f", "json").stdout)
    part = json.loads(run(*WEEK, "--package", "gcc", "-f", "json").stdout)
    listed = [finding for finding in whole["findings"] if finding["subject"].get("package") == "gcc"]
    assert [finding["fingerprint"] for finding in part["findings"]] == [finding["fingerprint"] for finding in listed]
    assert whole["selection"] == {"package": "*", "stack": "*", "os": "*", "target": "*"}
    assert part["selection"] == whole["selection"] | {"package": "gcc"}
    assert run(*WEEK, "--package", "gcc").stdout.splitlines()[0] == "develop-2025-03-23 → develop-2025-03-30 --package gcc"
    policy = tmp_path / "cachediff.yaml"
    policy.write_text("accepted: [{rule: os-dropped, subject: {package: zlib}, reason: gone, until: 2030-01-01}]\n")
    dated = run(*WEEK, "--package", "gcc", "--as-of", "2025-03-30", "--policy", str(policy), "-f", "markdown").stdout
    assert "--package gcc --as-of 2025-03-30" in dated
    assert "acceptance-unused" in run(*WEEK, "-p", str(policy), "-v").stdout
    assert "acceptance-unused" not in run(*WEEK, "-p", str(policy), "-v", "--package", "gcc").stdout


def test_stacks_of_a_part_are_whole() -> None:
    gasnet = (f"{REAL}/gasnet-2024/old", f"{REAL}/gasnet-2024/new")
    assert "stack-removed" in run(*gasnet, "--package", "g*").stdout
    assert "stack-removed" in run(*gasnet, "--stack", "e4s").stdout


LONG = "a" * 300
"""A name at which Path.exists raises, as it does in a folder that may not be searched."""


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("diff", LONG), 2, "missing argument 'NEW'"),
        ((LONG,), 2, "missing argument 'NEW'"),
        ((*WEEK, "-r", f"json={LONG}"), 3, "file name too long"),
        ((*WEEK, "-r", f"json={LONG}/report.json"), 3, "file name too long"),
        ((*WEEK, "-r", "json=report.json", "-p", LONG), 3, "file name too long"),
        ((WEEK[0], LONG, "-r", "json=report.json"), 3, "file name too long"),
        ((*WEEK, "--wanted", LONG, "-r", "json=report.json"), 3, "file name too long"),
        (("publish", LONG), 3, "file name too long"),
        (("verify", LONG, *WEEK), 3, "file name too long"),
        (("accept", LONG, "--all", "--reason", "x", "--until", "2099-01-01"), 3, "file name too long"),
    ],
)
def test_path_that_cannot_be_looked_at_is_no_crash(
    arguments: tuple[str, ...], code: int, error: str, tmp_path: Path
) -> None:
    ended = run(*arguments, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.splitlines()[0].endswith(error)


def test_policy_that_cannot_be_looked_at_is_not_the_default() -> None:
    with pytest.raises(InputError, match="file name too long"):
        find_policy(Path(LONG))


# --- bad command lines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "OLD and NEW are missing"),
        (("", "new"), "OLD is empty"),
        (("old", ""), "NEW is empty"),
        (("old", "  "), "NEW is empty"),
        (("old",), "missing argument 'NEW'"),
        (("old", "new", "newer"), "got unexpected extra argument(s) (newer)"),
        (("old", "new", "--zzz"), "no such option: --zzz"),
        (("old", "new", "-f"), "option '-f' requires an argument"),
        (
            ("old", "new", "-f", "xml"),
            "invalid value for '--format' / '-f': 'xml' is not one of " + ", ".join(map(repr, FORMATS)),
        ),
        (
            ("old", "new", "--fail-on", "note"),
            "invalid value for '--fail-on': 'note' is not one of 'error', 'warning', 'never'",
        ),
        (("old", "new", "--color", "red"), "invalid value for '--color': 'red' is not one of 'auto', 'always', 'never'"),
        (("old", "new", "-r", "report.json"), "--report 'report.json' is not FORMAT=PATH"),
        (("old", "new", "-r", "json="), "--report 'json=' is not FORMAT=PATH"),
        (("old", "new", "-r", "xml=report.xml"), "--report 'xml=report.xml': no format 'xml'"),
        (("valdate", "new"), "there is no command and no snapshot 'valdate'"),
        (("show", "gcc", "old", ""), "NEW is empty"),
        (("show", "", "old", "new"), "PACKAGE is empty"),
        (("why", "", "old", "new"), "SPEC is empty"),
        (("why", "gcc", " ", "new"), "OLD is empty"),
        (("impact", "", "--in", "new"), "LOCK is empty"),
        (("impact", "lock", "--in", "new", "--before", ""), "--before is empty"),
        (("impact", "lock", "--in", "new", "--root", ""), "--root is empty"),
        (("impact", "lock", "--in", "new", "--host", "zen33"), "--host 'zen33' is no target that archspec knows"),
        (("validate",), "missing argument 'SNAPSHOT...'"),
        (("validate", ""), "SNAPSHOT is empty"),
        (("validate", "a", "b", "-f", "html"), "--format html reports on one snapshot, and here are 2"),
        (("rules", "os-droped"), "no rule is or matches 'os-droped'"),
        (("schema", "nope"), "unknown schema 'nope'"),
    ],
)
def test_bad_command_line_is_2_with_a_sentence_and_a_hint(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    ended = run(
        *arguments, cwd=tmp_path
    )  # where neither old nor new is: nothing is read before the command line is understood
    error, *hint = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout, error) == (2, "", f"error: {sentence}")
    assert all(line.startswith("hint: ") for line in hint)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("valdate", "new"), "did you mean 'validate'?"),
        (("rules", "os-droped"), "did you mean 'os-dropped'?"),
        (("old", "new", "-r", "x=y"), f"formats are {', '.join(FORMATS)}, as in --report json=report.json"),
        (("schema", "nope"), f"schemas are {', '.join(SCHEMA_NAMES)}"),
        (("", "new"), "is a variable unset?"),
    ],
)
def test_hint_says_what_to_do(arguments: tuple[str, ...], hint: str) -> None:
    assert run(*arguments).stderr.splitlines()[1] == f"hint: {hint}"


def test_package_that_one_side_lacks_is_a_loss_and_one_that_both_lack_is_3(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5"), "zlib": a_page("zlib")})
    write_snapshot(tmp_path / "new", {"hdf5": a_page("hdf5")})
    assert run("old", "new", "--package", "zlib", cwd=tmp_path).returncode == 1
    ended = run("old", "new", "--package", "gcc", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: --package gcc matches no package of either side\n")


# --- unusable input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("missing", "cannot be read: no such file or directory"),
        ("empty", "holds no page"),
        ("without pages", "holds no page"),
        ("a link", "is a symbolic link"),
    ],
)
def test_unusable_snapshot_is_3_with_a_sentence(tmp_path: Path, side: str, what: str, sentence: str) -> None:
    good = write_snapshot(tmp_path / "good", {"zlib": a_page("zlib")})
    bad = tmp_path / "bad"
    match what:
        case "empty":
            bad.mkdir()
        case "without pages":
            (bad / "zlib").mkdir(parents=True)
            (bad / "zlib" / "index.html").write_text("<html>")
        case "a link":
            bad.symlink_to(good)
        case _:
            assert what == "missing"
    arguments = ("good", "bad") if side == "new" else ("bad", "good")
    ended = run(*arguments, "--package", "zlib", cwd=tmp_path)
    error, hint = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (3, "")
    assert error.startswith(f"error: bad {sentence}")
    assert hint.startswith("hint: ")


@pytest.mark.slow
def test_name_that_is_a_command_is_a_command_and_a_path_to_it_is_not(tmp_path: Path) -> None:
    for name in ("diff", "validate", "rules"):
        write_snapshot(tmp_path / name, {"zlib": a_page("zlib")})
    assert run("./validate", "./rules", cwd=tmp_path).stdout.endswith("pass: the snapshots are identical\n")
    assert run("./diff", "validate", cwd=tmp_path).stdout.endswith("pass: the snapshots are identical\n")
    assert run("diff", "diff", "validate", cwd=tmp_path).stdout.endswith("pass: the snapshots are identical\n")
    assert run("validate", "diff", cwd=tmp_path).stdout.endswith("pass: 1 page and 1 spec are valid and add up\n")
    assert run("diff", cwd=tmp_path).returncode == 2


def test_directory_that_nearly_has_a_commands_name_is_a_snapshot(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "diffs", {"zlib": a_page("zlib")})
    assert run("diffs", "diffs", cwd=tmp_path).returncode == 0


# --- faults of cachediff -----------------------------------------------------------------------------------------------


def test_crash_is_70_in_one_line() -> None:
    ended = run_code(HARMFUL.format(error="RuntimeError('first\\n::error::second \\x1b[31m')"), *WEEK)
    assert (ended.returncode, ended.stdout) == (70, "")
    explanation = "(a bug in cachediff, not a verdict; -v shows the traceback)"
    assert ended.stderr == f"internal error: RuntimeError: first :\\x3aerror:\\x3asecond \\x1b[31m {explanation}\n"


@pytest.mark.slow
@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_crash_has_a_traceback_when_verbose(option: str) -> None:
    ended = run_code(HARMFUL.format(error="RuntimeError('first\\n::error::second')"), *WEEK, option)
    assert ended.returncode == 70
    assert ended.stderr.startswith("Traceback (most recent call last):\n")
    assert "line 6, in fail" in ended.stderr
    assert not re.search(r"^\s*::", ended.stderr, re.MULTILINE)
    assert ended.stderr.endswith(" (a bug in cachediff, not a verdict)\n")


@pytest.mark.slow
@pytest.mark.parametrize("error", ["RecursionError", "ValueError", "KeyError", "OSError(5, 'Input/output error')"])
def test_no_crash_looks_like_a_verdict(error: str) -> None:
    ended = run_code(HARMFUL.format(error=error), *WEEK, "-q")
    assert ended.returncode in {70, 130}
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1


def test_broken_installation_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ImportError('no typer\\nhere')")
    ended = run(*WEEK, env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert (ended.returncode, ended.stdout) == (70, "")
    assert (
        ended.stderr
        == "internal error: ImportError: no typer here (cachediff is not installed as a whole; this is not a verdict)\n"
    )


def test_interrupt_is_130() -> None:
    ended = run_code(HARMFUL.format(error="KeyboardInterrupt"), *WEEK)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")
