"""Which records of an index a word means, as in Spack: a name, with a version or a hash, or the beginning of a hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cachediff.domain.spec import find_compiler_edge
from cachediff.domain.versions import version_key

if TYPE_CHECKING:
    from cachediff.domain.graph import Graph, GraphNode


def find_records(graph: Graph, word: str) -> list[str]:
    """Return the hashes of all records that a word means: `hdf5`, `hdf5@1.14`, `hdf5/abc`, `hdf5@1.14 /abc`, `/abc`, `abc`.

    Those in the snapshot come first. A package goes before a hash that begins like its name.
    """
    named, slash, start = word.partition("/")
    name, at, version = named.strip().partition("@")
    if slash or at:
        nodes = graph.nodes.items()
        found = [hash_ for hash_, node in nodes if _fits(hash_, node, name, version.removeprefix("="), start)]
    else:
        # Names of packages first, as Spack reads a word: `bzip2` may well be how a hash begins.
        found = [hash_ for hash_, node in graph.nodes.items() if node.own.package == word]
        found = found or [hash_ for hash_ in graph.nodes if word and hash_.startswith(word)]
    return sorted(found, key=lambda hash_: _rank(hash_, graph.nodes[hash_]))


def name_compiler(graph: Graph, node: GraphNode) -> str:
    """Return the compiler of a record as `gcc@12.2.0`, empty where none is known."""
    place = find_compiler_edge(node.own.edges)
    if place is None:
        return node.own.compiler
    name, other = node.own.edges.kinds[place].name, graph.nodes.get(node.dependencies[place])
    return f"{name}@{other.own.version}" if other else name


def _fits(hash_: str, node: GraphNode, name: str, version: str, start: str) -> bool:
    if (name and node.own.package != name) or (version and node.own.version != version):
        return False
    # A slash by itself would mean every record.
    return hash_.startswith(start) if start else bool(name)


def _rank(hash_: str, node: GraphNode) -> tuple[Any, ...]:
    return not node.stacks, node.own.package, version_key(node.own.version), node.own.version, hash_
