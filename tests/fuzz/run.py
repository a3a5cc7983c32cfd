"""Run the fuzz targets under atheris for a bounded time: `python -m tests.fuzz.run --seconds 60 [TARGET...]`.

Exits 1 where a target raises, hangs or eats memory, with the input in `.fuzz/finds`, and 2 without atheris, which has wheels
for Linux on x86-64 alone. Inputs that reach new code are kept in `.fuzz/corpus`, for the next run to start from.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

from tests.fuzz.targets import TARGETS, find_seeds, load_check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".fuzz"
MAX_LENGTH = 1 << 14
"""Longest input in bytes: an empty tar has 10,240."""

SLOWEST = 10
"""Seconds after which one input counts as a hang."""

MEMORY = 2048
"""MiB that a target may take."""


def main(arguments: list[str]) -> int:
    """Run the targets one after the other and return the exit code."""
    parser = ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one or more of {', '.join(TARGETS)}; all without any")
    parser.add_argument(
        "--seconds", type=int, default=60, help="how long all targets may take together, besides starting (60)"
    )
    parser.add_argument(
        "--runs", type=int, help="try so many inputs a target instead, the same ones each time: what a gate can ask for"
    )
    parsed = parser.parse_args(arguments)
    unknown = set(parsed.targets) - {*TARGETS}
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}: there are {', '.join(TARGETS)}")
    if find_spec("atheris") is None:
        parser.error(
            "atheris is not installed: pip install -e '.[fuzz]'; without it, pytest tests/test_fuzz.py runs the same targets"
        )
    wanted = parsed.targets or TARGETS
    seconds = max(1, parsed.seconds // len(wanted))
    bound = {"max_total_time": seconds} if parsed.runs is None else {"runs": parsed.runs, "seed": 1}
    failed = [target for target, text, code in _run(wanted, bound) if not _report(target, text, code)]
    return 1 if failed else 0


def _run(targets: Iterable[str], bound: dict[str, int]) -> Iterator[tuple[str, str, int]]:
    """Yield each target with what its process printed and how that ended, as they end: as many at a time as there are cores.

    They are forked from one process: to import cachediff for atheris takes eight seconds.
    """
    flags = {target: _flags_of(target, bound) for target in targets}
    with TemporaryDirectory() as directory, Path(directory, "stderr").open("w+", encoding="utf-8") as said:
        command = [sys.executable, "-c", _PARENT, json.dumps(flags), directory]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, encoding="utf-8") as process:
            for line in process.stdout or ():
                target, code = line.split()
                flags.pop(target)
                yield target, Path(directory, target).read_text(encoding="utf-8", errors="replace"), int(code)
        said.seek(0)
        # Those that are left were not tried, and why is here.
        listed = "".join(line for line in said if not line.startswith("INFO: Instrumenting"))
        yield from ((target, listed, 1) for target in flags)


def _flags_of(target: str, bound: dict[str, int]) -> list[str]:
    """Return libFuzzer's flags for one target, whose directories are made."""
    corpus, finds = KEPT / "corpus" / target, KEPT / "finds" / target
    for directory in (corpus, finds):
        directory.mkdir(parents=True, exist_ok=True)
    flags = {
        **bound,
        "max_len": MAX_LENGTH,
        "timeout": SLOWEST,
        "rss_limit_mb": MEMORY,
        "artifact_prefix": f"{finds}/",
        "print_final_stats": 1,
        "dict": Path(__file__).with_name("tokens.dict"),
        "seed_inputs": ",".join(map(str, find_seeds(target))),
    }
    return [*(f"-{name}={value}" for name, value in flags.items()), str(corpus)]


def _report(target: str, text: str, code: int) -> bool:
    """Say what came of one target, and return whether nothing was found."""
    inputs = re.search(r"stat::number_of_executed_units:\s*([0-9]+)", text)
    count = int(inputs[1]) if inputs else 0
    if code == 0 and count:
        _say(f"{target}: {count:,} inputs, nothing found")
        return True
    _say(f"{target}: found something after {count:,} inputs\n{text}")
    finds = (KEPT / "finds" / target).relative_to(ROOT)
    _say(f"the input is in {finds}: give it a name in tests/fuzz/corpus/{target} once its cause is mended")
    return False


_PARENT = "import json, sys; from tests.fuzz.run import fuzz; fuzz(json.loads(sys.argv[1]), sys.argv[2])"


def fuzz(flags: dict[str, list[str]], directory: str) -> None:
    """Fuzz targets with libFuzzer's own flags, each in a process of its own that prints into a file; say how each ended."""
    import atheris  # its wheels are for Linux on x86-64 alone

    with atheris.instrument_imports(include=["cachediff"]):
        _import_all()
        checks = {target: load_check(target) for target in flags}
    waiting, running = list(flags), dict[int, str]()
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            target = waiting.pop(0)
            child = os.fork()
            if not child:
                _fuzz_one(target, checks[target], flags[target], directory)
            running[child] = target
        ended, status = os.wait()
        _say(f"{running.pop(ended)} {os.waitstatus_to_exitcode(status)}")


def _fuzz_one(target: str, check: Callable[[bytes], str], flags: list[str], directory: str) -> NoReturn:
    """Fuzz one target, which ends the process."""
    import atheris

    output = os.open(Path(directory, target), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    atheris.Setup([target, *flags], lambda data: check(data) and None)
    atheris.Fuzz()
    os._exit(1)  # never reached: what comes back from there has tried nothing


def _import_all() -> None:
    """Import what the package would import at its first use, so that its branches are seen."""
    from importlib import import_module

    for path in sorted((ROOT / "cachediff").rglob("*.py")):
        if path.stem != "__main__":
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
