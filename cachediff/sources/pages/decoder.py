"""Specs from JSON text, each distinct content decoded, validated and spelled once.

A spec's content is its text without the 32 characters of its hash. Snapshots repeat them many times, within a page, from
page to page and from OLD to NEW, so a table of contents does most of the work of reading with one look-up a spec. What is
not in it is read by its fragments, and only text that these do not take is decoded as JSON, field by field, and held against
the schema.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from cachediff.domain.spec import Spec, SpecContent
from cachediff.limits import DEFAULT_LIMITS, Limits
from cachediff.sources.pages.claims import ClaimsReader
from cachediff.sources.pages.fragments import SpecFragments, spell_content
from cachediff.sources.pages.validate import is_valid_spec

MAX_CONTENTS = 1 << 12
"""How many contents are remembered: a table that is full starts anew, so that memory stays flat."""

MAX_KEY = 500
"""Longest key that JSON and YAML surely read alike.

YAML wants a key's colon within 1,024 characters, and each may be written as two.
"""

_HASH_KEY = b'"hash": "'
_HASH_START = len(_HASH_KEY)
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
        self.claims = ClaimsReader()
        self._facts: defaultdict[bytes, dict[bytes, _Facts]] = defaultdict(dict)
        self._known = 0
        self._contents: dict[SpecContent, SpecContent] = {}
        self._fragments = SpecFragments()

    def read_specs(self, line: bytes) -> list[Spec] | None:
        """Return the specs of a `spec_details` line as the generator writes it, or None where only the slow way can tell.

        The line is cut between its objects without parsing it. That is sound because every piece must then be a whole JSON
        object: a piece that was cut inside a string or a nested value is none.
        """
        if line == b"[]":
            return []
        if not (line.startswith(b"[{") and line.endswith(b"}]")):
            return None
        specs, hashes = [], []
        known = self._facts
        for index, piece in enumerate(line[2:-2].split(b"}, {")):
            start = piece.find(_HASH_KEY) + _HASH_START
            end = start + _HASH_LENGTH
            if start < _HASH_START:
                return None
            digits = piece[start:end]
            hashes.append(digits)
            # The hash alone is new on most specs: without it, the text has mostly been seen before.
            before, after = piece[:start], piece[end:]
            # By its two halves, which spares joining them for every spec.
            facts = known[before].get(after) or self._learn(before, after, piece)
            if facts is None:
                return None
            specs.append(Spec(digits.decode("ascii"), facts[0], index, facts[1], facts[2]))
        # Once for all specs of the page: nothing is left where every hash has Spack's alphabet alone.
        return None if b"".join(hashes).translate(None, _HASH_ALPHABET) else specs

    def make_spec(self, fields: dict[str, Any], index: int) -> Spec:
        """Return the spec that valid, decoded fields describe."""
        content, is_in_root = spell_content(fields)
        return Spec(fields["hash"], self._share(content), index, is_in_root, _keep_extra(fields))

    def _learn(self, before: bytes, after: bytes, piece: bytes) -> _Facts | None:
        """Understand a new content, whose text is that of a piece before and after the hash, and remember it.

        Returns None where JSON and YAML might read the text apart, or a string in it may be too long.
        """
        # No string in it can be longer than all of it, so none has to be measured.
        if len(piece) > self.limits.string:
            return None
        found = self._fragments.read(before, after)
        if found is None:
            return self._learn_json(before, after, piece)
        return self._remember(before, after, (self._share(found[0]), found[1], ""))

    def _learn_json(self, before: bytes, after: bytes, piece: bytes) -> _Facts | None:
        """Decode, validate and spell a content that is laid out in another way."""
        try:
            fields = _decode(b"{" + piece + b"}")
        except (msgspec.DecodeError, RecursionError):
            return None
        # As many keys as fields: a repeated one passes as JSON, and not as YAML here. A space before a colon would hide it.
        if b" :" in piece or piece.count(b'":') != len(fields) or not is_valid_spec(fields):
            return None
        # The first hash in the text may stand in a string or another field; then it is not the one that was decoded.
        if not _reads_the_same(fields) or before + fields["hash"].encode() + after != piece:
            return None
        content, is_in_root = spell_content(fields)
        facts = self._share(content), is_in_root, _keep_extra(fields)
        # In a field that is not known, what was cut out as the hash may be part of something else.
        return self._remember(before, after, facts) if fields.keys() <= _KNOWN else facts

    def _remember(self, before: bytes, after: bytes, facts: _Facts) -> _Facts:
        """Keep what a content means for the next spec that has it."""
        if self._known >= MAX_CONTENTS:
            self._known = 0
            self._facts.clear()
            # Together: else contents that are equal would be two objects where one is still known by its text.
            self._contents.clear()
        self._known += 1
        self._facts[before][after] = facts
        return facts

    def _share(self, content: SpecContent) -> SpecContent:
        """Return the one object for all contents that are equal."""
        return self._contents.setdefault(content, content)


def _is_usual(fields: dict[str, Any]) -> bool:
    """Return whether a spec has the fields that every spec has, and no size.

    What the schema accepts then is strings and lists of them.
    """
    return fields.keys() == _USUAL and fields["size"] == "-"


def _keep_extra(fields: dict[str, Any]) -> str:
    """Return the fields that are not compared as JSON text, empty without any."""
    # A size of `-` is on nearly every spec, and says that none is known.
    extra = {name: value for name, value in fields.items() if name not in _COMPARED and (name, value) != ("size", "-")}
    return msgspec.json.encode(extra, order="sorted").decode() if extra else ""


def _reads_the_same(fields: dict[str, Any]) -> bool:
    """Return whether YAML reads the values of strict JSON as JSON does, as far as they tell: plain integers, short keys."""
    return _is_usual(fields) or all(_is_plain(value) and len(name) <= MAX_KEY for name, value in fields.items())


def _is_plain(value: object) -> bool:
    if type(value) is str or value is None or type(value) is bool:
        return True
    if type(value) is int:
        return -(2**63) < value < 2**63
    return type(value) is list and all(_is_plain(item) for item in value)
