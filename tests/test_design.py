"""docs/design.md: no room is forgotten, what it names is there, and docstrings refer to headings that it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PACKAGE = TOP / "cachediff"
DESIGN = (TOP / "docs" / "design.md").read_text()
PROSE = re.sub(r"^```.*?^```$", "", DESIGN, flags=re.DOTALL | re.MULTILINE)
HEADINGS = re.findall(r"^#+ (.+)$", PROSE, flags=re.MULTILINE)
IN_CODE = sorted(set(re.findall(r"`([^`\n]+)`", PROSE)))
CODE = "\n".join(path.read_text() for path in [*PACKAGE.rglob("*.py"), *(TOP / "schemas").glob("*.json")])

PATHS = [text for text in IN_CODE if re.fullmatch(r"[\w./-]*(/|\.(py|md|toml|yaml))[\w./-]*", text)]
NAMES = [text for text in IN_CODE if re.fullmatch(r"[A-Za-z_][\w.]*(\(\w*\))?|[a-z]+(-[a-z]+)+", text) and text not in PATHS]

OF_A_SNAPSHOT = ("specs.md",)
"""What looks like a path of the checkout, and is one of a snapshot."""


def list_rooms() -> list[str]:
    """Return the directories and files at the top of the package, as the page writes them."""
    found = [path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file() or path.suffix == ".py"]
    return sorted(f"cachediff/{path.name}{'/' if path.is_dir() else ''}" for path in found)


def read_section(room: str) -> str:
    """Return the text below the heading of a room."""
    found = re.search(rf"^#### [^\n]*`{re.escape(room)}`[^\n]*\n(.*?)(?=^#)", PROSE, flags=re.DOTALL | re.MULTILINE)
    assert found, f"{room} has no heading"
    return found[1]


def list_texts() -> list[Path]:
    """Return the files in which somebody may refer to the design."""
    below = [path for name in ("cachediff", "tests", "benchmarks", "docs") for path in (TOP / name).rglob("*")]
    return [path for path in [*below, *TOP.glob("*.md")] if path.suffix in (".py", ".md") and path != Path(__file__)]


def list_references() -> list[tuple[str, str]]:
    """Return every place that refers to a part of the page, with what follows the page's name there."""
    found = []
    for path in list_texts():
        text = " ".join(path.read_text().split())
        found += [(str(path.relative_to(TOP)), rest[:80]) for rest in text.split("docs/design.md, ")[1:]]
    return found


@pytest.mark.parametrize("room", list_rooms())
def test_every_room_has_a_heading(room: str) -> None:
    assert read_section(room).strip()


@pytest.mark.parametrize("room", ["comparison", "engine", "sources"])
def test_every_module_of_the_heart_is_named_where_its_room_is(room: str) -> None:
    named = set(re.findall(r"`([^`\n]+)`", read_section(f"cachediff/{room}/")))
    files = [path for path in (PACKAGE / room).rglob("*.py") if path.name != "__init__.py"]
    assert not {str(path.relative_to(PACKAGE / room)) for path in files} - named


@pytest.mark.parametrize("room", list_rooms())
def test_every_module_that_a_room_names_is_in_it(room: str) -> None:
    named = re.findall(r"`([\w/]+\.py)`", read_section(room))
    places = [TOP, PACKAGE, PACKAGE / room.removeprefix("cachediff/")]
    assert [name for name in named if not any((place / name).is_file() for place in places)] == []


def test_every_path_is_there() -> None:
    there = [path for path in PATHS if (TOP / path).exists() or (PACKAGE / path).exists() or any(PACKAGE.rglob(path))]
    assert sorted({*PATHS} - {*there}) == [*OF_A_SNAPSHOT]


def test_every_name_is_in_the_code() -> None:
    words = {word for name in NAMES for word in name.partition("(")[0].split(".")}
    assert sorted(words - {*re.findall(r"[\w-]+", CODE)}) == []


def test_every_link_leads_somewhere() -> None:
    assert [path for path in re.findall(r"\]\(([^)#]+)", PROSE) if not (TOP / "docs" / path).exists()] == []


def test_headings_are_told_apart() -> None:
    assert len(set(HEADINGS)) == len(HEADINGS)


def test_every_reference_names_a_heading() -> None:
    heading = re.compile(rf"({'|'.join(map(re.escape, HEADINGS))})(?!\w)")
    references = list_references()
    assert references
    assert [one for one in references if not heading.match(one[1])] == []


def test_nothing_refers_to_sections_of_another_page() -> None:
    assert [str(path) for path in list_texts() if re.search(r"\bDESIGN(\.md)?\b|\bINDEX\.md\b", path.read_text())] == []
