"""The command line as a real process, for the tests of what it prints and how it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tests.command_server import CommandServer
from tests.examples import is_whole
from tests.processes import execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ended: TypeAlias = subprocess.CompletedProcess[str]
ROOT = Path(__file__).parent.parent
REAL = ROOT / "fixtures" / "real"
WEEK = (str(REAL / "week" / "old"), str(REAL / "week" / "new"))
GASNET = (str(REAL / "gasnet-2024" / "old"), str(REAL / "gasnet-2024" / "new"))
SEEDS = (str(REAL / "seeds" / "2025-03-23"), str(REAL / "seeds" / "2025-04-20"))


COMMAND = ("-m", "cachediff")
TIMEOUT = 60
READ_LATE = re.compile("(GITHUB|GITLAB|CI|GH)_[A-Z0-9_]+|GITLAB_CI|NO_PROXY|COMP_WORDS|COMP_CWORD|_CACHEDIFF_COMPLETE")
"""Variables that are read when a comment is posted, or a line completed, and by nothing that is imported."""


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which no variable of the caller's changes what is printed, with some variables set.

    Bytecode is written: hundreds of processes would each compile all that they import.
    """
    dropped = {"NO_COLOR", "COLUMNS", "CI", "TERM", "PYTEST_CURRENT_TEST", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | changes


def run(*arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, python: Sequence[str] = COMMAND) -> Ended:
    """Return how `python -m cachediff` ended with such arguments, and what it printed.

    `env` is set on top of the caller's environment.

    Where nothing of the start is tested, no other Python and no variable that it reads, it is forked from one that has
    started.
    """
    env = env or {}
    words = [sys.executable, *python, *arguments]
    if python == COMMAND and all(map(READ_LATE.fullmatch, env)):
        variables = environment()
        late = {name: value for name, value in variables.items() if READ_LATE.fullmatch(name)}
        server = _find_server(frozenset(variables.items() - late.items()))
        code, *texts = server.run(arguments, cwd, TIMEOUT, late | dict(env))
        return Ended(words, code, *(text.decode("utf-8", "surrogateescape") for text in texts))
    return execute(
        words,
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=TIMEOUT,
    )


def run_within(limits: Mapping[int, int], *arguments: str, cwd: Path) -> tuple[Ended, float, int]:
    """Return how `python -m cachediff` ended within limits of `resource`, its CPU seconds and how many bytes it had at most.

    What it takes to start and import is not among the seconds.
    """
    server = _find_server(frozenset(environment().items()))
    code, *texts = server.run(arguments, cwd, TIMEOUT, limits=limits)
    words = [sys.executable, *COMMAND, *arguments]
    return (
        Ended(words, code, *(text.decode("utf-8", "surrogateescape") for text in texts)),
        server.seconds,
        server.peak_bytes,
    )


@cache
def _find_server(variables: frozenset[tuple[str, str]]) -> CommandServer:
    """Return the server of an environment: a test may set a variable of its own process, which is that of what it runs."""
    return CommandServer(dict(variables), forks=is_whole())


def run_code(code: str, *arguments: str) -> Ended:
    """Return how a piece of Python ended; the arguments are in its `sys.argv[1:]`."""
    return run(*arguments, python=("-c", code))


NEXT = re.compile(r"(?:\x1b\[2m)?(?:next:|     ) [a-z ]{14}  cachediff ")


def comparisons(ended: Ended) -> list[str]:
    """Return what was compared, in order, as stderr says."""
    return [line.removeprefix("comparing ") for line in ended.stderr.splitlines() if line.startswith("comparing ")]


def wrapped(text: str) -> list[str]:
    """Return the lines of a report without those that hold a command to be copied, which are as long as that is."""
    return [line for line in text.splitlines() if not NEXT.match(line)]
