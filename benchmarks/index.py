"""What a whole run on a pair of indexes costs: `python -m benchmarks.index [--records 60000] [--rounds 3] [--jobs 1 2]`.

A run reads, proves every hash, compares, applies every rule and writes the JSON report, in one process or several. Beside it
stand the floor (both files read and decoded with msgspec, untyped, in one process, the collector off), and Python's own json
on the same. The table has the least CPU time of the rounds (of several processes the least time by the clock, too), and the
most memory that a process had.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.indexes import RECORDS
from benchmarks.measure import keep_compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIRS = {"half of the hashes kept": True, "no hash kept": False}
READ = "import gc, sys; gc.disable(); {}; kept = [{}(open(path, 'rb').read()) for path in sys.argv[1:]]"
FLOOR = READ.format("import msgspec", "msgspec.json.decode")
PLAIN = READ.format("import json", "json.loads")
NOTHING = "pass"
WRITE = (
    "import sys, pathlib; from benchmarks.indexes import write_indexes;"
    "write_indexes(pathlib.Path(sys.argv[1]), int(sys.argv[2]), kept=bool(int(sys.argv[3])))"
)


def main() -> int:
    """Run the command line."""
    options = _options()
    sys.stdout.write("| | way | CPU, s | x floor | clock, s | MB |\n|---|---|--:|--:|--:|--:|\n")
    for name, kept in PAIRS.items():
        with tempfile.TemporaryDirectory() as directory:
            # In a process of its own: until a child of this one starts Python anew, it has as much memory as this one.
            subprocess.run([sys.executable, "-c", WRITE, directory, str(options.records), str(int(kept))], check=True)
            files = [f"{directory}/{side}/index.json" for side in ("old", "new")]
            report = f"json={directory}/report.json"
            ways = {"nothing": [NOTHING], "floor": [FLOOR, *files], "json.loads": [PLAIN, *files]}
            commands = {way: [sys.executable, "-c", *arguments] for way, arguments in ways.items()}
            commands |= {
                f"cachediff, {jobs} process{'es' * (jobs > 1)}": [
                    *(sys.executable, "-m", "cachediff", *files, "--jobs", str(jobs), "-r", report)
                ]
                for jobs in options.jobs
            }
            _write(name, {way: [run_once(command) for _ in range(options.rounds)] for way, command in commands.items()})
    return 0


def _write(name: str, runs: dict[str, list[tuple[float, float, float]]]) -> None:
    """Write a row for each way; what starting Python costs is no part of the floor."""
    least = {way: tuple(map(min, zip(*found, strict=True))) for way, found in runs.items()}
    start = least.pop("nothing")[0]
    floor = least["floor"][0] - start
    for way, (cpu, clock, _) in least.items():
        most = max(memory for _, _, memory in runs[way])
        spent = cpu - start * (way in {"floor", "json.loads"})
        sys.stdout.write(f"| {name} | {way} | {spent:.2f} | {spent / floor:.2f} | {clock:.2f} | {most:.0f} |\n")


def run_once(command: Sequence[str]) -> tuple[float, float, float]:
    """Return the CPU seconds and the seconds of a command, and the most MB that one of its processes had."""
    start = perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=keep_compiled(), stdout=quiet, stderr=quiet) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        message = f"{command} ended with {process.returncode}"
        raise RuntimeError(message)
    return used.ru_utime + used.ru_stime, perf_counter() - start, used.ru_maxrss / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
