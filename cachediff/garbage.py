"""Python's garbage collector, paused while a snapshot grows: it would walk it again and again, and find nothing."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


_FROZEN_BY_PYTHON = 1_000
"""More objects than Python 3.12 itself has frozen when it starts; who freezes what was imported has frozen many more."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking the growing snapshot again and again: nothing here makes cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if gc.get_freeze_count() < _FROZEN_BY_PYTHON:  # else the host has frozen something, which stays frozen
                # Makes objects old ones without a walk over them: to the collector all of a snapshot would be new, and none
                # is garbage.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
