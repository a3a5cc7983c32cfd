"""SIGINT, SIGTERM and SIGHUP as one thing: an exception that lets everything be cleaned up.

The exit code tells which it was.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Handler: TypeAlias = Callable[[int, object], None] | signal.Handlers

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GRACE = 1.0
"""Seconds after a signal in which no other one interrupts the cleaning up: `timeout` and impatient people send several."""

_received: list[tuple[int, float]] = []


def handle_signals() -> None:
    """End the process at each of the signals from now on, unless whoever started it has that one ignored.

    Nothing is there to clean up.
    """
    _handle(_end)


def raise_signals() -> None:
    """Raise KeyboardInterrupt for each of the signals that end the process."""
    sys.unraisablehook = _raise_again
    _handle(_interrupt)


def release_signals() -> None:
    """Leave the signals to the system.

    All is done, and what the interpreter does at its end cannot be interrupted in good order.
    """
    _handle(signal.SIG_DFL)


def was_interrupted() -> bool:
    """Return whether one of the signals was seen."""
    return bool(_received)


def exit_code() -> int:
    """Return the exit code of an interrupted run: 128 and the number of the signal, 130 where none was seen."""
    return 128 + (_received[-1][0] if _received else signal.SIGINT)


@contextmanager
def signals_waiting() -> Iterator[None]:
    """Let the signals wait for the end of what may not be done by half."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handle(handler: Handler) -> None:
    for number in SIGNALS:
        # What was ignored stays so: under `nohup` a run is to outlive the terminal. Handlers of a host program stay, too.
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler, _end, _interrupt):
            signal.signal(number, handler)


def _end(number: int, _: object) -> None:
    # Neither print nor exit: this may come in the middle of an import, where nothing of Python's is sure to work.
    os.write(2, b"interrupted\n")
    os._exit(128 + number)


def _raise_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Interrupt a moment later what was in a callback, such as one of the import system's, whose errors Python drops."""
    if unraisable.exc_type is KeyboardInterrupt:
        signal.signal(signal.SIGALRM, _interrupt_again)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_again(number: int, _: object) -> None:
    del number
    raise KeyboardInterrupt


def _interrupt(number: int, _: object) -> None:
    # Not the time of day, which may be set back while a run ends.
    now = time.monotonic()
    if _received and now - _received[-1][1] < GRACE:
        return
    # Kept before it is raised, as the exit code is made of it whatever the exception goes through.
    _received.append((number, now))
    raise KeyboardInterrupt
