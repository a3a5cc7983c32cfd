"""Specs as the generator has written them since 2025-03, by their fragments, each distinct one understood once.

A spec's compiler, its list of stacks, its list of variants and so on repeat far more often than whole specs do. An expression that knows
the layout and nothing else cuts a spec into these fragments; one that is new is decoded as JSON, validated by its own part of
schemas/page.schema.json and spelled canonically, and from then on costs one look-up. A spec is valid when each of its fields is.

JSON and YAML read what passes here alike: printable ASCII without a backslash, and no number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cachediff.domain.spec import ROOT, Coordinates, SpecContent
from cachediff.domain.spelling import spell_compiler, spell_variants, spell_version
from cachediff.sources.pages.validate import is_valid_field

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FRAGMENTS = 1 << 14
"""How many fragments of one field are remembered before all are forgotten, so that memory stays flat."""

_TEXT = rb'"([^"\\]+)"'
_LIST = rb"(\[[^\]\\]*\])"
_SPEC = re.compile(
    rb'"compiler": %b, "hash": "[a-z2-7]{32}", "os": %b, "platform": %b, "size": "-", "stacks": %b, "target": %b, '
    rb'"variants": %b, "versions": \[%b\]' % (_TEXT, _TEXT, _TEXT, _LIST, _TEXT, _LIST, _TEXT)
)
_decode = msgspec.json.Decoder().decode


class UnusualError(Exception):
    """The text is not as the generator writes it, or not valid: another way of reading has to tell."""


class Fragments:
    """What has been understood so far."""

    def __init__(self) -> None:
        self._compilers = _Known("compiler", b'"%b"', spell_compiler)
        self._oses = _Known("os", b'"%b"', str)
        self._platforms = _Known("platform", b'"%b"', str)
        self._stacks = _Known("stacks", b"%b", lambda names: (tuple(sorted({*names} - {ROOT})), ROOT in names))
        self._targets = _Known("target", b'"%b"', str)
        self._variants = _Known("variants", b"%b", lambda texts: spell_variants(tuple(texts)))
        self._versions = _Known("versions", b'["%b"]', lambda versions: spell_version(versions[0]))

    def read_content(self, piece: bytes) -> tuple[SpecContent, bool]:
        """Return the content of the spec that a piece of text holds, and whether it names root. Raises UnusualError in any doubt."""
        found = _SPEC.fullmatch(piece)
        if found is None:
            raise UnusualError
        compiler, os, platform, stacks, target, variants, version = found.groups()
        names, is_in_root = self._stacks[stacks]
        coordinates = Coordinates(
            self._versions[version],
            self._platforms[platform],
            self._oses[os],
            self._targets[target],
            self._compilers[compiler],
            self._variants[variants],
        )
        return SpecContent(coordinates, names), is_in_root


class _Known(dict[bytes, Any]):
    """What each fragment of one field means; a new one is decoded, validated and spelled when it is first looked up."""

    def __init__(self, field: str, form: bytes, spell: Callable[[Any], Any]) -> None:
        super().__init__()
        self._field = field
        self._form = form
        self._spell = spell

    def __missing__(self, text: bytes) -> Any:
        try:
            value = _decode(self._form % text)
        except msgspec.DecodeError:
            raise UnusualError from None
        if not text.isascii() or b"\x7f" in text or not is_valid_field("spec", self._field, value):
            raise UnusualError
        if len(self) >= MOST_FRAGMENTS:
            self.clear()
        meaning = self[text] = self._spell(value)
        return meaning
