"""What a page's `meta` claims: from JSON text where YAML surely reads it alike, or from decoded fields."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Raw

from cachediff.domain.package import Claims
from cachediff.domain.spelling import spell_compiler, spell_version
from cachediff.sources.pages.fragments import Known, is_name, read_names

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = frozenset({"num_specs", "num_specs_by_stack", "compilers", "oss", "platforms", "stacks", "targets", "versions"})
# 64 bits, as the exact way allows: what is larger is told by that one.
_Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
_decode = msgspec.json.Decoder().decode


class _Meta(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A `meta` object whose lists are not looked into."""

    num_specs: _Count
    num_specs_by_stack: dict[str, _Count]
    compilers: Raw
    oss: Raw
    platforms: Raw
    stacks: Raw
    targets: Raw
    versions: Raw


_decode_typed = msgspec.json.Decoder(_Meta).decode


class ClaimsReader:
    """Reads what `meta` claims, each distinct list in it once."""

    def __init__(self) -> None:
        self._compilers = Known(partial(_read_all, spell=spell_compiler))
        self._names = Known(_read_all)
        self._versions = Known(partial(_read_all, spell=spell_version))

    def read(self, line: bytes) -> Claims | None:
        """Return what a `meta` line claims that is written as the generator writes it.

        It is None in any doubt: then the line may still be valid.
        """
        try:
            meta = _decode_typed(line)
        except (msgspec.DecodeError, RecursionError):
            return None
        by_stack = meta.num_specs_by_stack
        # As many keys in the text as were decoded: none is repeated, which JSON lets pass and YAML here does not.
        if b"\\" in line or b" :" in line or line.count(b'":') != len(FIELDS) + len(by_stack):
            return None
        compilers, versions = self._compilers[bytes(meta.compilers)], self._versions[bytes(meta.versions)]
        oss, platforms, stacks, targets = [
            self._names[bytes(text)] for text in (meta.oss, meta.platforms, meta.stacks, meta.targets)
        ]
        if compilers is None or oss is None or platforms is None or stacks is None or targets is None or versions is None:
            return None
        # Names that are stacks, too, were looked at there.
        if not (by_stack.keys() <= {*stacks} or all(map(is_name, by_stack))):
            return None
        return Claims(
            num_specs=meta.num_specs,
            num_specs_by_stack=tuple(sorted(by_stack.items())),
            compilers=compilers,
            oss=oss,
            platforms=platforms,
            stacks=stacks,
            targets=targets,
            versions=versions,
        )


def decode_meta(line: bytes) -> dict[str, Any] | None:
    """Return the `meta` object, or None where JSON and YAML might differ: repeated keys, unusual numbers, unknown fields."""
    try:
        meta = _decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    if type(meta) is not dict or b" :" in line:
        return None
    counts = meta.get("num_specs_by_stack")
    if type(counts) is not dict or line.count(b'":') != len(meta) + len(counts) or meta.keys() != FIELDS:
        return None
    # By type, since a boolean is an integer to Python, and 3.0 equals 3.
    numbers = [meta["num_specs"], *counts.values()]
    return meta if all(type(number) is int and number < 1 << 63 for number in numbers) else None


def make_claims(meta: dict[str, Any]) -> Claims:
    """Return what a valid `meta` claims, canonically spelled."""
    return Claims(
        # To JSON Schema 3.0 is an integer, too.
        num_specs=int(meta["num_specs"]),
        num_specs_by_stack=tuple(sorted((stack, int(count)) for stack, count in meta["num_specs_by_stack"].items())),
        compilers=_spell_all(meta["compilers"], spell_compiler),
        oss=_spell_all(meta["oss"]),
        platforms=_spell_all(meta["platforms"]),
        stacks=_spell_all(meta["stacks"]),
        targets=_spell_all(meta["targets"]),
        versions=_spell_all(meta["versions"], spell_version),
    )


def _read_all(text: bytes, spell: Callable[[str], str] = str) -> tuple[str, ...] | None:
    """Return what the names in the text of a list are spelled as, None in any doubt."""
    names = read_names(text)
    return None if names is None else _spell_all(names, spell)


def _spell_all(names: list[str], spell: Callable[[str], str] = str) -> tuple[str, ...]:
    """Return what some names are spelled as, each once and in order."""
    return tuple(sorted({*map(spell, names)}))
