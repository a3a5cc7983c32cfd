"""The stages of the benchmark are functions that a run calls."""

from __future__ import annotations

import json

import pytest

from benchmarks.stages import STAGES, START, Clock
from tests.commands import WEEK, run


def test_every_stage_takes_time() -> None:
    ended = run(*WEEK, python=("-m", "benchmarks.stages"))
    seconds = json.loads(ended.stdout)
    assert [*seconds] == [START, *STAGES]
    assert [stage for stage, took in seconds.items() if not took > 0] == []


def test_what_cachediff_does_not_have_is_no_stage() -> None:
    with pytest.raises(LookupError, match="cachediff does not use "):
        Clock().wrap("nothing", lambda: None)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "more"), [("graph", []), ("index", []), ("locks", ["--locks", "2"])])
def test_what_is_measured_of_indexes_runs(name: str, more: list[str]) -> None:
    ended = run("--records", "1200", "--rounds", "1", *more, python=("-m", f"benchmarks.{name}"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("| |")
