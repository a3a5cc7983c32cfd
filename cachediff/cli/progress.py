"""Progress of a long run, on stderr, and only where somebody watches."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cachediff.engine.signals import signals_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from rich.progress import Progress, TaskID

    Item = TypeVar("Item")
    Wrap = Callable[[list[Item]], Iterable[Item]]

LONG_RUN = 0.5
"""Seconds after which a run is long enough to show how far it is."""

BETWEEN = 0.1
"""Seconds between two pictures of how far it is."""


@contextmanager
def show_progress(*, is_wanted: bool) -> Iterator[Callable[[str], Wrap[Item]]]:
    """Give a function that makes wrappers: a wrapper yields its items, and shows on a terminal how many are done."""
    if not (is_wanted and sys.stderr and sys.stderr.isatty()):
        yield lambda _: _pass_through
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,  # that takes a thread, which a system that is short of processes does not give
    )

    def wrapper(label: str) -> Wrap[Item]:
        def watch(items: list[Item]) -> Iterator[Item]:
            shown = _Shown(bar, label, len(items))
            for done, item in enumerate(items):
                # The terminal may be gone: then nobody watches, and the run goes on.
                with suppress(OSError):
                    shown.update(done)
                yield item

        return watch

    try:
        yield wrapper
    finally:
        with signals_waiting(), suppress(OSError):
            bar.stop()


class _Shown:
    """How far one list is, on a bar that appears once the run is a long one."""

    def __init__(self, bar: Progress, label: str, total: int) -> None:
        self._bar, self._label, self._total = bar, label, total
        self._task: TaskID | None = None
        self._started = self._drawn = time.monotonic()

    def update(self, done: int) -> None:
        """Show how many are done. Raises OSError where there is no terminal any more."""
        if self._task is None and time.monotonic() - self._started > LONG_RUN:
            with signals_waiting():  # rich cannot stop a bar that is half started
                self._task = self._bar.add_task(self._label, total=self._total)
                self._bar.start()
        if self._task is not None:
            now = time.monotonic()
            is_due = now - self._drawn > BETWEEN
            self._drawn = now if is_due else self._drawn
            self._bar.update(self._task, completed=done, refresh=is_due)


def _pass_through(items: Iterable[Item]) -> Iterable[Item]:
    return items
