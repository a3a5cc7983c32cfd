"""One canonical spelling for what different Spack versions print differently (docs/design.md, Spelling).

The strings of a page are written by whichever Spack ran the generator that day, so nothing here looks at a date: every
string is spelled canonically, always. Spelling is idempotent, and remembers its answers because snapshots repeat themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cachediff.domain.spec import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection

COMPILER_ALIASES = {
    "oneapi": "intel-oneapi-compilers",
    "clang": "llvm",
    "rocmcc": "llvm-amdgpu",
    "intel": "intel-oneapi-compilers-classic",
    "arm": "acfl",
}
"""Compiler names that Spack printed before compilers became packages, and the package that provides each."""

UNKNOWN_COMPILER = "none"
"""Written when a package declares no language: equal to any compiler when specs are matched."""

PATCH_DIGITS = 7
"""How much of a patch's checksum counts: Spack prints no more."""

_SIGILS = "+~-"
_QUOTES = "'\""
_ESCAPED_QUOTE = re.compile(r"""(?<!\\)\\+(["'])""")


@lru_cache(maxsize=1 << 14)
def spell_compiler(text: str) -> str:
    """Return the compiler as `name@version` with its provider's package name.

    `oneapi@=2024.2.0` is `intel-oneapi-compilers@2024.2.0`.
    """
    name, at, version = text.partition("@")
    return COMPILER_ALIASES.get(name, name) + at + version.lstrip("=")


@lru_cache(maxsize=1 << 14)
def spell_version(text: str) -> str:
    """Return the version without the leading `=` that says "exactly"."""
    return text.lstrip("=")


def spell_stacks(names: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """Return the stacks in alphabetical order without `root`, which is none, and whether that was among them."""
    return tuple(sorted({*names} - {ROOT})), ROOT in names


# Bounded, as the other caches here: a hostile page may spell each of its specs in another way.
@lru_cache(maxsize=1 << 12)
def spell_variants(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variants in canonical spelling, one string a name, in order of name.

    A boolean is `+name` or `~name`, any other `name=value,value` with sorted values. Repeated names are merged into one set.
    """
    spelled = dict(map(_spell_variant, texts))
    if len(spelled) < len(texts):  # names are repeated
        merged: dict[str, set[str]] = {}
        for name, values in map(parse_variant, texts):
            merged.setdefault(name, set()).update(values)
        spelled = {name: print_variant(name, tuple(sorted(values))) for name, values in merged.items()}
    return tuple([spelled[name] for name in sorted(spelled)])


@lru_cache(maxsize=1 << 14)
def _spell_variant(text: str) -> tuple[str, str]:
    """Return a variant's name and its canonical spelling."""
    name, values = parse_variant(text)
    return name, print_variant(name, values)


@lru_cache(maxsize=1 << 14)
def parse_variant(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a variant's name and sorted values, whatever its spelling: `("cuda", ("+",))`, `("languages", ("c", "c++"))`.

    A boolean has the value `+` or `~`. `:=`, `==` and doubled sigils (propagated variants) mean the same as the plain form.
    """
    name, equals, value = text.partition("=")
    name = name.rstrip(":").lstrip(_SIGILS)
    # A tuple, since an empty text is in every string.
    if not equals and text[:1] in tuple(_SIGILS):
        return name, ("+" if text[0] == "+" else "~",)
    # That it was built from a local checkout is a fact of the spec, where that lay is one of the machine.
    if name == "dev_path":
        return name, ("*",)
    # What one Spack quotes and escapes (flags, paths) another prints bare.
    parts = [part.lstrip(_QUOTES + "=") for part in _ESCAPED_QUOTE.sub(r"\1", value).split(",")]
    if name == "patches":
        parts = [part[:PATCH_DIGITS] for part in parts]
    return name, tuple(sorted({part.rstrip(_QUOTES) for part in parts} - {""}))


@lru_cache(maxsize=1 << 14)
def print_variant(name: str, values: tuple[str, ...]) -> str:
    """Return one variant in canonical spelling: the inverse of `parse_variant`."""
    if values in (("+",), ("~",)):
        return values[0] + name
    return f"{name}={','.join(values)}"
