"""All records of an index as a graph: what each is by itself, and on whom it depends (docs/design.md, The graph)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from cachediff.domain.problem import Location
from cachediff.domain.reading import SnapshotKind
from cachediff.domain.spec import NO_EDGES, EdgeKinds, FieldChange


class OwnContent(Struct, frozen=True, cache_hash=True, array_like=True, gc=False):
    """What a record is by itself, canonically spelled: everything that its hash covers but the hashes of others.

    `compiler` is the one that the record names (up to specfile 4), `external` the path of an external, None of what Spack
    built. Texts are empty where the record does not say.
    """

    package: str
    version: str
    platform: str
    os: str
    target: str
    variants: tuple[str, ...] = ()
    compiler: str = ""
    flags: tuple[str, ...] = ()
    namespace: str = ""
    package_hash: str = ""
    external: str | None = None
    edges: EdgeKinds = NO_EDGES


# Not frozen: the stacks of a record are known when all indexes of a snapshot are read.
class GraphNode(Struct, gc=False):
    """One record: what it is by itself, the hashes that its edges lead to, and the stacks that have it.

    `dependencies` are in the order of `own.edges`. Without a stack a record is not in the snapshot: an external, or one that
    is not cached or installed. One that is `deprecated_for` another is removed, and that one linked in its place.
    `dag_hash` is what others know it by, where it stands under another hash, as in locks 2 and 3; empty elsewhere.
    """

    own: OwnContent
    dependencies: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    is_explicit: bool = False
    deprecated_for: str | None = None
    dag_hash: str = ""

    @property
    def is_external(self) -> bool:
        """Whether it was there before Spack."""
        return self.own.external is not None


Nodes: TypeAlias = Mapping[str, GraphNode]
"""Records by hash."""


def is_there(nodes: Nodes, hash_: str) -> bool:
    """Return whether those who depend on a record have it: a spec, an external, or one that another is linked in place of.

    Spack deprecates so (cmd/deprecate.py): what depends on the old one runs with the new one from then on, and one that is
    deprecated itself takes nobody's place.
    """
    node = nodes.get(hash_)
    if node is not None and not (node.stacks or node.is_external) and node.deprecated_for:
        node = nodes.get(node.deprecated_for)
    return node is not None and (bool(node.stacks) or node.is_external)


Component: TypeAlias = tuple[str, ...]
"""A record, or the records of a circle, which nothing true can be."""


class Graph(Struct, frozen=True):
    """All records of one snapshot, also those that are not in it.

    `order` has every record after those that it depends on, `circles` are those that go round; `locate` returns where a
    record stands. `faulty` are the hashes whose records cannot be trusted, which are no nodes.

    `mpi` names the MPIs that each record reaches over link and run edges, None where no virtuals are known on the way.
    `missing` are the hashes that specs need and cannot have, `uninstallable` the specs that cannot be installed for that.
    `roots` are those of each lock, by its stack, `locks` is where each lock lies. `specfile` is the newest that a record is
    of, 0 where none is known. `unpaired` are the stacks of those specs whose stacks the other side could not show, by hash.
    """

    kind: SnapshotKind
    nodes: Nodes
    order: Sequence[Component]
    locate: Callable[[str], Location]
    faulty: frozenset[str] = frozenset()
    mpi: Mapping[str, tuple[str, ...] | None] = {}
    missing: tuple[str, ...] = ()
    uninstallable: frozenset[str] = frozenset()
    # Beside `is_explicit`, since a root of one lock may be no more than a dependency in another.
    roots: Mapping[str, frozenset[str]] = {}
    locks: Mapping[str, str] = {}
    circles: tuple[Component, ...] = ()
    specfile: int = 0
    unpaired: Mapping[str, tuple[str, ...]] = {}

    @property
    def knows_roots(self) -> bool:
        """Whether it says what somebody asked for by name: a build cache does not."""
        return self.kind in {"site", "lock"}


class MissingDependency(Struct, frozen=True):
    """A link or run dependency of a spec that is neither in the snapshot nor external.

    `version`, `os` and `target` are empty where the index has no record of it. `specs` counts the specs that cannot be
    installed without it, `examples` are at most five of those that depend on it directly; `was_missing` says that OLD lacked
    the same, `had_record` that OLD had a record of it. `location` is where its record stands, or else that of one that
    depends on it.
    """

    package: str
    hash: str
    version: str
    os: str
    target: str
    reason: Literal["not in the snapshot", "no record", "bad record"]
    specs: int
    examples: tuple[str, ...]
    location: Location
    was_missing: bool = False
    had_record: bool = False


class ExternalChange(Struct, frozen=True):
    """An external that came in another's place, and the fields in which they differ: its recipe, for one.

    `path` is where it lies, empty for one of a module; `reaches` counts the fresh specs that depend on it.
    """

    package: str
    version: str
    path: str
    hash: str
    fields: tuple[FieldChange, ...]
    location: Location
    reaches: int = 0
