"""What the README shows is what the code says: its report, its table of options."""

from __future__ import annotations

import re
import sys
from enum import EnumType
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args, get_origin, get_type_hints

import pytest

from cachediff.cli import diff
from tests.processes import execute

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.commands import Ended

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def the_report(pair: str) -> str:
    """Return what a command of the README prints."""
    command = [f"{pair}/old", f"{pair}/new"]
    run = execute(
        [sys.executable, "-m", "cachediff", *command],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        check=False,
    )
    assert run.returncode == 1, run.stderr
    return f"$ cachediff {' '.join(command)}\n{run.stdout}"


def the_options() -> str:
    """Return the options of `cachediff diff` as the rows of a table."""
    rows = []
    for hint in get_type_hints(diff.run, include_extras=True).values():
        kind, *info = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        # In Annotated, typer keeps an option's first name where its default would be.
        names = (
            [name for name in (info[0].default, *(info[0].param_decls or ())) if str(name).startswith("-")] if info else []
        )
        if names:
            shown = ", ".join(f"`{name}`" for name in sorted(names, key=len))
            choices = ", ".join(kind.__members__) if isinstance(kind, EnumType) else ""
            value = (info[0].metavar or choices).replace("|", "\\|")
            rows.append(f"| {shown}{f' `{value}`' if value else ''} | {info[0].help} |")
    return "| option | |\n|---|---|\n" + "\n".join(rows)


def set_up(step: str) -> Ended:
    """Return how the first command of the README ends, with a step in place of what installs cachediff."""
    (command,) = re.findall(r"^python3 -m venv .*/cachediff .*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    installing = "python3 -m venv .venv && .venv/bin/pip install . && "
    assert command.startswith(installing)
    gate = command.removeprefix(installing).replace(".venv/bin/cachediff", f"'{sys.executable}' -m cachediff")
    shell = ["sh", "-c", f"{step} && {gate}"]
    return execute(shell, cwd=ROOT, capture_output=True, encoding="utf-8", env={"PYTHONUTF8": "1", "PATH": "/bin:/usr/bin"})


def test_first_command_shows_the_exit_code_of_the_gate() -> None:
    ended = set_up("true")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{the_report('fixtures/real/week').partition(chr(10))[2]}exit code 1\n"


def test_first_command_fails_where_nothing_is_installed() -> None:
    ended = set_up("false")
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(?<=```console\n)\$ cachediff fixtures/real/week/.*?(?=```)", partial(the_report, "fixtures/real/week")),
        (r"(?<=```console\n)\$ cachediff fixtures/index/mirror/.*?(?=```)", partial(the_report, "fixtures/index/mirror")),
        (r"(?<=\n\n)\| option \|.*?(?=\n\| exit code|\n\n)", the_options),
    ],
    ids=["report", "mirror", "options"],
)
def test_block_is_current(pattern: str, expected: Callable[[], str], request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    found = re.search(pattern, text, re.DOTALL)
    assert found, "the README has lost the block"
    if request.config.getoption("--update-golden", default=False):
        README.write_text(text[: found.start()] + expected() + text[found.end() :], encoding="utf-8")
        return
    assert found[0].strip() == expected().strip(), "pytest --update-golden rewrites the README's blocks"
