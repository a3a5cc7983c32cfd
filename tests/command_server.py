"""A process that has imported what the command needs and forks for each run of it: hundreds of tests start no interpreter.

What runs is a process of its own: `python -m cachediff` from its first line to the last, with its own streams, directory and
exit code. Only imports are done already, code has run before, all that was imported is not taken apart at the end, and the
environment is the server's: what concerns any of these is tested with a real start.

In the inner loop the server runs it itself, one run after the other: most of what a fork takes is the memory that it writes
to.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import resource
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from tests.processes import TIMEOUT, launch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LIBRARIES = (
    "archspec.cpu",
    "deepdiff",
    "jinja2",
    "jsonschema",
    "jsonschema_rs",
    "msgspec.json",
    "rich.console",
    "typer",
    "yaml",
)
_HANDLES = 3
_FIXTURES = Path(__file__).parents[1] / "fixtures"


class CommandServer:
    """The server of one environment, which ends with the process that started it."""

    def __init__(self, environment: Mapping[str, str], *, forks: bool = True) -> None:
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.command_server", theirs.fileno(), *(["--forks"] if forks else [])]
        # Not where the first test happens to be, for that directory goes with the test.
        root = Path(__file__).parents[1]
        with theirs:
            self._process = launch(
                command,
                env=environment,
                cwd=root,
                pass_fds=[theirs.fileno()],
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        atexit.register(self._let_end)
        self.seconds, self.peak_bytes = 0.0, 0

    def run(
        self,
        arguments: Sequence[str],
        directory: Path,
        timeout: float,
        variables: Mapping[str, str] | None = None,
        limits: Mapping[int, int] | None = None,
    ) -> tuple[int, bytes, bytes]:
        """Return how the command ended, and what it printed; it finds some variables in the server's environment.

        Where the server forks, limits by the numbers of `resource` hold for that run alone, that of memory on top of what
        the server has; `seconds` and `peak_bytes` are what CPU time and memory the run took. Raises TimeoutError, and ends
        the server, where it does not end.
        """
        (stdout, out), (stderr, error) = os.pipe(), os.pipe()
        with TemporaryFile() as request, ThreadPoolExecutor(2) as readers:
            asked: list[Any] = [{**(variables or {})}, [*(limits or {}).items()], str(directory), *arguments]
            request.write(json.dumps(asked).encode())
            request.seek(0)
            socket.send_fds(self._channel, [b"-"], [request.fileno(), out, error])
            os.close(out)
            os.close(error)
            printed = [readers.submit(_read, handle) for handle in (stdout, stderr)]
            code = self._wait(timeout)
            return code, printed[0].result(), printed[1].result()

    def _wait(self, timeout: float) -> int:
        self._channel.settimeout(timeout)
        try:
            answer = self._channel.recv(64)
        except TimeoutError:  # the server waits for what hangs: both end, and with them the pipes that are read
            os.killpg(self._process.pid, signal.SIGKILL)
            raise
        if not answer:
            message = "the server of the tests has ended"
            raise RuntimeError(message)
        code, seconds, kilobytes = answer.split()
        self.seconds, self.peak_bytes = float(seconds), int(kilobytes) << 10
        return int(code)

    def _let_end(self) -> None:
        self._channel.close()
        self._process.wait(timeout=TIMEOUT)


def _read(handle: int) -> bytes:
    with open(handle, "rb") as file:
        return file.read()


def _serve(channel: socket.socket, *, forks: bool) -> list[Any]:
    """Fork for each request, or run it here, and answer how that ended.

    Return, in the process that is to run it, its variables, limits, directory and arguments.
    """
    while True:
        _, handles, _, _ = socket.recv_fds(channel, 1, _HANDLES)
        if not handles:
            sys.exit()
        if not forks:
            started = time.process_time()
            code = _run_here(*handles)
            channel.send(f"{code} {time.process_time() - started} 0".encode())
            continue
        child = os.fork()
        if not child:
            channel.close()
            return _take_over(*handles)
        for handle in handles:
            os.close(handle)
        _, status, used = os.wait4(child, 0)
        channel.send(f"{os.waitstatus_to_exitcode(status)} {used.ru_utime + used.ru_stime} {used.ru_maxrss}".encode())


def _run_here(request: int, out: int, error: int) -> int:
    """Return how the command ended in this process, in which all is as it was before."""
    streams, variables, directory = [os.dup(number) for number in (1, 2)], dict(os.environ), Path.cwd()
    try:
        _run(*_take_over(request, out, error))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        for number, stream in enumerate(streams, start=1):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(directory)
        gc.unfreeze()
    return 0


def _take_over(request: int, out: int, error: int) -> list[Any]:
    """Return what is asked for, with standard streams that go to who asks."""
    words: list[Any] = json.loads(_read(request))
    for number, handle in ((1, out), (2, error)):
        os.dup2(handle, number)
        os.close(handle)
    return words


def _end(code: int) -> None:
    """End as the interpreter does, up to where it takes apart all that is imported.

    That writes to most of the memory which is shared with the server: 55 of a run's 90 ms. Where something cannot be
    written any more, this returns: what is said of that, and the exit code, are the interpreter's.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return
    os._exit(code)


def _preload() -> None:
    """Import what commands import, wherever they do."""
    for name in _LIBRARIES:
        import_module(name)
    import cachediff

    for module in pkgutil.walk_packages(cachediff.__path__, "cachediff."):
        if module.name != "cachediff.__main__":
            import_module(module.name)


def _warm_up() -> None:
    """Compare pages and an index: code that has run is quicker, and tables are loaded that never change."""
    from cachediff import compare, evaluate, read_snapshot, render

    for pair in ("real/week", "index/mirror"):
        old, new = (read_snapshot(str(_FIXTURES / pair / side)) for side in ("old", "new"))
        for format in ("text", "json"):
            render(evaluate(compare(old, new)), format)


def _count_address_space() -> int:
    """Return how many bytes this process has, on Linux: libraries set aside more than they use."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _run(variables: Mapping[str, str], limits: Sequence[tuple[int, int]], directory: str, *arguments: str) -> None:
    for number, most in limits:
        base = _count_address_space() if number == resource.RLIMIT_AS else 0
        resource.setrlimit(number, (base + most, base + most))
    os.environ.update(variables)
    os.chdir(directory)
    sys.path[0] = str(Path.cwd())
    sys.argv = ["cachediff", *arguments]
    runpy.run_module("cachediff", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _preload()
    _warm_up()
    # No run looks through all that is imported: it is old. Were it frozen, a run would count it each time it asks what is.
    gc.freeze()
    gc.unfreeze()
    words = _serve(socket.socket(fileno=int(sys.argv[1])), forks="--forks" in sys.argv)
    try:
        _run(*words)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            _end(ended.code)
        raise
