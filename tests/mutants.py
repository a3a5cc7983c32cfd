"""Mutants of real pages: a seed gives two snapshots of a few small pages.

The second has lost something, or only looks different. OLD is real specs, some of which are first given what real weeks have
and these pages lack: GPUs, better targets, more oses, orphans.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from tests.builders import a_hash
from tests.pages import PageValues, all_real

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.loss_model import Entry, Pages

    Step: TypeAlias = Callable[[Random, list[Entry]], None]

SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "pages"
"""More real pages, on machines that have them."""

MAX_SPECS = 8
OSES = ("centos7", "rhel8", "ubuntu20.04", "ubuntu22.04")
STACKS = ("e4s", "hep", "radiuss")
TARGETS = ("zen4", "zen3", "x86_64_v4", "x86_64_v3", "neoverse_v2", "neoverse_v1", "aarch64", "a_target_of_tomorrow")
SWITCHES = ("mpi", "shared", "cuda", "rocm", "sycl")
LISTS = (
    ("cuda_arch", ("70", "80", "90", "none")),
    ("amdgpu_target", ("gfx90a", "gfx942", "none")),
    ("languages", ("c", "c++", "fortran")),
)


@dataclass(frozen=True)
class Mutant:
    """Two snapshots of a few pages. `is_silent` says that nothing was lost, by how the second was made."""

    name: str
    old: Pages
    new: Pages
    is_silent: bool


def make_mutant(seed: int) -> Mutant:
    """Return the mutant that a seed stands for; one after the other, seeds go through all kinds."""
    rng = Random(seed)  # noqa: S311 - tests, not secrets
    old, new, is_same, base = _choose_pages(rng)
    first = list(LOSSES | SILENCES)[seed % len(LOSSES | SILENCES)]
    names = [first, *rng.sample(list(LOSSES), rng.choice((0, 0, 1, 2)))] if first in LOSSES else [first, *_more_silence(rng)]
    for name in names:
        for package in sorted(new) if rng.random() < 0.2 else [rng.choice(sorted(new))]:
            (LOSSES | SILENCES)[name](rng, new[package])
    if first in LOSSES and rng.random() < 0.06:
        names.append("a page gone")
        del new[rng.choice(sorted(new))]
        new = new or {"zlib": [deepcopy(old[min(old)][0]) | {"hash": _a_new_hash(rng)}]}
    is_silent = is_same and all(name in SILENCES for name in names)
    return Mutant(f"seed {seed}: {base}; {', '.join(names)}", old, new, is_silent)


def _choose_pages(rng: Random) -> tuple[Pages, Pages, bool, str]:
    """Return OLD, NEW as it is before it is mutated, whether that is a copy, and what they are."""
    sources = _real_pages()
    if rng.random() < 0.1:
        before, after = rng.choice(_pairs_of_weeks())
        old, new = ({"page": _some(Random(1), sources[source])} for source in (before, after))  # noqa: S311
        return old, new, False, f"{before} to {after}"
    chosen = rng.sample(sorted(sources), rng.choice((1, 1, 1, 2, 3)))
    old = {f"page{number}": _some(rng, sources[source]) for number, source in enumerate(chosen)}
    for entries in list(old.values())[1:]:
        _rehash(rng, entries)  # two weeks of one page share hashes
    steps = rng.sample(list(PREPARATIONS), rng.choice((0, 1, 1, 2, 3)))
    for name in steps:
        for entries in old.values():
            PREPARATIONS[name](rng, entries)
    return old, deepcopy(old), True, f"{', '.join(chosen)} ({', '.join(steps)})"


@cache
def _real_pages() -> dict[str, list[Entry]]:
    pages = {name: PageValues.of(data).specs for name, data in all_real().items()}
    for path in sorted(SHARED.glob("*/*/specs.md")):
        specs = PageValues.of(path.read_bytes()).specs
        if specs not in pages.values():
            pages[str(path.parent.relative_to(SHARED))] = specs
    return pages


def _pairs_of_weeks() -> list[tuple[str, str]]:
    """Return the real pages that have a real successor."""
    names = sorted(_real_pages())
    return [(name, after) for name in names if "/old/" in name and (after := name.replace("/old/", "/new/")) in names]


def _some(rng: Random, entries: list[Entry]) -> list[Entry]:
    """Return a copy of a few entries; of the same page, so that each package has one kind of recipe."""
    return deepcopy(rng.sample(entries, min(len(entries), rng.randint(2, MAX_SPECS))))


def _a_new_hash(rng: Random) -> str:
    return a_hash(rng.getrandbits(159))


def _change(rng: Random, entry: Entry, **fields: object) -> None:
    """Change what a spec is, and so its hash."""
    entry.update(fields, hash=_a_new_hash(rng))


def _again(rng: Random, entries: list[Entry], entry: Entry, **fields: object) -> Entry:
    entries.append(deepcopy(entry) | fields | {"hash": _a_new_hash(rng)})
    return entries[-1]


def _some_of(rng: Random, entries: list[Entry]) -> list[Entry]:
    """Return one entry, some, or all that share an os or a target."""
    if not entries:
        return []
    one = rng.choice(entries)
    chance = rng.random()
    if chance < 0.5:
        return [one]
    if chance < 0.75:
        return rng.sample(entries, rng.randint(1, len(entries)))
    key = rng.choice(("os", "target"))
    return [entry for entry in entries if entry[key] == one[key]]


def _with_variant(variants: list[str], name: str, *texts: str) -> list[str]:
    """Return variants, with that of one name replaced."""
    return sorted([one for one in variants if one.lstrip("+~-").replace(":", "=").partition("=")[0] != name] + list(texts))


def _list(rng: Random, name: str, values: tuple[str, ...]) -> str:
    some = rng.sample(values, rng.randint(1, len(values)))
    return f"{name}:='{','.join(sorted(some))}'" if len(some) > 1 else f"{name}:={some[0]}"


# --- what is done to OLD first -----------------------------------------------------------------------------------------


def _gather(rng: Random, entries: list[Entry]) -> None:
    stacks = rng.sample(STACKS, rng.choice((1, 1, 2)))
    for entry in entries:
        entry["stacks"] = [*stacks, "root"]


def _crowd(rng: Random, entries: list[Entry]) -> None:
    """Put all specs in few cells."""
    _gather(rng, entries)
    for entry in entries:
        entry.update(os=rng.choice(OSES[:2]), target=rng.choice(TARGETS[:2]))


def _spread_oses(rng: Random, entries: list[Entry]) -> None:
    for number, entry in enumerate(entries):
        entry["os"] = OSES[number % len(OSES)]
        entry["target"] = rng.choice(("x86_64_v3", entry["target"]))


def _spread_targets(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        entry["target"] = rng.choice(TARGETS)


def _spread_versions(rng: Random, entries: list[Entry]) -> None:
    for entry in list(entries):
        entry["versions"] = [rng.choice(("1.0", "2.0", "3.0"))]


def _give_switches(rng: Random, entries: list[Entry]) -> None:
    for name in rng.sample(SWITCHES, 2):
        for entry in entries:
            entry["variants"] = _with_variant(entry["variants"], name, rng.choice("+~") + name)


def _give_lists(rng: Random, entries: list[Entry]) -> None:
    name, values = rng.choice(LISTS)
    for entry in entries:
        entry["variants"] = _with_variant(entry["variants"], name, _list(rng, name, values))


def _give_gpus(rng: Random, entries: list[Entry]) -> None:
    switch, (name, values) = rng.choice((("cuda", LISTS[0]), ("rocm", LISTS[1])))
    for entry in entries:
        is_on = rng.random() < 0.7
        entry["variants"] = _with_variant(entry["variants"], switch, ("+" if is_on else "~") + switch)
        lists = [_list(rng, name, values)] if is_on and rng.random() < 0.8 else []
        entry["variants"] = _with_variant(entry["variants"], name, *lists)


def _make_orphans(rng: Random, entries: list[Entry]) -> None:
    for entry in rng.sample(entries, rng.randint(1, max(1, len(entries) // 2))):
        entry["stacks"] = ["root"]
        if rng.random() < 0.5:
            entry.update(os="freebsd14", target="power9le")


def _make_only_orphans(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        entry["stacks"] = rng.choice((["root"], ["root"], []))


def _split_some(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        _again(rng, entries, entry)


def _forget_root(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        entry["stacks"] = [stack for stack in entry["stacks"] if stack != "root"]


PREPARATIONS: dict[str, Step] = {
    "one stack": _gather,
    "few cells": _crowd,
    "four oses": _spread_oses,
    "many targets": _spread_targets,
    "three versions": _spread_versions,
    "switches": _give_switches,
    "lists": _give_lists,
    "gpus": _give_gpus,
    "orphans": _make_orphans,
    "only orphans": _make_only_orphans,
    "duplicates": _split_some,
    "no root": _forget_root,
}


# --- what is done to NEW, and may lose something -----------------------------------------------------------------------


def _drop_specs(rng: Random, entries: list[Entry]) -> None:
    gone = {entry["hash"] for entry in _some_of(rng, entries)}
    entries[:] = [entry for entry in entries if entry["hash"] not in gone]


def _drop_a_stack(rng: Random, entries: list[Entry]) -> None:
    """Take one stack's label from some specs, whose hashes it does not cover."""
    labels = sorted({stack for entry in entries for stack in entry["stacks"]} - {"root"})
    if labels:
        gone = rng.choice(labels)
        for entry in _some_of(rng, [entry for entry in entries if gone in entry["stacks"]]):
            entry["stacks"].remove(gone)


def _drop_one_value(key: str) -> Step:
    def step(rng: Random, entries: list[Entry]) -> None:
        if entries:
            gone = rng.choice(entries)[key]
            entries[:] = [entry for entry in entries if entry[key] != gone]

    return step


def _turn_off(rng: Random, entries: list[Entry]) -> None:
    """Turn a switch off: in some specs, or wherever one os or target has it."""
    switches = sorted({text for entry in entries for text in entry["variants"] if text.startswith("+")})
    if switches:
        text = rng.choice(switches)
        for entry in _some_of(rng, [entry for entry in entries if text in entry["variants"]]):
            _change(rng, entry, variants=_with_variant(entry["variants"], text[1:], "~" + text[1:]))


def _shorten_a_list(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        for name, _ in LISTS:
            values = [text for text in entry["variants"] if text.startswith(f"{name}:='")]
            if values:
                kept = values[0].partition("'")[2].rstrip("'").split(",")[1:]
                _change(rng, entry, variants=_with_variant(entry["variants"], name, f"{name}:='{','.join(kept)}'"))


def _drop_what_a_switch_is_on_in(rng: Random, entries: list[Entry]) -> None:
    """Take out the specs that have a switch on, and leave those beside them that have it off."""
    switches = sorted({text for entry in entries for text in entry["variants"] if text.startswith("+")})
    if switches:
        text = rng.choice(switches)
        entries[:] = [entry for entry in entries if text not in entry["variants"]]


def _forget_a_variant(rng: Random, entries: list[Entry]) -> None:
    """Take a variant out of the recipe, name and all."""
    names = sorted(
        {text.lstrip("+~-").replace(":", "=").partition("=")[0] for entry in entries for text in entry["variants"]}
    )
    if names:
        name = rng.choice(names)
        for entry in entries:
            _change(rng, entry, variants=_with_variant(entry["variants"], name))


def _one_version_into_another(rng: Random, entries: list[Entry]) -> None:
    """Turn one version into another that is there, or into a new one."""
    versions = sorted({entry["versions"][0] for entry in entries})
    if versions:
        old = rng.choice(versions)
        new = rng.choice((*versions, "9999.0", "0.1"))
        for entry in _some_of(rng, [entry for entry in entries if entry["versions"] == [old]]):
            _change(rng, entry, versions=[new])


def _one_os_for_all(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        _change(rng, entry, os="bogus")


def _move_an_os(rng: Random, entries: list[Entry]) -> None:
    """Move one os to another: a new one, or one that is there."""
    if entries:
        old, new = rng.choice(entries)["os"], rng.choice(("ubuntu26.04", "rhel10", rng.choice(entries)["os"]))
        for entry in entries:
            if entry["os"] == old:
                _change(rng, entry, os=new)


def _lesser_target(rng: Random, entries: list[Entry]) -> None:
    """Build for another target, of which machines of the old one may run the binaries, or not."""
    for entry in _some_of(rng, entries):
        _change(rng, entry, target=rng.choice(("x86_64_v3", "x86_64", "aarch64", *TARGETS)))


def _lesser_target_everywhere(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        if entry["target"].startswith(("zen", "x86_64")):
            _change(rng, entry, target="x86_64_v2")


def _root_only(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        entry["stacks"] = ["root"]


def _no_stacks(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        entry["stacks"] = []


def _out_of_root(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        entry["stacks"] = [stack for stack in entry["stacks"] if stack != "root"]


def _rename_a_stack(rng: Random, entries: list[Entry]) -> None:
    labels = sorted({stack for entry in entries for stack in entry["stacks"]} - {"root"})
    if labels:
        old = rng.choice(labels)
        for entry in entries:
            entry["stacks"] = sorted({"renamed" if stack == old else stack for stack in entry["stacks"]})


def _another_platform(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        _change(rng, entry, platform="freebsd")


def _another_compiler(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        _change(rng, entry, compiler="gcc@99.1.0")


def _drop_orphans(_: Random, entries: list[Entry]) -> None:
    entries[:] = [entry for entry in entries if set(entry["stacks"]) - {"root"}]


def _drop_every_spec(_: Random, entries: list[Entry]) -> None:
    entries.clear()


def _swap_stacks(rng: Random, entries: list[Entry]) -> None:
    """Exchange the stacks of two specs."""
    if len(entries) > 1:
        one, other = rng.sample(entries, 2)
        one["stacks"], other["stacks"] = other["stacks"], one["stacks"]


LOSSES: dict[str, Step] = {
    "specs gone": _drop_specs,
    "a stack gone from specs": _drop_a_stack,
    "an os gone": _drop_one_value("os"),
    "a target gone": _drop_one_value("target"),
    "a platform gone": _drop_one_value("platform"),
    "a version gone": _drop_one_value("versions"),
    "a switch off": _turn_off,
    "a list shorter": _shorten_a_list,
    "specs with a switch on gone": _drop_what_a_switch_is_on_in,
    "a variant gone from the recipe": _forget_a_variant,
    "a version becomes another": _one_version_into_another,
    "all oses become one": _one_os_for_all,
    "an os becomes another": _move_an_os,
    "another target": _lesser_target,
    "a lesser target everywhere": _lesser_target_everywhere,
    "in root only": _root_only,
    "in no stack": _no_stacks,
    "out of root": _out_of_root,
    "a stack renamed": _rename_a_stack,
    "another platform": _another_platform,
    "another compiler": _another_compiler,
    "orphans gone": _drop_orphans,
    "every spec gone": _drop_every_spec,
    "stacks exchanged": _swap_stacks,
}


# --- what is done to NEW, and loses nothing ----------------------------------------------------------------------------


def _rehash(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        _change(rng, entry)


def _reorder(rng: Random, entries: list[Entry]) -> None:
    rng.shuffle(entries)
    for entry in entries:
        rng.shuffle(entry["stacks"])
        rng.shuffle(entry["variants"])


def _respell(rng: Random, entries: list[Entry]) -> None:
    """Spell versions, compilers and variants as another Spack does."""
    for entry in entries:
        entry["compiler"] = (
            entry["compiler"].replace("@=", "@")
            if rng.random() < 0.5
            else entry["compiler"].replace("@=", "@").replace("@", "@=")
        )
        entry["versions"] = ["=" + entry["versions"][0].removeprefix("=")]
        entry["variants"] = [_respell_variant(rng, text) for text in entry["variants"]]


def _respell_variant(rng: Random, text: str) -> str:
    if text[0] in "+~-":
        sign, name = text[0], text.lstrip("+~-")
        return rng.choice(((sign if sign == "+" else "-") + name, sign * 2 + name, text))
    return text.replace(":=", "=").replace("'", "")


def _forget_compilers(rng: Random, entries: list[Entry]) -> None:
    is_rebuilt = rng.random() < 0.5
    for entry in entries:
        entry["compiler"] = "none"
        if is_rebuilt:
            _change(rng, entry)


def _merge_duplicates(_: Random, entries: list[Entry]) -> None:
    """Leave one of the specs that are equal but for their hash."""
    seen = {json.dumps(entry | {"hash": "", "size": "", "tarball": ""}, sort_keys=True): entry for entry in entries}
    entries[:] = seen.values()


def _add_a_spec(rng: Random, entries: list[Entry]) -> None:
    if entries:
        _again(
            rng, entries, rng.choice(entries), **rng.choice(({"versions": ["9999.0"]}, {"os": "rhel10"}, {"target": "zen5"}))
        )


def _add_a_stack(rng: Random, entries: list[Entry]) -> None:
    for entry in _some_of(rng, entries):
        entry["stacks"] = sorted({*entry["stacks"], "workshop"})


def _new_sizes(rng: Random, entries: list[Entry]) -> None:
    for entry in entries:
        entry["size"] = rng.randint(1, 10**9)


def _more_silence(rng: Random) -> list[str]:
    return rng.sample(list(SILENCES), rng.choice((0, 1, 2)))


SILENCES: dict[str, Step] = {
    "every hash new": _rehash,
    "another order": _reorder,
    "another spelling": _respell,
    "compilers unknown": _forget_compilers,
    "duplicates split": _split_some,
    "duplicates merged": _merge_duplicates,
    "one more spec": _add_a_spec,
    "one more stack": _add_a_stack,
    "other sizes": _new_sizes,
}
