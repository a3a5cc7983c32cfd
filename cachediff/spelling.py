"""One canonical spelling for what different Spack versions print differently.

The strings of a page are written by whichever Spack ran the generator that day, so nothing here looks at a date: every
string is spelled canonically, always. Spelling is idempotent, and remembers its answers because snapshots repeat themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache

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

_ESCAPED_QUOTE = re.compile(r"""\\+(["'])""")


@lru_cache(maxsize=1 << 16)
def spell_compiler(text: str) -> str:
    """Return the compiler as `name@version` with its provider's package name: `oneapi@=2024.2.0` is `intel-oneapi-compilers@2024.2.0`."""
    name, at, version = text.partition("@")
    return COMPILER_ALIASES.get(name, name) + at + version.lstrip("=")


@lru_cache(maxsize=1 << 16)
def spell_version(text: str) -> str:
    """Return the version without the leading `=` that says "exactly"."""
    return text.lstrip("=")


@lru_cache(maxsize=1 << 14)
def spell_variants(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variants in canonical spelling, one string a name, in order of name.

    A boolean is `+name` or `~name`, any other `name=value,value` with sorted values. Repeated names are merged into one set.
    """
    parsed = [parse_variant(text) for text in texts]
    merged = dict(parsed)
    if len(merged) != len(parsed):
        merged = {name: tuple(sorted({v for n, values in parsed if n == name for v in values})) for name in merged}
    return tuple([print_variant(name, merged[name]) for name in sorted(merged)])


@lru_cache(maxsize=1 << 16)
def parse_variant(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a variant's name and its sorted values, whatever its spelling: `("cuda", ("+",))`, `("languages", ("c", "c++"))`.

    A boolean has the value `+` or `~`. `:=`, `==` and doubled sigils (propagated variants) mean the same as the plain form.
    """
    if text[:1] in ("+", "~", "-"):
        return text.lstrip("+~-"), ("+" if text[0] == "+" else "~",)
    name, _, value = text.partition("=")
    name = name.rstrip(":")
    if name == "dev_path":
        return name, ("*",)
    parts = _ESCAPED_QUOTE.sub(r"\1", value).split(",")
    values = {part.lstrip("'\"=").rstrip("'\"") for part in parts} - {""}
    if name == "patches":
        values = {part[:PATCH_DIGITS] for part in values}
    return name, tuple(sorted(values))


@lru_cache(maxsize=1 << 16)
def print_variant(name: str, values: tuple[str, ...]) -> str:
    """Return one variant in canonical spelling: the inverse of `parse_variant`."""
    if values in (("+",), ("~",)):
        return values[0] + name
    return f"{name}={','.join(values)}"
