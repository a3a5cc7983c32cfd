"""Judges what contenders print against what is true of a generated pair."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contenders import Answer

RIGHT = "right"


class NoAnswerError(Exception):
    """A contender printed nothing that can be judged."""


@dataclass(slots=True)
class Judge:
    """Judges the answers about one pair; equal reports are judged once, and reports that are not equal are wrong."""

    truth: Path
    _verdicts: dict[str, str] = field(default_factory=dict)

    def verdict(self, kind: Answer, output: Path) -> str | None:
        """`right`, or what is wrong; None where nothing can be checked. Raises NoAnswerError on unusable output."""
        if kind is Answer.NOTHING:
            return None
        return self._of_report(output) if kind is Answer.REPORT else self._of_counts(output)

    def _of_report(self, output: Path) -> str:
        with output.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest not in self._verdicts:
            self._verdicts[digest] = _check(self.truth, output)
        if len(self._verdicts) > 1:
            return f"{len(self._verdicts)} different reports of the same pair"
        return self._verdicts[digest]

    def _of_counts(self, output: Path) -> str:
        try:
            counts: dict[str, int] = json.loads(output.read_bytes())
        except ValueError as error:
            raise NoAnswerError(str(error)) from error
        truth: dict[str, int] = json.loads(self.truth.read_bytes())["specs"]
        wrong = [f"{bucket} {count:,} not {truth[bucket]:,}" for bucket, count in counts.items() if count != truth[bucket]]
        return ", ".join(wrong) or RIGHT


def _check(truth: Path, report: Path) -> str:
    command = [sys.executable, "-m", "benchmarks.check", str(truth), str(report)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode == 0:
        return RIGHT
    if done.returncode == 1:
        return "; ".join(lines)
    raise NoAnswerError(" ".join(lines or done.stderr.splitlines()[-1:]))
