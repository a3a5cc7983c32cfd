"""Pairs of snapshots that are shaped to cost: each shape is a function of about how many specs a side has.

What they have in common is that something is as large as the page allows: a crowd of specs that may pair, the stacks, the
values, the lost cells, the causes. `all equal` and `many packages` are there to compare with.
"""

from __future__ import annotations

import json
from collections import Counter
from math import isqrt
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_TAGS = {"old": "develop-2025-03-23", "new": "develop-2025-03-30"}
_SKEWED = 40

Entry = dict[str, Any]
Pages = dict[str, list[Entry]]


class Pair(NamedTuple):
    """The specs of both sides by package."""

    old: Pages
    new: Pages


def write_pair(shape: str, specs: int, directory: Path) -> None:
    """Write the pair of a shape as `old/<package>/specs.md` and `new/<package>/specs.md`: the same bytes each time."""
    for side, pages in zip(_TAGS, SHAPES[shape](specs), strict=True):
        for package, entries in pages.items():
            page = directory / side / package / "specs.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(_write_page(package, entries, _TAGS[side]), encoding="utf-8")


# --- shapes ------------------------------------------------------------------------------------------------------------


def _all_equal(n: int) -> Pair:
    return _page([_spec(i) for i in range(n)], [_spec(n + i) for i in range(n)])


def _all_distinct(n: int) -> Pair:
    """Every spec has variants of its own and gets another version."""
    old, new = ([_spec(k * n + i, version=f"{k}.{i}", variants=[f"a={i}", "+b"]) for i in range(n)] for k in (0, 1))
    return _page(old, new)


def _skewed_variants(n: int) -> Pair:
    """Forty variants, each on the less often the later it comes, and drawn anew for NEW.

    Thousands are about equally near to each.
    """
    random = Random(1)

    def draw(i: int) -> list[str]:
        return [f"{'+' if random.random() < 1 / (k + 2) else '~'}v{k}" for k in range(_SKEWED)] + [f"id={i}"]

    return _page([_spec(i, variants=draw(i)) for i in range(n)], [_spec(n + i, variants=draw(n + i)) for i in range(n)])


def _one_preference(n: int) -> Pair:
    """Every old spec would have the same new one, then the same second one, and so on."""
    steps = isqrt(isqrt(n)) + 1

    def lag(i: int) -> Entry:
        facts, stacks = divmod(i * steps * steps // n, steps)
        on = [f"{'+' if k < facts else '~'}v{k}" for k in range(steps)]
        return _spec(n + i, version=f"n{i}", variants=on, stacks=["e4s", *(f"s{k}" for k in range(stacks))])

    return _page(
        [_spec(i, version=f"o{i}", variants=[f"~v{k}" for k in range(steps)]) for i in range(n)], [lag(i) for i in range(n)]
    )


def _one_hash(n: int) -> Pair:
    old, new = ([_spec(0, version=f"{k}.{i}", variants=[f"a={i}"]) for i in range(n)] for k in (0, 1))
    return _page(old, new)


def _hashes_kept(n: int) -> Pair:
    old, new = ([_spec(i, version=f"{k}.{i}", target=f"t{k}{i}") for i in range(n)] for k in (0, 1))
    return _page(old, new)


def _other_stacks(n: int) -> Pair:
    """Equal coordinates that go to other sets of stacks."""
    random = Random(1)
    names = [f"s{k}" for k in range(30)]
    old, new = ([_spec(k * n + i, stacks=random.sample(names, 8)) for i in range(n)] for k in (0, 1))
    return _page(old, new)


def _compilers(n: int) -> Pair:
    """Compilers that become unknown: any of them is as near as any other."""
    old = [_spec(i, compiler=f"gcc@{i}", stacks=["e4s", f"s{i % 20}"]) for i in range(n)]
    return _page(old, [_spec(n + i, compiler="none", stacks=["e4s", f"s{(i + 7) % 30}"]) for i in range(n)])


def _stacks(n: int) -> Pair:
    """A stack for each spec; half of the stacks are gone."""
    old = [_spec(i, stacks=[f"s{i}"]) for i in range(n)]
    return _page(old, [_spec(n + i, stacks=[f"s{i}"]) for i in range(0, n, 2)])


def _thinner_stacks(n: int) -> Pair:
    """Two specs for each stack, of which one goes."""
    old = [_spec(i, version=f"1.{i % 2}", stacks=[f"s{i // 2}"]) for i in range(n)]
    return _page(old, [_spec(n + i, version="1.0", stacks=[f"s{i // 2}"]) for i in range(0, n, 2)])


def _places(n: int) -> Pair:
    """An os and a target for each spec, all gone but one."""
    return _page([_spec(i, os=f"o{i}", target=f"t{i}") for i in range(n)], [_spec(n, os="o0", target="t0")])


def _new_places(n: int) -> Pair:
    old, new = _places(n)
    return Pair(new, old)


def _moved_targets(n: int) -> Pair:
    """Half of the specs go from a target to a lesser one."""
    stacks = isqrt(n) + 1
    old = [_spec(i, version=f"1.{i}", target="zen4", stacks=[f"s{i % stacks}"]) for i in range(n)]
    new = [
        _spec(n + i, version=f"1.{i}", target=("zen4", "x86_64_v3")[i % stacks % 2], stacks=[f"s{i % stacks}"])
        for i in range(n)
    ]
    return _page(old, new)


def _replaced_oses(n: int) -> Pair:
    old, new = ([_spec(k * n + i, os=f"o{k}{i}", target=f"t{i}", stacks=[f"s{i}"]) for i in range(n)] for k in (0, 1))
    return _page(old, new)


def _oses_of_one_stack(n: int) -> Pair:
    old, new = ([_spec(k * n + i, os=f"o{chr(97 + i % 26)}{k}{i}", version=f"{k}.{i}") for i in range(n)] for k in (0, 1))
    return _page(old, new)


def _dropped_cells(n: int) -> Pair:
    """A grid of stacks and targets of which one cell in three is gone, and no stack or target."""
    side = isqrt(n)
    grid = [(i, j) for i in range(side) for j in range(side)]
    old = [_spec(k, stacks=[f"s{i}"], target=f"t{j}") for k, (i, j) in enumerate(grid)]
    return _page(old, [_spec(n + k, stacks=[f"s{i}"], target=f"t{j}") for k, (i, j) in enumerate(grid) if (i + j) % 3])


def _deep_causes(n: int) -> Pair:
    """A triangle of stacks, oses and targets that are all gone: each cause makes every other one a little narrower."""
    side = isqrt(2 * n)
    triangle = [(i, j) for i in range(side) for j in range(side - i)][:n]
    old = [_spec(k, stacks=[f"s{i}"], os=f"o{j}", target=f"t{(i + j) % side}") for k, (i, j) in enumerate(triangle)]
    return _page([*old, _spec(n)], [_spec(n)])


def _versions(n: int) -> Pair:
    """Versions without end, of which half as many other ones are left."""
    return _page([_spec(i, version=f"1.{i}") for i in range(n)], [_spec(n + i, version=f"2.{i}") for i in range(n // 2)])


def _lower_versions(n: int) -> Pair:
    """Versions that are gone, and more that came, all of them lower."""
    old = [_spec(i, version=f"2.{i}") for i in range(n)]
    return _page(old, [_spec(n + i, version=f"1.{i}", variants=["+b"]) for i in range(n + n // 2)])


def _values_of_a_variant(n: int) -> Pair:
    """A spec, and one variant with very many values, of which none is left."""
    old, new = ([_spec(k, variants=["+b", *(f"a={k}{i}" for i in range(10 * n))])] for k in (1, 2))
    return _page(old, new)


def _gpus(n: int) -> Pair:
    """A GPU for each spec, in many stacks, and none in NEW."""
    old = [_spec(i, variants=["+cuda", f"cuda_arch={i}"], stacks=[f"s{i % 50}"]) for i in range(n)]
    return _page(old, [_spec(n + i, variants=["~cuda"], stacks=[f"s{i % 50}"]) for i in range(n)])


def _orphans(n: int) -> Pair:
    old, new = (
        [_spec(k * n + i, version=f"1.{i}", stacks=[f"s{i}"] * (1 - k), target=f"t{i % 9}") for i in range(n)]
        for k in (0, 1)
    )
    return _page([*old, _spec(2 * n)], [*new, _spec(2 * n)])


def _removed(n: int) -> Pair:
    """A page that is gone, each of its specs somewhere else."""
    old = [_spec(i, version=f"1.{i}", os=f"o{i % 99}", target=f"t{i % 101}", stacks=[f"s{i % 103}"]) for i in range(n)]
    return Pair({"hdf5": old, "zlib": [_spec(n)]}, {"zlib": [_spec(n)]})


def _added(n: int) -> Pair:
    old, new = _removed(n)
    return Pair(new, old)


def _packages(n: int) -> Pair:
    """A page for each spec, each in a stack of its own that is gone."""
    old, new = ({f"p{i}": [_spec(k * n + i, stacks=["e4s", f"s{i}"][: 2 - k])] for i in range(n)} for k in (0, 1))
    return Pair(old, new)


SHAPES: dict[str, Callable[[int], Pair]] = {
    "all equal": _all_equal,
    "all distinct": _all_distinct,
    "40 skewed variants": _skewed_variants,
    "one preference": _one_preference,
    "one hash": _one_hash,
    "hashes kept, all else changed": _hashes_kept,
    "other sets of stacks": _other_stacks,
    "compilers that become unknown": _compilers,
    "a stack a spec, half gone": _stacks,
    "a stack for two specs, one gone": _thinner_stacks,
    "an os and a target a spec, gone": _places,
    "an os and a target a spec, new": _new_places,
    "half of the targets moved": _moved_targets,
    "every os replaced": _replaced_oses,
    "every os of one stack replaced": _oses_of_one_stack,
    "cells dropped from a grid": _dropped_cells,
    "deep causes": _deep_causes,
    "a version a spec, half as many left": _versions,
    "a version a spec, all lower now": _lower_versions,
    "ten values of one variant a spec": _values_of_a_variant,
    "a GPU a spec, gone": _gpus,
    "orphans": _orphans,
    "everything removed": _removed,
    "everything added": _added,
    "a package and a stack a spec": _packages,
}
"""Name of the shape, and what makes it."""


# --- pages -------------------------------------------------------------------------------------------------------------


def _page(old: list[Entry], new: list[Entry]) -> Pair:
    return Pair({"hdf5": old}, {"hdf5": new})


def _spec(
    number: int,
    *,
    version: str = "1.0",
    os: str = "ubuntu22.04",
    target: str = "x86_64_v3",
    compiler: str = "gcc@11.4.0",
    variants: Sequence[str] = ("build_system=generic",),
    stacks: Sequence[str] = ("e4s",),
) -> Entry:
    return {
        "compiler": compiler,
        "hash": _hash(number),
        "os": os,
        "platform": "linux",
        "size": "-",
        "stacks": sorted([*stacks, "root"]),
        "target": target,
        "variants": list(variants),
        "versions": [version],
    }


def _hash(number: int) -> str:
    """Return the Spack hash that stands for a number."""
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(32)))


def _write_page(package: str, entries: list[Entry], tag: str) -> str:
    meta = {
        "compilers": _values(entry["compiler"] for entry in entries),
        "num_specs": len(entries),
        "num_specs_by_stack": Counter(stack for entry in entries for stack in entry["stacks"]),
        "oss": _values(entry["os"] for entry in entries),
        "platforms": ["linux"],
        "stacks": _values(stack for entry in entries for stack in entry["stacks"]),
        "targets": _values(entry["target"] for entry in entries),
        "versions": _values(version for entry in entries for version in entry["versions"]),
    }
    head = f'---\ntitle: "{package}"\nlayout: cache\ncategories: [package, {tag}]\n'
    return f"{head}meta: {json.dumps(meta, sort_keys=True)}\nspec_details: {json.dumps(entries)}\n---"


def _values(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
