"""How much the project does: how many of its lines run, which is the same on every machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cachediff

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_PROJECT = str(Path(cachediff.__file__).parent)


def count_lines(work: Callable[[], object]) -> int:
    """Return how many lines of the project run; each turn of a loop counts."""
    lines = 0

    def step(_: FrameType, event: str, __: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return step

    def trace(frame: FrameType, _: str, __: Any) -> Any:
        return step if frame.f_code.co_filename.startswith(_PROJECT) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines
