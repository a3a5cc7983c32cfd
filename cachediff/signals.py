"""SIGINT, SIGTERM and SIGHUP as one thing: an exception that lets everything be cleaned up, and the exit code that tells which it was."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GRACE = 1.0
"""Seconds after a signal in which no other one interrupts the cleaning up: `timeout` and impatient people send several."""

_received: list[tuple[int, float]] = []


def handle_signals() -> None:
    """Raise KeyboardInterrupt for each of the signals from now on, unless whoever started the process has it ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)


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


def _interrupt(number: int, _: object) -> None:
    now = time.monotonic()
    if _received and now - _received[-1][1] < GRACE:
        return
    _received.append((number, now))
    raise KeyboardInterrupt
