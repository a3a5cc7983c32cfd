"""A system with too little of something: exit code 3 and a sentence, never a verdict, a traceback or an internal error."""

from __future__ import annotations

import errno
import resource
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from cachediff.errors import find_lack
from tests.commands import ROOT, WEEK, environment
from tests.processes import execute
from tests.repositories import Repository

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

VERDICT = "fail: 2 of 44 cells lost in 1 package; warnings in 1 package\n"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are as on Linux")


def limit(kind: int, most: int) -> Callable[[], None]:
    return partial(resource.setrlimit, kind, (most, most))


def run_within(
    before: Callable[[], None] | None, *arguments: str, cwd: Path = ROOT, code: str = ""
) -> subprocess.CompletedProcess[str]:
    """Return how the command ended in a process that has little; `code` is what the process does first."""
    python = ["-c", f"{code}\nfrom cachediff.__main__ import main; main()"] if code else ["-m", "cachediff"]
    command = [sys.executable, *python, *arguments]
    return execute(command, preexec_fn=before, env=environment(), cwd=cwd, capture_output=True, encoding="utf-8")


def assert_refused(ended: subprocess.CompletedProcess[str], error: str, hint: str) -> None:
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"error: {error}")
    assert f"hint: {hint}" in ended.stderr
    assert len(ended.stderr.splitlines()) == 2


def starts(before: Callable[[], None]) -> bool:
    """Return whether Python itself starts with so little."""
    return execute([sys.executable, "-c", "import signal, typing"], preexec_fn=before, capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "3"])
@pytest.mark.parametrize("files", [5, 6, 7, 8, 9])
def test_few_open_files(files: int, jobs: str) -> None:
    before = limit(resource.RLIMIT_NOFILE, files)
    if not starts(before):
        pytest.skip("Python itself does not start")
    ended = run_within(before, *WEEK, "-q", "-j", jobs)
    if ended.returncode == 1:
        assert (ended.stdout, ended.stderr) == (VERDICT, "")
    else:
        assert_refused(ended, "", "raise the limit, as with ulimit -n 1024, or run again with --jobs 1")
        assert "may open no more files" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("side", [0, 1])
def test_a_page_that_cannot_be_opened_for_want_of_files_is_no_finding(side: int) -> None:
    """The page is as good as before: were it only a warning in OLD, a loss could pass."""
    code = f"""
import cachediff.sources.directory, errno, os
tree = cachediff.sources.directory.DirectoryTree
real = tree.read
def read(self, entry, most):
    if {WEEK[side]!r} in entry.key and "gcc" in entry.key:
        def refuse(*_, **__):
            raise OSError(errno.EMFILE, "Too many open files")
        os.open = refuse
    return real(self, entry, most)
tree.read = read
"""
    assert_refused(
        run_within(None, *WEEK, "-q", "-j", "1", code=code), "this process may open no more files", "raise the limit"
    )


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [20, 26, 32, 40, 48, 56, 64])
def test_little_memory(megabytes: int) -> None:
    before = limit(resource.RLIMIT_AS, megabytes << 20)
    if not starts(before):
        pytest.skip("Python itself does not start")
    ended = run_within(before, *WEEK, "-q", "-j", "1")
    if ended.returncode == 1 and "runpy" in ended.stderr:
        assert "cachediff" not in ended.stderr  # Python itself gave up, before a line of ours ran
    elif ended.returncode == 1:
        assert (ended.stdout, ended.stderr) == (VERDICT, "")
    elif ended.returncode > 0:  # a library in another language may give up on its own, by a signal
        assert_refused(
            ended, "there is not enough memory", "raise the limit, run again with --jobs 1, or narrow with --package"
        )


GREEDY = """
import cachediff.engine.loop, os, resource
real, parent = cachediff.engine.loop.compare_package, os.getpid()
def compare(*arguments, **options):
    if (os.getpid() == parent) == {in_parent}:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        bytearray(1 << 40)
    return real(*arguments, **options)
cachediff.engine.loop.compare_package = compare
"""


@pytest.mark.slow
@pytest.mark.parametrize("in_parent", [True, False])
def test_memory_that_runs_out_while_comparing(in_parent: bool) -> None:
    ended = run_within(None, *WEEK, "-q", "-j", "3", code=GREEDY.format(in_parent=in_parent))
    assert_refused(ended, "there is not enough memory", "raise the limit, run again with --jobs 1")


@pytest.mark.slow
def test_no_more_processes() -> None:
    code = """
import errno, os
def fork():
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
os.fork = fork
"""
    error = "a worker process cannot be started: no more processes can be started"
    assert_refused(
        run_within(None, *WEEK, "-q", "-j", "3", code=code),
        error,
        "raise the limit, as with ulimit -u, or run again with --jobs 1",
    )
    assert run_within(None, *WEEK, "-q", "-j", "1", code=code).stdout == VERDICT


def test_a_worker_without_room_says_so() -> None:
    code = """
import errno, os, cachediff.spill.scratch
def write(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
cachediff.spill.scratch.os.pwrite = write
import cachediff.engine.loop
cachediff.engine.loop.CHUNK = 1
"""
    error = "the directory for temporary files cannot be written: no space left on device"
    assert_refused(
        run_within(None, *WEEK, "-q", "-j", "3", code=code),
        error,
        "set TMPDIR to a directory that can be written and has room",
    )


@pytest.mark.slow
@pytest.mark.parametrize("source", ["jobs", "archive", "git"])
def test_no_directory_for_temporary_files(source: str, tmp_path: Path) -> None:
    """Where no file can have a byte, Python finds no directory that it may write to."""
    arguments = [*WEEK, "-j", "3"]
    if source == "archive":
        execute(["tar", "-cf", tmp_path / "old.tar", "-C", WEEK[0], "."], check=True)
        arguments = [str(tmp_path / "old.tar"), WEEK[1]]
    elif source == "git":
        repository = Repository(tmp_path)
        repository.copy(WEEK[0], "old")
        repository.commit()
        arguments = ["HEAD:old", WEEK[1]]
    ended = run_within(limit(resource.RLIMIT_FSIZE, 0), *arguments, "-q", cwd=tmp_path)
    assert_refused(ended, "there is no directory for temporary files", "set TMPDIR to a directory that can be written")
    if source != "jobs":
        # Python would write the first bytes of its own bytecode, and think no more of it.
        code = "import sys; sys.dont_write_bytecode = True"
        ended = run_within(limit(resource.RLIMIT_FSIZE, 100), *arguments, "-q", cwd=tmp_path, code=code)
        assert_refused(ended, "a file may not become as large as it has to", "raise the limit, as with ulimit -f")


@pytest.mark.slow
def test_a_report_for_which_there_is_no_room() -> None:
    ended = run_within(None, *WEEK, "-q", "-r", "json=/dev/full")
    assert_refused(ended, "/dev/full cannot be written: no space left on device", "make room, or write it elsewhere")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (ImportError("x.so: failed to map segment from shared object"), "memory"),
        (ImportError("x.so: cannot open shared object file: Error 24"), "files"),
        (OSError(errno.ENFILE, "Too many open files in system"), "files"),
        (RuntimeError("can't start new thread"), "processes"),
        (SystemError("error return without exception set"), "memory"),
        (SystemError("<class 'type'> returned NULL without setting an exception"), "memory"),
        (SystemError("bad argument to internal function"), ""),
        (OSError(errno.ENOSPC, "No space left on device"), "room"),
        (OSError(errno.EFBIG, "File too large"), "large"),
        (ImportError("No module named 'msgspec'"), ""),
        (OSError(errno.EACCES, "Permission denied"), ""),
        (ValueError("Too many open files"), ""),
    ],
)
def test_what_an_error_says_to_be_lacking(error: BaseException, word: str) -> None:
    lack = find_lack(error)
    assert (word in str(lack)) if word else lack is None


def test_what_an_error_came_from_counts() -> None:
    error = ValueError("cannot decode")
    error.__cause__ = MemoryError()
    assert str(find_lack(error)) == "there is not enough memory"
