"""How time grows on hostile shapes: `python -m benchmarks.hostile [--sizes 1500,6000,24000] [--rounds 2] [SHAPE ...]`.

Each round runs all shapes at all sizes in turn, with the limits raised as far as that takes. The table has the least CPU
time of the rounds (what else the machine does only adds to it), and the exponent of growth between sizes: 1 is linear, 2 a
square.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import pairwise
from math import log
from pathlib import Path
from typing import TypeAlias

from benchmarks.measure import measure
from benchmarks.shapes import SHAPES, write_pair

_LIMITS = ("--limit", "specs=10000000", "--limit", "page-bytes=1073741824")
_COMMAND = (sys.executable, "-m", "cachediff", "old", "new", "--format", "json", "--jobs", "1", *_LIMITS)

Times: TypeAlias = dict[str, dict[int, float]]
"""CPU seconds by shape and number of specs."""


def main() -> int:
    """Run the command line."""
    options = _options()
    times: Times = {shape: {} for shape in options.shapes}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(options.rounds):
            for shape in options.shapes:
                for specs in options.sizes:
                    seconds = run(shape, specs, Path(directory), options.timeout)
                    times[shape][specs] = min(seconds, times[shape].get(specs, seconds))
    sys.stdout.write(table(times))
    return 0


def run(shape: str, specs: int, directory: Path, timeout: float) -> float:
    """The CPU seconds of one comparison. Raises RuntimeError where it gives no verdict."""
    pair = directory / f"{shape}-{specs}"
    if not pair.exists():
        write_pair(shape, specs, pair)
    sample = measure(_COMMAND, pair, directory / "output", timeout)
    if sample.status not in (0, 1):
        message = f"{shape}, {specs:,} specs: exit code {sample.status}"
        raise RuntimeError(message)
    return sample.cpu


def table(times: Times) -> str:
    """CPU seconds of each shape at each size, and the exponents between them, as markdown."""
    sizes = sorted({specs for row in times.values() for specs in row})
    steps = [*pairwise(sizes)]
    head = ["CPU, s", *(f"{specs:,} specs" for specs in sizes), *(f"{a:,} to {b:,}" for a, b in steps)]
    lines = [f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    for shape, row in times.items():
        exponents = [f"{log(row[b] / row[a]) / log(b / a):.2f}" for a, b in steps]
        lines.append(f"| {' | '.join([shape, *(f'{row[specs]:.2f}' for specs in sizes), *exponents])} |")
    return "\n".join(lines) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"default: all of them: {', '.join(SHAPES)}")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[1_500, 6_000, 24_000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=600, help="seconds a run may take")
    options = parser.parse_args()
    options.shapes = options.shapes or list(SHAPES)
    if unknown := [shape for shape in options.shapes if shape not in SHAPES]:
        parser.error(f"unknown shape {unknown[0]!r}: choose from {', '.join(SHAPES)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
