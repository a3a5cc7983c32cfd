"""What the command line says to somebody who is nearly right: each sentence, and its exit code."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cachediff import compare, evaluate, read_snapshot, render
from cachediff.domain.finding import Acceptance, Subject
from cachediff.errors import UsageError
from cachediff.library import stream
from cachediff.policy.edit import unmatched
from cachediff.policy.settings import DEFAULT_POLICY, Entry
from cachediff.rules.catalogue import RULES
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import ROOT, WEEK, run
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "cache/develop-2025-03-23", "cache/develop-2025-03-30"
INDEX = ROOT / "fixtures" / "index"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a working directory: a folder of two dated snapshots, a mirror, an environment, a policy and a report."""
    for source, name in ((WEEK[0], OLD), (WEEK[1], NEW), (INDEX / "mirror" / "new", "mirror"), (INDEX / "lock/new", "env")):
        shutil.copytree(source, tmp_path / name)
    (tmp_path / "cachediff.yaml").write_text("fail-on: error\n")
    (tmp_path / "report.json").write_text(report_on_week(), encoding="utf-8")
    return tmp_path


@cache
def report_on_week() -> str:
    return run(*WEEK, "-f", "json").stdout


def refuse(here: Path, *arguments: str) -> tuple[int, str, str]:
    """Return the exit code, the error and the hint of a command that prints nothing else and touches no file."""
    before = {path: path.lstat().st_mtime_ns for path in here.rglob("*")}
    ended = run(*arguments, cwd=here)
    assert {path: path.lstat().st_mtime_ns for path in here.rglob("*")} == before
    assert ended.stdout == ""
    error, _, hint = ended.stderr.removesuffix("\n").partition("\nhint: ")
    assert "\n" not in error + hint
    return ended.returncode, error.removeprefix("error: "), hint


# --- where reports go --------------------------------------------------------------------------------------------------

FORMATS = "formats are text, markdown, summary, json, html, junit, sarif, github, gitlab, csv"
EXAMPLE = f"{FORMATS}, as in --report json=report.json"
ALONE = "give each report a path of its own"
ASIDE = "write it beside the snapshot"


@pytest.mark.parametrize(
    ("reports", "code", "error", "hint"),
    [
        (("htm=x.html",), 2, "--report 'htm=x.html': no format 'htm', did you mean html?", EXAMPLE),
        (("exe=x",), 2, "--report 'exe=x': no format 'exe'", EXAMPLE),
        (("report.md",), 2, "--report 'report.md' is not FORMAT=PATH", EXAMPLE),
        (("html=",), 2, "--report 'html=' is not FORMAT=PATH", EXAMPLE),
        (("json=-",), 2, "--report json=- names no file", "-f json prints the report on stdout; ./- is a file of that name"),
        (("html=/nodir/x",), 3, "/nodir/x cannot be written: its directory does not exist", ""),
        (("html=cache",), 3, "cache cannot be written: it is a directory", ""),
        (("html=report.json/x",), 3, "report.json/x cannot be written: its directory does not exist", ""),
        (("json=a", "html=a"), 2, "--report json=a and html=a name one file", ALONE),
        (("json=a", "text=b", "html=./cache/../a"), 2, "--report json=a and html=cache/../a name one file", ALONE),
        ((f"json={OLD}/report.json",), 2, f"--report json={OLD}/report.json lies in OLD", ASIDE),
        ((f"markdown={NEW}/report.md",), 2, f"--report markdown={NEW}/report.md lies in NEW", ASIDE),
        ((f"csv={NEW}/gcc/../gcc/x",), 2, f"--report csv={NEW}/gcc/../gcc/x lies in NEW", ASIDE),
        (
            ("json=cachediff.yaml",),
            2,
            "--report json=cachediff.yaml would overwrite the policy",
            ALONE.replace("each", "the"),
        ),
    ],
)
def test_report_that_goes_nowhere(here: Path, reports: tuple[str, ...], code: int, error: str, hint: str) -> None:
    assert refuse(here, OLD, NEW, *(word for report in reports for word in ("-r", report))) == (code, error, hint)


@pytest.mark.parametrize("options", [("--wanted", "locks"), ("--wanted", "locks/e4s/spack.lock"), ()])
def test_report_that_would_overwrite_a_lock(options: tuple[str, ...], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "rules" / "wanted-missing", tmp_path, dirs_exist_ok=True)
    lock = tmp_path / "locks" / "e4s" / "spack.lock"
    was = lock.read_bytes()
    code, error, _ = refuse(tmp_path, "old", "new", "-r", "json=locks/e4s/spack.lock", *options)
    named = options[1] if options else "locks"
    assert (code, error) == (2, f"--report json=locks/e4s/spack.lock lies in {named}, which says what is wanted")
    assert lock.read_bytes() == was


def test_links_in_a_circle(here: Path) -> None:
    (here / "circle").symlink_to("circle")
    assert refuse(here, OLD, NEW, "-r", "json=circle") == (
        3,
        "circle cannot be written: it is a link that leads nowhere",
        "",
    )
    assert refuse(here, "circle", NEW, "-r", "json=report.json")[:2] == (
        3,
        "circle is a symbolic link, not a directory of pages",
    )


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (f"{NEW}/gcc/specs.md", f"{NEW}/gcc/specs.md"),
        (f"{NEW}/gcc/specs.md", "linked"),
        ("mirror", "mirror/report.json"),
        ("mirror/v3/manifests/index/index.manifest.json", "mirror/report.json"),
        ("env", "env/spack.lock"),
        ("env/spack.lock", "env/spack.lock"),
    ],
)
def test_report_does_not_overwrite_what_is_compared(here: Path, new: str, path: str) -> None:
    (here / "linked").symlink_to(here / NEW / "gcc" / "specs.md")
    code, error, _ = refuse(here, new, new, "-r", f"json={path}")
    assert (code, error) == (2, f"--report json={path} lies in OLD")


@pytest.mark.parametrize(
    ("cwd", "new", "path"),
    [
        (".", "env", "env/report.json"),
        ("env", ".", "report.json"),
        (NEW, ".", "report.json"),
        (".", NEW, "cache/report.json"),
        (".", NEW, "/dev/null"),
    ],
)
def test_report_beside_what_is_compared_is_written(here: Path, cwd: str, new: str, path: str) -> None:
    ended = run(new, new, "-q", "-r", f"json={path}", cwd=here / cwd)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (here / cwd / path).exists()


def test_latest_writes_no_report_into_what_it_chose(here: Path) -> None:
    code, error, hint = refuse(here, "latest", "cache", "-r", f"json={NEW}/report.json")
    assert (code, error, hint) == (2, f"--report json={NEW}/report.json lies in {NEW}", ASIDE)
    assert run("latest", "cache", "-q", "-r", "json=cache/report.json", cwd=here).returncode == 1


def test_unknown_format_is_an_error_of_ours() -> None:
    side = read_snapshot(str(ROOT / "fixtures/real/gasnet-2024/old"))
    report = evaluate(compare(side, side))
    for call in (render, lambda *words: "".join(stream(*words))):
        with pytest.raises(UsageError, match=r"^no format 'htm', did you mean html\?$") as raised:
            call(report, "htm")
        assert raised.value.hint == FORMATS


# --- which snapshots ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [("cache", NEW), (OLD, "cache/"), ("validate", "cache"), ("show", "gcc", OLD, "cache"), ("why", "gcc", "cache", NEW)],
)
def test_folder_of_snapshots_is_none(here: Path, arguments: tuple[str, ...]) -> None:
    code, error, hint = refuse(here, *arguments)
    named = next(word for word in arguments if word.startswith("cache") and "develop" not in word)
    assert (code, error) == (3, f"{named} holds 2 snapshots and is none: develop-2025-03-23, develop-2025-03-30")
    assert hint == f"did you mean cachediff latest {named}, or one of them?"
    assert run("latest", named, "-q", cwd=here).returncode == 1


def test_folder_of_snapshots_and_a_readme_is_none(here: Path) -> None:
    (here / "cache" / "README.md").write_text("# What is here\n")
    assert refuse(here, "cache", NEW)[1] == "cache holds 2 snapshots and is none: develop-2025-03-23, develop-2025-03-30"
    (here / OLD / "broken.md").write_text("not a page\n")
    ended = run(f"{OLD}/broken.md", f"{OLD}/broken.md", cwd=here)
    assert ended.stderr.startswith(f"error: nothing can be compared with {OLD}/broken.md: its only page is not valid\n")


def test_folder_of_snapshots_without_a_date(here: Path) -> None:
    for name in ("old", "new", "newer"):
        shutil.copytree(here / OLD / "gcc", here / "week" / name / "gcc")
    (here / "week" / "notes").mkdir()
    assert refuse(here, "week", "week") == (
        3,
        "week holds 3 snapshots and is none: new, newer, old",
        "did you mean one of them?",
    )
    shutil.move(here / "week" / "old", here / "lone" / "old")
    assert refuse(here, "lone", "week")[1:] == ("lone holds 1 snapshot and is none: old", "did you mean lone/old?")
    assert refuse(here, "week/notes", "week")[1] == "week/notes holds no page and no index"


@needs_git
def test_folder_of_snapshots_in_a_revision(here: Path) -> None:
    repository = Repository(here)
    repository.commit()
    code, error, hint = refuse(here, "HEAD:cache", NEW)
    assert (code, error) == (3, "HEAD:cache holds 2 snapshots and is none: develop-2025-03-23, develop-2025-03-30")
    assert hint == "did you mean cachediff latest HEAD:cache, or one of them?"


@pytest.mark.parametrize("root", [NEW, f"{NEW}/", "mirror", "./env", "env/."])
def test_latest_of_a_snapshot_itself(here: Path, root: str) -> None:
    """Beside one whose name has no date no other is found: latest of what is above would say the same again."""
    hint = "it is a snapshot itself, whose name has no date: cachediff REV:PATH PATH compares it with what it was in git"
    above = "it is a snapshot itself: did you mean cachediff latest {}?"
    expected = above.format("cache") if root.startswith(NEW) else hint
    assert refuse(here, "latest", root) == (3, f"{root} holds no dated snapshot", expected)
    # What is named without its name still has one.
    assert refuse(here / "env", "latest", ".")[2] == hint
    assert refuse(here / NEW, "latest", ".")[2] == above.format("..")
    assert refuse(here, "latest", f"{NEW}/.")[2] == above.format(f"{NEW}/./..")
    (here / "empty").mkdir()
    assert refuse(here, "latest", "empty")[2].startswith("ROOT is a directory of snapshots, ")


def test_folder_alone(here: Path) -> None:
    hint = "cachediff latest cache compares the newest two in a folder of snapshots"
    assert refuse(here, "cache") == (2, "missing argument 'NEW'", hint)
    assert refuse(here, "show", "gcc", "cache") == (2, "missing argument 'NEW'", hint)


def test_snapshot_alone(here: Path) -> None:
    """Of a snapshot, `latest` would say that it is one: nothing is to be had from it."""
    assert refuse(here, OLD) == (2, "missing argument 'NEW'", "see cachediff diff --help")
    assert refuse(here, "show", "gcc", OLD) == (2, "missing argument 'NEW'", "see cachediff show --help")
    assert refuse(here, "verify", "report.json", "env") == (2, "missing argument 'NEW'", "see cachediff verify --help")
    assert refuse(here, "no" * 3_000) == (2, "missing argument 'NEW'", "see cachediff diff --help")


@pytest.mark.parametrize("name", ["spack.lock", "e4s.lock", "index.json"])
@pytest.mark.parametrize(("text", "found"), [("", "the end of the file"), ("<<<<<<< HEAD\n{", "<<<<<<< HEAD\\n{")])
def test_file_that_is_called_as_an_index_is_no_page(here: Path, name: str, text: str, found: str) -> None:
    (here / name).write_text(text)
    said = (3, f"{name}:1:1: index is not JSON: expecting value", f"expected JSON, found {found}")
    assert refuse(here, "env", name) == said
    assert refuse(here, name, "env") == said


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("cache/develop-2025-03-2", OLD),
        ("cache/developp-2025-03-30/", NEW),
        ("./mirro", "./mirror"),
        (f"{NEW}/gc/specs.md", ""),
        ("cache/mirror", ""),
    ],
)
def test_path_that_is_nearly_right(here: Path, named: str, meant: str) -> None:
    hint = (
        f"did you mean {meant}?" if meant else "give a folder or a file (of pages, a mirror, a site or a lock), an archive"
    )
    code, error, found = refuse(here, named, "env")
    assert (code, error.endswith(" cannot be read: no such file or directory")) == (3, True)
    assert found.startswith(hint)


def test_environment_that_is_not_concretized(here: Path) -> None:
    (here / "wish").mkdir()
    (here / "wish" / "spack.yaml").write_text("---\nspack:\n  specs: [hdf5]\n")
    hint = "spack.yaml says what an environment asks for, spack.lock what it got: spack concretize writes that"
    folder = (3, "wish holds spack.yaml and no spack.lock", hint)
    file = (3, "wish/spack.yaml is no lock", hint)
    for arguments in (
        ("env", "{}"),
        ("{}", "env"),
        ("impact", "{}", "--in", "mirror"),
        ("mirror", "mirror", "--wanted", "{}"),
    ):
        assert refuse(here, *(word.replace("{}", "wish") for word in arguments)) == folder
        assert refuse(here, *(word.replace("{}", "wish/spack.yaml") for word in arguments)) == file


def test_page_may_have_any_name(here: Path) -> None:
    shutil.copy(here / NEW / "gcc/specs.md", here / "gcc.json")
    assert run("gcc.json", f"{NEW}/gcc", cwd=here).stdout.endswith("pass: the snapshots are identical\n")


@pytest.mark.parametrize("page", [f"{NEW}/gcc/specs.md", f"{NEW}/gcc", f"./{NEW}/gcc/"])
def test_page_is_not_compared_with_a_directory(here: Path, page: str) -> None:
    shown = page.rstrip("/")
    hint = "name the snapshot that the page is of, perhaps with --package gcc, or a page on both sides"
    assert refuse(here, OLD, page) == (3, f"OLD {OLD} has 7 packages, and NEW {shown} is the page of one", hint)
    assert refuse(here, page, OLD) == (3, f"OLD {shown} is the page of one package, and NEW {OLD} has 7", hint)
    assert refuse(here, "mirror", page)[:2] == (3, f"OLD mirror has 32 packages, and NEW {shown} is the page of one")


@pytest.mark.parametrize(
    "arguments",
    [
        (OLD, f"{NEW}/gcc/specs.md", "--package", "gcc"),
        (f"{OLD}/gcc/specs.md", f"{NEW}/gcc"),
        (f"{OLD}/gcc/specs.md", NEW, "--package", "gcc"),
    ],
)
def test_page_is_compared_with_its_package(here: Path, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments, cwd=here)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.endswith("fail: 2 of 3 cells lost in 1 package\n")


# --- the order of arguments --------------------------------------------------------------------------------------------

MIRRORS = (str(INDEX / "mirror" / "old"), str(INDEX / "mirror" / "new"))


@needs_git
@pytest.mark.parametrize(
    ("command", "order", "right"),
    [
        ("show", "PACKAGE OLD NEW", ("gcc", OLD, NEW)),
        ("show", "PACKAGE OLD NEW", ("gcc", *MIRRORS)),
        ("show", "PACKAGE OLD NEW", ("gcc", "HEAD:cache/develop-2025-03-23", NEW)),
        ("why", "SPEC OLD NEW", ("hdf5", *MIRRORS)),
        ("why", "SPEC OLD NEW", ("/abc", *MIRRORS)),
        ("verify", "REPORT OLD NEW", ("report.json", OLD, NEW)),
        ("verify", "REPORT OLD NEW", ("report.json", *MIRRORS)),
    ],
)
def test_arguments_in_another_order(here: Path, command: str, order: str, right: tuple[str, str, str]) -> None:
    Repository(here).commit()
    word, old, new = right
    for wrong in ((old, new, word), (old, word, new)):
        code, error, hint = refuse(here, command, *wrong)
        assert (code, error) == (2, f"cachediff {command} takes {order}, in this order")
        assert hint == f"did you mean cachediff {command} {word} {old} {new}?"


def test_package_that_is_called_like_a_folder_is_shown(here: Path) -> None:
    (here / "gcc").mkdir()
    assert run("show", "gcc", OLD, NEW, cwd=here).returncode == 0


@pytest.mark.parametrize("arguments", [("report.json", NEW), ("show", "gcc", OLD, "report.json")])
def test_report_is_no_snapshot(here: Path, arguments: tuple[str, ...]) -> None:
    role = "OLD" if arguments[0] == "report.json" else "NEW"
    hint = "cachediff verify, accept and publish read one"
    assert refuse(here, *arguments) == (2, f"{role} report.json is a report of cachediff, and no snapshot", hint)


# --- the verdict -------------------------------------------------------------------------------------------------------

DROPPED = tuple(str(ROOT / "fixtures" / "rules" / "dependency-dropped" / side) for side in ("old", "new"))
LOCKS = tuple(str(INDEX / "lock" / side) for side in ("old", "new"))
ALL_OFF = "rules: {" + ", ".join(f"{rule.id}: off" for rule in RULES if rule.scope != "policy") + "}\n"
ACCEPTED = "accepted: [{rule: '*', subject: {package: gcc}, reason: x, until: 2099-01-01}]\nrules: {variant-disabled: off}\n"


def test_comment_says_why_a_lost_dependency_is_no_error(tmp_path: Path) -> None:
    comment = run(*DROPPED, "-f", "markdown", cwd=tmp_path).stdout
    (row,) = [line for line in comment.splitlines() if "dependency-dropped" in line and line.startswith("| warning")]
    assert row.endswith(": nothing needs it any more` |")


@pytest.mark.parametrize(
    ("arguments", "policy", "verdict"),
    [
        ((*WEEK, "--package", "s*"), "", "5 specs were rebuilt, nothing was lost"),
        (
            (*WEEK, "--package", "rocblas", "--stack", "e4s"),
            "",
            "1 spec was rebuilt, nothing was lost",
        ),
        (LOCKS, "", "34 specs differ, nothing was lost"),
        (DROPPED, "rules: {dependency-dropped: note}\n", "2 specs differ, nothing needed was lost"),
        (DROPPED, ALL_OFF, "2 specs differ, nothing needed was lost"),
        (WEEK, ALL_OFF, "77 specs differ, nothing the policy forbids"),
        (WEEK, ACCEPTED, "77 specs differ, nothing the policy forbids, 6 accepted"),
    ],
)
def test_pass_says_what_was_lost(tmp_path: Path, arguments: tuple[str, ...], policy: str, verdict: str) -> None:
    (tmp_path / "cachediff.yaml").write_text(policy)
    ended = run(*arguments, "-q", cwd=tmp_path)
    assert (ended.stdout, ended.stderr) == (f"pass: {verdict}\n", "")


def test_a_compiler_that_is_gone_is_not_called_nothing(tmp_path: Path) -> None:
    """Cells do not tell compilers apart, so none is lost; that specs are gone is said all the same."""
    entries = [an_entry(1, compiler="gcc@12.2.0"), an_entry(2, compiler="cce@17.0.1")]
    write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5", entries)})
    write_snapshot(tmp_path / "new", {"hdf5": a_page("hdf5", entries[:1])})
    assert run("old", "new", "-q", cwd=tmp_path).stdout == "pass: 1 spec differs, 1 removed, no cell lost\n"


# --- rules and help ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("os*", [rule.id for rule in RULES if rule.id.startswith("os-")]),
        ("*-dropped", [rule.id for rule in RULES if rule.id.endswith("-dropped")]),
        ("target", [rule.id for rule in RULES if "target" in rule.id]),
        ("-removed", [rule.id for rule in RULES if rule.id.endswith("-removed")]),
    ],
)
def test_rules_lists_all_that_match(word: str, expected: list[str]) -> None:
    ended = run("rules", "--", word)
    assert ended.returncode == 0
    assert [line.split()[0] for line in ended.stdout.splitlines()] == expected
    assert len(expected) > 2


@pytest.mark.parametrize("word", ["os-replaced", "os-rep*", "replaced"])
def test_rules_explains_the_one_that_matches(word: str) -> None:
    assert run("rules", word).stdout.startswith("os-replaced (warning): ")


@pytest.mark.parametrize(
    ("word", "hint"), [("os-droped", "did you mean 'os-dropped'?"), ("zz*", "cachediff rules lists them")]
)
def test_rule_that_is_none(here: Path, word: str, hint: str) -> None:
    assert refuse(here, "rules", word) == (2, f"no rule is or matches {word!r}", hint)


@pytest.mark.parametrize("words", [(), ("diff",), ("show",), ("policy",), ("policy", "check"), ("help",)])
def test_help_of_a_command(words: tuple[str, ...]) -> None:
    asked, expected = run("help", *words), run(*words, "--help")
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, expected.stdout, "")
    assert asked.stdout.startswith(" ".join(["Usage: cachediff", *words, "["]))


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (("shwo",), "there is no command 'shwo'", "did you mean show?"),
        (("zzz",), "there is no command 'zzz'", "see cachediff --help"),
        (("policy", "chek"), "no such command 'chek'. Did you mean 'check'?", "see cachediff policy --help"),
    ],
)
def test_help_of_no_command(here: Path, words: tuple[str, ...], error: str, hint: str) -> None:
    assert refuse(here, "help", *words) == (2, error, hint)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("accept", "report.json"), "see cachediff accept --help"),
        (("latest",), "see cachediff latest --help"),
        (("a", "b", "--bogus"), "see cachediff diff --help"),
        (("policy", "find"), "see cachediff policy --help"),
    ],
)
def test_the_help_that_is_named_has_the_options(here: Path, words: tuple[str, ...], hint: str) -> None:
    assert refuse(here, *words)[::2] == (2, hint)
    assert "Usage: " in run(*hint.split()[2:]).stdout


# --- a policy and a snapshot -------------------------------------------------------------------------------------------

POLICY = """\
overrides:
  - match: {stack: "e4s*", os: ubuntu2}
    rules: {stack-shrunk: error}
renames:
  stacks: {e4s-arm: e4s-here, e4s: e5s}
  packages: {gcc: gnat}
accepted:
  - rule: "*"
    subject: {target: neoverse_v9, stack: e5s, package: gnat, version: "12.*", compiler: "gcc@1?.*", gpu: cuda}
    reason: x
    until: 2099-01-01
  - {rule: "*", subject: any, reason: x, until: 2099-01-01}
require:
  - {package: "py-*", stack: "*", target: x86_64_v3}
  - {package: hdf5}
"""


def test_policy_is_held_against_a_snapshot(here: Path) -> None:
    (here / "cachediff.yaml").write_text(POLICY)
    quiet, loud = (run("policy", "check", *more, cwd=here) for more in ((), ("--in", NEW)))
    assert (loud.returncode, loud.stdout, quiet.stderr) == (0, quiet.stdout, "")
    assert loud.stderr.splitlines() == [
        f"warning: cachediff.yaml:5: renames: no stack matches 'e4s-arm' in {NEW}",
        "hint: did you mean 'e4s'?",
        f"warning: cachediff.yaml:2: overrides: no os matches 'ubuntu2' in {NEW}",
        "hint: did you mean 'ubuntu24.04'?",
        f"warning: cachediff.yaml:9: accepted: no target matches 'neoverse_v9' in {NEW}",
        "hint: did you mean 'neoverse_v2'?",
        f"warning: cachediff.yaml:15: require: no package matches 'hdf5' in {NEW}",
    ]
    both = run("policy", "check", "--in", NEW, "--in", "mirror", cwd=here).stderr
    assert "'hdf5'" not in both
    assert f"no target matches 'neoverse_v9' in {NEW} and mirror\n" in both


def test_a_baseline_of_thousands_is_held_against_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is not tried as a glob on each package, nor a near one looked for where thousands are gone."""
    tried: set[str] = set()

    def note(name: str, glob: str) -> bool:
        tried.add(glob)
        return bool(name)

    monkeypatch.setattr(unmatched, "fits_glob", note)
    names = {field: {f"there{n}" for n in range(3000)} for field in unmatched.FIELDS}
    globs = [*(f"{kind}{n}" for kind in ("there", "gone") for n in range(3000)), "there1*"]
    entries = tuple(Entry("*", Subject(package=glob), Acceptance("x", "2099-01-01")) for glob in globs)
    found = [*unmatched.find_unmatched(replace(DEFAULT_POLICY, accepted=entries), names)]
    assert [one.message for one in found] == [f"accepted: no package matches 'gone{n}'" for n in range(3000)]
    assert tried == {"there1*"}
    assert sum(bool(one.hint) for one in found) <= unmatched.MAX_NEAR


def test_policy_is_held_against_no_snapshot(here: Path) -> None:
    assert refuse(here, "policy", "check", "--in", "nowhere")[:2] == (3, "nowhere cannot be read: no such file or directory")
    assert refuse(here, "policy", "check", "--in", "")[:2] == (2, "--in is empty")
