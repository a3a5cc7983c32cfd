"""Where the members of JSON objects stand in a text, and which keys stand there more than once.

What decodes JSON takes the last of several and says nothing of the others.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Raw, Struct

from cachediff.text.pointers import write_pointer

if TYPE_CHECKING:
    from collections.abc import Sequence

# Possessive (`*+`), so that of a long text that does not fit nothing is tried twice.
_SPACE = re.compile(rb"[ \t\r\n]*+")
_COMMA = re.compile(rb"[ \t\r\n]*+(?:,[ \t\r\n]*+)?")
_COLON = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_PART = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_SCALAR = re.compile(rb"[^,\]}\s]++")
_DATABASE = re.compile(rb'\s*\{\s*"database"\s*:\s*\{\s*"version"\s*:\s*"[^"\\]*"\s*,\s*"installs"\s*:\s*\{')
_END = re.compile(rb"\s*\}\s*\}\s*\}\s*")
_FLAT = rb'\{(?:[^{}"]++|"(?:[^"\\{}]++|\\.)*+")*+\}'
_LOCK = re.compile(
    rb'\{"_meta":\{"file-type":"spack-lockfile","lockfile-version":[2-8],"specfile-version":\d\},(?:"spack":%b,)?'
    rb'("roots"):\[(?:%b,?)*+\],"concrete_specs":\{' % (_FLAT, _FLAT),
    re.DOTALL,
)
_LOCK_END = re.compile(rb"\}\}\s*")
_decode_members = msgspec.json.Decoder(dict[str, Raw]).decode

Values: TypeAlias = "dict[str, tuple[int, Raw]]"
"""The values of an object by key, each with the byte at which it starts."""


class RepeatedKeyError(Exception):
    """A key that an object of the envelope has more than once: its JSON pointer, and the byte of the last one."""

    def __init__(self, pointer: str, position: int) -> None:
        super().__init__(pointer)
        self.pointer, self.position = pointer, position


class Members(Struct, frozen=True):
    """For each key of an object, in their order, the byte at which the one stands that counts.

    `repeated` says of those that stand there more than once how often; `end` is the byte after the last value.
    """

    positions: array[int]
    end: int
    repeated: Mapping[str, int] = {}


NO_MEMBERS = Members(array("q"), 0)


def find_members(text: bytes, values: Mapping[str, Raw], start: int) -> Members:
    """Return where the members of an object stand, of which the text after `{` starts at a byte."""
    positions = array("q")
    position = end = _skip(_SPACE, text, start)
    for key, raw in values.items():
        quoted = b'"%b"' % key.encode()
        after = _skip(_COLON, text, position + len(quoted))
        end = after + len(memoryview(raw))
        # One whose value is not what was decoded is followed by another of its key.
        if not text.startswith(quoted, position) or text[after:end] != bytes(raw):
            return _walk(text, values, start)
        positions.append(position)
        position = _skip(_COMMA, text, end)
    return Members(positions, end) if text[position : position + 1] == b"}" else _walk(text, values, start)


def _walk(text: bytes, values: Mapping[str, Raw], start: int) -> Members:
    """Return the same, key by key, where some are written with escapes or more than once."""
    last = dict.fromkeys(values, start)
    counts: dict[str, int] = {}
    position = end = _skip(_SPACE, text, start)
    while written := _STRING.match(text, position):
        key = msgspec.json.decode(written[0], type=str)
        after = _skip(_COLON, text, written.end())
        raw = bytes(values.get(key, b""))
        end = after + len(raw)
        if not raw or text[after:end] != raw:
            end = _skip_value(text, after)
        # What is no key of it stands in an object that another one of its name is written over.
        if key in last:
            counts[key] = counts.get(key, 0) + 1
            last[key] = position
        position = _skip(_COMMA, text, end)
    return Members(array("q", last.values()), end, {key: count for key, count in counts.items() if count > 1})


def find_values(text: bytes, raw: bytes | Raw, start: int, path: Sequence[str]) -> Values:
    """Return the values of the object at a path, whose own text is `raw` and starts at a byte. Raises RepeatedKeyError."""
    values = _decode_members(raw)
    members = find_members(text, values, text.index(b"{", start) + 1)
    places = dict(zip(values, members.positions, strict=True))
    for key in members.repeated:
        raise RepeatedKeyError(write_pointer([*path, key]), places[key])
    found: Values = {}
    for key, value in values.items():
        found[key] = (find_value(text, places[key]), value)
    return found


def find_installs(text: bytes, installs: Mapping[str, Raw]) -> Members:
    """Return where the records of a database stand. Raises RepeatedKeyError where one is written over another."""
    if head := _DATABASE.match(text):
        # Written as Spack does, nothing stands beside them, and there is no need to look for it.
        members = _add_up(installs, head.end())
        if not _END.fullmatch(text, members.end):
            members = find_members(text, installs, head.end())
        if _END.fullmatch(text, members.end):
            return members
    start, raw = find_values(text, text, 0, ())["database"]
    start, _ = find_values(text, raw, start, ("database",))["installs"]
    return find_members(text, installs, start + 1)


def match_lock(text: bytes) -> re.Match[bytes] | None:
    """Return the beginning of a lock written as Spack does, up to its records; its first group is where roots are."""
    return _LOCK.match(text)


def find_specs(text: bytes, specs: Mapping[str, Raw], start: int) -> Members | None:
    """Return where the records of such a lock stand; None where there are spaces, a key twice, or anything behind them."""
    members = _add_up(specs, start)
    return members if _LOCK_END.fullmatch(text, members.end) else None


def _add_up(values: Mapping[str, Raw], start: int) -> Members:
    """Return where the members of an object stand if it is written compactly.

    If it is not, the end is too near: what keys and values take together leaves no room for anything else, such as a space,
    an escape, or a key that is there twice.
    """
    keys = map(len, values) if "".join(values).isascii() else [len(key.encode("utf-8", "surrogatepass")) for key in values]
    sizes = [size + len(memoryview(raw)) + len('"":,') for size, raw in zip(keys, values.values(), strict=True)]
    positions = array("q", accumulate(sizes, initial=start))
    after = positions.pop()
    return Members(positions, after - len(",") if sizes else after)


def _skip(pattern: re.Pattern[bytes], text: bytes, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _skip_value(text: bytes, start: int) -> int:
    """Return the byte after a value, of which nothing is known but that it is JSON."""
    if text[start : start + 1] not in (b"{", b"["):
        return _skip(_STRING if text[start : start + 1] == b'"' else _SCALAR, text, start)
    levels = 0
    for part in _PART.finditer(text, start):
        levels += (part[0] in (b"{", b"[")) - (part[0] in (b"}", b"]"))
        if not levels:
            return part.end()
    return len(text)


def find_value(text: bytes, position: int) -> int:
    """Return the byte at which the value of a member starts that stands at a byte."""
    written = _STRING.match(text, position)
    return _skip(_COLON, text, written.end()) if written else position


def find_level(text: bytes, most: int) -> int:
    """Return the byte at which lists and objects first nest deeper than so many levels, 0 where they do not."""
    levels = 0
    for part in _PART.finditer(text):
        levels += (part[0] in (b"{", b"[")) - (part[0] in (b"}", b"]"))
        if levels > most:
            return part.start()
    return 0
