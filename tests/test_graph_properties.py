"""What graphs say of random records, true and hostile, is what looking at one record at a time says."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.comparison import rebuilds
from cachediff.comparison.chains import find_chains
from cachediff.comparison.collectors.pairs import Pairs
from cachediff.comparison.externals import list_external_changes
from cachediff.comparison.freshness import FreshRecords
from cachediff.comparison.graphs import compare_graphs, select_specs
from cachediff.comparison.missing import count_blocked, list_missing
from cachediff.comparison.needed import find_unneeded
from cachediff.comparison.rebuilds import Reach, describe_rebuilds
from cachediff.domain.cell import Cell, LostCell
from cachediff.domain.selection import EVERYTHING, Selection
from cachediff.graph.closure import count_bits
from cachediff.graph.order import find_order
from tests.graph_models import Nodes, below, count_reach, find_causes, graph_of, node_pairs, node_sets, used_edges
from tests.graphs import was_external

if TYPE_CHECKING:
    from cachediff.domain.graph import GraphNode


def specs_of(nodes: Nodes) -> set[str]:
    """Return the hashes of what is in a snapshot."""
    return {hash_ for hash_, node in nodes.items() if node.stacks}


# --- the order ---------------------------------------------------------------------------------------------------------


@given(node_sets())
def test_every_record_comes_after_what_it_depends_on(nodes: Nodes) -> None:
    edges = {hash_: node.dependencies for hash_, node in nodes.items()}
    order, found = find_order(edges)
    place = {hash_: number for number, some in enumerate(order) for hash_ in some}
    assert sorted(hash_ for some in order for hash_ in some) == sorted(nodes)
    reaches = {hash_: below(edges, hash_) for hash_ in nodes}
    for hash_ in nodes:
        for other in nodes:
            go_round = other in reaches[hash_] and hash_ in reaches[other]
            assert (place[hash_] == place[other]) == go_round
        assert all(place[other] <= place[hash_] for other in edges[hash_] if other in nodes)
    circles = {some for some in order if len(some) > 1 or some[0] in edges[some[0]]}
    assert {*found} == circles


# --- why hashes are new ------------------------------------------------------------------------------------------------


@given(node_pairs(), st.booleans(), st.sampled_from([1, 2, 1000]))
def test_causes_reach_what_depends_on_them(pair: tuple[Nodes, Nodes], is_part: bool, block: int) -> None:
    old, new = pair
    specs = {hash_ for hash_ in specs_of(new) if not is_part or new[hash_].own.package == "a"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuilds, "BLOCK", block)
        patch.setattr(rebuilds, "FIRST_BLOCK", block)
        patch.setattr(rebuilds, "MAX_LISTED", 3)
        records = FreshRecords(graph_of(old), graph_of(new))
        found = describe_rebuilds(records, Reach(records, specs), Pairs(has_graphs=True))
    causes = find_causes(old, new)
    reaches, alone, unexplained = count_reach(old, new, specs)
    assert records.causes == causes
    for hash_ in new:
        is_new = hash_ not in old
        assert records.tell(hash_) == (causes.get(hash_, "inherited") if is_new else "kept")
    assert (found.fresh, found.fresh_records) == (len({*specs} - old.keys()), len(new.keys() - old.keys()))
    assert (found.self_changed, found.rewired, found.unexplained) == (
        sum(kind == "self-changed" for kind in causes.values()),
        sum(kind == "rewired" for kind in causes.values()),
        unexplained,
    )

    def rank(hash_: str) -> tuple[int, str, str, str]:
        return -reaches[hash_], new[hash_].own.package, new[hash_].own.version, hash_

    assert [one.hash for one in found.causes] == sorted(causes, key=rank)[:3]
    assert [(one.reaches, one.alone) for one in found.causes] == [
        (reaches[one.hash], alone[one.hash]) for one in found.causes
    ]
    origins = [hash_ for hash_ in new.keys() - old.keys() if not {*new[hash_].dependencies} & (new.keys() - old.keys())]
    assert found.origins_total == len(origins)
    assert [(one.hash, one.reaches) for one in found.origins] == [(o, reaches[o]) for o in sorted(origins, key=rank)[:3]]


@given(node_sets(hostile=False))
def test_a_chain_is_a_shortest_way_down(nodes: Nodes) -> None:
    edges = {hash_: tuple(other for other in node.dependencies if other in nodes) for hash_, node in nodes.items()}
    tops = edges.keys() - {other for found in edges.values() for other in found}
    for cause, chain in find_chains([*edges], edges).items():
        assert (chain[0] in tops, chain[-1]) == (True, cause)
        assert all(after in edges[before] for before, after in pairwise(chain))
        level, steps = tops, 1
        while cause not in level:
            level, steps = {other for hash_ in level for other in edges[hash_]}, steps + 1
        assert len(chain) == steps


@given(node_pairs(hostile=False))
def test_of_true_records_nothing_is_unexplained_but_below_what_is_nowhere(pair: tuple[Nodes, Nodes]) -> None:
    old, new = pair
    records = FreshRecords(graph_of(old), graph_of(new))
    reach = Reach(records, specs_of(new))
    if all(other in new or other in old for node in new.values() for other in node.dependencies):
        assert reach.unexplained == 0


@given(node_pairs())
def test_fresh_in_one_direction_is_gone_in_the_other(pair: tuple[Nodes, Nodes]) -> None:
    old, new = (graph_of(nodes) for nodes in pair)
    there, back = FreshRecords(old, new), FreshRecords(new, old)
    assert there.nodes.keys() == new.nodes.keys() - old.nodes.keys()
    assert back.nodes.keys() == old.nodes.keys() - new.nodes.keys()
    assert len(new.nodes) - len(there.nodes) == len(old.nodes) - len(back.nodes)
    gone, came = ([*list_external_changes(*some)] for some in ((old, new), (new, old)))
    assert sorted((one.package, was_external(one)[0], one.version) for one in gone) == sorted(
        (one.package, one.version, was_external(one)[0]) for one in came
    )


@given(node_pairs(), st.randoms())
def test_the_order_of_records_means_nothing(pair: tuple[Nodes, Nodes], random: object) -> None:
    shuffled = []
    for nodes in pair:
        hashes = [*nodes]
        random.shuffle(hashes)  # type: ignore[attr-defined]
        shuffled.append({hash_: nodes[hash_] for hash_ in hashes})
    found, again = (
        compare_graphs(graph_of(old), graph_of(new), Pairs(has_graphs=True), EVERYTHING) for old, new in (pair, shuffled)
    )
    assert found == again


@given(st.lists(st.integers(0, 1 << 70)))
def test_bits_are_counted_one_by_one(masks: list[int]) -> None:
    found = count_bits(masks)
    assert found == [sum(mask >> place & 1 for mask in masks) for place in range(max(map(int.bit_length, masks), default=0))]


# --- what a spec needs -------------------------------------------------------------------------------------------------


def missing_by_spec(nodes: Nodes) -> dict[str, set[str]]:
    """Return what each spec cannot have: walked through specs alone."""
    specs, edges = specs_of(nodes), used_edges(nodes)
    inside = {hash_: edges[hash_] for hash_ in specs}
    found = {
        hash_: {other for other in below(inside, hash_) - specs if other not in nodes or nodes[other].own.external is None}
        for hash_ in specs
    }
    return {hash_: gone for hash_, gone in found.items() if gone}


@given(node_sets(), st.booleans())
def test_what_is_missing_and_who_needs_it(nodes: Nodes, is_part: bool) -> None:
    graph = graph_of(nodes)
    needs = missing_by_spec(nodes)
    assert graph.missing == tuple(sorted(set().union(*needs.values())))
    assert graph.uninstallable == needs.keys()
    specs = {hash_ for hash_ in specs_of(nodes) if not is_part or nodes[hash_].own.package == "a"}
    found = [*list_missing(graph, specs)]
    counts = Counter(gone for hash_ in specs for gone in needs.get(hash_, ()))
    assert {one.hash: one.specs for one in found} == counts
    for one in found:
        assert one.reason == ("not in the snapshot" if one.hash in nodes else "no record")
        users = sorted(hash_ for hash_ in specs_of(nodes) if one.hash in used_edges(nodes)[hash_])
        assert one.examples == tuple(f"{nodes[user].own.package}/{user}" for user in users[:5])
        assert one.location.pointer == (one.hash if one.hash in nodes else users[0])
    cells = {(nodes[hash_].own.package, stack, nodes[hash_].own.os) for hash_ in specs for stack in nodes[hash_].stacks}
    served = {
        (nodes[hash_].own.package, stack, nodes[hash_].own.os)
        for hash_ in specs - needs.keys()
        for stack in nodes[hash_].stacks
    }
    assert count_blocked(graph, specs) == len(cells - served)


@given(node_sets())
def test_which_mpi_a_record_reaches(nodes: Nodes) -> None:
    graph = graph_of(nodes)
    edges = used_edges(nodes)
    for hash_ in nodes:
        names: set[str] = set()
        is_known = True
        for other in below(edges, hash_):
            if other in nodes:
                for edge in nodes[other].own.edges:
                    if {"link", "run"} & {*edge.types}:
                        is_known &= edge.virtuals is not None
                        names |= {edge.name} if "mpi" in (edge.virtuals or ()) else set()
        assert graph.mpi.get(hash_, ()) == (tuple(sorted(names)) if is_known else None)


# --- what is needed ----------------------------------------------------------------------------------------------------


@given(node_pairs(), st.data())
def test_what_nobody_needs(pair: tuple[Nodes, Nodes], data: st.DataObject) -> None:
    old, new = pair
    gone, came = sorted(specs_of(old) - specs_of(new)), sorted(specs_of(new) - specs_of(old))
    partners = dict(zip(gone, data.draw(st.permutations(came)), strict=False))
    cells = {(node.own.package, cell_of(node, stack)) for node in old.values() for stack in node.stacks}
    cells -= {(node.own.package, cell_of(node, stack)) for node in new.values() for stack in node.stacks}
    lost: dict[str, list[LostCell]] = {}
    for package, cell in sorted(cells):
        lost.setdefault(package, []).append(LostCell(cell))
    found = find_unneeded(graph_of(old), graph_of(new), lost, partners)
    assert {(package, cell) for package, some in found.items() for cell in some} == {
        one for one in cells if is_unneeded(*one, old, new, partners)
    }


def cell_of(node: GraphNode, stack: str) -> Cell:
    """Return the cell of a record in a stack."""
    return Cell(stack, node.own.platform, node.own.os, node.own.target)


def is_unneeded(package: str, cell: Cell, old: Nodes, new: Nodes, partners: dict[str, str]) -> bool:
    """Return whether all that filled a cell was needed there, and is by none of those that needed it."""
    for hash_, node in old.items():
        if node.own.package != package or cell not in [cell_of(node, stack) for stack in node.stacks]:
            continue
        users = [user for user, other in old.items() if hash_ in other.dependencies and cell.stack in other.stacks]
        if node.is_explicit or not users:
            return False
        for user in users:
            partner = new.get(partners.get(user, user))
            if partner is None or cell.stack not in partner.stacks or package in [edge.name for edge in partner.own.edges]:
                return False
    return not any(
        package == edge.name and is_gap(new, other, cell)
        for node in new.values()
        if cell.stack in node.stacks
        for edge, other in zip(node.own.edges, node.dependencies, strict=True)
    )


def is_gap(new: Nodes, hash_: str, cell: Cell) -> bool:
    """Return whether a record is not in a snapshot, and may be the one of a cell."""
    node = new.get(hash_)
    return node is None or (not node.stacks and node.own.external is None and cell_of(node, cell.stack) == cell)


@given(node_pairs(), st.sampled_from([Selection(package="a"), Selection(stack="s"), Selection(os="rhel9")]))
def test_a_selection_counts_its_part_alone(pair: tuple[Nodes, Nodes], selection: Selection) -> None:
    old, new = pair
    chosen = {
        hash_
        for hash_, node in new.items()
        if node.stacks
        and selection.package in {"*", node.own.package}
        and selection.os in {"*", node.own.os}
        and (selection.stack == "*" or selection.stack in node.stacks)
    }
    assert {*select_specs(graph_of(new), selection)} == chosen
    found = compare_graphs(graph_of(old), graph_of(new), Pairs(has_graphs=True), selection)
    assert found.rebuilds
    reaches, alone, unexplained = count_reach(old, new, chosen)
    assert (found.rebuilds.fresh, found.rebuilds.unexplained) == (len(chosen - old.keys()), unexplained)
    assert all((one.reaches, one.alone) == (reaches[one.hash], alone[one.hash]) for one in found.rebuilds.causes)
