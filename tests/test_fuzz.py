"""The fuzz targets without a fuzzer: every seed and every past find, and what hypothesis makes of them."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cachediff.errors import InputError
from tests.commands import run
from tests.examples import examples
from tests.fuzz.targets import CORPUS, TARGETS, find_seeds, load_check, load_outcomes

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = [(target, seed) for target in TARGETS for seed in find_seeds(target)]
MOST = 1 << 14


@pytest.mark.slow  # the next one tries all of them, too, and tells less of which it was
@pytest.mark.parametrize(
    ("target", "seed"), SEEDS, ids=[f"{target}-{seed.parent.name}-{seed.name}" for target, seed in SEEDS]
)
def test_every_seed_comes_to_something_known(target: str, seed: Path) -> None:
    assert load_check(target)(seed.read_bytes()) in load_outcomes(target)


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_come_to_everything_that_there_is(target: str) -> None:
    """A target that refuses all that it is given tests nothing."""
    assert {load_check(target)(seed.read_bytes()) for seed in find_seeds(target)} == load_outcomes(target)


def test_corpus_is_of_the_targets() -> None:
    assert {directory.name for directory in CORPUS.iterdir()} <= {*TARGETS}


@st.composite
def mutated(draw: st.DrawFn, target: str) -> bytes:
    """Draw a seed with a few pieces cut out, repeated, or taken from another seed or from anywhere."""
    seeds = [seed.read_bytes()[:MOST] for seed in find_seeds(target)]
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        other = draw(st.sampled_from(seeds))
        start, end = sorted(draw(st.integers(0, len(data))) for _ in range(2))
        first, last = sorted(draw(st.integers(0, len(other))) for _ in range(2))
        piece = draw(st.sampled_from((b"", other[first:last], data[start:end] * 2)) | st.binary(max_size=6))
        data = (data[:start] + piece + data[end:])[:MOST]
    return data


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_seeds_come_to_something_known(target: str, data: st.DataObject) -> None:
    assert load_check(target)(data.draw(mutated(target) | st.binary(max_size=200))) in load_outcomes(target)


DEFECTS: dict[str, tuple[str, str, str, Any]] = {
    "page": ("real/week/new/emacs/specs.md", "cachediff.sources.pages.fragments", "read_names", lambda _: ["e4s"]),
    "archive": ("corpus/archive/cut-off-zip", "cachediff.sources.archive", "refusing", nullcontext),
    "spelling": ("corpus/spelling/versions", "tests.fuzz.spelling", "spell_version", lambda text: text[1:]),
    "policy": ("broken/tab.yaml", "cachediff.policy.parse", "refuse", lambda *_: InputError("it has no place")),
    "report": ("corpus/report/everything", "cachediff.render.csv", "escape", lambda text: f"={text}"),
    "escapes": ("corpus/escapes/formula", "tests.fuzz.escapes", "escape_cell", str),
    "index": ("corpus/index/app", "cachediff.review.report", "FORMAT_VERSION", 0),
    "lock": ("corpus/lock/version-5", "cachediff.review.report", "FORMAT_VERSION", 0),
    "comparison": ("real/week/new/emacs/specs.md", "cachediff.review.report", "FORMAT_VERSION", 0),
}
"""Of each target a seed, and a function or a number to break so that its check must notice."""


@pytest.mark.parametrize("target", TARGETS)
def test_a_check_notices_a_defect(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    end, module, name, defect = DEFECTS[target]
    (seed,) = [seed for seed in find_seeds(target) if str(seed).endswith(end)]
    check = load_check(target)
    assert check(seed.read_bytes()) in load_outcomes(target)
    monkeypatch.setattr(import_module(module), name, defect)
    with pytest.raises((AssertionError, BadZipFile, jsonschema_rs.ValidationError)):
        check(seed.read_bytes())


def test_runner_takes_the_targets_that_there_are() -> None:
    ended = run("--seconds", "1", "pages", python=("-m", "tests.fuzz.run"))
    assert ended.returncode == 2
    assert "no target is called pages: there are page, archive," in ended.stderr


@pytest.mark.slow
def test_runner_fuzzes_where_atheris_is() -> None:
    ended = run("--seconds", "1", "spelling", python=("-m", "tests.fuzz.run"))
    if find_spec("atheris") and sys.platform == "linux":
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "nothing found" in ended.stdout
    else:
        assert ended.returncode == 2
        assert "atheris is not installed" in ended.stderr
