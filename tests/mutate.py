"""Mutation testing: does a test fail when a line of what compares, spells or judges is wrong? `python -m tests.mutate`.

Mutants are cosmic-ray's: of the replacements that one operator has in one place one is drawn, and then a sample of all, with
a fixed seed. Each is tried on a copy of the repository by the tests that concern its module: those of examples, then, where
none of them fails, those of properties. What survives is printed as a diff, to be judged by a person: a test that is
missing, or a program that does the same.
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import signal
import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from difflib import unified_diff
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent
PATIENCE = 5
"""How many times as long as without a mutant tests may take: one that takes longer never ends, and counts as killed."""

PLACES = (
    "cachediff/comparison/*.py",
    "cachediff/domain/spelling.py",
    "cachediff/domain/versions.py",
    "cachediff/policy/acceptance.py",
    "cachediff/policy/severities.py",
    "cachediff/review/judge.py",
)
"""The modules that are mutated: what compares, spells or judges."""

WHOLE = ("test_rules.py", "test_rules_coverage.py", "test_real_cases.py", "test_mutations.py")
"""The tests that judge whole comparisons, which concern every module."""


def find_modules() -> list[str]:
    """Return the modules that are mutated, as paths in the repository."""
    found = sorted(path for place in PLACES for path in ROOT.glob(place))
    return [path.relative_to(ROOT).as_posix() for path in found if path.name != "__init__.py"]


def find_tests(module: str) -> tuple[str, ...]:
    """Return the tests that concern a module.

    They are those that import it, which are the quickest to fail, and those of whole comparisons.
    """
    name = module.removesuffix(".py").replace("/", ".")
    package, _, last = name.rpartition(".")
    ways = (rf"from {name} import", rf"import {name}\b", rf"from {package} import .*\b{last}\b")
    imports = re.compile(rf"^ *({'|'.join(ways)})", re.MULTILINE)
    own = [
        path.name for path in sorted((ROOT / "tests").glob("test_*.py")) if imports.search(path.read_text(encoding="utf-8"))
    ]
    return (*own, *(test for test in WHOLE if test not in own))


_SAME = {"Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq"}
"""Replacements that cannot matter here: what is compared by identity is None, and equal short texts mostly are one."""


_KINDS = ("not hypothesis and not slow", "hypothesis and not slow")
"""The marks of tests of examples, which fail soon, and of properties, which take their time."""


class Mutant(NamedTuple):
    """A module with one change: the operator that made it, and its whole text."""

    module: str
    operator: str
    text: str


def main(arguments: list[str]) -> int:
    """Try the mutants, print those that survive and the score, and return 1 where it is below the least."""
    parser = ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        default=find_modules(),
        help="such as cachediff/domain/spelling.py; all without any",
    )
    parser.add_argument("--sample", type=int, default=320, help="how many mutants to draw (320); 0 takes all")
    parser.add_argument("--seed", type=int, default=2026, help="of both draws (2026)")
    parser.add_argument("--least", type=float, default=85, help="percent of mutants that must be killed (85)")
    parsed = parser.parse_args(arguments)
    draw = random.Random(parsed.seed)  # noqa: S311 - a draw that can be repeated
    mutants = [mutant for module in parsed.modules for mutant in find_mutants(module, draw)]
    _say(f"{len(mutants):,} places to mutate in {len(parsed.modules)} modules")
    if 0 < parsed.sample < len(mutants):
        mutants = draw.sample(mutants, parsed.sample)
    with TemporaryDirectory() as directory:
        tree = Path(directory) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist"))
        killed = sum([is_killed(mutant, tree) for mutant in mutants])
    score = 100 * killed / max(1, len(mutants))
    _say(f"{killed:,} of {len(mutants):,} mutants killed: {score:.1f} %")
    return 0 if score >= parsed.least else 1


def find_mutants(module: str, draw: random.Random) -> Iterator[Mutant]:
    """Yield mutants of a module that are other programs.

    Of the replacements that an operator has in one place, one is drawn.
    """
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    text = (ROOT / module).read_text(encoding="utf-8")
    seen = {_meaning(text), ""}
    for choices in _group_replacements(text).values():
        name, occurrence = draw.choice(choices)
        mutated = mutate_code(text, get_operator(name)(), occurrence) or ""
        meaning = _meaning(mutated)
        if meaning not in seen:
            seen.add(meaning)
            yield Mutant(module, name.removeprefix("core/"), mutated)


def _group_replacements(text: str) -> dict[tuple[object, ...], list[tuple[str, int]]]:
    """Return cosmic-ray's replacements as (operator, occurrence), by what they replace and where."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    groups: defaultdict[tuple[object, ...], list[tuple[str, int]]] = defaultdict(list)
    nodes = [*ast_nodes(get_ast(text))]
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if operator.arguments() or name.partition("Operator_")[2] in _SAME:
            continue
        places = [place for node in nodes for place in operator().mutation_positions(node)]
        for occurrence, place in enumerate(places):
            groups[name.rpartition("_")[0] or name, *place].append((name, occurrence))
    return groups


def _meaning(text: str) -> str:
    """Return what of a module's text is run: no annotations, and nothing that is for type checkers alone.

    Empty where it does not parse.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ""
    return ast.dump(_Stripper().visit(tree))


class _Stripper(ast.NodeTransformer):
    """Takes away what is not run."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """Drop `if TYPE_CHECKING`."""
        is_for_checkers = "TYPE_CHECKING" in ast.unparse(node.test)
        return None if is_for_checkers else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Drop the annotation of an argument."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Drop the annotation of what is returned, and a cache, which changes nothing but the time."""
        node.returns = None
        node.decorator_list = [one for one in node.decorator_list if "cache" not in ast.unparse(one)]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Drop the annotation of a name: those of structs' fields are read, but by nobody who minds."""
        node.annotation = ast.Constant(value=None)
        return self.generic_visit(node)


def is_killed(mutant: Mutant, tree: Path) -> bool:
    """Return whether a test fails on a mutant, and print it where none does.

    Raises ValueError where one fails without it.
    """
    tests = find_tests(mutant.module)
    usual = [_time_tests(tests, which, tree) for which in _KINDS]
    path = tree / mutant.module
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    started = time.monotonic()
    try:
        killed = any(
            not _passes(tests, which, tree, PATIENCE * most + 10) for which, most in zip(_KINDS, usual, strict=True)
        )
    finally:
        path.write_text(original, encoding="utf-8")
    outcome = "killed" if killed else "SURVIVED"
    _say(f"{outcome} {mutant.module} {mutant.operator} ({time.monotonic() - started:.0f} s)")
    if not killed:
        _say("\n".join(unified_diff(original.splitlines(), mutant.text.splitlines(), lineterm="", n=1)))
    return killed


@cache
def _time_tests(tests: tuple[str, ...], which: str, tree: Path) -> float:
    """Return how many seconds tests take without a mutant. Raises ValueError where one fails."""
    started = time.monotonic()
    if not _passes(tests, which, tree, 3600):
        message = f"a test fails without a mutant: {', '.join(tests)}"
        raise ValueError(message)
    return time.monotonic() - started


def _passes(tests: tuple[str, ...], which: str, tree: Path, most: float) -> bool:
    """Return whether tests pass, and end in so many seconds.

    Their process has this one's libraries and nothing of the package.
    """
    child = os.fork()
    if not child:
        _run_tests(["-m", which, *(f"tests/{name}" for name in tests)], tree)
    ends = time.monotonic() + most
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) in (0, 5)  # 5: there is no such test
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run_tests(arguments: Sequence[str], tree: Path) -> None:
    """Run tests on a copy of the repository, and end the process with pytest's exit code."""
    import pytest

    os.setpgid(0, 0)
    os.chdir(tree)
    sys.path[:] = [str(tree), *(place for place in sys.path if Path(place).resolve() != ROOT)]
    sys.dont_write_bytecode = True
    out = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(out, stream)
    # What is imported already is none of the tests', so that pytest need not rewrite it.
    flags = [
        "-q",
        "-x",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "--rootdir",
        str(tree),
    ]
    code = pytest.main([*flags, *arguments])
    import cachediff

    is_mutated = Path(str(cachediff.__file__)).is_relative_to(tree)
    os._exit(int(code) if is_mutated else 99)


def _preload() -> None:
    """Import the libraries that tests use, so that every process starts with them."""
    import archspec.cpu
    import deepdiff
    import hypothesis
    import jinja2
    import jsonschema
    import jsonschema_rs
    import msgspec
    import pytest
    import rich.table
    import typer
    import yaml

    del archspec, deepdiff, hypothesis, jinja2, jsonschema, jsonschema_rs, msgspec, pytest, rich, typer, yaml


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _preload()
    sys.exit(main(sys.argv[1:]))
