"""Run the fuzz targets under atheris for a bounded time: `python -m tests.fuzz.run --seconds 60 [TARGET...]`.

Exits 1 where a target raises, hangs or eats memory, with the input in `.fuzz/finds`, and 2 without atheris, which has wheels
for Linux on x86-64 alone. Inputs that reach new code are kept in `.fuzz/corpus`, for the next run to start from.
"""

from __future__ import annotations

import re
import subprocess
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import TARGETS, find_seeds, load_check

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
    failed = [target for target in wanted if not _run(target, bound)]
    return 1 if failed else 0


def _run(target: str, bound: dict[str, int]) -> bool:
    """Run one target in a process of its own, say what came of it, and return whether nothing was found."""
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
    command = [sys.executable, "-c", _CHILD, target, *(f"-{name}={value}" for name, value in flags.items()), str(corpus)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False)
    inputs = re.search(r"stat::number_of_executed_units:\s*([0-9]+)", ended.stderr)
    count = int(inputs[1]) if inputs else 0
    if ended.returncode == 0 and count:
        _say(f"{target}: {count:,} inputs, nothing found")
        return True
    listed = [line for line in f"{ended.stdout}{ended.stderr}".splitlines() if not line.startswith("INFO: Instrumenting")]
    _say("\n".join([f"{target}: found something after {count:,} inputs", *listed]))
    _say(f"the input is in {finds.relative_to(ROOT)}: give it a name in tests/fuzz/corpus/{target} once its cause is mended")
    return False


_CHILD = "import sys; from tests.fuzz.run import fuzz; fuzz(sys.argv[1:])"


def fuzz(arguments: list[str]) -> None:
    """Fuzz one target with libFuzzer's own flags; it ends the process."""
    import atheris  # its wheels are for Linux on x86-64 alone

    target, *flags = arguments
    with atheris.instrument_imports(include=["cachediff"]):
        _import_all()
        check = load_check(target)
    atheris.Setup([target, *flags], lambda data: check(data) and None)
    atheris.Fuzz()


def _import_all() -> None:
    """Import what the package would import at its first use, so that its branches are seen."""
    from importlib import import_module

    for path in sorted((ROOT / "cachediff").rglob("*.py")):
        if path.stem != "__main__":
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
