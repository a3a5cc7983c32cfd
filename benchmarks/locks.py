"""What locks cost beside reading an index: `python -m benchmarks.locks [--records 60000] [--rounds 3] [--locks 24]`.

There are 24 locks of about 1,000 records, in one folder by stack, whose records the index has, and as many that have other
hashes. The table has the least CPU time of the rounds: of opening the index alone, of `cachediff impact` with the locks, and
of a comparison of two indexes with and without `--wanted`; what starting cachediff takes is not in it, nor what starting
Python does in opening an index, which imports no command line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.index import NOTHING, run_once
from benchmarks.indexes import RECORDS, copy_side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.indexes import Record

FIRST, LOCKS = 7, 24
"""The first copy whose lock is written, with the three or four that it hangs on, and how many there are."""

NODES = 1_000
READING = "reading the index"

OPEN = "import sys; from cachediff.sources.open import Door; kept = Door().open(sys.argv[1])"
WRITE = (
    "import sys, pathlib; from benchmarks.indexes import write_indexes; from benchmarks.locks import write_locks;"
    "folder = pathlib.Path(sys.argv[1]); write_indexes(folder, int(sys.argv[2]), kept=False);"
    "count = int(sys.argv[3]); write_locks(folder / 'there', 'new', count); write_locks(folder / 'elsewhere', 'old', count)"
)


def write_locks(folder: Path, side: str, locks: int) -> int:
    """Write the locks of a side's copies, each in the folder of a stack; return how many records they have together."""
    copies = copy_side(side, FIRST + locks)
    total = 0
    for number in range(FIRST, FIRST + locks):
        needed = {edge["hash"] for node in copies[number].values() for edge in node.get("dependencies", ())}
        free = [node for node in copies[number].values() if node["hash"] not in needed and "external" not in node]
        roots, nodes = _choose(free, copies)
        lock = {
            "_meta": {"file-type": "spack-lockfile", "lockfile-version": 6, "specfile-version": 5},
            "roots": [{"hash": node["hash"], "spec": node["name"]} for node in roots],
            "concrete_specs": nodes,
        }
        path = folder / f"stack-{number}" / "spack.lock"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(lock, separators=(",", ":")), encoding="utf-8")
        total += len(nodes)
    return total


def _choose(free: list[Record], copies: Sequence[dict[str, Record]]) -> tuple[list[Record], dict[str, Record]]:
    """Return as many roots as together need 1,000 records, and these by hash."""
    roots: list[Record] = []
    needed: set[str] = set()
    known = {node["hash"]: node for copy in copies for node in copy.values()}
    for node in free:
        if len(needed) >= NODES:
            break
        roots.append(node)
        needed |= _close(node, known)
    # Dependencies first, as Spack writes most of them.
    return roots, {hash_: node for hash_, node in known.items() if hash_ in needed}


def _close(root: Record, known: Mapping[str, Record]) -> set[str]:
    """Return the hashes of all that a spec depends on, and its own."""
    found: set[str] = set()
    waiting = [root["hash"]]
    while waiting:
        hash_ = waiting.pop()
        if hash_ not in found:
            found.add(hash_)
            waiting += [edge["hash"] for edge in known[hash_].get("dependencies", ())]
    return found


def main() -> int:
    """Run the command line."""
    options = _options()
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, "-c", WRITE, directory, str(options.records), str(options.locks)], check=True)
        old, new = (f"{directory}/{side}/index.json" for side in ("old", "new"))
        python, cachediff = [sys.executable, "-c"], [sys.executable, "-m", "cachediff"]
        ways: dict[str, list[Any]] = {
            "Python": [*python, NOTHING],
            "nothing": [*cachediff, "--version"],
            READING: [*python, OPEN, new],
            "impact, hashes that are there": [*cachediff, "impact", f"{directory}/there", "--in", new, "-f", "json"],
            "impact, other hashes": [*cachediff, "impact", f"{directory}/elsewhere", "--in", new, "-f", "json"],
            "a comparison": [*cachediff, old, new, "--jobs", "1", "-f", "json"],
        }
        locks = sorted(str(path) for path in Path(directory, "there").glob("*/spack.lock"))
        wanted = [word for lock in locks for word in ("--wanted", lock)]
        ways["the same with --wanted"] = [*ways["a comparison"], *wanted]
        # In turn, so that other work of the machine meets all of them.
        rounds = [{way: run_once(command)[0] for way, command in ways.items()} for _ in range(options.rounds)]
    least = {way: min(took[way] for took in rounds) for way in ways}
    python_starts, start = least.pop("Python"), least.pop("nothing")
    least[READING] += start - python_starts
    floor = least[READING] - start
    sys.stdout.write("| | CPU, s | x reading the index |\n|---|--:|--:|\n")
    for way, seconds in least.items():
        sys.stdout.write(f"| {way} | {seconds - start:.2f} | {(seconds - start) / floor:.2f} |\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.locks", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--locks", type=int, default=LOCKS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
