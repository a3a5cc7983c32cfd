"""One binary: what it is called, and what tells it from every other one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "root"
"""The union of all stacks, which pages list beside them: not a stack."""

DEFAULT_STACK = "default"
"""The one stack of a snapshot that knows none, and of what a mirror has in none of its views."""


class Coordinates(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a spec is, apart from its hash and its stacks, canonically spelled. The package is its page's."""

    version: str
    platform: str
    os: str
    target: str
    compiler: str
    variants: tuple[str, ...]


# Apart from Spec, because most work is on distinct contents: equal ones are mostly one object, whose hash is made once.
class SpecContent(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a spec is, apart from its hash: coordinates, and the stacks in alphabetical order without `root`."""

    coordinates: Coordinates
    stacks: tuple[str, ...]


LANGUAGES = ("c", "cxx", "fortran")
"""The virtuals that compilers provide, the first of which names the compiler of a record."""

USED_TYPES = frozenset(("link", "run"))
"""What a spec needs of its dependencies once it is built: without one of these it cannot be installed from a cache."""


@lru_cache(maxsize=1 << 10)
def _are_used(types: tuple[str, ...]) -> bool:
    return not USED_TYPES.isdisjoint(types)


class EdgeKind(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """An edge without the hash that it leads to: to whom, what for, and which virtuals that one provides.

    No virtuals are known before specfile 4.
    """

    name: str
    types: tuple[str, ...] = ()
    virtuals: tuple[str, ...] | None = None

    @property
    def is_used(self) -> bool:
        """Whether who depends cannot be installed without it."""
        return _are_used(self.types)


# No tuple, as the hash of one is made anew each time: few kinds of edges are spelled alike by many records, and looked up.
class EdgeKinds(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """All edges of a record without the hashes that they lead to, in the record's order.

    Virtuals that a newer Spack worked out, by the recipes of its day, are none that the record's hash covers.
    """

    kinds: tuple[EdgeKind, ...] = ()
    covers_virtuals: bool = True

    def __iter__(self) -> Iterator[EdgeKind]:
        """Return an iterator over the edges."""
        return iter(self.kinds)


NO_EDGES = EdgeKinds()


@lru_cache(maxsize=1 << 14)
def find_compiler_edge(edges: EdgeKinds) -> int | None:
    """Return which edge leads to the compiler: the first that provides a language, None where none does."""
    for language in LANGUAGES:
        for place, edge in enumerate(edges):
            if language in (edge.virtuals or ()):
                return place
    return None


class Dependency(Struct, frozen=True, array_like=True, order=True, gc=False):
    """One edge of the graph: to whom, what for, and which virtuals that one provides (none are known before specfile 4)."""

    name: str
    hash: str
    types: tuple[str, ...] = ()
    virtuals: tuple[str, ...] | None = None


class RecordFacts(Struct, frozen=True, array_like=True, gc=False):
    """What records of an index know of a spec, and pages do not; empty where a record does not say.

    `flags` are compiler flags as `cflags=-O3 -g`, `package_hash` is that of the recipe, `edges` lead to `hashes`, each to
    its own. `mpi` names the MPIs that it reaches over link and run edges, None where no virtuals are known;
    `is_installable` says that all that it needs is in the snapshot or external. Some databases 5 have no dependencies at
    all, which `knows_dependencies` tells from specs that have none.
    """

    namespace: str = ""
    flags: tuple[str, ...] = ()
    package_hash: str = ""
    edges: EdgeKinds = NO_EDGES
    hashes: tuple[str, ...] = ()
    mpi: tuple[str, ...] | None = ()
    is_installable: bool = True
    knows_dependencies: bool = True

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """The edges with the hashes that they lead to, in order: a record's own order means nothing."""
        edges = zip(self.edges.kinds, self.hashes, strict=True)
        return tuple(sorted([Dependency(edge.name, hash_, edge.types, edge.virtuals) for edge, hash_ in edges]))


class Spec(Struct, frozen=True, array_like=True, gc=False):
    """One binary: an entry of a page's `spec_details`, or a record of an index, which has `facts` besides.

    `index` is its place in that list, `is_in_root` says whether its stacks named `root`, and `extra` holds the fields that
    are not compared (`size`, `tarball`, any that the format may grow) as JSON text, empty when there are none.
    """

    hash: str
    content: SpecContent
    index: int = 0
    # Apart from the content: before June 2023 no spec named root, and two that differ in nothing else are equal.
    is_in_root: bool = True
    extra: str = ""
    facts: RecordFacts | None = None

    @property
    def coordinates(self) -> Coordinates:
        """The spec's coordinates."""
        return self.content.coordinates

    @property
    def stacks(self) -> tuple[str, ...]:
        """The spec's stacks, without `root`."""
        return self.content.stacks


class PlacedSpec(Struct, frozen=True):
    """A spec as the answers of `why` and `impact` name it: what it is, and where."""

    package: str
    version: str
    hash: str
    platform: str
    os: str
    target: str


class FieldChange(Struct, frozen=True):
    """One field that differs between two paired specs, in canonical spelling: a variant's field is `variants.<name>`.

    None: not there.
    """

    field: str
    old: str | None
    new: str | None
