"""Where tests start processes.

They get the signals that a shell gives them, whatever started the tests, and a time after which they end.
"""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMEOUT = 120
"""Seconds after which a process hangs: a machine that has much to do takes long to start one."""

SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


@overload
def execute(command: Sequence[object], *, encoding: str, **options: Any) -> subprocess.CompletedProcess[str]: ...
@overload
def execute(command: Sequence[object], *, encoding: None = None, **options: Any) -> subprocess.CompletedProcess[bytes]: ...
def execute(
    command: Sequence[object],
    *,
    input: Any = None,
    capture_output: bool = False,
    check: bool = False,
    timeout: float = TIMEOUT,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """Return how a process ended: `subprocess.run`, with a timeout always."""
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if input is not None:
        options["stdin"] = subprocess.PIPE
    with start(command, **options) as process:
        stdout, stderr = process.communicate(input, timeout=timeout)
    ended = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
    if check:
        ended.check_returncode()
    return ended


@contextmanager
def start(command: Sequence[object], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Give a process that runs, and wait for its end; where what is done with it fails, it is killed."""
    with launch(command, **options) as process:
        try:
            yield process
            process.wait(timeout=TIMEOUT)
        except BaseException:
            process.kill()
            raise


def launch(command: Sequence[object], **options: Any) -> subprocess.Popen[Any]:
    """Return a process that runs, for whose end somebody else waits."""
    with _signals_as_a_shell_gives_them():
        return subprocess.Popen([part if isinstance(part, bytes) else str(part) for part in command], **options)


@contextmanager
def _signals_as_a_shell_gives_them() -> Iterator[None]:
    """Let a process start with signals that are not ignored.

    Under `nohup`, or in the background of a script, those of the tests are.
    """
    ignored = {
        number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in ignored.items():
            signal.signal(number, handler)
