"""The nodes of a YAML text as plain JSON values, and what JSON cannot say of them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from cachediff.limits import at_most
from cachediff.text.places import span_of
from cachediff.text.pointers import MAX_POINTER, write_pointer
from cachediff.text.problems import TextError, shorten

if TYPE_CHECKING:
    from cachediff.limits import Limits

try:
    from yaml import CSafeDumper as Dumper
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML without its C library
    from yaml import SafeDumper as Dumper  # type: ignore[assignment]
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

SafeLoader = Loader
"""What reads YAML: the parser in C where PyYAML has it."""

MAX_FLAWS = 1_000
"""How many flaws of one text are noted: what comes after is as broken as it gets."""

MAX_INTEGER = 2**63 - 1
_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null")}
_STRANGE = {f"{_TAG}timestamp": "a date", f"{_TAG}binary": "binary data", f"{_TAG}set": "a set"}
_WORDS = {"yes", "no", "on", "off"}
"""The booleans that YAML 1.2 did away with."""

TOO_DEEP = "values nest too deep"
_TOO_MUCH = "aliases repeat too much"
_SURROGATE = re.compile("[\ud800-\udfff]")


def _show(node: yaml.ScalarNode) -> str:
    """Return what a single value is written as."""
    return shorten(node.value) or "nothing"


def write_line(value: object) -> str:
    """Return a JSON value as YAML in one line, keys in their order. Raises ValueError where a text is none that YAML has."""
    written: str = yaml.dump(value, Dumper=Dumper, default_flow_style=True, width=2**31 - 1, sort_keys=False)
    return written


_Path: TypeAlias = "tuple[_Path, str | int] | None"


def _point(path: _Path) -> str:
    """Return a path as a JSON pointer."""
    names: list[str | int] = []
    while path:
        path, name = path
        names.append(name)
    return write_pointer(reversed(names), MAX_POINTER)


class ValueBuilder:
    """Builds a value from nodes; what does not fit is noted in `flaws` and left out.

    Aliases may not make the text more than itself.

    A path is the path above and a name below it, so that a pointer is written only where there is something to point at.
    """

    def __init__(self, characters: int, limits: Limits, *, is_yaml_1_2: bool) -> None:
        self.flaws: list[TextError] = []
        self._is_yaml_1_2 = is_yaml_1_2
        self._limits = limits
        self._values = limits.values
        # A little more than the text has: in a short one aliases may well stand for that.
        self._characters = characters + 1000
        # Objects that are being built, from the top to here: PyYAML composes an anchor that holds its own alias as a circle.
        self._open: set[int] = set()
        # A loader of nothing, which reads numbers and booleans by YAML's rules.
        self._scalars = SafeLoader("")

    def build(self, node: yaml.Node, path: _Path) -> Any:
        """Return the node's value."""
        if not self._afford(node, path):
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._build_scalar(node, path)
        if id(node) in self._open or len(self._open) >= self._limits.nesting:
            expected = at_most(self._limits.nesting, "levels", "nesting")
            self._note(node, path, TOO_DEEP, expected, "an alias of what it is in, or of more levels")
            return None
        self._open.add(id(node))
        try:
            return self._build_object(node, path) if isinstance(node, yaml.MappingNode) else self._build_list(node, path)
        finally:
            self._open.discard(id(node))

    def _afford(self, node: yaml.Node, path: _Path) -> bool:
        """Return whether a node may be built, and count it: an alias costs what it stands for."""
        # Of a thousand aliases too many the first was noted, which says it all.
        if self._values < 0 or self._characters < 0:
            return False
        self._values -= 1
        # An empty value costs one, or aliases of nothing would cost nothing.
        self._characters -= len(node.value) or 1 if isinstance(node, yaml.ScalarNode) else 1
        if self._values >= 0 and self._characters >= 0:
            return True
        self._note(node, path, _TOO_MUCH, "values written out", "aliases that expand beyond the file's size")
        return False

    def _build_list(self, node: yaml.Node, path: _Path) -> list[Any]:
        self._check_tag(node, path, "seq", "a plain list")
        return [self.build(item, (path, i)) for i, item in enumerate(node.value)]

    def _build_object(self, node: yaml.MappingNode, path: _Path) -> dict[str, Any]:
        self._check_tag(node, path, "map", "a plain object")
        result: dict[str, Any] = {}
        inherited: dict[str, Any] | None = None
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                if inherited is not None:
                    self._note(key, (path, "<<"), "key '<<' is repeated", "each key once", "a second '<<'")
                inherited = self._inherit(value, path)
                continue
            name = self._key(key, path)
            if name is None:
                continue
            below = path, name
            if name in result:
                self._note(key, below, f"key {shorten(name)!r} is repeated", "each key once", f"a second {shorten(name)!r}")
            result[name] = self.build(value, below)
        # What an object says itself wins, wherever in it the `<<` stands.
        return (inherited or {}) | result

    def _inherit(self, node: yaml.Node, path: _Path) -> dict[str, Any]:
        """Return what a merge key (`<<`) brings: one object, or a list of them of which the first to name a key wins."""
        inherited: dict[str, Any] = {}
        value = self.build(node, path)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                self._note(node, path, "merge key '<<' has no object", "an object", "another value")
                break
            for name, inner in one.items():
                inherited.setdefault(name, inner)
        return inherited

    def _key(self, node: yaml.Node, path: _Path) -> str | None:
        """Return a key that is a string."""
        if isinstance(node, yaml.ScalarNode) and self._is_text(node):
            return self._text(node, path)
        found = _show(node) if isinstance(node, yaml.ScalarNode) else "a list or object"
        self._note(node, path, "key is not a string", "a string in quotes", found)
        return None

    def _build_scalar(self, node: yaml.ScalarNode, path: _Path) -> Any:
        if self._is_text(node):
            return self._text(node, path)
        if node.tag not in _SCALARS:
            what = _STRANGE.get(node.tag, "of an unknown type")
            self._note(node, path, f"value is {what}", "a string in quotes", f"{_show(node)} ({shorten(node.tag)})")
            return None
        return self._build_plain(node, path)

    def _is_text(self, node: yaml.ScalarNode) -> bool:
        """Return whether a single value is a string."""
        if self._is_yaml_1_2 and (
            node.tag == f"{_TAG}timestamp" or (node.tag == f"{_TAG}bool" and node.value.lower() in _WORDS)
        ):
            return True
        return bool(node.tag == f"{_TAG}str")

    def _text(self, node: yaml.ScalarNode, path: _Path) -> str:
        """Return a string; without its C library PyYAML lets an escape stand for half a character."""
        if not node.value.isascii() and _SURROGATE.search(node.value):
            self._note(node, path, "string holds half a character", "whole characters", "a lone surrogate")
        return str(node.value)

    def _build_plain(self, node: yaml.ScalarNode, path: _Path) -> Any:
        """Return a number, a boolean or null."""
        if len(node.value) > self._limits.digits:  # to read a number takes the square of its length
            expected = at_most(self._limits.digits, "characters", "digits")
            self._note(node, path, "number is too long", expected, f"{len(node.value):,} characters")
            return None
        try:
            value = self._scalars.construct_object(node)
        # Numbers in base 60 (`1:30:00`) are multiplied up, and enough of them leave what a float can hold.
        except OverflowError:
            value = math.inf
        # `!!bool maybe` is a KeyError of PyYAML's, `!!int x` a ValueError.
        except (LookupError, ValueError, yaml.YAMLError):
            kind = node.tag.removeprefix(_TAG)
            self._note(node, path, f"value is not what its tag !!{kind} says", f"a value of type {kind}", _show(node))
            return None
        # To Python a boolean is an integer.
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (not math.isfinite(value) if isinstance(value, float) else abs(value) > MAX_INTEGER):
            self._note(node, path, "number is out of range", "a number of at most 64 bits", _show(node))
            return None
        return value

    def _check_tag(self, node: yaml.Node, path: _Path, kind: str, expected: str) -> None:
        """Note a list or object that says it is something else."""
        if node.tag != f"{_TAG}{kind}":
            self._note(node, path, f"value is {_STRANGE.get(node.tag, 'of an unknown type')}", expected, shorten(node.tag))

    def _note(self, node: yaml.Node, path: _Path, message: str, expected: str, found: str) -> None:
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(TextError(*span_of(node), _point(path), message, expected, found))
