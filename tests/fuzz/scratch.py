"""Bytes as a file, for what reads nothing else.

One file is written over and over, so that a run of millions leaves one behind.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


def keep(data: bytes, name: str) -> Path:
    """Return a file of this name with these bytes; the next one of the same name takes its place."""
    path = Path(_directory().name) / name
    path.write_bytes(data)
    return path


@cache
def _directory() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="cachediff-fuzz-")
