"""No two files of cachediff import each other, directly or in a circle: each can be read, tested and moved alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import ROOT
from tests.import_circles import find_circles, read_graph

if TYPE_CHECKING:
    from pathlib import Path

    from tests.import_circles import Graph


@pytest.fixture(scope="module")
def house() -> Graph:
    """Which files of cachediff import which."""
    return read_graph(ROOT / "cachediff")


@pytest.mark.slow
def test_no_two_files_import_each_other(house: Graph) -> None:
    circles = find_circles(house)
    shown = "\n".join(" -> ".join([*circle, circle[0]]) for circle in circles)
    assert not circles, f"files that import each other:\n{shown}"


def test_every_file_is_seen(house: Graph) -> None:
    assert len(house) == len([*(ROOT / "cachediff").rglob("*.py")])
    assert "cachediff.errors" in house["cachediff.cli.main"]


# --- the search --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("graph", "circles"),
    [
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}}, [("a", "b")]),
        ({"c": {"b"}, "b": {"a"}, "a": {"c"}, "d": {"a"}}, [("a", "c", "b")]),
        ({"a": {"b", "c"}, "b": {"a"}, "c": {"a"}}, [("a", "b"), ("a", "c")]),
        ({"a": {"b"}, "b": {"a", "c"}, "c": {"a"}}, [("a", "b"), ("a", "b", "c")]),
    ],
)
def test_circles_are_found(graph: Graph, circles: list[tuple[str, ...]]) -> None:
    assert find_circles(graph) == circles


@pytest.mark.parametrize(
    "text",
    [
        "import house.b",
        "import house.b as other",
        "from house.b import thing",
        "from house import b",
        "from . import b",
        "from .b import thing",
        "def f():\n    from house.b import thing\n    return thing",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.b import Thing",
    ],
)
def test_every_way_to_import_counts(tmp_path: Path, text: str) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "__init__.py").touch()
    (house / "a.py").write_text(text, encoding="utf-8")
    (house / "b.py").write_text("import os\nfrom house.a import other", encoding="utf-8")
    graph = read_graph(house)
    assert graph == {"house": set(), "house.a": {"house.b"}, "house.b": {"house.a"}}
    assert find_circles(graph) == [("house.a", "house.b")]
