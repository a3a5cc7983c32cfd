"""A run that is forked, or one of many in a process, is one that is started: same words, same code, same directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.command_server import CommandServer
from tests.commands import ROOT, TIMEOUT, WEEK, environment, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["here", "forks"])
def server(request: pytest.FixtureRequest) -> CommandServer:
    return CommandServer(environment(), forks=request.param)


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
def test_a_served_run_is_one_that_is_started(server: CommandServer, arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, *texts = server.run(arguments, tmp_path, TIMEOUT)
    started = run(*arguments, cwd=tmp_path, env={"NOTHING": "1"})
    assert (code, *(text.decode() for text in texts)) == (started.returncode, started.stdout, started.stderr)


def test_what_one_run_is_given_the_next_one_is_not(server: CommandServer, tmp_path: Path) -> None:
    words = ("validate", "fixtures/real/week/old")
    plain = server.run(words, tmp_path, TIMEOUT)
    completion = {"_CACHEDIFF_COMPLETE": "complete_bash", "COMP_WORDS": "cachediff val", "COMP_CWORD": "1"}
    given = server.run(words, ROOT, TIMEOUT, completion)
    started = run(*words, env={"NOTHING": "1", **completion})
    assert (given[0], given[1].decode(), given[2].decode()) == (started.returncode, started.stdout, started.stderr)
    assert given != plain == server.run(words, tmp_path, TIMEOUT)


def test_the_directory_of_the_first_test_may_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    server = CommandServer(environment(), forks=False)
    monkeypatch.chdir(ROOT)
    gone.rmdir()
    assert server.run(("validate", WEEK[0]), tmp_path, TIMEOUT)[0] == 0


def test_a_run_in_a_process_that_had_others_compares_in_several(tmp_path: Path) -> None:
    """It forks as ever, and what it froze and switched off is not so for the next."""
    server = CommandServer(environment(), forks=False)
    reports = {server.run((*WEEK, "-f", "json", "--jobs", jobs), tmp_path, TIMEOUT) for jobs in ("1", "2", "1")}
    ((code, _, error),) = reports
    assert (code, error) == (1, b"")


@pytest.mark.slow
def test_what_does_not_end_is_ended() -> None:
    server = CommandServer(environment())
    with pytest.raises(TimeoutError):
        server.run(WEEK, ROOT, 0.001)
    with pytest.raises((RuntimeError, OSError)):
        server.run(WEEK, ROOT, 60)
