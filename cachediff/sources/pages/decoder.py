"""Specs from JSON text, each distinct content decoded, validated and spelled once.

A spec's content is its text without the 32 characters of its hash. Snapshots repeat them many times, within a page, from page to page
and from OLD to NEW, so a table of contents does most of the work of reading with one look-up a spec.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cachediff.domain.spec import ROOT, Coordinates, Spec, SpecContent
from cachediff.domain.spelling import spell_compiler, spell_variants, spell_version
from cachediff.limits import DEFAULT_LIMITS, Limits
from cachediff.sources.pages.fragments import Fragments, UnusualError
from cachediff.sources.pages.validate import is_valid_spec

MAX_CONTENTS = 1 << 12
"""How many contents are remembered: a table that is full starts anew, so that memory stays flat."""

MAX_KEY = 500
"""Longest key that JSON and YAML surely read alike: YAML wants a key's colon within 1,024 characters, and each may be written as two."""

_HASH_KEY = b'"hash": "'
_HASH_LENGTH = 32
_HASH_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_COMPARED = frozenset({"hash", "compiler", "os", "platform", "target", "stacks", "variants", "versions"})
_KNOWN = _COMPARED | {"size", "tarball"}
_USUAL = _COMPARED | {"size"}
_decode = msgspec.json.Decoder().decode

_Facts = tuple[SpecContent, bool, str]


class SpecDecoder:
    """A table of contents, for pages within some limits: it makes specs, from JSON text or from decoded fields."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._facts: dict[bytes, _Facts] = {}
        self._contents: dict[SpecContent, SpecContent] = {}
        self._fragments = Fragments()

    def read_specs(self, line: bytes) -> list[Spec] | None:
        """Return the specs of a `spec_details` line as the generator writes it, or None where only the slow way can tell.

        The line is cut between its objects without parsing it. That is sound because every piece must then be a whole JSON object:
        a piece that was cut inside a string or a nested value is none.
        """
        if line == b"[]":
            return []
        if not (line.startswith(b"[{") and line.endswith(b"}]")):
            return None
        specs = []
        known = self._facts.get
        for index, piece in enumerate(line[2:-2].split(b"}, {")):
            start = piece.find(_HASH_KEY) + len(_HASH_KEY)
            if start < len(_HASH_KEY):
                return None
            digits = piece[start : start + _HASH_LENGTH]
            facts = known(piece[:start] + piece[start + _HASH_LENGTH :])
            if facts is None:
                facts = self._learn(piece, start, digits)
                if facts is None:
                    return None
            elif digits.translate(None, _HASH_ALPHABET):
                return None
            specs.append(Spec(digits.decode("ascii"), facts[0], index, facts[1], facts[2]))
        return specs

    def make_spec(self, fields: dict[str, Any], index: int) -> Spec:
        """Return the spec that valid, decoded fields describe."""
        content, is_in_root, extra = self._spell(fields)
        return Spec(fields["hash"], content, index, is_in_root, extra)

    def _learn(self, piece: bytes, start: int, digits: bytes) -> _Facts | None:
        """Understand a new one, and remember it; None where JSON and YAML might read the text apart, or a string in it may be too long."""
        if len(piece) > self.limits.string:
            return None
        try:
            content, is_in_root = self._fragments.read_content(piece)
        except UnusualError:
            return self._learn_json(piece, start, digits)
        return self._remember(piece, start, (self._contents.setdefault(content, content), is_in_root, ""))

    def _learn_json(self, piece: bytes, start: int, digits: bytes) -> _Facts | None:
        """Decode, validate and spell a content that is laid out in another way."""
        try:
            fields = _decode(b"{" + piece + b"}")
        except (msgspec.DecodeError, RecursionError):
            return None
        if b" :" in piece or piece.count(b'":') != len(fields) or not is_valid_spec(fields):
            return None
        if not _reads_the_same(fields) or fields["hash"].encode() != digits:
            return None
        facts = self._spell(fields)
        return self._remember(piece, start, facts) if fields.keys() <= _KNOWN else facts

    def _remember(self, piece: bytes, start: int, facts: _Facts) -> _Facts:
        """Keep what a content means for the next spec that has it."""
        if len(self._facts) >= MAX_CONTENTS:
            self._facts.clear()
            self._contents.clear()
        self._facts[piece[:start] + piece[start + _HASH_LENGTH :]] = facts
        return facts

    def _spell(self, fields: dict[str, Any]) -> _Facts:
        stacks = fields["stacks"]
        coordinates = Coordinates(
            spell_version(fields["versions"][0]),
            fields["platform"],
            fields["os"],
            fields["target"],
            spell_compiler(fields["compiler"]),
            spell_variants(tuple(fields["variants"])),
        )
        content = SpecContent(coordinates, tuple(sorted([stack for stack in stacks if stack != ROOT])))
        return self._contents.setdefault(content, content), ROOT in stacks, "" if _is_usual(fields) else _keep_extra(fields)


def _is_usual(fields: dict[str, Any]) -> bool:
    """Return whether a spec has the fields that every spec has, and no size: what the schema accepts then is strings and lists of them."""
    return fields.keys() == _USUAL and fields["size"] == "-"


def _keep_extra(fields: dict[str, Any]) -> str:
    """Return the fields that are not compared as JSON text, empty without any."""
    extra = {name: value for name, value in fields.items() if name not in _COMPARED and (name, value) != ("size", "-")}
    return msgspec.json.encode(extra, order="sorted").decode() if extra else ""


def _reads_the_same(fields: dict[str, Any]) -> bool:
    """Return whether YAML reads the values of strict JSON as JSON does, as far as the values tell: plain integers, short keys."""
    return _is_usual(fields) or all(_is_plain(value) and len(name) <= MAX_KEY for name, value in fields.items())


def _is_plain(value: object) -> bool:
    if type(value) is str or value is None or type(value) is bool:
        return True
    if type(value) is int:
        return -(2**63) < value < 2**63
    return type(value) is list and all(_is_plain(item) for item in value)
