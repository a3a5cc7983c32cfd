"""What is fuzzed, an explicit table: a target is a module with `check`, which takes any bytes, and the seeds to start from.

`check` returns one of the module's `OUTCOMES`; whatever it raises is a find, for only what the code documents may come out
of the code. The seeds are fixtures of the repository and the named files of `corpus/<target>`, where every find is kept.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS = ("page", "archive", "spelling", "policy", "report", "escapes", "comparison", "index", "lock")
CORPUS = Path(__file__).parent / "corpus"


def load_check(target: str) -> Callable[[bytes], str]:
    """Return what checks the bytes that a target is given."""
    check: Callable[[bytes], str] = import_module(f"tests.fuzz.{target}").check
    return check


def load_outcomes(target: str) -> set[str]:
    """Return everything that a target's check may return."""
    outcomes: set[str] = import_module(f"tests.fuzz.{target}").OUTCOMES
    return outcomes


def find_seeds(target: str) -> list[Path]:
    """Return the files that a target starts from, in order."""
    fixtures: tuple[Path, ...] = import_module(f"tests.fuzz.{target}").SEEDS
    return sorted(path for path in (*fixtures, *(CORPUS / target).glob("*")) if path.is_file())
