"""What was measured, and the two tables that say so: contenders by size, and the targets with what was met."""

from __future__ import annotations

import math
import os
import platform
from dataclasses import dataclass, field
from statistics import median

from benchmarks.answers import RIGHT
from benchmarks.contenders import START, Contender, baseline
from benchmarks.measure import Sample, middle
from benchmarks.sizes import SIZES


@dataclass(slots=True)
class Row:
    """One contender on one size."""

    samples: list[Sample] = field(default_factory=list)
    verdict: str | None = None  # of the answer; None: nothing to check


@dataclass(slots=True)
class Results:
    """All rows, by size and contender's name, in the order of measuring; and by size the CPU seconds of runs by stage."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    stages: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def median(self, size: str, contender: Contender) -> Sample | None:
        """The medians of a contender, None if it was not measured."""
        row = self.rows.get((size, contender.name))
        return middle(row.samples) if row and row.samples else None

    def ratio(self, size: str, contender: Contender, to: Contender) -> float | None:
        """How many times the wall time of another contender one takes, None if either was not measured."""
        one, other = self.median(size, contender), self.median(size, to)
        return one.wall / other.wall if one and other else None

    def exponent(self, contender: Contender, smaller: str, larger: str) -> float | None:
        """The power of the number of specs that wall time grows with, None if a size was not measured."""
        one, other = self.median(smaller, contender), self.median(larger, contender)
        if not one or not other:
            return None
        return math.log(other.wall / one.wall) / math.log(SIZES[larger].specs / SIZES[smaller].specs)

    def verdict(self, size: str, contender: Contender) -> str | None:
        """Whether the answer of a contender is right, None if there is none."""
        row = self.rows.get((size, contender.name))
        return row.verdict if row else None


def table(results: Results, size: str) -> str:
    """The contenders on one size, as a markdown table."""
    base = results.median(size, baseline(size))
    lines = [
        f"| {_title(size)} | wall, s | ratio | CPU, s | ratio | peak, MB | runs | answer |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for (row_size, name), row in results.rows.items():
        if row_size == size and row.samples:
            lines.append(_line(name, row, base))
    return "\n".join(lines)


def stage_table(results: Results) -> str:
    """Where one process's time goes, as a markdown table: medians, in times of the floor, and their share of the whole."""
    sizes = [*results.stages]
    lines = [
        f"| where the CPU time of `--jobs 1` goes | {' | '.join(f'{size}, ratio to floor | share' for size in sizes)} |",
        f"|---|{'--:|--:|' * len(sizes)}",
    ]
    medians = {
        size: {stage: median(run[stage] for run in runs) for stage in runs[0]} for size, runs in results.stages.items()
    }
    for stage in medians[sizes[0]]:
        cells = []
        for size in sizes:
            floor, seconds = results.median(size, baseline(size)), medians[size][stage]
            cells.append(f"{seconds / floor.cpu:.2f} | {seconds / sum(medians[size].values()):.0%}" if floor else "- | -")
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return "\n".join(lines)


def machine() -> str:
    """The machine in a few words: cores, system and Python."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _title(size: str) -> str:
    if size == START:
        return "start"
    return f"{size}: {SIZES[size].packages:,} packages, {SIZES[size].specs:,} specs a side"


def _line(name: str, row: Row, base: Sample | None) -> str:
    sample = middle(row.samples)
    wall_ratio = f"{sample.wall / base.wall:.2f}" if base else "-"
    cpu_ratio = f"{sample.cpu / base.cpu:.2f}" if base and base.cpu else "-"
    verdict = row.verdict or "-"
    answer = verdict if verdict in {"-", RIGHT} else f"wrong: {verdict[:300]}".replace("|", "/")
    return (
        f"| {name} | {sample.wall:.3f} | {wall_ratio} | {sample.cpu:.3f} | {cpu_ratio} | {sample.peak:.0f} "
        f"| {len(row.samples)} | {answer} |"
    )
