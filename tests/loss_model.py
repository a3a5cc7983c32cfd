"""What is lost between two snapshots, by a model of its own: sets and dictionaries over the JSON of pages, slow and obvious.

It shares nothing with what it judges. Only which old spec is which new one it does not decide: it is told the pairs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import archspec.cpu

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Entry: TypeAlias = dict[str, Any]
"""One entry of `spec_details`, as a page holds it."""

Pages: TypeAlias = dict[str, list[Entry]]
"""The entries of a snapshot by package, in the order of their pages."""

Pairs: TypeAlias = dict[str, dict[int, int]]
"""By package, the place of an old spec on its page and that of the new one which is its partner."""

PLACES = ("platform", "os", "target")
GPU_ARCHITECTURES = {"cuda": "cuda_arch", "rocm": "amdgpu_target"}
NO_FACETS = {"patches", "dev_path"}
ON, OFF = frozenset({"+"}), frozenset({"~"})
_WITH_VALUE = re.compile(r"([\w-]+)(:?={1,2})(.*)", re.DOTALL)


class Cell(NamedTuple):
    """Somewhere a user can get a package."""

    package: str
    stack: str
    platform: str
    os: str
    target: str


class Facet(NamedTuple):
    """Something in a cell that a user may need. `kind` is gpu, version or variant."""

    kind: str
    text: str


class Stray(NamedTuple):
    """A platform, os or target of a package that none but its orphans had."""

    package: str
    field: str
    value: str


class Spec(NamedTuple):
    """One entry, canonically spelled: each variant is a set of values, `lists` names those that are written with `:=`."""

    hash: str
    version: str
    platform: str
    os: str
    target: str
    variants: dict[str, frozenset[str]]
    lists: frozenset[str]
    stacks: frozenset[str]
    is_in_root: bool


@dataclass
class Losses:
    """All that one snapshot has and the next does not."""

    # Cells: those that nothing stands in for, and those that a lesser target or another os stands in for. Contested are
    # cells for which too few oses came, with the number of them that are gone.
    gone: set[Cell] = field(default_factory=set)
    served: set[Cell] = field(default_factory=set)
    contested: list[tuple[frozenset[Cell], int]] = field(default_factory=list)

    # Facets of cells that stay, and GPUs that nothing has which stands in for their cell. Those without a pair were in specs
    # that have no partner in that cell. An excused facet may be called lost, and need not. Held says in which old cells each
    # facet was, and whether it is there still; turned off are the variants of a package that one of its pairs has no more.
    facets: set[tuple[Cell, Facet]] = field(default_factory=set)
    without_pair: set[tuple[Cell, Facet]] = field(default_factory=set)
    excused: set[tuple[Cell, Facet]] = field(default_factory=set)
    held: dict[Facet, dict[Cell, bool]] = field(default_factory=lambda: defaultdict(dict))
    turned_off: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    # Orphans: what only they had, packages gone that had nothing else, the hashes of new ones by package, and the packages
    # that have any in NEW, as a report does not show pairs of which only `root` differs.
    strays: set[Stray] = field(default_factory=set)
    bare_packages: set[str] = field(default_factory=set)
    orphaned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    with_orphans: set[str] = field(default_factory=set)

    @property
    def possibly_gone(self) -> set[Cell]:
        """The cells of which it may be said that nothing stands in for them."""
        return self.gone.union(*(cells for cells, _ in self.contested))

    @property
    def cells(self) -> set[Cell]:
        """Every lost cell."""
        return self.possibly_gone | self.served

    def __bool__(self) -> bool:
        """Whether anything is lost at all."""
        return bool(self.cells or self.facets or self.strays or self.bare_packages or self.orphaned)


# --- spelling ----------------------------------------------------------------------------------------------------------


def read_spec(entry: Entry) -> Spec:
    """Return an entry in canonical spelling."""
    variants: dict[str, set[str]] = {}
    lists = set()
    for text in entry["variants"]:
        name, values, is_list = _read_variant(text)
        variants.setdefault(name, set()).update(values)
        if is_list:
            lists.add(name)
    stacks = set(entry["stacks"])
    return Spec(
        entry["hash"],
        entry["versions"][0].removeprefix("="),
        entry["platform"],
        entry["os"],
        entry["target"],
        {name: frozenset(values) for name, values in variants.items()},
        frozenset(lists),
        frozenset(stacks - {"root"}),
        "root" in stacks,
    )


def _read_variant(text: str) -> tuple[str, frozenset[str], bool]:
    """Return a variant's name, its values, and whether `:=` stands between."""
    if text[0] == "+":
        return text.lstrip("+"), ON, False
    if text[0] in "~-":
        return text.lstrip("~-"), OFF, False
    match = _WITH_VALUE.fullmatch(text)
    assert match, text
    name, sign, value = match.groups()
    values = [one.strip().strip("'\"") for one in value.strip().strip("'\"").split(",")]
    return name, frozenset(values), sign.startswith(":")


# --- facets ------------------------------------------------------------------------------------------------------------


def facets_of(spec: Spec, lists: set[str]) -> set[Facet]:
    """Return what a spec offers; `lists` names the multi-valued variants of its package."""
    facets = {Facet("version", spec.version)} | {Facet("gpu", text) for text in _gpus_of(spec)}
    off = {architecture for name, architecture in GPU_ARCHITECTURES.items() if spec.variants.get(name) == OFF}
    for name, values in spec.variants.items():
        if name in NO_FACETS | off:
            continue
        if values == ON:
            facets.add(Facet("variant", name))
        elif name in lists:
            facets |= {Facet("variant", f"{name}={value}") for value in values - {"none"} - ON - OFF}
    return facets


def _gpus_of(spec: Spec) -> Iterator[str]:
    for name, architecture in GPU_ARCHITECTURES.items():
        if spec.variants.get(name) == ON:
            which = spec.variants.get(architecture, frozenset()) - {"none"}
            yield from (f"+{name} {architecture}={one}" for one in which)
            if not which:
                yield f"+{name}"
    if spec.variants.get("sycl") == ON:
        yield "+sycl"


# --- losses ------------------------------------------------------------------------------------------------------------


def find_losses(old: Pages, new: Pages, pairs: Pairs) -> Losses:
    """Return what NEW lacks, given which specs are paired."""
    losses = Losses()
    roots_are_listed = all(
        any("root" in entry["stacks"] for entries in side.values() for entry in entries) for side in (old, new)
    )
    for package, entries in old.items():
        before, after = [read_spec(entry) for entry in entries], [read_spec(entry) for entry in new.get(package, [])]
        old_cells, new_cells = cells_of(package, before), cells_of(package, after)
        _find_cells(losses, old_cells, new_cells)
        _find_strays(losses, package, before, after)
        if before and not after and not old_cells:
            losses.bare_packages.add(package)
        _find_orphans(losses, package, (before, after), pairs.get(package, {}), roots_are_listed)
        _find_facets(losses, (before, after), (old_cells, new_cells), pairs.get(package, {}))
        _find_what_pairs_turn_off(losses, package, (before, after), pairs.get(package, {}))
    return losses


def cells_of(package: str, specs: Iterable[Spec]) -> dict[Cell, list[int]]:
    """Return the cells of a package, each with the places of its specs."""
    cells: dict[Cell, list[int]] = {}
    for place, spec in enumerate(specs):
        for stack in spec.stacks:
            cells.setdefault(Cell(package, stack, spec.platform, spec.os, spec.target), []).append(place)
    return cells


@cache
def runs(target: str) -> frozenset[str]:
    """Return the other targets whose binaries a machine of a target runs; none for one that archspec does not know."""
    known = archspec.cpu.TARGETS.get(target)
    return frozenset(one.name for one in known.ancestors) if known else frozenset()


def _find_cells(losses: Losses, old: Mapping[Cell, object], new: Mapping[Cell, object]) -> None:
    """Sort the lost cells: a lesser target serves any number of them, a new os one."""
    moved = defaultdict(set)
    for cell in old:
        if cell in new:
            continue
        if any(cell._replace(target=target) in new for target in runs(cell.target)):
            losses.served.add(cell)
        else:
            moved[cell._replace(os="")].add(cell)
    for place, cells in moved.items():
        came = {cell.os for cell in new if cell._replace(os="") == place and cell not in old}
        if not came:
            losses.gone |= cells
        elif len(came) >= len(cells):
            losses.served |= cells
        else:
            losses.contested.append((frozenset(cells), len(cells) - len(came)))


def _find_strays(losses: Losses, package: str, old: list[Spec], new: list[Spec]) -> None:
    for name in PLACES:
        values = {getattr(spec, name) for spec in old} - {getattr(spec, name) for spec in new}
        in_cells = {getattr(spec, name) for spec in old if spec.stacks}
        losses.strays |= {Stray(package, name, value) for value in values - in_cells}


def _find_orphans(
    losses: Losses, package: str, sides: tuple[list[Spec], list[Spec]], pairs: dict[int, int], roots_are_listed: bool
) -> None:
    """Find the specs that are newly in root only, in nothing, or no longer in root.

    Equal hashes are pairs, whoever says so. Other pairs prove nothing where another spec is all but equal: they may be
    crossed.
    """
    old, new = sides
    places = {spec.hash: place for place, spec in enumerate(new)}
    same = {place: places[spec.hash] for place, spec in enumerate(old) if spec.hash in places}
    clear = {one: other for one, other in pairs.items() if _is_unique(old[one], old) and _is_unique(new[other], new)}
    for before, after in ((old[one], new[other]) for one, other in (clear | same).items()):
        left_stacks = bool(before.stacks) and not after.stacks
        left_root = roots_are_listed and before.is_in_root and not after.is_in_root
        if left_stacks or left_root:
            losses.orphaned[package].add(after.hash)
    if any(not spec.stacks or (roots_are_listed and not spec.is_in_root) for spec in new):
        losses.with_orphans.add(package)


def _is_unique(spec: Spec, side: list[Spec]) -> bool:
    """Return whether no other spec of a side differs in nothing but hash, compiler and stacks."""
    return [one[1:6] for one in side].count(spec[1:6]) == 1


def _find_facets(
    losses: Losses,
    sides: tuple[list[Spec], list[Spec]],
    cells: tuple[dict[Cell, list[int]], dict[Cell, list[int]]],
    pairs: dict[int, int],
) -> None:
    """Find the facets that a cell which stays had, and that none of its specs has any more."""
    lists, likely = _names_of_lists(sides)
    offers = [[facets_of(spec, likely) for spec in side] for side in sides]
    for cell in cells[0].keys() & cells[1].keys():
        olds, news = cells[0][cell], cells[1][cell]
        had, has = ({facet for place in places for facet in offers[side][place]} for side, places in enumerate((olds, news)))
        for facet in had:
            losses.held[facet][cell] = facet in has
        partners = {place: pairs[place] for place in olds if pairs.get(place) in news}
        for facet in had - has:
            holders = [place for place in olds if facet in offers[0][place]]
            if not _is_excused(facet, holders, partners, sides, (olds, news)):
                is_vague = _is_vague(facet, has, lists) or _may_have_been_split(facet, partners, sides, (olds, news))
                (losses.excused if is_vague else losses.facets).add((cell, facet))
                if not partners.keys() & holders:
                    losses.without_pair.add((cell, facet))
    _find_facets_of_lost_cells(losses, cells, offers)


def _names_of_lists(sides: tuple[list[Spec], list[Spec]]) -> tuple[set[str], set[str]]:
    """Return the names of variants that have several values somewhere, and with them those most likely multi-valued, too.

    `:=` says so, and `none` nearly does; but only since 2025 does Spack write the one, and another spelling is to change
    nothing.
    """
    variants = [(spec, name, values) for side in sides for spec in side for name, values in spec.variants.items()]
    lists = {name for _, name, values in variants if len(values) > 1} | set(GPU_ARCHITECTURES.values())
    return lists, lists | {name for spec, name, values in variants if name in spec.lists or values == {"none"}}


def _is_vague(facet: Facet, has: set[Facet], lists: set[str]) -> bool:
    """Return whether a facet may be called lost and need not.

    That is a GPU of no architecture that has some now, a list that may be none, or a GPU that is listed where the recipe has
    no switch for it any more.
    """
    if facet.kind == "gpu" or facet.text in GPU_ARCHITECTURES:
        switch, _, listed = facet.text.removeprefix("+").partition(" ")
        start = listed or f"{GPU_ARCHITECTURES.get(switch, switch)}="
        return any(one.text.startswith((f"{facet.text} ", start)) for one in has)
    name, sign, _ = facet.text.partition("=")
    return facet.kind == "variant" and bool(sign) and name not in lists


def _may_have_been_split(
    facet: Facet, partners: dict[int, int], sides: tuple[list[Spec], list[Spec]], places: tuple[list[int], list[int]]
) -> bool:
    """Return whether a version may have gone up with a spec that was split or merged, so it has no partner in the cell."""
    old, new = sides
    before = {old[place].version for place in places[0]}
    came = {new[place].version for place in places[1] if place not in partners.values()} - before
    return facet.kind == "version" and any(_is_higher(version, facet.text) for version in came)


def _is_higher(version: str, other: str) -> bool:
    """Return whether a version is above another, as far as their numbers say."""
    a, b = ([int(digits) for digits in re.findall(r"[0-9]+", text)] for text in (version, other))
    return a > b


def _find_facets_of_lost_cells(
    losses: Losses, cells: tuple[dict[Cell, list[int]], dict[Cell, list[int]]], offers: list[list[set[Facet]]]
) -> None:
    """Find the GPUs of cells that something stands in for, which has them not.

    Versions and variants are excused: that the cell moved is a warning as they are. So is all that was in a cell which is
    gone.
    """
    for cell in cells[0].keys() - cells[1].keys():
        had = {facet for place in cells[0][cell] for facet in offers[0][place]}
        instead = [
            other
            for other in cells[1]
            if _can_stand_in(other, cell) and (other.target != cell.target or other not in cells[0])
        ]
        has = {facet for other in instead for place in cells[1][other] for facet in offers[1][place]}
        for facet in had - has:
            is_worse = facet.kind == "gpu" and cell in losses.served and not _is_vague(facet, has, set())
            (losses.facets if is_worse else losses.excused).add((cell, facet))


def _can_stand_in(new: Cell, old: Cell) -> bool:
    """Return whether a cell is that of another os, or of a target that machines of the old one run."""
    if new._replace(os=old.os) == old:
        return True
    return new._replace(target=old.target) == old and new.target in runs(old.target)


def _is_excused(
    facet: Facet,
    holders: list[int],
    partners: dict[int, int],
    sides: tuple[list[Spec], list[Spec]],
    places: tuple[list[int], list[int]],
) -> bool:
    """Return whether it is no loss that a cell lacks a facet.

    A version may have become one that the cell did not have before. A variant of a pair may have gone from the recipe, name
    and all; where a spec was taken out, or the GPUs that it lists are switched off, it is lost all the same.
    """
    old, new = sides
    if facet.kind == "version":
        before = {old[place].version for place in places[0]}
        return any(new[partners[place]].version not in before for place in holders if place in partners)
    if facet.kind == "variant":
        name = facet.text.partition("=")[0]
        is_known = any(name in new[place].variants for place in places[1])
        # With a switch of their own they are lost as GPUs.
        switches = [switch for switch, lists in GPU_ARCHITECTURES.items() if lists == name]
        switches = [one for one in switches if not any(one in old[place].variants for place in holders)]
        is_off = {new[place].variants.get(one) for place in places[1] for one in switches} - {None} == {OFF}
        return not is_known and not is_off and all(place in partners for place in holders)
    return False


def _find_what_pairs_turn_off(
    losses: Losses, package: str, sides: tuple[list[Spec], list[Spec]], pairs: dict[int, int]
) -> None:
    """Find what a pair has no more, whether or not another spec of the cell has it."""
    old, new = sides
    _, likely = _names_of_lists(sides)
    for one, other in pairs.items():
        for name, values in old[one].variants.items():
            gone = values - new[other].variants.get(name, frozenset())
            if values == ON and gone:
                losses.turned_off[package].add(name)
            elif name in likely:
                losses.turned_off[package] |= {f"{name}={value}" for value in gone}
