"""Where the values of a YAML text are: from a JSON pointer to characters and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from cachediff.text.pointers import MAX_POINTER, parse_pointer, write_pointer
from cachediff.text.problems import TextError, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.text.explain import Complaint


def place(complaint: Complaint, root: yaml.Node, text: str) -> TextError:
    """Return a complaint about the values of a text with its place there; a single value is told as the text spells it."""
    names = parse_pointer(complaint.pointer)
    node = _find_key(root, names) if complaint.is_key else _find_node(root, names)
    start, length = span_of(node)
    spelled = text[start : start + length]
    # As it is spelled, where that is one line: the value of `1.10` is 1.1.
    is_listed = complaint.found and isinstance(node, yaml.ScalarNode) and spelled.strip() and "\n" not in spelled
    found = shorten(spelled) if is_listed else complaint.found
    return TextError(
        start=start,
        length=length,
        pointer=write_pointer(names, MAX_POINTER),
        message=complaint.message,
        expected=complaint.expected,
        found=found,
    )


def start_of(root: yaml.Node, pointer: str) -> int:
    """Return the character of the text, from 0, at which the value at a JSON pointer starts."""
    return span_of(_find_node(root, parse_pointer(pointer)))[0]


def line_of(root: yaml.Node, pointer: str, text: str) -> int:
    """Return the line of the text, from 1, on which the value at a JSON pointer starts."""
    return text.count("\n", 0, start_of(root, pointer)) + 1


def span_of(node: yaml.Node) -> tuple[int, int]:
    """Return where a node starts in its text and how long it is: of a list or object, its first character."""
    start: int = node.start_mark.index
    return start, max(1, node.end_mark.index - start) if isinstance(node, yaml.ScalarNode) else 1


def _find_node(node: yaml.Node, names: Iterable[str]) -> yaml.Node:
    """Return the node that names lead to, or the deepest one on the way to it."""
    for name in names:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            # From the end: of a key that is repeated the last one's value counts while values are made.
            found = next((value for key, value in reversed(node.value) if key.value == name), None)
        elif isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
            found = node.value[int(name)]
        # What a merge key brought stands elsewhere: the object that inherits it is the nearest place.
        if found is None:
            return node
        node = found
    return node


def _find_key(root: yaml.Node, names: list[str]) -> yaml.Node:
    """Return the key that names end in, or the deepest node on the way to it."""
    node = _find_node(root, names[:-1])
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((key for key in reversed(keys) if key.value == names[-1]), node)
