"""A run that is forked is one that is started: same words, same code, same directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.command_server import CommandServer
from tests.commands import ROOT, WEEK, environment, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "arguments",
    [
        (*WEEK, "-f", "json"),
        ("validate", WEEK[0], "nothing"),
        ("a\udcff", "b c"),
        *(pytest.param(words, marks=pytest.mark.slow) for words in [("--help",), ("", "x"), ("--no-such-option",)]),
    ],
    ids=str,
)
def test_a_forked_run_is_one_that_is_started(arguments: tuple[str, ...], tmp_path: Path) -> None:
    forked, started = run(*arguments, cwd=tmp_path), run(*arguments, cwd=tmp_path, env={"NOTHING": "1"})
    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)


def test_variables_of_one_run_are_not_those_of_the_next() -> None:
    words = ("publish", "no-report.json")
    first, second = run(*words, env={"GITHUB_ACTIONS": "true"}), run(*words, env={"NOTHING": "1", "GITHUB_ACTIONS": "true"})
    assert (first.returncode, first.stdout, first.stderr) == (second.returncode, second.stdout, second.stderr)
    assert run(*words).stderr == run(*words, env={"NOTHING": "1"}).stderr


@pytest.mark.slow
def test_what_does_not_end_is_ended() -> None:
    server = CommandServer(environment())
    with pytest.raises(TimeoutError):
        server.run(WEEK, ROOT, 0.001)
    with pytest.raises((RuntimeError, OSError)):
        server.run(WEEK, ROOT, 60)
