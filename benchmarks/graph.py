"""What the graph costs on a pair of 60,000 records: `python -m benchmarks.graph [--records 60000] [--rounds 3]`.

The floor reads both files and decodes them with msgspec, untyped, in one process, the collector off. The graph is all that
follows from edges: order, what is missing and which MPI on both sides, and what compares the two. Reading is not in it.
The table has the least CPU time of the rounds, and what the process grew by.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from benchmarks.indexes import RECORDS, write_indexes
from cachediff.comparison import graphs
from cachediff.engine import loop
from cachediff.graph.build import build_graph
from cachediff.sources.open import Door
from cachediff.sources.records import reader

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PAIRS = {"half of the hashes kept": True, "no hash kept": False}
SIDES = ("old", "new")


def main() -> int:
    """Run the command line."""
    options = _options()
    if options.stage:
        seconds, megabytes = {"floor": measure_floor, "graph": measure_graph}[options.stage](options.directory)
        sys.stdout.write(json.dumps([seconds, megabytes]))
        return 0
    sys.stdout.write("| | floor, s | graph, s | graph / floor | graph, MB |\n|---|--:|--:|--:|--:|\n")
    for name, kept in PAIRS.items():
        with tempfile.TemporaryDirectory() as directory:
            write_indexes(Path(directory), options.records, kept=kept)
            runs = [[_run(stage, directory) for stage in ("floor", "graph")] for _ in range(options.rounds)]
        floor, graph = (min(some)[0] for some in zip(*runs, strict=True))
        grown = max(run[1][1] for run in runs)
        sys.stdout.write(f"| {name} | {floor:.2f} | {graph:.2f} | {graph / floor:.2f} | {grown:.0f} |\n")
    return 0


def measure_floor(directory: Path) -> tuple[float, float]:
    """The CPU seconds of reading both files, and what they take."""
    gc.disable()
    before, start = _memory(), process_time()
    read = [msgspec.json.decode((directory / side / "index.json").read_bytes()) for side in SIDES]
    seconds = process_time() - start
    return seconds, (_memory() - before) * bool(read)


def measure_graph(directory: Path) -> tuple[float, float]:
    """The CPU seconds of both graphs and of comparing them in a run, and what the process grows by meanwhile."""
    gc.disable()
    spent: list[tuple[float, float]] = []

    def measure(function: Callable[..., T]) -> Callable[..., T]:
        def run(*arguments: Any) -> T:
            before, start = _memory(), process_time()
            found = function(*arguments)
            spent.append((process_time() - start, _memory() - before))
            return found

        return run

    # Where whoever builds graphs, and compares them, looks for it: nothing is remembered from a run before.
    vars(reader)["build_graph"] = measure(build_graph)
    vars(graphs)["compare_graphs"] = measure(graphs.compare_graphs)
    old, new = (Door().open(str(directory / side / "index.json")) for side in SIDES)
    loop.compare_readers(old, new, jobs=1)
    seconds, grown = map(sum, zip(*spent, strict=True))
    return seconds, grown


def _run(stage: str, directory: str) -> tuple[float, float]:
    """Measure in a process of its own, in which nothing else was done before."""
    command = [sys.executable, "-m", "benchmarks.graph", "--stage", stage, "--directory", directory]
    found = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True)
    seconds, megabytes = json.loads(found.stdout)
    return seconds, megabytes


def _memory() -> float:
    """The MB that this process has in memory now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graph", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stage", choices=("floor", "graph"), help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
