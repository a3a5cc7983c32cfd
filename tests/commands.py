"""The command line as a real process, for the tests of what it prints and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tests.processes import execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ended: TypeAlias = subprocess.CompletedProcess[str]
ROOT = Path(__file__).parent.parent
REAL = ROOT / "fixtures" / "real"
WEEK = (str(REAL / "week" / "old"), str(REAL / "week" / "new"))
GASNET = (str(REAL / "gasnet-2024" / "old"), str(REAL / "gasnet-2024" / "new"))
SEEDS = (str(REAL / "seeds" / "2025-03-23"), str(REAL / "seeds" / "2025-04-20"))


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which no variable of the caller's changes what is printed, with some variables set."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "CI", "TERM")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | changes


def run(*arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, python: Sequence[str] = ("-m", "cachediff")) -> Ended:
    """Return how `python -m cachediff` ended with such arguments, and what it printed; `env` is set on top of the caller's environment."""
    return execute(
        [sys.executable, *python, *arguments],
        cwd=cwd,
        env=environment(**(env or {})),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=60,
    )


def run_code(code: str, *arguments: str) -> Ended:
    """Return how a piece of Python ended; the arguments are in its `sys.argv[1:]`."""
    return run(*arguments, python=("-c", code))
