"""The library: its example in the README runs, its names are its functions, and every public one is documented."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

import cachediff
from tests.commands import ROOT, run_code

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = sorted((ROOT / "cachediff").rglob("*.py"))
FUNCTIONS = ("compare", "evaluate", "read_snapshot", "render")


def test_readme_example_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (example,) = (block for block in blocks if "read_snapshot" in block)
    ended = run_code(example)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("fail 2\n")
    assert "error os-dropped " in ended.stdout
    assert "### ❌ fail: 2 of 44 cells lost in 1 package" in ended.stdout
    assert len(example.splitlines()) <= 12


def test_a_part_without_packages_of_snapshots_that_know_stacks_and_know_none() -> None:
    lock, mirror = (
        cachediff.read_snapshot(str(ROOT / "fixtures" / "index" / kind / "new"), package="nothing")
        for kind in ("lock", "mirror")
    )
    for old, new in ((lock, mirror), (mirror, lock), (mirror, mirror)):
        assert cachediff.compare(old, new).specs.old == 0


def test_names_are_the_functions() -> None:
    assert sorted(cachediff.__all__) == sorted([*FUNCTIONS, "__version__"])
    for name in FUNCTIONS:
        function = getattr(cachediff, name)
        assert callable(function)
        assert function.__name__ == name


@pytest.mark.slow
@pytest.mark.parametrize(
    "before",
    [
        "",
        "import cachediff.comparison.match",
        "import cachediff.comparison, cachediff.render",
        "from cachediff.comparison import match",
        "from cachediff.render import text",
        "import cachediff.cli.main",
        "from cachediff import compare; import cachediff.comparison.match",
        "import cachediff; cachediff.render; import cachediff.render.text",
    ],
)
def test_functions_are_not_hidden_by_packages_of_their_name(before: str) -> None:
    after = "from cachediff import compare, render\nimport cachediff\n"
    after += "print(compare.__name__, render.__name__, cachediff.compare is compare)"
    ended = run_code(f"{before}\n{after}")
    assert (ended.stdout, ended.stderr) == ("compare render True\n", "")


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'cachediff' has no attribute 'nope'"):
        getattr(cachediff, "no" + "pe")


def test_version_is_the_one_of_the_package() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", cachediff.__version__)


def test_library_is_typed() -> None:
    assert (ROOT / "cachediff" / "py.typed").exists()


COLLECTOR = """
import gc
from cachediff.garbage import collector_paused

gc.set_threshold(1_000_000)
young = lambda: len(gc.get_objects(generation=0))
%s
with collector_paused():
    kept = [[] for _ in range(10_000)]
    within, is_on = young(), gc.isenabled()
print(within > 10_000, is_on, young() < 1_000, gc.get_freeze_count() > 1_000, gc.isenabled())
"""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("gc.enable()", "True False True False True"),
        ("gc.freeze()", "True False False True True"),
        ("gc.disable()", "True False False False False"),
    ],
)
def test_the_collector_is_left_as_it_was(before: str, expected: str) -> None:
    """Nothing new for it to walk over, unless the host has frozen objects, which stay so, or does without a collector."""
    assert run_code(COLLECTOR % before).stdout.split() == expected.split()


# --- documentation -----------------------------------------------------------------------------------------------------


def public(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield the functions and classes that a module offers, and their public methods."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def test_public_names_are_documented() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path}: a module says in its first line what its one job is"
        assert [node.name for node in public(tree) if not ast.get_docstring(node)] == [], path
