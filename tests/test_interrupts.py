"""Signals in every phase: the right exit code, no half report, no process that is left over, and a terminal as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.generate import generate
from benchmarks.sizes import Size
from cachediff.engine.workers import Worker
from cachediff.errors import ResourceError
from tests.commands import WEEK, environment
from tests.processes import execute, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
OLD_REPORT = "the old report\n"

SLOW = """
import os, sys, time
from pathlib import Path
phase = sys.argv.pop(1)
mark = Path(sys.argv.pop(1))

def stop():
    (mark / str(os.getpid())).touch()
    time.sleep(60)

def slow(module, name, count):
    real, calls = getattr(module, name), []
    def wait(*arguments, **options):
        calls.append(None)
        if len(calls) == count:
            stop()
        return real(*arguments, **options)
    setattr(module, name, wait)

import cachediff.engine.loop, cachediff.sources.pages.reader, cachediff.library, cachediff.cli.main
if phase == "starting":
    slow(cachediff.cli.main, "run", 1)
elif phase == "finding":
    slow(cachediff.sources.pages.reader, "list_pages", 1)
elif phase == "reading":
    slow(cachediff.sources.pages.reader, "parse_page", 30)
elif phase == "comparing":
    slow(cachediff.engine.loop, "compare_package", 20)
elif phase == "gathering":
    slow(cachediff.engine.loop, "gather", 1)
elif phase == "writing":
    def stream(*_):
        yield "half a rep"
        stop()
    sys.modules["cachediff.library"].stream = stream
from cachediff.__main__ import main
main()
"""
"""Runs cachediff, which stops in a phase and leaves a mark that it is there."""

PHASES = ["starting", "finding", "reading", "comparing", "gathering", "writing"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    directory = tmp_path_factory.mktemp("pair")
    generate(directory, Size(packages=200, specs=800))
    return str(directory / "old"), str(directory / "new")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return the path of a report that is there already, alone in its directory."""
    (tmp_path / "reports").mkdir()
    path = tmp_path / "reports" / "report.json"
    path.write_text(OLD_REPORT, encoding="utf-8")
    return path


def find_children(parent: int) -> list[int]:
    """Return the processes that a process started and that still run."""
    children = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                children.append(int(entry.parent.name))
    return children


def is_running(process: int) -> bool:
    """Return whether a process runs: it is there, and has not ended without being waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition: object, seconds: float = 20) -> bool:
    """Return whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


@contextmanager
def stopped_in(
    phase: str, pair: tuple[str, str], report: Path, *options: str, before: Callable[[], object] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Give a comparison that has come to a phase, in a group of processes of its own.

    `before` is what its process does first.
    """
    marks = report.parent.parent / "marks"
    marks.mkdir()
    command = [sys.executable, "-c", SLOW, phase, str(marks), *pair, "-q", "-r", f"json={report}", *options]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with start(command, env=environment(), **pipes, start_new_session=True, preexec_fn=before) as process:
        try:
            expected = 3 if phase in ("reading", "comparing") and "3" in options else 1
            assert wait_until(lambda: len(list(marks.iterdir())) >= expected), process.poll()
            yield process
        finally:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)


def assert_nothing_is_left(report: Path) -> None:
    assert report.read_text(encoding="utf-8") == OLD_REPORT
    assert list(report.parent.iterdir()) == [report]


# --- signals -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_to_the_parent_ends_all(phase: str, number: int, code: int, pair: tuple[str, str], report: Path) -> None:
    with stopped_in(phase, pair, report, "--jobs", "3") as process:
        children = find_children(process.pid)
        assert len(children) == (2 if phase in ("reading", "comparing") else 0)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=20)
        assert (process.returncode, stdout) == (code, "")
        assert stderr in ("interrupted\n", "")
        assert not any(map(is_running, children))
    assert_nothing_is_left(report)


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["reading", "writing"])
def test_ctrl_c_goes_to_the_whole_group(phase: str, pair: tuple[str, str], report: Path) -> None:
    with stopped_in(phase, pair, report, "--jobs", "3") as process:
        children = find_children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "interrupted\n")
        assert process.returncode == 130
        assert not any(map(is_running, children))
    assert_nothing_is_left(report)


@pytest.mark.slow
def test_several_signals_are_as_one(pair: tuple[str, str], report: Path) -> None:
    """`timeout` and impatient people send more than one: the second does not interrupt the cleaning up."""
    with stopped_in("writing", pair, report) as process:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        assert process.communicate(timeout=20) == ("", "interrupted\n")
        assert process.returncode in (130, 143)
    assert_nothing_is_left(report)


@pytest.mark.slow
def test_a_signal_that_is_ignored_stays_ignored(pair: tuple[str, str], report: Path) -> None:
    """As `nohup` does it."""
    with stopped_in("reading", pair, report, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)


# --- start-up ----------------------------------------------------------------------------------------------------------

IMPORTING = """
import os, signal, sys
left = int(sys.argv.pop(1))

def interrupt(event, _):
    global left
    if event == "import":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGINT)

from cachediff.__main__ import main
sys.addaudithook(interrupt)
try:
    main()
finally:
    if left > 0:
        print(left)
"""
"""Runs cachediff, which is interrupted at its nth import."""

MANY = 100_000


@pytest.fixture(scope="module")
def imports() -> int:
    """Return how many imports a comparison makes."""
    ended = execute(
        [sys.executable, "-c", IMPORTING, MANY, *WEEK, "-q"], env=environment(), capture_output=True, encoding="utf-8"
    )
    return MANY - int(ended.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(12))
def test_an_interrupted_import_is_no_traceback(part: int, imports: int) -> None:
    number = 1 + part * (imports - 1) // 12
    ended = execute(
        [sys.executable, "-c", IMPORTING, number, *WEEK, "-q"], env=environment(), capture_output=True, encoding="utf-8"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


LATER = """
import os, signal, sys, time
from cachediff.__main__ import main
parent, delay = os.getpid(), float(sys.argv.pop(1))
if os.fork() == 0:
    time.sleep(delay)
    os.kill(parent, signal.SIGINT)
    os._exit(0)
main()
"""
"""Runs cachediff, which is interrupted some time after its start."""


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", [0, 1, 2, 4, 8, 15, 30, 60, 120, 200])
def test_an_interrupt_soon_after_the_start_is_no_traceback(milliseconds: int) -> None:
    command = [sys.executable, "-c", LATER, milliseconds / 1000, *WEEK, "-q"]
    ended = execute(command, env=environment(), capture_output=True, encoding="utf-8")
    if ended.returncode == 130:
        # What had its whole say when the signal came has nothing to add.
        assert (bool(ended.stdout), ended.stderr) in [(False, "interrupted\n"), (True, "")]
    elif "cachediff" in ended.stderr or not ended.stderr:  # it was over before
        assert (ended.returncode in (1, -signal.SIGINT), ended.stderr) == (True, "")
    # Else a busy machine interrupted the script above before it came to cachediff.


# --- processes that help -----------------------------------------------------------------------------------------------


KILLED = """
import os, signal, sys
import cachediff.engine.loop
real, parent = cachediff.engine.loop.compare_package, os.getpid()

def die(*arguments, **options):
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)

cachediff.engine.loop.compare_package = die
from cachediff.__main__ import main
main()
"""


@pytest.mark.slow
def test_a_run_whose_worker_is_killed_has_no_verdict(pair: tuple[str, str], report: Path) -> None:
    command = [sys.executable, "-c", KILLED, *pair, "-q", "-j", "3", "-r", f"json={report}"]
    ended = execute(command, env=environment(), capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == (
        "error: a worker process was killed, as the system does where memory runs out: its share of the packages is not "
        "compared\n"
        "hint: run again with --jobs 1\n"
    )
    assert_nothing_is_left(report)


ORPHANS = """
import os, sys, time
import cachediff.engine.loop
real, parent = cachediff.engine.loop.compare_package, os.getpid()

def crawl(*arguments, **options):
    time.sleep(60 if os.getpid() == parent else 0.2)
    return real(*arguments, **options)

cachediff.engine.loop.compare_package = crawl
from cachediff.__main__ import main
main()
"""


@pytest.mark.slow
def test_no_worker_outlives_a_parent_that_is_killed(pair: tuple[str, str], report: Path) -> None:
    command = [sys.executable, "-c", ORPHANS, *pair, "-q", "-j", "3", "-r", f"json={report}"]
    with start(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert wait_until(lambda: len(find_children(process.pid)) == 2)
        children = find_children(process.pid)
        assert all(map(is_running, children))
        process.kill()
    assert wait_until(lambda: not any(map(is_running, children)), 5)
    assert_nothing_is_left(report)


def test_a_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(ResourceError, match="cannot be started: no more processes can be started"):
        Worker(bytes)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


# --- the terminal ------------------------------------------------------------------------------------------------------

WATCHED = """
import sys, time
import cachediff.engine.loop
real = cachediff.engine.loop.compare_package

def crawl(*arguments, **options):
    time.sleep(0.05)
    return real(*arguments, **options)

cachediff.engine.loop.compare_package = crawl
from cachediff.__main__ import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), SIGNALS[:2])
def test_the_terminal_is_left_clean(number: int, code: int, pair: tuple[str, str]) -> None:
    """The progress bar hides the cursor: it is shown again, and the terminal's settings are as before."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    settings = termios.tcgetattr(slave)
    command = [sys.executable, "-c", WATCHED, *pair, "-j", "1"]
    with start(command, env=environment(TERM="xterm"), stdout=subprocess.DEVNULL, stderr=slave) as process:
        shown = b""
        end = time.monotonic() + 20
        while b"\x1b[?25l" not in shown and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                shown += os.read(master, 4096)
        assert process.poll() is None, shown
        process.send_signal(number)
        assert process.wait(timeout=20) == code
    while select.select([master], [], [], 0.2)[0]:
        shown += os.read(master, 4096)
    assert termios.tcgetattr(slave) == settings
    os.close(master)
    os.close(slave)
    assert re.findall(rb"\x1b\[\?25[lh]", shown)[0] == b"\x1b[?25l"
    assert re.findall(rb"\x1b\[\?25[lh]", shown)[-1] == b"\x1b[?25h"
    assert shown.endswith(b"interrupted\r\n")


@pytest.mark.slow
def test_a_terminal_that_goes_takes_no_verdict_along(pair: tuple[str, str]) -> None:
    """As that of a run in the background, whose terminal is closed."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", WATCHED, *pair, "-j", "1"]
    with start(command, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=slave) as process:
        os.close(slave)
        shown, end = b"", time.monotonic() + 20
        while b"\x1b[?25l" not in shown and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                shown += os.read(master, 4096)
        os.close(master)
        assert process.stdout is not None
        assert process.stdout.read().splitlines()[-1].startswith(b"fail: ")
        assert process.wait(timeout=60) == 1


# --- a disk that is full -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("format", ["json", "html", "markdown", "csv"])
def test_a_full_disk_leaves_the_old_report(format: str, pair: tuple[str, str], report: Path) -> None:
    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    command = [sys.executable, "-m", "cachediff", *pair, "-q", "-r", f"{format}={report}"]
    ended = execute(
        command, env=environment(), capture_output=True, encoding="utf-8", check=False, timeout=60, preexec_fn=fill
    )
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == f"error: {report} cannot be written: file too large\n"
    assert_nothing_is_left(report)
