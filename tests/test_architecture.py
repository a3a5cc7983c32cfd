"""What holds the house together, besides the import contracts: tables that are complete, and layers that touch nothing."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, get_args

import pytest

from cachediff import model
from cachediff.cli.options import FailOn, Format
from cachediff.errors import CachediffError, InputError, PublishError, UsageError
from cachediff.render.formats import RENDERERS
from tests.commands import ROOT, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "cachediff"
IMPURE = {PACKAGE / "policy" / "load.py"}
"""What reads a file in a layer that otherwise touches nothing."""

PURE = sorted({path for part in ("compare", "rules", "policy", "render") for path in (PACKAGE / part).rglob("*.py")} - IMPURE)
OUTSIDE = {"io", "os", "pathlib", "shutil", "socket", "subprocess", "sys", "tempfile", "time", "urllib", "http", "random", "locale"}
"""Modules through which a function can see more than its arguments."""


def names(path: Path) -> str:
    """Return a file's path in the repository."""
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each module that is imported, wherever in the file, and the name that is taken from it (empty: the module itself)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def calls(tree: ast.AST) -> Iterator[str]:
    """Yield the name of each function that is called, as it is written."""
    yield from (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


# --- tables ------------------------------------------------------------------------------------------------------------


def test_formats_are_the_renderers_and_what_help_says() -> None:
    assert list(RENDERERS) == [format.value for format in Format] == list(Format.__members__)
    text = "".join(run("diff", "--help").stdout.split())
    offered = re.search(r"--format<([a-z|]+)>", text)
    assert offered
    assert offered[1].split("|") == list(RENDERERS)


def test_fail_on_is_the_models() -> None:
    assert tuple(FailOn.__members__) == get_args(model.FailOn)


def test_every_exit_code_has_one_error() -> None:
    assert {error.__name__: error.exit_code for error in CachediffError.__subclasses__()} == {
        "UsageError": 2,
        "InputError": 3,
        "PublishError": 4,
        "ResourceError": 3,
        "WorkerError": 70,
    }
    assert (CachediffError.exit_code, UsageError.exit_code, InputError.exit_code, PublishError.exit_code) == (70, 2, 3, 4)


# --- layers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PURE, ids=names)
def test_pure_layer_touches_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [module for module, _ in imports(tree) if module.partition(".")[0] in OUTSIDE] == []
    assert [call for call in calls(tree) if call in {"open", "input", "print", "exec", "eval", "__import__", "id"}] == []
    assert [call for call in calls(tree) if re.search(r"\b(now|today|utcnow|getenv)$", call)] == []


def test_nothing_prints() -> None:
    printing = [names(path) for path in PACKAGE.rglob("*.py") if "print" in calls(ast.parse(path.read_text(encoding="utf-8")))]
    assert printing == []


def test_one_place_decides_the_exit_code() -> None:
    """Only the boundary ends a run: a command returns its code or raises."""
    ending = {
        names(path)
        for path in PACKAGE.rglob("*.py")
        if {"sys.exit", "exit", "quit", "SystemExit"} & set(calls(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert ending == {"cachediff/__main__.py", "cachediff/cli/main.py"}


def test_one_place_writes_to_stdout() -> None:
    writing = {
        names(path) for path in PACKAGE.rglob("*.py") if re.search(r"sys\.stdout\.(buffer\.)?write", path.read_text(encoding="utf-8"))
    }
    assert writing == {"cachediff/cli/output.py"}
