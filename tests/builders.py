"""Small builders, so that a test states only what matters to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cachediff.domain.spec import ROOT, Coordinates, Spec, SpecContent
from cachediff.domain.spelling import spell_compiler, spell_variants, spell_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

TAG = "develop-2025-03-30"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def a_hash(number: int) -> str:
    """Return the Spack hash that stands for a number: 32 characters from a-z and 2-7."""
    digits = ""
    for _ in range(32):
        number, digit = divmod(number, 32)
        digits = _ALPHABET[digit] + digits
    return digits


def a_spec(
    number: int = 0,
    *,
    version: str = "1.0",
    platform: str = "linux",
    os: str = "ubuntu22.04",
    target: str = "x86_64_v3",
    compiler: str = "gcc@11.4.0",
    variants: Sequence[str] = ("build_system=generic",),
    stacks: Sequence[str] = ("e4s",),
) -> Spec:
    """Return a spec as reading gives it; `number` makes its hash."""
    coordinates = Coordinates(
        spell_version(version), platform, os, target, spell_compiler(compiler), spell_variants(tuple(variants))
    )
    return Spec(a_hash(number), SpecContent(coordinates, tuple(sorted(stacks))), number)


def an_entry(number: int = 0, **fields: Any) -> dict[str, Any]:
    """Return one entry of `spec_details` as a page holds it; `version` and `stacks` are given without list and root."""
    version = fields.pop("version", "1.0")
    stacks = fields.pop("stacks", ["e4s"])
    entry = {
        "compiler": "gcc@11.4.0",
        "hash": a_hash(number),
        "os": "ubuntu22.04",
        "platform": "linux",
        "size": "-",
        "stacks": sorted([*stacks, ROOT]),
        "target": "x86_64_v3",
        "variants": ["build_system=generic"],
        "versions": [version],
    }
    return entry | fields


def a_meta(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the `meta` that adds up to the entries."""
    entries = list(entries)
    stacks = sorted({stack for entry in entries for stack in entry["stacks"]})
    return {
        "compilers": sorted({entry["compiler"] for entry in entries}),
        "num_specs": len(entries),
        "num_specs_by_stack": {stack: sum(stack in entry["stacks"] for entry in entries) for stack in stacks},
        "oss": sorted({entry["os"] for entry in entries}),
        "platforms": sorted({entry["platform"] for entry in entries}),
        "stacks": stacks,
        "targets": sorted({entry["target"] for entry in entries}),
        "versions": sorted({version for entry in entries for version in entry["versions"]}),
    }


def a_page(
    package: str = "hdf5",
    entries: Iterable[dict[str, Any]] | None = None,
    *,
    tag: str = TAG,
    meta: dict[str, Any] | None = None,
) -> str:
    """Return a page's text as the generator writes it."""
    entries = [an_entry()] if entries is None else list(entries)
    sums = a_meta(entries) if meta is None else meta
    return (
        f'---\ntitle: "{package}"\nlayout: cache\ncategories: [package, {tag}]\n'
        f"meta: {json.dumps(sums)}\nspec_details: {json.dumps(entries)}\n---"
    )


def write_snapshot(directory: Path, pages: dict[str, str | bytes]) -> Path:
    """Write pages as `<directory>/<package>/specs.md` and return the directory."""
    for package, content in pages.items():
        page = directory / package / "specs.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(content if isinstance(content, bytes) else content.encode())
    return directory
