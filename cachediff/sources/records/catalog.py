"""All records of a snapshot, by hash: which of them are in it, in which stacks, and what is wrong with the others."""

from __future__ import annotations

from functools import cached_property
from sys import intern
from typing import TYPE_CHECKING

from cachediff.domain.graph import GraphNode
from cachediff.domain.problem import Location
from cachediff.domain.reading import MAX_UNPROVEN, Fault, Integrity
from cachediff.domain.spelling import UNKNOWN_COMPILER
from cachediff.sources.records.faults import explain_record, misnamed
from cachediff.sources.records.places import Lines, find_keys
from cachediff.sources.records.proof import FIRST_PROVABLE, may_differ, recompute
from cachediff.sources.records.record import UNREADABLE, decode_install
from cachediff.sources.records.spelling import spell_own

if TYPE_CHECKING:
    from msgspec import Raw

    from cachediff.limits import Limits
    from cachediff.sources.records.index import Group, Index
    from cachediff.sources.records.record import Install, Node


class Known(GraphNode, gc=False, kw_only=True):
    """A record as it was read: the text of its spec, the number of its index, and its place there."""

    raw: Raw
    index: int
    group: int
    position: int

    @property
    def package(self) -> str:
        """The name of its package."""
        return self.own.package


class Catalog:
    """What the indexes of a snapshot hold together. One hash in several of them is one spec with all their stacks."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lines: dict[int, Lines] = {}
        self._compilers: dict[str, str] = {}
        self._unproven: set[str] = set()
        self._mismatched: set[str] = set()
        self.indexes: list[Index] = []
        self.known: dict[str, Known] = {}
        self.faults: dict[tuple[str, str], Fault] = {}

    def add(self, index: Index, stack: str) -> set[str]:
        """Add an index's records, and return the hashes of those that are in the snapshot; without a stack they get none."""
        number = len(self.indexes)
        self.indexes.append(index)
        found: set[str] = set()
        for group_number, group in enumerate(index.groups):
            for (key, raw), position in zip(group.records.items(), find_keys(index.text, group), strict=True):
                if self._add(index, (number, group_number, position), key, raw):
                    found.add(key)
        if stack:
            for hash_ in found:
                self.put(hash_, stack)
        return found

    def put(self, hash_: str, stack: str) -> None:
        """Add a stack to those that have a spec."""
        known = self.known[hash_]
        if stack not in known.stacks:
            known.stacks = tuple(sorted((*known.stacks, stack)))

    def _add(self, index: Index, place: tuple[int, int, int], key: str, raw: Raw) -> bool:
        """Add one record, and return whether it is in the snapshot."""
        try:
            install = None if index.kind == "lock" else decode_install(raw)
            text = install.spec if install else raw
            node = index.decode_node(text)
        except UNREADABLE as error:
            fault = explain_record(index, key, raw, self._locate(key, *place), self._limits, str(error))
            self.faults.setdefault(("record", key), fault)
            return False
        if node.hash != key and not index.is_by_build_hash:
            is_outside = not _is_in_snapshot(index, install, node)
            fault = misnamed(key, node.hash, node.name, self._locate(key, *place), is_outside=is_outside)
            self.faults.setdefault(("record", key), fault)
            return False
        is_explicit = install.explicit if install else key in index.roots
        known = self.known.get(key)
        if known is None:
            dependencies = tuple([intern(edge.hash) for edge in node.dependencies])
            number, group, position = place
            self.known[intern(key)] = Known(
                spell_own(node),
                dependencies,
                is_explicit=is_explicit,
                raw=text,
                index=number,
                group=group,
                position=position,
            )
        elif is_explicit:
            known.is_explicit = True
        if known is None or memoryview(known.raw) != memoryview(text):
            self._prove(node, text, index, key, place)
        return _is_in_snapshot(index, install, node)

    def _prove(self, node: Node, raw: Raw, index: Index, key: str, place: tuple[int, int, int]) -> None:
        """Recompute a record's hash, where it is one of its own text."""
        if index.specfile >= FIRST_PROVABLE and (found := recompute(raw, key)) == key:
            return
        if may_differ(node, index.specfile):
            self._unproven.add(key)
            return
        self._mismatched.add(key)
        message = (
            f"{node.name} /{key[:7]} is not what its hash says: its content gives {f'/{found[:7]}' if found else 'none'}"
        )
        self.faults.setdefault(("hash", key), Fault("hash", node.name, "", key, message, self._locate(key, *place)))

    @cached_property
    def integrity(self) -> Integrity:
        """How many records give their hashes."""
        unproven = self._unproven - self._mismatched
        return Integrity(
            recomputed=len(self.known) - len(unproven) - len(self._mismatched),
            not_recomputable=len(unproven),
            mismatched=len(self._mismatched),
            unproven=tuple(sorted(f"{self.known[hash_].package}/{hash_}" for hash_ in unproven)[:MAX_UNPROVEN]),
        )

    def find_compiler(self, hash_: str) -> str:
        """Return `name@version` of a record, `none` where no index has it."""
        if hash_ not in self._compilers:
            known = self.known.get(hash_)
            self._compilers[hash_] = f"{known.package}@{known.own.version}" if known else UNKNOWN_COMPILER
        return self._compilers[hash_]

    def locate(self, hash_: str) -> Location:
        """Return where a record stands."""
        known = self.known[hash_]
        return self._locate(hash_, known.index, known.group, known.position)

    def _locate(self, key: str, index: int, group: int, position: int) -> Location:
        if index not in self._lines:
            self._lines[index] = Lines(self.indexes[index].text)
        line, column = self._lines[index].locate(position)
        return Location(self.indexes[index].path, line, column, f"{self._group(index, group).pointer}/{key}")

    def _group(self, index: int, group: int) -> Group:
        return self.indexes[index].groups[group]


def _is_in_snapshot(index: Index, install: Install | None, node: Node) -> bool:
    """Return whether a record is cached, installed or locked; an external never is."""
    if node.external is not None:
        return False
    if install is None:
        return True
    return bool(install.in_buildcache) if index.kind == "buildcache" else install.installed
