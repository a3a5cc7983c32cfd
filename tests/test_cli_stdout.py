"""A stdout that takes little, late or nothing: all of a report is there, or the exit code says that it is not."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import ROOT, WEEK, environment, run
from tests.processes import execute, start

BUFFERS = [{"PYTHONUNBUFFERED": ""}, {"PYTHONUNBUFFERED": "1"}]
FULL = Path("/dev/full")


def limit_file_size() -> None:
    """Let this process write no file larger than 1 KiB, as if the disk were full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


@pytest.mark.slow
@pytest.mark.parametrize("variables", BUFFERS)
@pytest.mark.parametrize("format", ["text", "html"])
def test_disk_that_takes_a_part_of_stdout_is_3(format: str, variables: dict[str, str], tmp_path: Path) -> None:
    """A stdout without a buffer takes what fits, and says so in what `write` returns alone."""
    with (tmp_path / "report").open("wb") as file:
        ended = execute(
            [sys.executable, "-m", "cachediff", *WEEK, "-f", format],
            # Python before 3.12.8 leaves half a compiled module on a full disk, and trips over it from then on.
            env=environment(**variables, PYTHONDONTWRITEBYTECODE="1"),
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.PIPE,
            preexec_fn=limit_file_size,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (3, b"error: stdout cannot be written: file too large\n")


@pytest.mark.slow
@pytest.mark.parametrize("variables", BUFFERS)
def test_pipe_that_does_not_wait_gets_all_of_a_report(variables: dict[str, str]) -> None:
    """Node and others hand such pipes to what they start."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) | os.O_NONBLOCK)
    command = [sys.executable, "-m", "cachediff", *WEEK, "-f", "html"]
    with start(command, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, env=environment(**variables)) as process:
        os.close(writing)
        time.sleep(1.5)  # the pipe is full by then
        with os.fdopen(reading, "rb") as pipe:
            printed = pipe.read()
        assert process.stderr is not None
        assert (process.wait(timeout=60), process.stderr.read()) == (1, b"")
    assert printed.decode() == run(*WEEK, "-f", "html").stdout


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("variables", BUFFERS)
@pytest.mark.parametrize("arguments", [("--help",), ("help", "diff"), ("--version",)])
def test_help_on_a_full_disk_is_3(arguments: tuple[str, ...], variables: dict[str, str]) -> None:
    """Python's own code would be 120."""
    with FULL.open("wb") as full:
        command = [sys.executable, "-m", "cachediff", *arguments]
        ended = execute(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, env=environment(**variables), check=False)
    assert ended.returncode == 3
    assert ended.stderr.decode() == (
        "error: stdout cannot be written: no space left on device\nhint: make room, or write it elsewhere\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
def test_shell_without_completion_is_no_verdict(option: str, tmp_path: Path) -> None:
    """Typer ends with 1 for a shell that it does not know."""
    command = f"{sys.executable} -m cachediff {option}; echo $?"
    home = environment(HOME=str(tmp_path))
    ended = execute(["sh", "-c", command], env=home, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ended.stdout.splitlines()[-1] == "2"


@pytest.mark.slow
def test_completion_that_cannot_be_installed_is_3(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    variables = {"HOME": str(tmp_path / "home"), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ended = run("--install-completion", "bash", env=variables)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == f"error: {tmp_path / 'home'} cannot be written: file exists\n"


def test_policy_that_is_a_link_in_a_circle_is_3(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    report = tmp_path / "report.json"
    assert run(*WEEK, "-q", "-r", f"json={report}").returncode == 1
    ended = run("accept", "report.json", "--all", "--reason", "x", "--until", "2099-01-01", "--policy", "loop", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: loop cannot be written: ")
