"""What tells specs of equal coordinates apart: the nearest dependency in which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cachediff.domain.spelling import parse_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cachediff.domain.graph import Graph, GraphNode
    from cachediff.domain.spec import Spec, SpecContent

    _Slot: TypeAlias = tuple[bool, str]
    _Found: TypeAlias = dict[_Slot, dict[str, list[GraphNode]]]
    _Name: TypeAlias = Callable[[GraphNode, "frozenset[str]"], str]

MAX_DEPTH = 12
MAX_LOOKS = 1 << 15
"""How far below a spec, and at how many records of a group in all, is looked: what tells real specs apart is near."""

MAX_GROUP = 1 << 10
"""How many equal specs are told apart: at real sites they are five at the most, in a hostile index as many as fit."""


def tell_apart(specs: Iterable[Spec], graph: Graph) -> dict[str, str]:
    """Return for each spec that others are equal to but for the hash what it is on, empty where nothing was found.

    That is its MPI where this tells all of them apart, or else the nearest dependency that does; of nearer ones those that
    tell some of them apart, where none tells all.
    """
    groups: dict[SpecContent, list[str]] = {}
    for spec in specs:
        if spec.hash in graph.nodes:
            groups.setdefault(spec.content, []).append(spec.hash)
    labels: dict[str, str] = {}
    for hashes in groups.values():
        if 1 < len(hashes) <= MAX_GROUP:
            labels |= _label(hashes, graph)
    return labels


def _label(hashes: list[str], graph: Graph) -> dict[str, str]:
    """Return what tells the records of a group apart; where one fact does not, those that it leaves together by another."""
    done: dict[str, list[str]] = {hash_: [] for hash_ in hashes}
    waiting = [hashes]
    while waiting:
        group = waiting.pop()
        parts: dict[str, list[str]] = {}
        for hash_, label in _split(group, graph).items():
            done[hash_].append(label)
            parts.setdefault(label, []).append(hash_)
        # Each of them is smaller than the group, or there is but one.
        waiting += [part for part in parts.values() if 1 < len(part) < len(group)]
    return {hash_: _join(labels) for hash_, labels in done.items()}


def _join(labels: list[str]) -> str:
    """Return labels as one, without those that the next one tells again: `openmpi`, `openmpi@5.0.5`."""
    pairs = zip(labels, [*labels[1:], ""], strict=True)
    return ", ".join(label for label, next_ in pairs if label and not next_.startswith(f"{label}@"))


def _split(group: list[str], graph: Graph) -> dict[str, str]:
    """Return a label for each record of a group: all different if anything makes them so, else as many as there can be."""
    by_mpi = _name_mpi(group, graph)
    best, most = by_mpi, len({*by_mpi.values()})
    # The MPI is what users of a site choose by: it is told first, even where something else tells more of them apart.
    if most > 1:
        return best
    for labels in _list_labels(group, graph):
        count = len({*labels.values()})
        if count > most:
            best, most = labels, count
        # Nothing tells more of them apart, and what lies deeper is further from what anybody chose.
        if most == len(group):
            break
    return best if most > 1 else dict.fromkeys(group, "")


def _name_mpi(group: list[str], graph: Graph) -> dict[str, str]:
    """Return the MPI of each, none of which is told where one is not known."""
    found = {hash_: graph.mpi.get(hash_, ()) for hash_ in group}
    return {hash_: "" if None in found.values() else " and ".join(names or ()) or "no mpi" for hash_, names in found.items()}


def _list_labels(group: list[str], graph: Graph) -> Iterator[dict[str, str]]:
    """Yield labels by what they are themselves, and by each dependency, nearest first; their own recipes come last.

    Of dependencies that are equally near those come first that have the shortest names, and that are needed to run.
    """
    # What a spec is itself comes first: that is nearer than all that it depends on.
    own = {hash_: graph.nodes[hash_].own for hash_ in group}
    yield {hash_: f"namespace {one.namespace or 'none'}" for hash_, one in own.items()}
    yield {hash_: " ".join(one.flags) or "no flags" for hash_, one in own.items()}
    for found in _list_levels(group, graph):
        slots = sorted(found)
        for name in _NAMES:
            for slot in slots:
                yield _name_slot(group, slot[1], found[slot], name)
    # Last, as it says that recipes differ, and to nobody how.
    yield {hash_: f"recipe {one.package_hash[:7]}" for hash_, one in own.items()}


def _name_slot(group: Sequence[str], slot: str, found: Mapping[str, list[GraphNode]], name: _Name) -> dict[str, str]:
    """Return what each of a group has in a place, by one of the ways to name it."""
    all_ = [node for nodes in found.values() for node in nodes]
    # Variants that all have tell none apart, and would fill the line.
    common = frozenset[str].intersection(*(frozenset(node.own.variants) for node in all_))
    return {
        hash_: " and ".join(sorted({name(node, common) for node in found.get(hash_, ())})) or f"no {slot}" for hash_ in group
    }


def _list_levels(group: list[str], graph: Graph) -> Iterator[_Found]:
    """Yield what each of a group depends on, by how many edges lie between: by name, and by the virtuals that it provides.

    Of each place it is said whether somebody needs it only to build, which sorts those last.
    """
    seen = {hash_: {hash_} for hash_ in group}
    fronts = {hash_: [hash_] for hash_ in group}
    looks = 0
    for _ in range(MAX_DEPTH):
        found: _Found = {}
        below: dict[str, list[str]] = {}
        for hash_, front in fronts.items():
            looks += len(front)
            below[hash_] = _look_below(hash_, front, seen[hash_], graph, found)
        if not found or looks > MAX_LOOKS:
            return
        yield found
        fronts = below


def _look_below(hash_: str, front: list[str], seen: set[str], graph: Graph, found: _Found) -> list[str]:
    """Note what lies one edge below some records, and return what of it is met for the first time."""
    below = []
    for above in front:
        node = graph.nodes[above]
        for edge, other in zip(node.own.edges, node.dependencies, strict=True):
            if (target := graph.nodes.get(other)) is None or other in seen:
                continue
            seen.add(other)
            below.append(other)
            for slot in (edge.name, *(edge.virtuals or ())):
                found.setdefault((not edge.is_used, slot), {}).setdefault(hash_, []).append(target)
    return below


def _name_package(node: GraphNode, common: frozenset[str]) -> str:
    del common
    return node.own.package


def _name_version(node: GraphNode, common: frozenset[str]) -> str:
    del common
    return f"{node.own.package}@{node.own.version}"


def _name_variants(node: GraphNode, common: frozenset[str]) -> str:
    own = sorted((text for text in node.own.variants if text not in common), key=lambda text: parse_variant(text)[0])
    return " ".join([_name_version(node, common), *own])


def _name_place(node: GraphNode, common: frozenset[str]) -> str:
    own = node.own
    return f"{_name_variants(node, common)} arch={own.platform}-{own.os}-{own.target}"


def _name_path(node: GraphNode, common: frozenset[str]) -> str:
    return f"{_name_version(node, common)}{f' at {node.own.external}' if node.is_external else ''}"


def _name_recipe(node: GraphNode, common: frozenset[str]) -> str:
    return f"{_name_version(node, common)} recipe {node.own.package_hash[:7]}"


_NAMES: tuple[_Name, ...] = (_name_package, _name_version, _name_variants, _name_path, _name_place, _name_recipe)
"""How a dependency is told, shortest first."""
