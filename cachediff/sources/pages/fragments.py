"""The text of a page by its fragments, each distinct one understood once: a compiler, a list of stacks, a list of variants.

Fragments repeat far more often than whole specs do. A new one is matched with what the generator writes since 2025-03, and
spelled canonically; from then on it costs one look-up. The expressions here take less than schemas/page.schema.json and YAML
do: printable ASCII in double quotes without a backslash, names of 1 to 255 characters without spaces, none twice. What they
do not take may still be valid.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cachediff.domain.spec import Coordinates, SpecContent
from cachediff.domain.spelling import spell_compiler, spell_stacks, spell_variants, spell_version

if TYPE_CHECKING:
    from collections.abc import Callable

Meaning = TypeVar("Meaning")

MAX_FRAGMENTS = 1 << 12
"""How many fragments of one kind are remembered before all are forgotten, so that memory stays flat."""

NAME = re.compile(rb"[!#-\[\]-~]{1,255}")
"""A name within quotes, as the schema defines it, without the characters that JSON or YAML may write in another way."""

NAMES = re.compile(rb'\[(?:"%b"(?:, "%b")*)?\]' % (NAME.pattern, NAME.pattern))
VARIANTS = re.compile(rb'\[(?:"[ !#-\[\]-~]+"(?:, "[ !#-\[\]-~]+")*)?\]')
_COMPILER = re.compile(rb'"compiler": "(%b)", "hash": "' % NAME.pattern)
# Without a size, as nearly all: one that is known is kept, which is for whoever decodes the JSON.
_SYSTEM = re.compile(
    rb'", "os": "(%b)", "platform": "(%b)", "size": "-", "stacks": (\[.*\]), "target": "(%b)' % ((NAME.pattern,) * 3)
)
_VERSION = re.compile(rb'\["(%b)"\]' % NAME.pattern)
_BEFORE_VARIANTS = b'", "variants": '
_BEFORE_VERSION = b', "versions": '

_System = tuple[str, str, str, tuple[str, ...], bool]
"""Platform, os and target, the stacks as they are spelled, and whether root is among them."""


class Known(dict[bytes, "Meaning | None"], Generic[Meaning]):
    """What each fragment of one kind means, None where the text is in doubt."""

    def __init__(self, read: Callable[[bytes], Meaning | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: bytes) -> Meaning | None:
        # Only what is new comes here: what is known costs one look-up of a dictionary, without a call.
        if len(self) >= MAX_FRAGMENTS:
            self.clear()
        meaning = self[text] = self._read(text)
        return meaning


class SpecFragments:
    """The fragments of specs that have been understood so far."""

    def __init__(self) -> None:
        self._compilers = Known(_read_compiler)
        self._systems = Known(_read_system)
        self._variants = Known(_read_variants)
        self._versions = Known(_read_version)

    def read(self, before: bytes, after: bytes) -> tuple[SpecContent, bool] | None:
        """Return the content of a spec, by its text before and after the hash, and whether it is in root; None in any doubt.

        The text is cut where its keys should be. That is sound because each part must then be what it should be, from end to
        end.
        """
        first, second = after.find(_BEFORE_VARIANTS), after.rfind(_BEFORE_VERSION)
        if not 0 <= first < second:
            return None
        compiler, system = self._compilers[before], self._systems[after[:first]]
        variants = self._variants[after[first + len(_BEFORE_VARIANTS) : second]]
        version = self._versions[after[second + len(_BEFORE_VERSION) :]]
        if compiler is None or system is None or variants is None or version is None:
            return None
        return _put_together(version, compiler, variants, system)


def spell_content(fields: dict[str, Any]) -> tuple[SpecContent, bool]:
    """Return the content that valid, decoded fields describe, and whether it is in root."""
    return _put_together(
        spell_version(fields["versions"][0]),
        spell_compiler(fields["compiler"]),
        spell_variants(tuple(fields["variants"])),
        (fields["platform"], fields["os"], fields["target"], *spell_stacks(fields["stacks"])),
    )


def _put_together(version: str, compiler: str, variants: tuple[str, ...], system: _System) -> tuple[SpecContent, bool]:
    platform, os, target, stacks, is_in_root = system
    return SpecContent(
        Coordinates(version=version, platform=platform, os=os, target=target, compiler=compiler, variants=variants), stacks
    ), is_in_root


def read_names(text: bytes) -> list[str] | None:
    """Return the names in the text of a list, None in any doubt."""
    if NAMES.fullmatch(text) is None:
        return None
    names = _split(text)
    # The schema allows no name twice, and only the exact way can say where it stands.
    return names if len(set(names)) == len(names) else None


def is_name(text: str) -> bool:
    """Return whether a string is a name without any doubt."""
    return NAME.fullmatch(text.encode()) is not None


def _split(text: bytes) -> list[str]:
    """Return the strings in the text of a list, in which no string has a quote."""
    return text[2:-2].decode("ascii").split('", "') if len(text) > 2 else []


def _read_compiler(text: bytes) -> str | None:
    found = _COMPILER.fullmatch(text)
    return spell_compiler(found[1].decode("ascii")) if found else None


def _read_version(text: bytes) -> str | None:
    found = _VERSION.fullmatch(text)
    return spell_version(found[1].decode("ascii")) if found else None


def _read_variants(text: bytes) -> tuple[str, ...] | None:
    return spell_variants(tuple(_split(text))) if VARIANTS.fullmatch(text) else None


def _read_system(text: bytes) -> _System | None:
    found = _SYSTEM.fullmatch(text)
    names = read_names(found[3]) if found else None
    if found is None or names is None:
        return None
    os, platform, target = (found[group].decode("ascii") for group in (1, 2, 4))
    return platform, os, target, *spell_stacks(names)
