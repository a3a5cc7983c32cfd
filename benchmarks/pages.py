"""Generated specs as the bytes of a page: those of 2025-03-23 (OLD) or of 2025-03-30 (NEW)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.specs import Spec, SpecContent

_HASH_MARK = "<hash>"
_OLD_NAMES = {"intel-oneapi-compilers": "oneapi"}


class Side(Enum):
    """A snapshot of the pair, by its tag."""

    OLD = "develop-2025-03-23"
    NEW = "develop-2025-03-30"


@dataclass(frozen=True, slots=True)
class Slip:
    """A count in `meta` that is wrong: `num_specs` where stack is None, else the count of that stack."""

    stack: str | None
    by: int


def render(name: str, specs: list[Spec], side: Side, *, is_languageless: bool, slip: Slip | None = None) -> bytes:
    """The page of one package, byte for byte as the generator of the build cache would write it."""
    counts = Counter(spec.content for spec in specs)
    compilers = {content: _spell_compiler(content.compiler, side, is_languageless) for content in counts}
    frames = {content: _frame(content, compiler, side) for content, compiler in compilers.items()}
    entries = ", ".join(f"{frames[content][0]}{hash_}{frames[content][1]}" for hash_, content in sorted(specs, key=_by_hash))
    meta = json.dumps(_meta(counts, compilers.values(), slip), sort_keys=True)
    head = f'---\ntitle: "{name}"\nlayout: cache\ncategories: [package, {side.value}]\n'
    return f"{head}meta: {meta}\nspec_details: [{entries}]\n---".encode()


def _by_hash(spec: Spec) -> str:
    return spec.hash


def _meta(counts: Counter[SpecContent], compilers: Iterable[str], slip: Slip | None) -> dict[str, object]:
    by_stack: Counter[str] = Counter(root=counts.total())
    for content, count in counts.items():
        for stack in content.place.stacks:
            by_stack[stack] += count
    num_specs = counts.total()
    if slip and slip.stack is None:
        num_specs += slip.by
    elif slip and slip.stack:
        by_stack[slip.stack] += slip.by
    return {
        "compilers": sorted(set(compilers)),
        "num_specs": num_specs,
        "num_specs_by_stack": dict(by_stack),
        "oss": sorted({content.place.os for content in counts}),
        "platforms": sorted({content.place.platform for content in counts}),
        "stacks": sorted(by_stack),
        "targets": sorted({content.place.target for content in counts}),
        "versions": sorted({content.version for content in counts}),
    }


def _frame(content: SpecContent, compiler: str, side: Side) -> tuple[str, str]:
    """What stands before and after the hash in the JSON of a spec."""
    place = content.place
    entry = {
        "compiler": compiler,
        "hash": _HASH_MARK,
        "os": place.os,
        "platform": place.platform,
        "size": "-",
        "stacks": sorted({*place.stacks, "root"}),
        "target": place.target,
        "variants": [_spell_variant(variant, side) for variant in content.variants],
        "versions": [content.version],
    }
    before, _, after = json.dumps(entry, sort_keys=True).partition(_HASH_MARK)
    return before, after


def _spell_compiler(compiler: str, side: Side, is_languageless: bool) -> str:
    name, _, version = compiler.partition("@")
    if side is Side.OLD:
        return f"{_OLD_NAMES.get(name, name)}@={version}"
    return "none" if is_languageless else compiler


def _spell_variant(variant: str, side: Side) -> str:
    return variant.replace(":=", "=", 1) if side is Side.OLD else variant
