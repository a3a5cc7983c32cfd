"""Where the command's output goes: terminals, pipes that close, streams not in UTF-8, files written whole or not at all."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import GASNET, ROOT, WEEK, environment, run, run_code, wrapped
from tests.processes import execute, start

COLOR = "\x1b["
VERDICT = "fail: 2 of 44 cells lost in 1 package; warnings in 1 package"


def run_in_terminal(*arguments: str, **variables: str) -> str:
    """Return what the command prints to a terminal of 80 columns, or of so many as COLUMNS says."""
    terminal, side = pty.openpty()
    with start(
        [sys.executable, "-m", "cachediff", *arguments],
        stdout=side,
        stderr=side,
        cwd=ROOT,
        env=environment(TERM="xterm", **variables),
    ):
        os.close(side)
        printed = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # Linux says so where the other side is closed
                break
            if not piece:
                break
            printed += piece
    os.close(terminal)
    return printed.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with two snapshots whose report is longer than any pipe is."""
    directory = tmp_path_factory.mktemp("big")
    entries = {
        f"package-{number}": [an_entry(16 * number + place, os=f"os{place}") for place in range(16)] for number in range(100)
    }
    write_snapshot(directory / "old", {package: a_page(package, some) for package, some in entries.items()})
    write_snapshot(directory / "new", {package: a_page(package, some[:8]) for package, some in entries.items()})
    return directory


# --- colour and width --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_pipe_gets_no_colour_and_80_columns() -> None:
    text = run(*WEEK, env={"COLUMNS": "200"}).stdout
    assert COLOR not in text
    assert max(map(len, wrapped(text))) < 80


@pytest.mark.slow
def test_colour_that_is_asked_for_is_all_that_differs() -> None:
    plain, colored = run(*WEEK).stdout, run(*WEEK, "--color", "always", env={"NO_COLOR": "1"}).stdout
    assert COLOR in colored
    assert re.sub(r"\x1b\[[0-9]+m", "", colored) == plain


@pytest.mark.slow
def test_only_text_is_coloured() -> None:
    for format in ("json", "markdown"):
        assert run(*WEEK, "-f", format, "--color", "always").stdout == run(*WEEK, "-f", format).stdout


def test_terminal_gets_colour_and_its_own_width() -> None:
    narrow, wide = run_in_terminal(*WEEK), run_in_terminal(*WEEK, COLUMNS="120")
    assert COLOR in narrow
    lengths = [max(len(re.sub(r"\x1b\[[0-9]+m", "", line)) for line in wrapped(text)) for text in (narrow, wide)]
    assert lengths[0] < 80 < lengths[1] < 120


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_terminal_that_wants_no_colour_gets_none(variables: dict[str, str]) -> None:
    terminal, side = pty.openpty()
    command = [sys.executable, "-m", "cachediff", WEEK[0], WEEK[0]]
    execute(command, stdout=side, cwd=ROOT, env=environment(**({"TERM": "xterm"} | variables)), check=True)
    os.close(side)
    assert COLOR.encode() not in os.read(terminal, 65536)
    os.close(terminal)


@pytest.mark.slow
def test_color_never_holds_on_a_terminal() -> None:
    assert COLOR not in run_in_terminal(*WEEK, "--color", "never")


# --- pipes -------------------------------------------------------------------------------------------------------------


def run_into_closed_pipe(*arguments: str, cwd: Path, lines: int) -> tuple[int, str]:
    """Return the exit code and stderr of a command whose reader goes after so many lines."""
    with start(
        [sys.executable, "-m", "cachediff", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        return process.wait(timeout=60), process.stderr.read().decode()


@pytest.mark.slow
@pytest.mark.parametrize("format", ["text", "markdown", "json"])
@pytest.mark.parametrize("lines", [0, 1])
def test_closed_pipe_is_no_failure_and_the_verdict_stands(big: Path, format: str, lines: int) -> None:
    assert run_into_closed_pipe("old", "new", "-v", "-f", format, cwd=big, lines=lines) == (1, "")
    assert run_into_closed_pipe("old", "old", "-f", format, cwd=big, lines=0) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("rules",), ("schema", "report"), ("show", "package-1", "old", "new")]
)
def test_closed_pipe_is_no_failure_of_any_command(big: Path, arguments: tuple[str, ...]) -> None:
    assert run_into_closed_pipe(*arguments, cwd=big, lines=0) == (0, "")


@pytest.mark.slow
def test_closed_streams_leave_the_exit_code() -> None:
    for redirection in (">&-", "2>&-", ">&- 2>&-"):
        command = f"{sys.executable} -m cachediff {' '.join(WEEK)} {redirection}"
        ended = execute(["sh", "-c", command], env=environment(), cwd=ROOT, stdout=subprocess.PIPE, check=False)
        assert ended.returncode == 1
    command = f"{sys.executable} -m cachediff nowhere nowhere 2>&-"
    assert execute(["sh", "-c", command], env=environment(), cwd=ROOT, check=False).returncode == 3


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_stdout_is_3() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "cachediff", *WEEK]
        ended = execute(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, env=environment(), check=False)
    assert ended.returncode == 3
    assert (
        ended.stderr.decode()
        == "error: stdout cannot be written: no space left on device\nhint: make room, or write it elsewhere\n"
    )


# --- encodings ---------------------------------------------------------------------------------------------------------

ASCII = [{"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}]
ASCII += [{"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii:strict"}]


@pytest.mark.slow
@pytest.mark.parametrize("variables", ASCII)
def test_text_is_ascii_where_stdout_is_not_utf_8(variables: dict[str, str]) -> None:
    ended = run(*GASNET, env=variables)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.isascii()
    assert "develop-2024-06-16 -> develop-2024-08-04" in ended.stdout
    assert "stacks: e4s -> root only" in ended.stdout


@pytest.mark.slow
def test_c_locale_crashes_nothing() -> None:
    for arguments in (GASNET, ("rules",), ("show", "gasnet", *GASNET)):
        ended = run(*arguments, env={"LC_ALL": "C", "PYTHONUTF8": "0"})
        assert (ended.returncode, ended.stderr) == (1 if arguments is GASNET else 0, "")


@pytest.mark.slow
@pytest.mark.parametrize("variables", ASCII)
def test_other_formats_are_always_utf_8(variables: dict[str, str], tmp_path: Path) -> None:
    for name, target in (("old", "größer"), ("new", "x86_64_v3")):
        write_snapshot(tmp_path / name, {"zlib": a_page("zlib", [an_entry(target=target)])})
    for format in ("json", "markdown"):
        ended = run("old", "new", "-f", format, cwd=tmp_path, env=variables)
        assert (ended.returncode, ended.stderr) == (1, "")
        assert "größer" in ended.stdout


@pytest.mark.slow
def test_bad_page_is_shown_where_stdout_is_ascii(tmp_path: Path) -> None:
    entry = an_entry() | {"variants": ["naïve=ünïcode"], "hash": "→ not a hash"}
    write_snapshot(tmp_path / "new", {"zlib": a_page("zlib", [entry]).replace("\\u2192", "→")})
    ended = run("validate", "new", cwd=tmp_path, env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 1
    assert ended.stdout.isascii()
    shown, marks = (line for line in ended.stdout.splitlines() if re.match(r" [6 ] \| ", line))
    assert shown[marks.index("^") : marks.rindex("^") + 1] == '"-> not a hash"'


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("rules",),
        ("rules", "os-dropped"),
        ("schema",),
        ("schema", "page"),
        ("--help",),
        ("diff", "--help"),
        ("why", "hdf5", "fixtures/index/mirror/old", "fixtures/index/mirror/new"),
        ("impact", "fixtures/index/lock/old", "--in", "fixtures/index/mirror/new"),
    ],
)
def test_every_command_prints_where_stdout_is_ascii(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments, env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"})
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.slow
def test_path_that_is_not_utf_8_crashes_nothing(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path) + b"/caf\xe9"
    write_snapshot(Path(os.fsdecode(directory)), {"zlib": a_page("zlib")})
    for format in ("text", "markdown", "json"):
        command = [os.fsencode(sys.executable), b"-m", b"cachediff", directory, directory, b"-f", format.encode()]
        ended = execute(command, cwd=ROOT, env=environment(), capture_output=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, b"")
        ended.stdout.decode("utf-8")


# --- report files ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_comparison_gives_many_reports(tmp_path: Path) -> None:
    ended = run(
        *WEEK, "-r", "json=week.json", "--report", f"markdown={tmp_path}/week.md", "-r", "text=week.txt", "-q", cwd=tmp_path
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, f"{VERDICT}\n", "")
    for name, format in (("week.json", "json"), ("week.md", "markdown"), ("week.txt", "text")):
        # The text names the JSON report of its run.
        again = run(*WEEK, "-r", "json=week.json", "-f", format, cwd=tmp_path).stdout
        assert (tmp_path / name).read_text(encoding="utf-8") == again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["week.json", "week.md", "week.txt"]


@pytest.mark.slow
def test_report_file_has_the_mode_that_open_would_give(tmp_path: Path) -> None:
    code = "import os, sys; os.umask(0o027); from cachediff.__main__ import main; main()"
    run_code(code, *WEEK, "-r", f"json={tmp_path}/report.json")
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o640


def test_report_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    run(*WEEK, "-r", f"json={link}")
    assert link.is_symlink()
    assert json.loads(target.read_text())["verdict"] == "fail"
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_report_goes_into_a_pipe_or_a_device() -> None:
    ended = run(*WEEK, "-q", "-r", "json=/dev/stdout", "-r", "json=/dev/null", "-r", "text=/dev/stderr")
    assert ended.stdout == run(*WEEK, "-f", "json").stdout + f"{VERDICT}\n"
    assert ended.stderr == run(*WEEK).stdout
    assert Path("/dev/null").is_char_device()


def limit_file_size() -> None:
    """Let this process write no file larger than 4 KiB, as if the disk were full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@pytest.mark.slow
def test_report_that_cannot_be_written_whole_leaves_the_old_one(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("old")
    ended = execute(
        [sys.executable, "-m", "cachediff", *WEEK, "-r", f"json={report}"],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        preexec_fn=limit_file_size,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == f"error: {report} cannot be written: file too large\n"
    assert report.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_report_where_nothing_may_be_written_is_3() -> None:
    ended = run(*WEEK, "-r", "json=/proc/report.json")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: /proc/report.json cannot be written: ")


@pytest.mark.slow
def test_interrupted_report_leaves_the_old_one(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("old")
    code = """
from pathlib import Path
from cachediff.__main__ import main

def interrupt(*arguments):
    raise KeyboardInterrupt

Path.replace = interrupt
main()
"""
    ended = run_code(code, *WEEK, "-r", f"json={report}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")
    assert report.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_report_in_a_folder_that_is_read_only_is_3_and_leaves_the_old_one(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("old")
    tmp_path.chmod(0o500)
    ended = run(*WEEK, "-q", "-r", f"json={report}")
    tmp_path.chmod(0o700)
    assert (ended.returncode, ended.stderr) == (3, f"error: {report} cannot be written: permission denied\n")
    assert report.read_text() == "old"


@pytest.mark.slow
def test_interrupt_in_the_middle_of_stdout_is_130(big: Path) -> None:
    """The report is longer than a pipe holds, so who reads one line of it knows that the rest is still being written."""
    command = [sys.executable, "-m", "cachediff", "old", "new", "-f", "json"]
    with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=big, env=environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"{\n"
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert (process.wait(timeout=60), process.stderr.read()) == (130, b"interrupted\n")


# --- progress ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_long_run_shows_progress_on_a_terminal_alone() -> None:
    code = """
import cachediff.cli.progress
from cachediff.__main__ import main

cachediff.cli.progress.LONG_RUN = -1
main()
"""
    assert run_code(code, *WEEK).stderr == ""
    terminal, side = pty.openpty()
    for quiet in ((), ("-q",)):
        command = [sys.executable, "-c", code, *WEEK, *quiet]
        execute(command, stdout=subprocess.DEVNULL, stderr=side, cwd=ROOT, env=environment(TERM="xterm"), check=False)
        os.write(side, b"the end")
        printed = ""
        while not printed.endswith("the end"):
            printed += os.read(terminal, 1 << 20).decode()
        assert ("━" in printed) == (not quiet)
    os.close(terminal)
    os.close(side)


@pytest.mark.slow
def test_progress_is_gone_when_the_report_comes() -> None:
    code = """
import cachediff.cli.progress
from cachediff.__main__ import main

cachediff.cli.progress.LONG_RUN = -1
main()
"""
    terminal, side = pty.openpty()
    command = [sys.executable, "-c", code, "validate", WEEK[0], "--color", "never"]
    execute(command, stdout=side, stderr=side, cwd=ROOT, env=environment(TERM="xterm"), check=True)
    printed = os.read(terminal, 1 << 20).decode()
    os.close(terminal)
    os.close(side)
    before, title, report = printed.partition(f"{WEEK[0]}  develop-")
    assert "reading" in before
    assert before.endswith("\x1b[2K")  # the bar's line is wiped
    assert title
    assert "\x1b" not in report
