"""Progress of a long run, on stderr, and only where somebody watches."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cachediff.engine.signals import signals_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

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
            started, task = time.monotonic(), None
            shown = started
            for done, item in enumerate(items):
                if task is None and time.monotonic() - started > LONG_RUN:
                    with signals_waiting():  # rich cannot stop a bar that is half started
                        bar.start()
                        task = bar.add_task(label, total=len(items))
                if task is not None:
                    now = time.monotonic()
                    bar.update(task, completed=done, refresh=now - shown > BETWEEN)
                    shown = now if now - shown > BETWEEN else shown
                yield item

        return watch

    try:
        yield wrapper
    finally:
        with signals_waiting():
            bar.stop()


def _pass_through(items: Iterable[Item]) -> Iterable[Item]:
    return items
