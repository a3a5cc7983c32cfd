"""Forked processes that do a share of the work: none outlives the process that started it, and none ends without being noticed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, TypeVar

from cachediff.errors import WorkerError
from cachediff.signals import SIGNALS, signals_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
_HINT = "run again with --jobs 1"


class Worker:
    """A forked process that computes some bytes. Signals end it at once: what there is to clean up is the parent's."""

    def __init__(self, compute: Callable[[], bytes]) -> None:
        """Start the process. Raises WorkerError where there is none to be had."""
        self._pipe, writing = os.pipe()
        self._process = 0
        try:
            with signals_waiting():  # between the fork and the next line a signal would find two processes that think they are one
                self._process = os.fork()
                if not self._process:
                    _run(compute, writing)
        except OSError as error:
            os.close(self._pipe)
            message = f"a worker process cannot be started: {(error.strerror or str(error)).lower()}"
            raise WorkerError(message, hint=_HINT) from error
        finally:
            os.close(writing)

    def finish(self) -> bytes:
        """Return what the process computed. Raises WorkerError where it ended without saying."""
        with os.fdopen(self._pipe, "rb", closefd=False) as pipe:
            answer = pipe.read()
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        if status:
            code = os.waitstatus_to_exitcode(status)
            how = f"was ended by signal {-code}" if code < 0 else "ended early"
            message = f"a worker process {how}: its share of the packages is not compared"
            raise WorkerError(message, hint=_HINT)
        return answer

    def stop(self) -> None:
        """End the process if it still runs, and forget it."""
        os.close(self._pipe)
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0


def _run(compute: Callable[[], bytes], writing: int) -> None:
    """Compute, write the answer and end: nothing of the parent's may be flushed or cleaned up twice, and no traceback belongs here."""
    code = 1
    try:
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(compute())
        code = 0
    finally:
        os._exit(code)


def while_alive(parent: int, items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, and end the process once its parent is gone, even one that nobody let clean up: there is no one to answer to."""
    for item in items:
        if os.getppid() != parent:
            os._exit(1)
        yield item
