"""What a page's `meta` claims: from JSON text where YAML surely reads it alike, or from decoded fields."""

from __future__ import annotations

from typing import Any

import msgspec

from cachediff.domain.package import Claims
from cachediff.domain.spelling import spell_compiler, spell_version

FIELDS = frozenset({"num_specs", "num_specs_by_stack", "compilers", "oss", "platforms", "stacks", "targets", "versions"})
_decode = msgspec.json.Decoder().decode


def read_meta(line: bytes) -> dict[str, Any] | None:
    """Return the `meta` object, or None where JSON and YAML might read it apart: repeated keys, unusual numbers, unknown fields."""
    try:
        meta = _decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    if type(meta) is not dict or b" :" in line:
        return None
    counts = meta.get("num_specs_by_stack")
    if type(counts) is not dict or line.count(b'":') != len(meta) + len(counts) or meta.keys() != FIELDS:
        return None
    numbers = [meta["num_specs"], *counts.values()]
    return meta if all(type(number) is int and number < 1 << 63 for number in numbers) else None


def make_claims(meta: dict[str, Any]) -> Claims:
    """Return what a valid `meta` claims, canonically spelled."""
    return Claims(
        int(meta["num_specs"]),
        tuple(sorted((stack, int(count)) for stack, count in meta["num_specs_by_stack"].items())),
        tuple(sorted(set(map(spell_compiler, meta["compilers"])))),
        tuple(sorted(meta["oss"])),
        tuple(sorted(meta["platforms"])),
        tuple(sorted(meta["stacks"])),
        tuple(sorted(meta["targets"])),
        tuple(sorted(set(map(spell_version, meta["versions"])))),
    )
