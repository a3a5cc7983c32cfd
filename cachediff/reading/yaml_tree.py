"""YAML front matter as plain JSON values, by the rules of YAML, with every value's place in the file.

This is the slow and exact way to read a page: PyYAML's safe parser composes the nodes, and nothing but strings, numbers, booleans, null,
lists and objects comes out. What JSON cannot say (a date, a repeated key, an endless alias) is a problem with a place, never a guess.
"""

from __future__ import annotations

import math
from typing import Any

import yaml
from msgspec import Struct

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML without its C library
    from yaml import SafeLoader  # type: ignore[assignment]

MAX_DEPTH = 50
"""How deep values may nest: real pages nest four deep."""

MAX_INTEGER = 2**63 - 1
_SCALARS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
_STRANGE = {
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:binary": "binary data",
    "tag:yaml.org,2002:set": "a set",
}


class Flaw(Struct, frozen=True):
    """What YAML found wrong, at a line and column of the text (both from 0) and a JSON pointer."""

    line: int
    column: int
    pointer: str
    message: str
    expected: str
    found: str


class Tree(Struct, frozen=True):
    """A text's value, its flaws (the value is to be trusted only without any), and the nodes that tell places."""

    value: Any
    flaws: tuple[Flaw, ...]
    node: yaml.Node


def read_tree(text: str) -> Tree | Flaw:
    """Return the one value that a YAML text holds, or why it holds none."""
    try:
        _refuse_depth(text)
        node = yaml.compose(text, Loader=SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        return Flaw(line, column, "", "front matter is not YAML", "YAML", error.problem or str(error))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        found = f"the character {error.character!r}" if isinstance(error.character, str) else f"the character U+{error.character:04X}"
        return Flaw(before.count("\n"), len(before) - before.rfind("\n") - 1, "", "front matter is not YAML", "printable characters", found)
    if node is None:
        return Flaw(0, 0, "", "front matter is empty", "title, layout, categories, meta and spec_details", "nothing")
    builder = _Builder(len(text))
    value = builder.build(node, "")
    return Tree(value, tuple(builder.flaws), node)


def find_node(node: yaml.Node, pointer: str) -> yaml.Node:
    """Return the node that a JSON pointer names, or the deepest one on the way to it."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in reversed(node.value) if key.value == name), None)
        elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            found = node.value[int(name)]
        else:
            found = None
        if found is None:
            return node
        node = found
    return node


def escape_pointer(name: str) -> str:
    """Return one part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _refuse_depth(text: str) -> None:
    """Raise MarkedYAMLError where values nest too deep: composing them would need as deep a stack."""
    depth = 0
    for event in yaml.parse(text, Loader=SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise yaml.MarkedYAMLError(None, None, f"values nested more than {MAX_DEPTH} deep", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Builder:
    """Builds a value from nodes; what does not fit is noted in `flaws` and left out. Aliases may not make the text more than itself."""

    def __init__(self, budget: int) -> None:
        self.flaws: list[Flaw] = []
        self._budget = budget + 1000
        self._open: set[int] = set()
        self._scalars = SafeLoader("")

    def build(self, node: yaml.Node, pointer: str) -> Any:
        """Return the node's value."""
        self._budget -= 1
        if self._budget < 0 or id(node) in self._open:
            if not self.flaws or "alias" not in self.flaws[-1].message:
                self._note(
                    node, pointer, "aliases repeat too much", "values written out", "aliases that expand beyond the size of the file"
                )
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._build_scalar(node, pointer)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._build_object(node, pointer)
            return [self.build(item, f"{pointer}/{i}") for i, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _build_object(self, node: yaml.MappingNode, pointer: str) -> dict[str, Any]:
        if node.tag != "tag:yaml.org,2002:map":
            self._note(node, pointer, f"value is {_STRANGE.get(node.tag, 'of an unknown type')}", "a plain object", node.tag)
        result: dict[str, Any] = {}
        inherited: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                self._inherit(value, pointer, inherited)
                continue
            name = self._key(key, pointer)
            if name is None:
                continue
            below = f"{pointer}/{escape_pointer(name)}"
            if name in result:
                self._note(key, below, f"key {name!r} is repeated", "each key once", f"a second {name!r}")
            result[name] = self.build(value, below)
        return inherited | result

    def _inherit(self, node: yaml.Node, pointer: str, inherited: dict[str, Any]) -> None:
        """Add what a merge key (`<<`) brings: one object or a list of them, of which the first to name a key wins."""
        value = self.build(node, pointer)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                self._note(node, pointer, "merge key '<<' has no object", "an object", "another value")
                return
            for name, inner in one.items():
                inherited.setdefault(name, inner)

    def _key(self, node: yaml.Node, pointer: str) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        self._note(
            node,
            pointer,
            "key is not a string",
            "a string",
            str(node.value)[:60] if isinstance(node, yaml.ScalarNode) else "a list or object",
        )
        return None

    def _build_scalar(self, node: yaml.ScalarNode, pointer: str) -> Any:
        if node.tag == "tag:yaml.org,2002:str":
            return node.value
        if node.tag not in _SCALARS:
            what = _STRANGE.get(node.tag, "of an unknown type")
            self._note(node, pointer, f"value is {what}", "a string in quotes", f"{node.value[:60]} ({node.tag})")
            return None
        try:
            value = self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError):
            value = math.nan
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (not math.isfinite(value) if isinstance(value, float) else abs(value) > MAX_INTEGER):
            self._note(node, pointer, "number is out of range", "a number of at most 64 bits", node.value[:60])
            return None
        return value

    def _note(self, node: yaml.Node, pointer: str, message: str, expected: str, found: str) -> None:
        self.flaws.append(Flaw(node.start_mark.line, node.start_mark.column, pointer, message, expected, found))
