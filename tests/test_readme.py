"""What the README shows is what the code says: its report, its table of options."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from cachediff.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
COMMAND = ["fixtures/real/week/old", "fixtures/real/week/new"]


def the_report() -> str:
    """Return what the README's first command prints."""
    run = subprocess.run(
        [sys.executable, "-m", "cachediff", *COMMAND], cwd=ROOT, capture_output=True, encoding="utf-8", env={"PYTHONUTF8": "1"}, check=False
    )
    assert run.returncode == 1, run.stderr
    return f"$ cachediff {' '.join(COMMAND)}\n{run.stdout}"


def the_options() -> str:
    """Return the options of `cachediff diff` as the rows of a table."""
    command = typer.main.get_command(app).commands["diff"]  # type: ignore[attr-defined]
    rows = []
    for option in command.params:
        if option.param_type_name != "option":
            continue
        names = ", ".join(f"`{name}`" for name in sorted(option.opts, key=len))
        value = "" if option.is_flag else f" `{option.make_metavar(None).replace('[', '').replace(']', '')}`"
        rows.append(f"| {names}{value.replace('|', chr(92) + '|')} | {option.help} |")
    return "| option | |\n|---|---|\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [(r"(?<=```console\n)\$ cachediff .*?(?=```)", the_report), (r"(?<=\n\n)\| option \|.*?(?=\n\| exit code|\n\n)", the_options)],
    ids=["report", "options"],
)
def test_block_is_current(pattern: str, expected: Callable[[], str], request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    found = re.search(pattern, text, re.DOTALL)
    assert found, "the README has lost the block"
    if request.config.getoption("--update-golden", default=False):
        README.write_text(text[: found.start()] + expected() + text[found.end() :], encoding="utf-8")
        return
    assert found[0].strip() == expected().strip(), "pytest --update-golden rewrites the README's blocks"
