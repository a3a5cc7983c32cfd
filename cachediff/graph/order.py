"""The order in which a graph can be walked, every record after those that it depends on; circles are found on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cachediff.domain.graph import Component

MAX_PASSES = 4
"""How often what is not in order is looked at again before it is sorted: Spack writes dependencies first."""


def find_order(edges: Mapping[str, Sequence[str]]) -> tuple[list[Component], list[Component]]:
    """Return the nodes of a graph, each after those that it depends on; those of a circle together, in order of hash.

    The second list has the circles alone: nodes that depend on each other, or one on itself. `edges` has a key for every
    node; an edge to anything else leads nowhere.
    """
    order: list[Component] = []
    done: set[str] = set()
    left: Iterable[str] = edges
    for _ in range(MAX_PASSES):
        left = _take_ready(left, edges, done, order)
        if not left:
            return order, []
    # What goes round is never ready, so that all circles are in the rest.
    rest = _find_components(left, edges, done)
    return order + rest, [nodes for nodes in rest if len(nodes) > 1 or nodes[0] in edges[nodes[0]]]


def refine(circle: Component, edges: Mapping[str, Sequence[str]]) -> Sequence[Component]:
    """Return the nodes of a circle in order, as some of its edges put them: not all that go round do so over these."""
    return find_order({node: edges.get(node, ()) for node in circle})[0]


def _take_ready(
    nodes: Iterable[str], edges: Mapping[str, Sequence[str]], done: set[str], order: list[Component]
) -> list[str]:
    """Move what depends on nothing that is left into the order, and return the rest."""
    left = []
    for node in nodes:
        found = edges[node]
        # Whole sets first, which tell of nearly all nodes: what else an edge leads to may be no node at all.
        if done.issuperset(found) or all(other in done or other not in edges for other in found):
            done.add(node)
            order.append((node,))
        else:
            left.append(node)
    return left


def _find_components(nodes: Iterable[str], edges: Mapping[str, Sequence[str]], done: set[str]) -> list[Component]:
    """Return the strongly connected components of what is left, by Tarjan's algorithm, without recursion."""
    order: list[Component] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    for start in nodes:
        if start in number:
            continue
        # A node, and what of its edges is not followed yet: the call stack of the recursive form.
        path = [(start, iter(edges[start]))]
        while path:
            node, rest = path[-1]
            if node not in number:
                number[node] = lowest[node] = len(number)
                stack.append(node)
            for other in rest:
                if other in done or other not in edges:
                    continue
                if other not in number:
                    path.append((other, iter(edges[other])))
                    break
                lowest[node] = min(lowest[node], number[other])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    order.append(_take_component(node, stack))
                    done.update(order[-1])
    return order


def _take_component(node: str, stack: list[str]) -> Component:
    """Take a component, which ends with a node, off the stack."""
    place = len(stack) - 1
    while stack[place] != node:
        place -= 1
    component = stack[place:]
    del stack[place:]
    return tuple(sorted(component))
