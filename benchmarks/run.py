"""The benchmark: `python -m benchmarks.run [--sizes week,M,L,XL] [--rounds N] [--out FILE]`.

It generates the pairs (once, in a cache outside the repository), runs all contenders in turn, checks every answer, prints
the tables and writes them to RESULTS.md. Exit code 1: an answer of cachediff is wrong or missing.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.answers import RIGHT, Judge, NoAnswerError
from benchmarks.contenders import ALL_CORES, CONTENDERS, ONE_PROCESS, START, Answer, Contender
from benchmarks.generate import generate
from benchmarks.measure import Sample, measure
from benchmarks.results import Results, Row, machine, stage_table, table
from benchmarks.sizes import ONE_PACKAGE, SIZES
from benchmarks.targets import target_table

_HERE = Path(__file__).parent
STAGED = ("M", "L")
"""The sizes of which is told where the time goes."""

HOSTILE = "\n## Hostile shapes\n"

_GENERATOR = ("evolution", "generate", "names", "pages", "places", "recipes", "sizes", "specs", "truth")


def main() -> int:
    """Run the command line."""
    options = _options()
    results = Results()
    for size in options.sizes:
        pair = a_pair(size, options.cache)
        race(size, pair, Judge(pair / "truth.json"), options, results)
        if size in STAGED:
            results.stages[size] = [stages(pair, options.timeout) for _ in range(options.rounds)]
    race(START, one_package(options.cache), None, options, results)
    text = _page(results, [*options.sizes, START], options.rounds)
    sys.stdout.write(text)
    options.out.write_text(text + hostile_section(options.out), encoding="utf-8")
    verdicts = [results.verdict(size, contender) for size in options.sizes for contender in (ONE_PROCESS, ALL_CORES)]
    return 0 if set(verdicts) == {RIGHT} else 1


def hostile_section(results: Path) -> str:
    """What the results say of hostile shapes, which benchmarks/hostile.py measures: it stays as it is."""
    _, heading, section = results.read_text(encoding="utf-8").partition(HOSTILE) if results.exists() else ("", "", "")
    return heading + section


def a_pair(size: str, cache: Path) -> Path:
    """The directory of the generated pair of a size, made now unless this generator has made it before."""
    sources = b"".join((_HERE / f"{module}.py").read_bytes() for module in _GENERATOR)
    directory = cache / f"{size}-{hashlib.sha256(sources).hexdigest()[:12]}"
    if not (directory / "truth.json").exists():
        _say(f"{size}: generating")
        shutil.rmtree(directory, ignore_errors=True)
        command = [sys.executable, "-m", "benchmarks.generate", size, str(directory)]
        subprocess.run(command, cwd=_HERE.parent, check=True)
    return directory


def one_package(cache: Path) -> Path:
    """The directory of a pair of one package, made anew."""
    directory = cache / "one"
    shutil.rmtree(directory, ignore_errors=True)
    generate(directory, ONE_PACKAGE, seed=1)
    return directory


def stages(pair: Path, timeout: float) -> dict[str, float]:
    """CPU seconds of one run of one process, by stage."""
    _say("stages")
    command = [sys.executable, "-m", "benchmarks.stages", str(pair / "old"), str(pair / "new")]
    found = subprocess.run(command, cwd=_HERE.parent, check=True, capture_output=True, timeout=timeout)
    return dict(json.loads(found.stdout))


def race(size: str, directory: Path, judge: Judge | None, options: argparse.Namespace, results: Results) -> None:
    """Run all contenders of a size in turn: once to warm up and to see who can run at all, then round by round."""
    running = [contender for contender in CONTENDERS if size in contender.sizes]
    for round_ in range(options.rounds + 1):
        for contender in tuple(running):
            if not _is_due(contender, round_):
                continue
            _say(f"{size}: {contender.name}, {f'round {round_}' if round_ else 'warm-up'}")
            row = results.rows.setdefault((size, contender.name), Row())
            try:
                sample, verdict = _run(contender, directory, judge, options)
            except (OSError, NoAnswerError) as reason:
                _say(f"{size}: {contender.name} is left out: {reason}")
                row.verdict = str(reason)
                running.remove(contender)
            else:
                row.verdict = verdict if row.verdict in {None, RIGHT} else row.verdict
                row.samples += [sample] if round_ else []


def _is_due(contender: Contender, round_: int) -> bool:
    """Whether a contender runs in a round; round 0 warms up, which is not worth it for one that is run so seldom."""
    return contender.most_rounds is None or 1 <= round_ <= contender.most_rounds


def _run(
    contender: Contender, directory: Path, judge: Judge | None, options: argparse.Namespace
) -> tuple[Sample, str | None]:
    output = options.cache / "output"
    sample = measure(contender.command, directory, output, options.timeout)
    if sample.status not in contender.statuses:
        last = output.with_suffix(".stderr").read_text(errors="replace").strip().splitlines()[-1:]
        message = f"exit code {sample.status}: {' '.join(last)}"
        raise NoAnswerError(message)
    kind = contender.answer if judge else Answer.NOTHING
    return sample, judge.verdict(kind, output) if judge else None


def _page(results: Results, sizes: list[str], rounds: int) -> str:
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    intro = (
        f"{today}, {machine()}; medians of up to {rounds} interleaved rounds after a warm-up. Ratios are to the first row "
        "of a table and mean more than seconds: these hold for this machine on this day."
    )
    tables = (table(results, size) for size in sizes)
    where = [stage_table(results)] if results.stages else []
    parts = ["# Benchmark results", intro, "## Targets", target_table(results), "## Measured", *tables, *where]
    return "\n\n".join(parts) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, default=list(SIZES), help="default: week,M,L,XL")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=1800, help="seconds a run may take")
    parser.add_argument("--out", type=Path, default=_HERE / "RESULTS.md")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "cachediff-benchmarks")
    options = parser.parse_args()
    options.cache = options.cache.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)
    return options


def _sizes(text: str) -> list[str]:
    sizes = text.split(",")
    unknown = [size for size in sizes if size not in SIZES]
    if unknown:
        message = f"unknown size {unknown[0]}: choose from {', '.join(SIZES)}"
        raise argparse.ArgumentTypeError(message)
    return sizes


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
