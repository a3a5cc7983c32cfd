"""What the command line says to somebody who is nearly right: each sentence, and its exit code."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from cachediff import compare, evaluate, read_snapshot, render
from cachediff.errors import UsageError
from cachediff.library import stream
from tests.commands import ROOT, WEEK, run

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
    (tmp_path / "report.json").write_text(run(*WEEK, "-f", "json").stdout, encoding="utf-8")
    return tmp_path


def refuse(here: Path, *arguments: str) -> tuple[int, str, str]:
    """Return the exit code, the error and the hint of a command that prints nothing else and touches no file."""
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    ended = run(*arguments, cwd=here)
    assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before
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
