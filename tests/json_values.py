"""JSON values that schemas are tried with: what is at the edges of what formats allow, and anything made of it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOSTILE_TEXTS = [
    *(
        "",
        " ",
        "a",
        "a b",
        "a\n",
        "\na",
        "\n",
        "a\r\n",
        "a\t",
        "\0",
        "\x01",
        "\x1f",
        "\x7f",
        "\x80",
        "\x85",
        "\xa0",
        "a\u2028",
        "\u200b",
        "é",
    ),
    *(
        "a" * 31,
        "a" * 32,
        "a" * 32 + "\n",
        "a" * 33,
        "A" * 32,
        "1" * 32,
        "a" * 255,
        "a" * 256,
        "😀" * 255,
        "😀" * 256,
        "é" * 256,
    ),
    *(
        "-",
        "--",
        "package",
        "cache",
        "cache\n",
        "develop-2025-03-30\n",
        "py-numpy",
        "../x",
        "a/b",
        "$",
        "^",
        "[a]",
        "root",
        "+cuda",
    ),
]
texts = st.sampled_from(HOSTILE_TEXTS) | st.text(max_size=5)
numbers = st.sampled_from(
    [0, 1, -1, -0.0, 0.5, 1.0, 1.5, 1e15, 1e16, 1e300, -1e300, 5e-324, 2**53, 2**53 + 1, 2**63 - 1, -(2**63) + 1]
)
scalars = st.none() | st.booleans() | numbers | texts | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


def places_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value in a value, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, below in inner:
        yield from places_in(below, (*path, name))


# Made once: to make a strategy takes longer than to draw from it.
_numbers, _few = st.integers(0, 999_999), st.integers(1, 3)
_kinds = st.sampled_from(["replace", "replace", "remove", "double", "add"])


@st.composite
def mutated(draw: st.DrawFn, samples: Sequence[Any]) -> Any:
    """Return one of some objects with a few of its values replaced, doubled or taken out, or new ones put in."""
    found = deepcopy(samples[draw(_numbers) % len(samples)])
    for _ in range(draw(_few)):
        places = list(places_in(found))[1:]
        path = places[draw(_numbers) % len(places)]
        parent: Any = found
        for part in path[:-1]:
            parent = parent[part]
        kind = draw(_kinds)
        if kind == "replace":
            parent[path[-1]] = draw(values)
        elif kind == "remove":
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.append(deepcopy(parent[int(path[-1])]) if kind == "double" else draw(values))
        else:
            parent[draw(texts)] = draw(values)
    return found
