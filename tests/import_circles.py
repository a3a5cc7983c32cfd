"""Which files of a package import which, and the circles among them.

Every import counts, for type checkers or not, wherever in a file it stands.
"""

from __future__ import annotations

import ast
from importlib.util import resolve_name
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Graph: TypeAlias = dict[str, set[str]]
"""Of each module, by its full name, the modules that it imports."""


def read_graph(package: Path) -> Graph:
    """Return which files of a package import which."""
    files = {_name(path, package): path for path in package.rglob("*.py")}
    return {module: _find_imports(module, path, {*files}) - {module} for module, path in sorted(files.items())}


def find_circles(graph: Graph) -> list[tuple[str, ...]]:
    """Return, for each import that is part of a circle, the shortest such circle, each once and the shortest first."""
    circles = set()
    for module in graph:
        parents = _find_parents(graph, module)
        for importer in graph:
            if module in graph[importer] and importer in parents:
                circles.add(_rotate(_walk_back(parents, importer)))
    return sorted(circles, key=lambda circle: (len(circle), circle))


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _find_imports(module: str, path: Path, modules: set[str]) -> set[str]:
    """Return those of `modules` that a file imports: `from a import b` is a.b where that is a module, and else a."""
    own = module if path.stem == "__init__" else module.rpartition(".")[0]
    names = _find_names(ast.parse(path.read_text(encoding="utf-8")), own)
    return {name if name in modules else name.rpartition(".")[0] for name in names} & modules


def _find_names(tree: ast.AST, own: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), own)
            yield from (f"{source}.{alias.name}" for alias in node.names)


def _find_parents(graph: Graph, start: str) -> dict[str, str]:
    """Return of each module that `start` leads to the one before it on the shortest way there; the start's is empty."""
    parents, front = {start: ""}, [start]
    for module in front:
        for imported in sorted(graph[module] - parents.keys()):
            parents[imported] = module
            front.append(imported)
    return parents


def _walk_back(parents: dict[str, str], end: str) -> list[str]:
    way = [end]
    while parents[way[-1]]:
        way.append(parents[way[-1]])
    return way[::-1]


def _rotate(circle: list[str]) -> tuple[str, ...]:
    """Return a circle from the first of its names on, so that it is the same wherever it was entered."""
    first = circle.index(min(circle))
    return (*circle[first:], *circle[:first])
