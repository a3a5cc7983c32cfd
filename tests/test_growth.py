"""Work grows with the size of a snapshot whatever its shape.

It is counted in lines of code that run, from the pages' specs to every format.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from benchmarks.shapes import SHAPES, write_pair
from cachediff import read_snapshot, render
from cachediff.comparison import candidates
from cachediff.engine.memory import compare
from cachediff.render.formats import RENDERERS
from cachediff.review.report import evaluate
from tests.work import count_lines

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.package import Snapshot

SPECS = 100
MORE_SPECS = {"a stack a spec, half gone": 500, "a stack for two specs, one gone": 500, "cells dropped from a grid": 500}
"""Shapes of which a square shows later: the work of a turn is small."""

TIMES = 4
MAX_GROWTH = 6
"""How many times the work four times the specs may take: n log n, and what starts it; a square takes sixteen."""


def report_all(old: Snapshot, new: Snapshot) -> None:
    """Compare two snapshots and render the report in every format."""
    report = evaluate(compare(old, new))
    for name in RENDERERS:
        render(report, name)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_with_size_and_not_with_its_square(tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MAX_PAIRS", 1 << 10)
    monkeypatch.setattr(candidates, "SLICE", 16)
    counts = []
    least = MORE_SPECS.get(shape, SPECS)
    for specs in (least, TIMES * least):
        directory = tmp_path / str(specs)
        write_pair(shape, specs, directory)
        sides = [read_snapshot(str(directory / side)) for side in ("old", "new")]
        counts.append(count_lines(partial(report_all, *sides)))
    assert counts[1] < MAX_GROWTH * counts[0], counts
