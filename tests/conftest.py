"""Options and fixtures of the test run."""

from __future__ import annotations

import gc
import os
import sys
from difflib import unified_diff
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.examples import ELSEWHERE, INNER_LOOP, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# How long an example takes says more of the machine than of the code; and a gate judges every change by the same examples.
is_gate = bool(os.environ.get("CI"))
settings.register_profile("cachediff", deadline=None, derandomize=is_gate, max_examples=WHOLE if is_gate else ELSEWHERE)
settings.register_profile("inner loop", settings.get_profile("cachediff"), max_examples=INNER_LOOP)
settings.load_profile("cachediff")


def is_inner_loop(config: pytest.Config) -> bool:
    """Return whether this is the loop between two edits."""
    return bool(config.getoption("markexpr") == "not slow")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --update-golden, which rewrites the golden files with what the code says now."""
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite golden files instead of comparing with them (never in CI)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to rewrite golden files in CI: there they are what the code is judged by.

    Let the inner loop try fewer examples, and the collector leave alone what is kept: tests, and what they import. Bytecode
    is written, whoever asked for none: to rewrite the assertions of all tests takes each worker of each run four seconds.
    """
    sys.dont_write_bytecode = False
    gc.set_threshold(100_000)
    if config.getoption("--update-golden") and os.environ.get("CI"):
        message = "--update-golden is refused where CI is set"
        raise pytest.UsageError(message)
    if is_inner_loop(config):
        settings.load_profile("inner loop")


def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Make no tests of what is slow where they would all be taken out again: a third of them are, in each worker."""
    is_slow = any(mark.name == "slow" for mark in getattr(obj, "pytestmark", ()))
    return [] if is_slow and is_inner_loop(collector.config) else None


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def golden(update_golden: bool) -> Callable[[str, Path], None]:
    """Return a function that compares text with a golden file and shows how they differ, or rewrites the file."""

    def check(text: str, path: Path) -> None:
        if update_golden:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != expected:
            difference = "".join(
                unified_diff(expected.splitlines(keepends=True), text.splitlines(keepends=True), str(path.name), "now")
            )
            pytest.fail(f"{difference}\npytest --update-golden rewrites {path.name}", pytrace=False)

    return check
