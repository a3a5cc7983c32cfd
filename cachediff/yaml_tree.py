"""YAML text as plain JSON values, by the rules of YAML, with every value's place in the text.

This is the slow and exact way to read a page: PyYAML's safe parser composes the nodes, and nothing but strings, numbers, booleans, null,
lists and objects comes out. What JSON cannot say (a date, a repeated key, an endless alias) is a problem with a place, never a guess.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml
from msgspec import Struct

from cachediff.problems import Flaw, shorten

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML without its C library
    from yaml import SafeLoader  # type: ignore[assignment]

MAX_DEPTH = 50
"""How deep values may nest: real pages nest four deep."""

MAX_DIGITS = 1000
"""How long a number may be: to read one takes the square of its length."""

MAX_INTEGER = 2**63 - 1
_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null")}
_STRANGE = {f"{_TAG}timestamp": "a date", f"{_TAG}binary": "binary data", f"{_TAG}set": "a set"}
_WORDS = {"yes", "no", "on", "off"}
"""The booleans that YAML 1.2 did away with."""

_TOO_DEEP = ("values nest too deep", f"at most {MAX_DEPTH} levels")
_NOT_YAML = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Tree(Struct, frozen=True):
    """A text's value, its flaws (the value is to be trusted only without any), and the nodes that tell places."""

    value: Any
    flaws: tuple[Flaw, ...]
    node: yaml.Node


def read_tree(text: str, *, noun: str = "front matter", is_yaml_1_2: bool = False) -> Tree | Flaw:
    """Return the one value that a YAML text holds, or why it holds none. Lines end in line feeds alone; messages call the text `noun`.

    By the rules of YAML 1.2 dates are text, and so are `yes`, `no`, `on` and `off`: what a person writes, and what editors understand.
    """
    strange = _NOT_YAML.search(text)
    if strange:
        found = f"the character U+{ord(strange[0]):04X}"
        return Flaw(strange.start(), 1, "", f"{noun} is not YAML", "printable characters", found)
    try:
        too_deep = _find_depth(text)
        if too_deep:
            return too_deep
        node = yaml.compose(text, Loader=SafeLoader)
    except yaml.MarkedYAMLError as error:
        return _describe_error(error, text, noun)
    if node is None:
        return Flaw(0, 1, "", f"{noun} is empty", "a value", "nothing")
    builder = _Builder(len(text), is_yaml_1_2=is_yaml_1_2)
    value = builder.build(node, "")
    return Tree(value, tuple(builder.flaws), node)


def end_lines(text: str) -> str:
    """Return a file's text without a byte order mark and with lines that end in a line feed, as YAML reads them."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _describe_error(error: yaml.MarkedYAMLError, text: str, noun: str) -> Flaw:
    """Return a parser's error as a flaw; a line that is no `key: value` is told there, not where the parser noticed it."""
    is_no_key = error.context == "while scanning a simple key"
    mark = (error.context_mark if is_no_key else None) or error.problem_mark or error.context_mark
    start = mark.index if mark else 0
    found = text[start:].partition("\n")[0] or "the end of the line"
    return Flaw(start, 1, "", f"{noun} is not YAML: {shorten(error.problem or str(error))}", "YAML", shorten(found))


def find_node(node: yaml.Node, pointer: str) -> yaml.Node:
    """Return the node that a JSON pointer names, or the deepest one on the way to it."""
    for name in map(_unescape_pointer, pointer.split("/")[1:]):
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in reversed(node.value) if key.value == name), None)
        elif isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
            found = node.value[int(name)]
        if found is None:
            return node
        node = found
    return node


def find_key(node: yaml.Node, pointer: str) -> yaml.Node:
    """Return the key in which a JSON pointer ends, or the deepest node on the way to it."""
    above, _, last = pointer.rpartition("/")
    node, name = find_node(node, above), _unescape_pointer(last)
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((key for key in reversed(keys) if key.value == name), node)


def is_scalar(node: yaml.Node) -> bool:
    """Return whether a node is a single value, no list or object."""
    return isinstance(node, yaml.ScalarNode)


def span_of(node: yaml.Node) -> tuple[int, int]:
    """Return where a node starts in its text and how long it is: of a list or object, its first character."""
    start: int = node.start_mark.index
    return start, max(1, node.end_mark.index - start) if is_scalar(node) else 1


def escape_pointer(name: str) -> str:
    """Return one part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _unescape_pointer(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _find_depth(text: str) -> Flaw | None:
    """Return where values nest too deep: composing them would need as deep a stack."""
    depth = 0
    for event in yaml.parse(text, Loader=SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                start = event.start_mark.index if event.start_mark else 0
                return Flaw(start, 1, "", *_TOO_DEEP, f"level {depth}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _show(node: yaml.ScalarNode) -> str:
    """Return what a single value is written as."""
    return shorten(node.value) or "nothing"


class _Builder:
    """Builds a value from nodes; what does not fit is noted in `flaws` and left out. Aliases may not make the text more than itself."""

    def __init__(self, budget: int, *, is_yaml_1_2: bool) -> None:
        self.flaws: list[Flaw] = []
        self._is_yaml_1_2 = is_yaml_1_2
        self._budget = budget + 1000
        self._open: set[int] = set()
        self._scalars = SafeLoader("")

    def build(self, node: yaml.Node, pointer: str) -> Any:
        """Return the node's value."""
        self._budget -= 1
        if self._budget < 0:
            if self._budget == -1:
                self._note(node, pointer, "aliases repeat too much", "values written out", "aliases that expand beyond the file's size")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._build_scalar(node, pointer)
        if id(node) in self._open or len(self._open) >= MAX_DEPTH:
            self._note(node, pointer, *_TOO_DEEP, "an alias of what it is in, or of more levels")
            return None
        self._open.add(id(node))
        try:
            return self._build_object(node, pointer) if isinstance(node, yaml.MappingNode) else self._build_list(node, pointer)
        finally:
            self._open.discard(id(node))

    def _build_list(self, node: yaml.Node, pointer: str) -> list[Any]:
        self._check_tag(node, pointer, "seq", "a plain list")
        return [self.build(item, f"{pointer}/{i}") for i, item in enumerate(node.value)]

    def _build_object(self, node: yaml.MappingNode, pointer: str) -> dict[str, Any]:
        self._check_tag(node, pointer, "map", "a plain object")
        result: dict[str, Any] = {}
        inherited: dict[str, Any] | None = None
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                if inherited is not None:
                    self._note(key, f"{pointer}/<<", "key '<<' is repeated", "each key once", "a second '<<'")
                inherited = self._inherit(value, pointer)
                continue
            name = self._key(key, pointer)
            if name is None:
                continue
            below = f"{pointer}/{escape_pointer(name)}"
            if name in result:
                self._note(key, below, f"key {shorten(name)!r} is repeated", "each key once", f"a second {shorten(name)!r}")
            result[name] = self.build(value, below)
        return (inherited or {}) | result

    def _inherit(self, node: yaml.Node, pointer: str) -> dict[str, Any]:
        """Return what a merge key (`<<`) brings: one object, or a list of them of which the first to name a key wins."""
        inherited: dict[str, Any] = {}
        value = self.build(node, pointer)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                self._note(node, pointer, "merge key '<<' has no object", "an object", "another value")
                break
            for name, inner in one.items():
                inherited.setdefault(name, inner)
        return inherited

    def _key(self, node: yaml.Node, pointer: str) -> str | None:
        """Return a key that is a string."""
        if isinstance(node, yaml.ScalarNode) and self._is_text(node):
            return self._text(node, pointer)
        found = _show(node) if isinstance(node, yaml.ScalarNode) else "a list or object"
        self._note(node, pointer, "key is not a string", "a string in quotes", found)
        return None

    def _build_scalar(self, node: yaml.ScalarNode, pointer: str) -> Any:
        if self._is_text(node):
            return self._text(node, pointer)
        if node.tag not in _SCALARS:
            what = _STRANGE.get(node.tag, "of an unknown type")
            self._note(node, pointer, f"value is {what}", "a string in quotes", f"{_show(node)} ({shorten(node.tag)})")
            return None
        return self._build_plain(node, pointer)

    def _is_text(self, node: yaml.ScalarNode) -> bool:
        """Return whether a single value is a string."""
        if self._is_yaml_1_2 and (node.tag == f"{_TAG}timestamp" or (node.tag == f"{_TAG}bool" and node.value.lower() in _WORDS)):
            return True
        return bool(node.tag == f"{_TAG}str")

    def _text(self, node: yaml.ScalarNode, pointer: str) -> str:
        """Return a string; without its C library PyYAML lets an escape stand for half a character."""
        if not node.value.isascii() and _SURROGATE.search(node.value):
            self._note(node, pointer, "string holds half a character", "whole characters", "a lone surrogate")
        return str(node.value)

    def _build_plain(self, node: yaml.ScalarNode, pointer: str) -> Any:
        """Return a number, a boolean or null."""
        try:
            value = self._scalars.construct_object(node) if len(node.value) <= MAX_DIGITS else math.inf
        except OverflowError:
            value = math.inf
        except (LookupError, ValueError, yaml.YAMLError):
            kind = node.tag.removeprefix(_TAG)
            self._note(node, pointer, f"value is not what its tag !!{kind} says", f"a value of type {kind}", _show(node))
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (not math.isfinite(value) if isinstance(value, float) else abs(value) > MAX_INTEGER):
            self._note(node, pointer, "number is out of range", "a number of at most 64 bits", _show(node))
            return None
        return value

    def _check_tag(self, node: yaml.Node, pointer: str, kind: str, expected: str) -> None:
        """Note a list or object that says it is something else."""
        if node.tag != f"{_TAG}{kind}":
            self._note(node, pointer, f"value is {_STRANGE.get(node.tag, 'of an unknown type')}", expected, shorten(node.tag))

    def _note(self, node: yaml.Node, pointer: str, message: str, expected: str, found: str) -> None:
        self.flaws.append(Flaw(*span_of(node), pointer, message, expected, found))
