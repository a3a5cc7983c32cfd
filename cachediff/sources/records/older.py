"""Records as Spack wrote them up to 0.17, typed: read as what they would be today.

Up to specfile 1 (database 5, lock 2) a spec's name is the one key of an object, and its dependencies are an object by name.
Locks 2 and 3 stand under build hashes, and their dependencies lead to those: a record's own `hash` tells nothing there, as
several may share one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from cachediff.sources.records.record import (
    Arch,
    Compiler,
    Edge,
    External,
    Hash,
    Name,
    Node,
    Package,
    decode_node,
    decode_parameters,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class OldEdge(Struct, gc=False):
    """What a dependency is for and where it leads, as an object by name has it."""

    # Unset and not None: null is no hash, and the schema refuses it, too.
    hash: Hash | UnsetType = UNSET
    build_hash: Hash | UnsetType = UNSET
    type: list[Name] | None = None

    def __post_init__(self) -> None:
        """Refuse what leads nowhere."""
        if self.hash is UNSET and self.build_hash is UNSET:
            message = "Object missing required field `hash`"
            raise ValueError(message)


class NamedOldEdge(OldEdge, gc=False, kw_only=True):
    """The same as a list has it, specfile 2."""

    name: Package


class OldNode(Struct, gc=False):
    """What is the same in specfile 1 and 2."""

    version: Name
    arch: Arch
    hash: Hash | UnsetType = UNSET
    namespace: Name | None = None
    # As text, since a second decoder of their type crashes msgspec (`decode_parameters`).
    parameters: Raw = Raw(b"{}")
    package_hash: Name | None = None
    compiler: Compiler | None = None
    external: External | None = None


class KeyedNode(OldNode, gc=False):
    """A spec under its name, specfile 1."""

    dependencies: dict[Package, OldEdge] = {}


class ListedNode(OldNode, gc=False, kw_only=True):
    """A spec that has its name, specfile 2."""

    name: Package
    dependencies: list[NamedOldEdge] = []


_Keyed = Annotated[dict[Package, KeyedNode], Meta(min_length=1, max_length=1)]
_decode_keyed = msgspec.json.Decoder(_Keyed).decode
_decode_listed = msgspec.json.Decoder(ListedNode).decode


def choose_decoder(version: str, *, is_lock: bool) -> Callable[[bytes], Node]:
    """Return what reads the specs of a database or a lock of a version."""
    return _OLDER.get((version, is_lock), decode_node)


def decode_database_5(raw: bytes) -> Node:
    """Return a spec of a database 5: its hash is its key, which only Spack since 0.16 says in it once more."""
    ((name, node),) = _decode_keyed(raw).items()
    return _renew(name, node, node.dependencies.items(), is_by_build=False)


def decode_lock_2(raw: bytes) -> Node:
    """Return a spec of a lock 2."""
    ((name, node),) = _decode_keyed(raw).items()
    return _renew(name, node, node.dependencies.items(), is_by_build=True)


def decode_lock_3(raw: bytes) -> Node:
    """Return a spec of a lock 3."""
    node = _decode_listed(raw)
    return _renew(node.name, node, ((edge.name, edge) for edge in node.dependencies), is_by_build=True)


_OLDER = {("5", False): decode_database_5, ("2", True): decode_lock_2, ("3", True): decode_lock_3}


def _renew(name: str, node: OldNode, edges: Iterable[tuple[str, OldEdge]], *, is_by_build: bool) -> Node:
    return Node(
        name=name,
        version=node.version,
        arch=node.arch,
        # A spec of a lock need not have one, as it stands under its build hash.
        hash=node.hash or "",
        namespace=node.namespace,
        parameters=decode_parameters(bytes(node.parameters)),
        package_hash=node.package_hash,
        compiler=node.compiler,
        dependencies=[Edge(other, _lead(edge, is_by_build=is_by_build), None, edge.type) for other, edge in edges],
        external=node.external,
    )


def _lead(edge: OldEdge, *, is_by_build: bool) -> str:
    """Return where an edge leads: one of both, as it must have."""
    first, second = (edge.build_hash, edge.hash) if is_by_build else (edge.hash, edge.build_hash)
    return first or second or ""
