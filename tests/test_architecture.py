"""What holds the house together, besides the import contracts: tables that are complete, and layers that touch nothing."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, get_args

import pytest

from cachediff.cli.options import FailOn, Format
from cachediff.domain import finding
from cachediff.errors import CachediffError, InputError, PublishError, UsageError
from cachediff.render.formats import RENDERERS
from cachediff.rules.catalogue import RULES
from tests.commands import ROOT, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PACKAGE = ROOT / "cachediff"
IMPURE = {PACKAGE / "policy" / "load.py"}
"""What reads a file in a layer that otherwise touches nothing."""

PURE = sorted(
    {path for part in ("domain", "comparison", "rules", "policy", "render") for path in (PACKAGE / part).rglob("*.py")}
    - IMPURE
)
OUTSIDE = {
    "io",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "time",
    "urllib",
    "http",
    "random",
    "locale",
}
"""Modules through which a function can see more than its arguments."""


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a file: several tests look through them."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def names(path: Path) -> str:
    """Return a file's path in the repository."""
    return str(path.relative_to(ROOT))


def imports(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield each module that is imported, wherever in the file, and the name taken from it (empty: the module itself)."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


@cache
def calls(path: Path) -> frozenset[str]:
    """Return the names of the functions that are called in a file, as they are written."""
    return frozenset(ast.unparse(node.func) for node in nodes_of(path) if isinstance(node, ast.Call))


def texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield each text of a module that is neither a docstring nor the help of an option, which may give examples."""
    listed = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    listed |= {id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "help"}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in listed:
            yield node.value


# --- tables ------------------------------------------------------------------------------------------------------------


def test_formats_are_the_renderers_and_what_help_says() -> None:
    assert list(RENDERERS) == [format.value for format in Format] == list(Format.__members__)
    text = "".join(run("diff", "--help").stdout.split())
    offered = re.search(r"--format<([a-z|]+)>", text)
    assert offered
    assert offered[1].split("|") == list(RENDERERS)


def test_fail_on_is_the_models() -> None:
    assert tuple(FailOn.__members__) == get_args(finding.FailOn)


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


def test_pure_layer_touches_nothing() -> None:
    for path in PURE:
        nodes = nodes_of(path)
        assert [module for module, _ in imports(nodes) if module.partition(".")[0] in OUTSIDE] == [], path
        called = calls(path)
        assert {"open", "input", "print", "exec", "eval", "__import__", "id"} & called == set(), path
        assert [call for call in called if re.search(r"\b(now|today|utcnow|getenv)$", call)] == [], path


def test_nothing_prints() -> None:
    printing = [names(path) for path in PACKAGE.rglob("*.py") if "print" in calls(path)]
    assert printing == []


def test_one_place_decides_the_exit_code() -> None:
    """Only the guard around the command line ends a run: a command returns its code or raises."""
    ending = {names(path) for path in PACKAGE.rglob("*.py") if {"sys.exit", "exit", "quit", "SystemExit"} & calls(path)}
    assert ending == {"cachediff/__main__.py"}


def test_one_place_writes_to_stdout() -> None:
    writing = {
        names(path)
        for path in PACKAGE.rglob("*.py")
        if re.search(r"sys\.stdout\.(buffer|write)", path.read_text(encoding="utf-8"))
    }
    assert writing == {"cachediff/cli/output.py"}


# --- rules -------------------------------------------------------------------------------------------------------------


ELSEWHERE = sorted(path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix in {".py", ".js", ".html", ".css"})
ELSEWHERE = [path for path in ELSEWHERE if PACKAGE / "rules" not in path.parents]
NAMED = re.compile(rf"(?<![a-z-])({'|'.join(rule.id for rule in RULES)})(?![a-z-])")
ENDING = re.compile(rf"-({'|'.join(sorted({rule.id.rpartition('-')[2] for rule in RULES}))})")


def find_rule_names(text: str) -> list[str]:
    """Return the ids of rules in a text, and the text where it is how an id ends."""
    return [found[0] for found in NAMED.finditer(text)] + ([text] if ENDING.fullmatch(text) else [])


def test_what_a_rule_is_stands_in_its_file_alone() -> None:
    """What others must know of a rule are fields of `Rule`, so a new rule is a file, a line in the catalogue and a pair."""
    for path in ELSEWHERE:
        listed = texts(nodes_of(path)) if path.suffix == ".py" else [path.read_text(encoding="utf-8")]
        assert [name for one in listed for name in find_rule_names(one)] == [], path


@pytest.mark.parametrize(
    ("text", "found"), [("os-dropped", 1), ("see os-dropped.", 1), ("-dropped", 1), ("cos-dropped", 0), ("dropped", 0)]
)
def test_names_of_rules_are_found(text: str, found: int) -> None:
    assert len(find_rule_names(text)) == found
    tree = ast.parse(f"def f():\n    'os-dropped'\n    return g({text!r}, help='os-dropped')")
    assert list(texts([*ast.walk(tree)])) == [text]
