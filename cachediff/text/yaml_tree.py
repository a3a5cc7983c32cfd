"""YAML text as plain JSON values, by the rules of YAML, with every value's place in the text.

This is the slow and exact way to read a page: PyYAML's safe parser composes the nodes, and nothing but strings, numbers,
booleans, null, lists and objects comes out. What JSON cannot say (a date, a repeated key, an endless alias) is a problem
with a place, never a guess.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from msgspec import Struct

from cachediff.limits import DEFAULT_LIMITS, Limits, at_most
from cachediff.text.problems import TextError, shorten
from cachediff.text.yaml_values import TOO_DEEP, SafeLoader, ValueBuilder

_PYYAML_TOO_DEEP = "maximum nesting depth"
"""What PyYAML says from 6.0.4 on, before it comes to the level that is one too many here."""

_NOT_YAML = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Tree(Struct, frozen=True):
    """A text's value, its flaws (the value is to be trusted only without any), and the nodes that tell places."""

    value: Any
    flaws: tuple[TextError, ...]
    node: yaml.Node


def read_tree(
    text: str, limits: Limits = DEFAULT_LIMITS, *, noun: str = "front matter", is_yaml_1_2: bool = False
) -> Tree | TextError:
    """Return the one value that a YAML text holds, or why it holds none.

    Lines end in line feeds alone; messages call the text `noun`.

    By the rules of YAML 1.2 dates are text, and so are `yes`, `no`, `on` and `off`: what a person writes, and what editors
    understand.
    """
    # Looked for first, as PyYAML's own error about such a character (ReaderError) has no mark that tells its place.
    strange = _NOT_YAML.search(text)
    if strange:
        found = f"the character U+{ord(strange[0]):04X}"
        return TextError(
            start=strange.start(),
            length=1,
            pointer="",
            message=f"{noun} is not YAML",
            expected="printable characters",
            found=found,
        )
    try:
        excess = _find_excess(text, limits)
        if excess:
            return excess
        node = yaml.compose(text, Loader=SafeLoader)
    except yaml.MarkedYAMLError as error:
        return _describe_error(error, text, noun, limits)
    if node is None:
        return _flaw_at(0, f"{noun} is empty", "a value", "nothing")
    builder = ValueBuilder(len(text), limits, is_yaml_1_2=is_yaml_1_2)
    value = builder.build(node, None)
    return Tree(value, tuple(builder.flaws), node)


def end_lines(text: str) -> str:
    """Return a file's text without a byte order mark and with lines that end in a line feed, as YAML reads them."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _describe_error(error: yaml.MarkedYAMLError, text: str, noun: str, limits: Limits) -> TextError:
    """Return a parser's error as a flaw; a line that is no `key: value` is told there, not where the parser noticed it."""
    is_no_key = error.context == "while scanning a simple key"
    mark = (error.context_mark if is_no_key else None) or error.problem_mark or error.context_mark
    start = mark.index if mark else 0
    if _PYYAML_TOO_DEEP in (error.problem or ""):
        return _flaw_at(start, TOO_DEEP, at_most(limits.nesting, "levels", "nesting"), "more")
    found = text[start:].partition("\n")[0] or "the end of the line"
    return _flaw_at(start, f"{noun} is not YAML: {shorten(error.problem or str(error))}", "YAML", shorten(found))


def _flaw_at(start: int, message: str, expected: str, found: str) -> TextError:
    """Return a flaw at one character: before values are made there is no pointer to name."""
    return TextError(start=start, length=1, pointer="", message=message, expected=expected, found=found)


def _find_excess(text: str, limits: Limits) -> TextError | None:
    """Return where there is too much of something, before anything is made of it.

    Composing values needs a stack as deep as they are.
    """
    depth = count = 0
    # Events come one at a time and are dropped, so whatever is too much is refused while it is still text.
    for event in yaml.parse(text, Loader=SafeLoader):
        start = event.start_mark.index if event.start_mark else 0
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        # An alias is a node, too, here of one value: what it stands for is counted when it is written out.
        elif isinstance(event, yaml.NodeEvent):
            count += 1
            if count > limits.values:
                return _flaw_at(start, "too many values", at_most(limits.values, "values", "values"), "one more")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > limits.nesting:
                return _flaw_at(start, TOO_DEEP, at_most(limits.nesting, "levels", "nesting"), f"level {depth}")
        elif isinstance(event, yaml.ScalarEvent) and len(event.value) > limits.string:
            expected, found = at_most(limits.string, "characters", "string"), f"{len(event.value):,} characters"
            return _flaw_at(start, "string is too long", expected, found)
    return None
