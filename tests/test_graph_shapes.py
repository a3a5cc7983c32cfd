"""Graphs of shapes that no true index has: nothing recurses, and work grows with the edges.

It is counted in lines of code that run, so that no clock decides.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cachediff.comparison.externals import list_external_changes
from cachediff.domain.graph import GraphNode
from cachediff.domain.spec import EdgeKind, EdgeKinds
from cachediff.graph.closure import close
from cachediff.graph.order import find_order
from tests.examples import length
from tests.graphs import a_graph, a_record
from tests.work import count_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.graph import ExternalChange, Graph

MANY = length(100_000)


def chain(size: int) -> dict[str, tuple[str, ...]]:
    """Return records of which each depends on the one before."""
    return {f"n{number}": (f"n{number - 1}",) if number else () for number in range(size)}


def backwards(size: int) -> dict[str, tuple[str, ...]]:
    """Return the same, those that depend on others first."""
    return dict(reversed(chain(size).items()))


def zigzag(size: int) -> dict[str, tuple[str, ...]]:
    """Return the same, every second one first: most are looked at in vain."""
    edges = chain(size)
    return {hash_: edges[hash_] for start in (1, 0) for hash_ in [*edges][start::2]}


def circle(size: int) -> dict[str, tuple[str, ...]]:
    """Return records that go round."""
    return chain(size) | {"n0": (f"n{size - 1}",)}


def circles(size: int) -> dict[str, tuple[str, ...]]:
    """Return records of which any two go round."""
    return {f"n{number}": (f"n{number ^ 1}", "nothing") for number in range(size)}


def star(size: int) -> dict[str, tuple[str, ...]]:
    """Return one record that depends on all others."""
    return {"hub": tuple(f"n{number}" for number in range(size)), **{f"n{number}": () for number in range(size)}}


def sun(size: int) -> dict[str, tuple[str, ...]]:
    """Return records that depend on one that is named last, and on nothing that there is."""
    return {f"n{number}": ("hub", f"gone{number}") for number in range(size)} | {"hub": ()}


SHAPES = (chain, backwards, zigzag, circle, circles, star, sun)


@pytest.mark.parametrize("shape", SHAPES)
def test_large_ones_are_walked(shape: Callable[[int], dict[str, tuple[str, ...]]]) -> None:
    edges = shape(MANY)
    order, found = find_order(edges)
    assert sum(map(len, order)) == len(edges)
    bits = close(order, edges, {"n0": 1})
    reached = {"star": 2, "sun": 1, "circles": 2}.get(shape.__name__, MANY)
    assert len(bits) == reached
    assert [len(some) for some in found] == {"circle": [MANY], "circles": [2] * (MANY // 2)}.get(shape.__name__, [])


@pytest.mark.slow
def test_a_million_edges_on_one_record_are_walked() -> None:
    order, _ = find_order(star(1_000_000))
    assert order[-1] == ("hub",)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_with_the_edges(shape: Callable[[int], dict[str, tuple[str, ...]]]) -> None:
    few, many = (count_lines(partial(walk, shape(size))) for size in (400, 1600))
    assert many <= 4.5 * few


def walk(edges: dict[str, tuple[str, ...]]) -> None:
    close(find_order(edges)[0], edges, {"n0": 1})


def test_work_grows_with_the_externals() -> None:
    def compare(size: int) -> list[ExternalChange]:
        names = [f"tool{number}" for number in range(size)]
        old, new = ({name + v: a_record(name, version=v, external="/usr") for name in names} for v in "12")
        return [*list_external_changes(a_graph(old), a_graph(new))]

    assert len(compare(50)) == 50
    few, many = (count_lines(partial(compare, size)) for size in (50, 200))
    assert many <= 4.5 * few


def test_work_grows_with_the_mpis_that_records_are_on() -> None:
    def build(size: int) -> Graph:
        # Names of its own for each size, as what edges say is remembered.
        edges = [EdgeKinds((EdgeKind(f"mpi{size}.{number}", ("link",), ("mpi",)),)) for number in range(size)]
        own = a_record("app").own
        return a_graph({f"n{place}": GraphNode(replace(own, edges=one), (f"m{place}",)) for place, one in enumerate(edges)})

    assert build(9).mpi["n7"] == ("mpi9.7",)
    few, many = (count_lines(partial(build, size)) for size in (50, 200))
    assert many <= 4.5 * few
