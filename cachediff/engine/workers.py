"""Forked processes that share the work: none outlives the process that started it, and none ends without being noticed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, TypeVar

from cachediff.engine.signals import SIGNALS, signals_waiting
from cachediff.errors import CachediffError, InputError, ResourceError, WorkerError, find_lack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
_HINT = "run again with --jobs 1"

_FAILED, _REFUSED, _LACKING = 1, 2, 3
"""How a process ends that has no answer: at fault, for a reason that it writes, for lack of something."""


SMALL_INPUT = 500
"""How many packages one process reads sooner than a second one is started."""


def count_jobs(jobs: int | None, packages: int) -> int:
    """Return on how many processes to compare some packages, given how many somebody asked for, None for one a core."""
    if jobs is not None:
        return max(1, min(jobs, packages))
    # The cores that this process may use: `taskset` and the cpuset of a container may leave fewer than the machine has.
    return 1 if packages < SMALL_INPUT else len(os.sched_getaffinity(0))


class Worker:
    """A forked process that computes some bytes. Signals end it at once: what there is to clean up is the parent's."""

    def __init__(self, compute: Callable[[], bytes]) -> None:
        """Start the process. Raises ResourceError where there is none to be had."""
        self._process = 0
        try:
            self._pipe, writing = os.pipe()
        except OSError as error:
            raise _not_started(error) from error
        try:
            # Between the fork and the next line a signal would find two processes that think they are one.
            with signals_waiting():
                self._process = os.fork()
                if not self._process:
                    _run(compute, writing)
        except OSError as error:
            os.close(self._pipe)
            raise _not_started(error) from error
        finally:
            # Reading ends only once every copy of this end is closed, and a worker that is forked later would inherit one.
            os.close(writing)

    def finish(self) -> bytes:
        """Return what the process computed.

        Raises what it raised, ResourceError where it lacked something or was killed, and WorkerError where it ended without
        saying.
        """
        # Read before waiting: a process whose answer is larger than the pipe holds ends only once somebody reads.
        with os.fdopen(self._pipe, "rb", closefd=False) as pipe:
            answer = pipe.read()
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        if status:
            raise _explain(os.waitstatus_to_exitcode(status), answer)
        return answer

    def stop(self) -> None:
        """End the process if it still runs, and forget it."""
        os.close(self._pipe)
        if self._process:
            # Nothing of it has to be cleaned up: what it writes is a file without a name, which goes with its last process.
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0


def _not_started(error: OSError) -> CachediffError:
    lack = find_lack(error)
    why = str(lack) if lack else (error.strerror or str(error)).lower()
    return ResourceError(f"a worker process cannot be started: {why}", hint=lack.hint if lack else _HINT)


def _explain(code: int, answer: bytes) -> CachediffError:
    """Return why there is no answer: the exit code of the process says it, or what it wrote."""
    if code in (_REFUSED, _LACKING) and answer:
        message, _, hint = answer.decode("utf-8", "replace").partition("\0")
        return (InputError if code == _REFUSED else ResourceError)(message, hint=hint)
    if code == _LACKING:
        return ResourceError("a worker process has not enough memory", hint=_HINT)
    if -code == signal.SIGKILL:
        message = (
            "a worker process was killed, as the system does where memory runs out: "
            "its share of the packages is not compared"
        )
        return ResourceError(message, hint=_HINT)
    how = f"was ended by signal {-code}" if code < 0 else "ended early"
    return WorkerError(f"a worker process {how}: its share of the packages is not compared", hint=_HINT)


def _run(compute: Callable[[], bytes], writing: int) -> None:
    """Compute, write the answer and end.

    Nothing of the parent's may be flushed or cleaned up twice, and no traceback belongs here.
    """
    code = _FAILED
    try:
        # A terminal sends its signals to every process: with the parent's handlers each would say that it was interrupted.
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        # Only now, so that a signal that came since the fork meets the handlers of this process.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        code, answer = _compute(compute)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
    except MemoryError:
        code = _LACKING
    finally:
        # Whatever was raised: beyond this frame is the parent's code, which would clean up what is the parent's.
        os._exit(code)


def _compute(compute: Callable[[], bytes]) -> tuple[int, bytes]:
    """Return the exit code and what is to be written: the answer, or why there is none."""
    try:
        return 0, compute()
    except CachediffError as error:
        return _REFUSED if isinstance(error, InputError) else _LACKING, f"{error}\0{error.hint}".encode("utf-8", "replace")
    except Exception as error:
        lack = find_lack(error)
        if lack is None:
            raise
        return _LACKING, f"{lack}\0{lack.hint}".encode()


def while_alive(parent: int, items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, and end the process once its parent is gone, even one that nobody let clean up.

    There is no one to answer to.
    """
    for item in items:
        # The parent is gone where another one has adopted this process: pid 1, or whatever reaps in a container.
        if os.getppid() != parent:
            os._exit(1)
        yield item
