"""Compares every version of every lock and database in the history of git repositories with the one before.

Run it as `python -m tests.crater DIRECTORY [--limit N] [--seconds S] [-- OPTIONS]`, given a directory of clones. It reads
history alone, no working tree and no network. A line is written for each pair that could not be compared, that cachediff
failed on, or that took too long, and at the end how many pairs there were, how they ended, and what they took. Its own exit
code is 1 where cachediff failed on a pair, or none was found.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENDINGS = ("spack.lock", ".spack-db/index.json", "build_cache/index.json")
FAULTS = {70, 139}
"""What no input may come to: an internal error, and a crash."""

TOO_LONG = "too long"


class Pair(Struct, frozen=True):
    """Two versions of a file in the history of a repository."""

    repository: Path
    path: str
    old: str
    new: str


class Ended(Struct, frozen=True):
    """How a comparison ended: its exit code or `too long`, the seconds that it took, and the first line of what it said."""

    code: int | str
    seconds: float
    said: str = ""


def main(arguments: Sequence[str]) -> int:
    """Compare all pairs below a directory."""
    options = _parse(arguments)
    ends: Counter[int | str] = Counter()
    seconds: list[float] = []
    for pair in islice(find_pairs(options.directory), options.limit):
        ended = compare(pair, options.seconds, options.options)
        ends[ended.code] += 1
        seconds.append(ended.seconds)
        if ended.code not in {0, 1}:
            name = f"{pair.repository.name}: {pair.old[:12]} {pair.new[:12]} {pair.path}"
            sys.stdout.write(f"{ended.code}  {name}  {ended.seconds:.1f} s  {ended.said}\n")
    codes = ", ".join(f"{code}: {number:,}" for code, number in sorted(ends.items(), key=lambda one: str(one[0])))
    longest = max(seconds, default=0)
    sys.stdout.write(f"{len(seconds):,} pairs in {sum(seconds):.1f} s, the longest {longest:.1f} s; exit codes {codes}\n")
    return int(not seconds or any(code in FAULTS or code == TOO_LONG for code in ends))


def find_pairs(directory: Path) -> Iterator[Pair]:
    """Yield every version of every file of ours with the one before, by repository and path, oldest first."""
    for repository in sorted(path for path in directory.iterdir() if _is_repository(path)):
        for path in sorted({name for name in _list_names(repository) if name.endswith(ENDINGS)}):
            # Commits that removed it have no version of it.
            log = _git(repository, "log", "--all", "--reverse", "--diff-filter=ACMRT", "--format=%H", "--", path)
            yield from (Pair(repository, path, old, new) for old, new in pairwise(log.split()))


def compare(pair: Pair, most: float, options: Iterable[str] = ()) -> Ended:
    """Return how cachediff ends on a pair, as a process of its own."""
    command = [sys.executable, "-m", "cachediff", f"{pair.old}:{pair.path}", f"{pair.new}:{pair.path}", *options]
    start = perf_counter()
    try:
        run = subprocess.run(
            command, cwd=pair.repository, capture_output=True, timeout=most, check=False, env=os.environ | {"COLUMNS": "200"}
        )
    except subprocess.TimeoutExpired:
        return Ended(TOO_LONG, perf_counter() - start)
    said = run.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return Ended(run.returncode if run.returncode >= 0 else 128 - run.returncode, perf_counter() - start, said)


def _is_repository(path: Path) -> bool:
    return (path / ".git").exists() or (path / "objects").is_dir()


def _list_names(repository: Path) -> Iterator[str]:
    """Yield the path of every file that some commit has changed."""
    yield from filter(None, _git(repository, "log", "--all", "--format=", "--name-only", "-z").replace("\n", "").split("\0"))


def _git(repository: Path, *arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True)
    return run.stdout.decode("utf-8", "surrogateescape")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crater", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--limit", type=int, help="how many pairs at most")
    parser.add_argument("--seconds", type=float, default=60, help="how long one may take")
    parser.add_argument("options", nargs="*", help="what cachediff is given besides")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
