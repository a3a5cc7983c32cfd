"""Why a record of NEW is new: the tree from it down to each cause, shortest ways first (docs/design.md, The graph)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cachediff.comparison.lookup import find_records, name_compiler
from cachediff.comparison.own_content import differing_own, differing_targets
from cachediff.domain.why import Match, Why, WhyNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cachediff.comparison.freshness import FreshRecords
    from cachediff.domain.spec import FieldChange

HEAD, TAIL = 3, 3
"""How many of a long run of records that only inherit are told: those at its start, and those at its end."""


class _Step(Struct):
    """A record that is to be told: its place in the tree, and how many of its run are told already."""

    hash: str
    above: str | None = None
    parent: int | None = None
    run: int = 0
    skipped: int = 0


def explain_word(records: FreshRecords, word: str, most_matches: int, most_causes: int, sources: tuple[str, str]) -> Why:
    """Return why what a word means is new: of one record the tree, of several each in short. Of none there is no match."""
    nodes = records.new.nodes
    found = find_records(records.new, word)
    # What is new comes first, and what is no spec last.
    found.sort(key=lambda hash_: (not nodes[hash_].stacks, hash_ not in records.nodes))
    matches = tuple(_describe_match(hash_, records) for hash_ in found[:most_matches])
    # A tree for each of many would bury the answer: who asks chooses one by its hash.
    if len(found) != 1:
        return Why(word, *sources, len(found), matches)
    total, shown, tree = explain(records, found[0], most_causes)
    return Why(word, *sources, 1, matches, total, shown, tree)


def explain(records: FreshRecords, hash_: str, most: int) -> tuple[int, int, tuple[WhyNode, ...]]:
    """Return the number of causes below a record, how many of them are told, and the tree down to those: the nearest."""
    above: dict[str, str | None] = {}
    ends = []
    for one, parent in _walk(records, hash_):
        above[one] = parent
        if _is_end(records, one):
            ends.append(one)
    tree = _grow(ends[:most], above)
    return len(ends), min(most, len(ends)), tuple(_list_nodes(records, hash_, tree))


def _walk(records: FreshRecords, start: str) -> Iterator[tuple[str, str | None]]:
    """Yield a record and all fresh ones below it, nearest first, each with the one that leads to it."""
    # Kept: what OLD has under the same hash has no cause below it.
    if start not in records.nodes:
        return
    seen = {start}
    level: list[tuple[str, str | None]] = [(start, None)]
    # Level by level: the first way that reaches a record is a shortest one, and no depth is too deep to recurse.
    while level:
        yield from level
        below: list[tuple[str, str | None]] = []
        for one, _ in level:
            for other in _list_below(records, one):
                if other not in seen:
                    seen.add(other)
                    below.append((other, one))
        level = below


def _list_below(records: FreshRecords, hash_: str) -> list[str]:
    """Return the fresh dependencies of a record, what it needs to run before what only builds it."""
    if not records.edges[hash_]:
        return []
    node = records.nodes[hash_]
    ranked = sorted(
        (not edge.is_used, edge.name, other)
        for edge, other in zip(node.own.edges, node.dependencies, strict=True)
        if other in records.nodes
    )
    return [other for _, _, other in ranked]


def _is_end(records: FreshRecords, hash_: str) -> bool:
    """Return whether a record is a cause, or one whose dependencies cannot be followed."""
    return hash_ in records.causes or not records.edges[hash_]


def _grow(ends: Sequence[str], above: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Return the tree that leads to some records: whom to go to from each, the way to the nearest first."""
    tree: dict[str, list[str]] = {}
    grown: set[str] = set()
    for end in ends:
        one, parent = end, above[end]
        # Ways that meet go on as one: all above the place where they do is in the tree already.
        while parent is not None and one not in grown:
            grown.add(one)
            tree.setdefault(parent, []).append(one)
            one, parent = parent, above[parent]
    return tree


def _list_nodes(records: FreshRecords, start: str, tree: Mapping[str, list[str]]) -> Iterator[WhyNode]:
    """Yield the records of a tree, each before those below it; of a long run that only inherits its start and its end."""
    waiting = [_Step(start)]
    place = 0
    while waiting:
        step = waiting.pop()
        yield _describe(step, records)
        below = tree.get(step.hash, ())
        is_run = len(below) == 1 and not _is_end(records, step.hash)
        # The last that waits is the next that is told: so the nearest comes first.
        for child in reversed(below):
            next_ = _Step(child, step.hash, place, step.run + 1 if is_run else 1)
            waiting.append(_skip(next_, records, tree) if next_.run == HEAD + 1 else next_)
        place += 1


def _skip(step: _Step, records: FreshRecords, tree: Mapping[str, list[str]]) -> _Step:
    """Return the step that comes after the middle of a run, the same where there is no middle."""
    run = [step.above or "", step.hash]
    while len(tree.get(run[-1], ())) == 1 and not _is_end(records, run[-1]):
        run.append(tree[run[-1]][0])
    skipped = len(run) - 1 - TAIL
    # To say that one is left out takes as much room as to tell it.
    if skipped < 2:
        return step
    return _Step(run[-TAIL], run[-TAIL - 1], step.parent, step.run, skipped)


def _describe(step: _Step, records: FreshRecords) -> WhyNode:
    """Return a record as it is told, beside OLD's: its partner, or the one that it is most like."""
    node, freshness = records.new.nodes[step.hash], records.tell(step.hash)
    old_hash = step.hash if freshness == "kept" else records.find_old(step.hash)
    old = records.old.nodes[old_hash] if old_hash else None
    fields: tuple[FieldChange, ...] = ()
    if old and freshness in {"self-changed", "rewired"}:
        fields = differing_targets(old, node) if freshness == "rewired" else differing_own(old.own, node.own)
    # Inherited, and nothing fresh below: it can only be in what NEW has no record of.
    is_followed = freshness == "kept" or step.hash in records.causes or bool(records.edges[step.hash])
    unread = () if is_followed else tuple(hash_ for hash_ in node.dependencies if hash_ not in records.new.nodes)
    return WhyNode(
        package=node.own.package,
        version=node.own.version,
        hash=step.hash,
        freshness=freshness,
        parent=step.parent,
        types=_name_types(step, records),
        skipped=step.skipped,
        is_external=node.is_external,
        path=node.own.external or "",
        is_in_snapshot=bool(node.stacks),
        old_hash=old_hash,
        is_in_old_snapshot=bool(old and old.stacks),
        fields=fields,
        unread=unread,
    )


def _name_types(step: _Step, records: FreshRecords) -> tuple[str, ...]:
    """Return what a record is needed for by the one above it."""
    if step.above is None:
        return ()
    node = records.new.nodes[step.above]
    edges = zip(node.own.edges, node.dependencies, strict=True)
    return tuple(sorted({type_ for edge, other in edges if other == step.hash for type_ in edge.types}))


def _describe_match(hash_: str, records: FreshRecords) -> Match:
    graph = records.new
    node, own = graph.nodes[hash_], graph.nodes[hash_].own
    nearest = next((one for one, _ in _walk(records, hash_) if _is_end(records, one)), hash_)
    below = graph.nodes[nearest].own
    return Match(
        package=own.package,
        version=own.version,
        hash=hash_,
        platform=own.platform,
        os=own.os,
        target=own.target,
        compiler=name_compiler(graph, node),
        mpi=", ".join(graph.mpi.get(hash_) or ()),
        freshness=records.tell(hash_),
        is_external=node.is_external,
        is_in_snapshot=bool(node.stacks),
        path=own.external or "",
        nearest="" if nearest == hash_ else f"{below.package}@{below.version}/{nearest}",
    )
