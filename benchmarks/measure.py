"""What one command takes: wall time, CPU time and peak memory, as the kernel counts them."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. Seconds; CPU is user and system time of all its processes; peak is the MB of the largest one alone."""

    wall: float
    cpu: float
    peak: float
    status: int


def measure(command: Sequence[str], directory: Path, output: Path, seconds: float) -> Sample:
    """Run a command in a directory, its stdout and stderr in files, for so many seconds at most (then it is killed).

    Linux counts the memory of the process that starts another as that one's own, up to its first instruction: no peak is
    below the 20 MB or so of this process.
    """
    environment = keep_compiled() | {"PYTHONPATH": str(_REPOSITORY)}
    with output.open("wb") as stdout, output.with_suffix(".stderr").open("wb") as stderr:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=stdout, stderr=stderr)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def keep_compiled() -> dict[str, str]:
    """Return the environment in which Python keeps what it compiles, as where cachediff is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each measure."""
    return Sample(
        median(sample.wall for sample in samples),
        median(sample.cpu for sample in samples),
        median(sample.peak for sample in samples),
        samples[0].status,
    )
