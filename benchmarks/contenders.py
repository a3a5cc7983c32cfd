"""What is measured: commands that are run in a directory with `old/` and `new/`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum

from benchmarks.sizes import SIZES

START = "start"  # beside the sizes: how long it takes to begin


class Answer(Enum):
    """What a contender prints."""

    NOTHING = "nothing that can be checked"
    COUNTS = "JSON with some of the numbers of specs by bucket"
    REPORT = "cachediff's JSON report"


@dataclass(frozen=True, slots=True)
class Contender:
    """A command, the sizes it is run on, the exit codes that are no failure, and how often it is run (None: every round)."""

    name: str
    command: tuple[str, ...]
    sizes: tuple[str, ...]
    statuses: tuple[int, ...] = (0,)
    answer: Answer = Answer.NOTHING
    most_rounds: int | None = None


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


_ALL = tuple(SIZES)
_CACHEDIFF = _python("-m", "cachediff")
_REPORT = (*_CACHEDIFF, "old", "new", "--format", "json")

FLOOR = Contender("floor", _python("-m", "benchmarks.floor", "old", "new"), _ALL)
ONE_PROCESS = Contender("cachediff --jobs 1", (*_REPORT, "--jobs", "1"), _ALL, (0, 1), Answer.REPORT)
ALL_CORES = Contender("cachediff", _REPORT, _ALL, (0, 1), Answer.REPORT)
GIT_DIFF = Contender("git diff", ("git", "diff", "--no-index", "--stat", "old", "new"), _ALL[:3], (0, 1))
DIFF = Contender("diff -rq", ("diff", "-rq", "old", "new"), _ALL[:3], (0, 1))
# DuckDB takes 18 GB on L.
DUCKDB = Contender("DuckDB", _python("-m", "benchmarks.peers", "old", "new"), _ALL[:2], answer=Answer.COUNTS)
NAIVE = Contender("naive", _python("-m", "benchmarks.naive", "old", "new"), _ALL[:1], answer=Answer.COUNTS, most_rounds=1)

IMPORT_TYPER = Contender("import typer", _python("-c", "import typer"), (START,))
VERSION = Contender("cachediff --version", (*_CACHEDIFF, "--version"), (START,))
HELP = Contender("cachediff --help", (*_CACHEDIFF, "--help"), (START,))
ONE_PACKAGE = Contender("cachediff on one package", _REPORT, (START,), (0, 1))

CONTENDERS = (
    *(FLOOR, ONE_PROCESS, ALL_CORES, GIT_DIFF, DIFF, DUCKDB, NAIVE),
    *(IMPORT_TYPER, VERSION, HELP, ONE_PACKAGE),
)


def baseline(size: str) -> Contender:
    """What the others are compared with."""
    return IMPORT_TYPER if size == START else FLOOR
