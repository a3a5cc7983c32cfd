"""All records of a snapshot, by hash: which of them are in it, in which stacks, and what is wrong with the others."""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.graph import GraphNode
from cachediff.domain.problem import Location
from cachediff.domain.reading import MAX_UNPROVEN, Fault, Integrity
from cachediff.domain.spelling import UNKNOWN_COMPILER
from cachediff.sources.records.faults import MAX_EXPLAINED, disagreeing, explain_record, lacking_root, misnamed, repeating
from cachediff.sources.records.index import Group
from cachediff.sources.records.members import find_value
from cachediff.sources.records.places import Lines
from cachediff.sources.records.proof import BASE32, FIRST_PROVABLE, gives, read_hashes, recompute
from cachediff.sources.records.record import UNREADABLE, decode_install, is_hash
from cachediff.sources.records.spelling import forget_virtuals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from msgspec import Raw

    from cachediff.domain.graph import OwnContent
    from cachediff.domain.package import Place
    from cachediff.limits import Limits
    from cachediff.sources.records.frames import Understood
    from cachediff.sources.records.index import Index
    from cachediff.sources.records.pieces import RecordMemory
    from cachediff.sources.records.record import Install


class Known(GraphNode, gc=False):
    """A record as it was read, with the number of its index, and its place there."""

    index: int = 0
    group: int = 0
    position: int = 0

    @property
    def package(self) -> str:
        """The name of its package."""
        return self.own.package


class Catalog:
    """What the indexes of a snapshot hold together. One hash in several of them is one spec with all their stacks.

    `memory` reads records, and is best that of the other side, too.
    """

    def __init__(self, limits: Limits, memory: RecordMemory) -> None:
        self._limits = limits
        self._memory = memory
        self._lines: list[Lines] = []
        self._compilers: dict[str, str] = {}
        self._unproven: set[str] = set()
        self._mismatched: set[str] = set()
        # Of what its hash does not prove: a digest has to see the text itself, and so does a second record of that hash.
        self._texts: dict[str, bytes] = {}
        self.knows_edges = True
        self.indexes: list[Index] = []
        self.known: dict[str, Known] = {}
        self.faults: dict[tuple[str, str], Fault] = {}
        self.roots: dict[str, frozenset[str]] = {}
        self.locks: dict[str, str] = {}

    def add(self, index: Index, stack: str) -> set[str]:
        """Add an index's records, and return the hashes of those that are in the snapshot; without a stack they get none."""
        number = len(self.indexes)
        self._lines.append(Lines(index.text))
        # One without dependencies is enough: what needs it could not be told from what needs nothing.
        self.knows_edges &= index.knows_edges
        # Without the text, as nothing of it is needed again.
        groups = tuple(Group(group.pointer, {}) for group in index.groups)
        self.indexes.append(msgspec.structs.replace(index, text=b"", groups=groups))
        found: set[str] = set()
        is_lock = index.kind == "lock"
        for group_number, group in enumerate(index.groups):
            records, positions = group.records, group.members.positions
            digests: Iterable[bytes] = repeat(b"")
            if _are_hashes(records):
                self._memory.learn_hashes(records)
                digests = read_hashes(records) if index.specfile >= FIRST_PROVABLE else digests
            # Not strict: what stands for digests of an old index has no end.
            for (key, raw), position, digest in zip(records.items(), positions, digests, strict=False):
                place = number, group_number, position
                # As nearly all records of databases are: the others are read with more care.
                if digest and not is_lock and (sound := self._memory.read_sound(key, raw, digest)):
                    is_inside = self._note(key, *sound, index, place)
                else:
                    is_inside = self._add(index, place, key, raw, digest)
                if is_inside:
                    found.add(key)
            self._note_repeated(group, (number, group_number))
        self._note_rootless(index)
        if index.kind == "lock":
            self.roots[stack] = self.roots.get(stack, frozenset()).union(index.roots)
            self.locks[stack] = index.path
        if stack:
            self._put_all(found, stack)
        return found

    def _note_repeated(self, group: Group, place: tuple[int, int]) -> None:
        """Note the keys that stand more than once in an object: the last record was read, as by all who read JSON."""
        if group.members.repeated:
            positions = dict(zip(group.records, group.members.positions, strict=True))
            for key, times in group.members.repeated.items():
                known = self.known.get(key)
                where = self._locate(key, *place, positions[key])
                self.faults.setdefault(("repeat", key), repeating(key, known.package if known else "", times, where))

    def _note_rootless(self, index: Index) -> None:
        """Note what a lock was asked for and has no record of."""
        missing = index.roots.keys() - set().union(*(group.records for group in index.groups))
        if not missing:
            return
        line, column = self._lines[-1].locate(index.roots_at)
        place = Location(index.path, line, column, "/roots")
        for hash_ in sorted(missing):
            self.faults.setdefault(("record", hash_), lacking_root(hash_, index.roots[hash_], place))

    def _put_all(self, hashes: Iterable[str], stack: str) -> None:
        # One object for all: most are in one stack.
        alone = (stack,)
        for hash_ in hashes:
            known = self.known[hash_]
            if known.stacks:
                self.put(hash_, stack)
            else:
                known.stacks = alone

    def put(self, hash_: str, stack: str) -> None:
        """Add a stack to those that have a spec."""
        known = self.known[hash_]
        if stack not in known.stacks:
            known.stacks = tuple(sorted((*known.stacks, stack)))

    def _add(self, index: Index, place: tuple[int, int, int], key: str, raw: Raw, digest: bytes) -> bool:
        """Add one record, and return whether it is in the snapshot; `digest` is what its key spells, empty for no hash."""
        try:
            install = None if index.kind == "lock" else decode_install(raw)
            return self._take(index, place, key, digest, bytes(install.spec if install else raw), install)
        except UNREADABLE as error:
            inner = self._locate(key, *place[:2], find_value(index.text, place[2]))
            places, is_brief = (self._locate(key, *place), inner), len(self.faults) >= MAX_EXPLAINED
            fault = explain_record(index, key, raw, places, self._limits, str(error), is_brief=is_brief)
            self.faults.setdefault(("record", key), fault)
            return False

    def _take(
        self, index: Index, place: tuple[int, int, int], key: str, digest: bytes, text: bytes, install: Install | None
    ) -> bool:
        """Add a record by the text of its spec. Raises msgspec's errors where that is none."""
        is_proven = bool(digest) and gives(text, key, digest)
        understood = self._memory.read_proven(key, text) if is_proven else self._memory.read(text, index.decode_node)
        # One that names no hash, as in old databases, has that under which it stands.
        is_by_key = index.is_by_build_hash or not understood.hash
        if is_by_key and not is_hash(key):
            message = "a key that is no hash"
            raise msgspec.ValidationError(message)
        if understood.hash != key and not is_by_key:
            is_outside = not _is_in_snapshot(index, install, understood)
            fault = misnamed(key, understood.hash, understood.own.package, self._locate(key, *place), is_outside=is_outside)
            self.faults.setdefault(("record", key), fault)
            return False
        if not is_proven:
            self._prove(understood, text, index, key, place)
        return self._note(key, understood, install, index, place)

    def _note(
        self, key: str, record: Understood, install: Install | None, index: Index, place: tuple[int, int, int]
    ) -> bool:
        """Note what a record was read as, and return whether it is in the snapshot."""
        is_explicit = install.explicit if install else key in index.roots
        known = self.known.get(key)
        if known is None:
            deprecated_for = install.deprecated_for if install else None
            dag_hash = record.hash if index.is_by_build_hash else ""
            self.known[key] = Known(record.own, record.dependencies, (), is_explicit, deprecated_for, dag_hash, *place)
        else:
            # Asked for in one index is asked for, whatever it is in another.
            known.is_explicit |= is_explicit
            if known.own is not record.own and _identify(known.own) != _identify(record.own):
                self._mismatched.add(key)
                fault = disagreeing(key, known.own, record.own, self._locate(key, *place))
                self.faults.setdefault(("hash", key), fault)
        return _is_in_snapshot(index, install, record)

    def _prove(self, record: Understood, text: bytes, index: Index, key: str, place: tuple[int, int, int]) -> None:
        """Recompute a record's hash, where it is one of its own text."""
        found, original = recompute(text, key) if index.specfile >= FIRST_PROVABLE else ("", 0)
        if found == key and not original:
            return
        self._texts.setdefault(key, text)
        if original:
            record.original = original
            record.own = msgspec.structs.replace(record.own, edges=forget_virtuals(record.own.edges, original))
        if found == key:
            return
        # One that a newer Spack rewrote still has the hash of the text that it was.
        if index.specfile < FIRST_PROVABLE or record.is_exempt or 0 < record.original < index.specfile:
            self._unproven.add(key)
            return
        self._mismatched.add(key)
        gives_ = f"/{found[:7]}" if found else "none"
        package = record.own.package
        message = f"{package} /{key[:7]} is not what its hash says: its content gives {gives_}"
        self.faults.setdefault(("hash", key), Fault("hash", package, "", key, message, self._locate(key, *place)))

    def digest(self, hash_: str) -> bytes:
        """Return what stands for a record's content: its hash where that proves it, else its text."""
        return self._texts.get(hash_) or hash_.encode()

    @cached_property
    def integrity(self) -> Integrity:
        """How many records give their hashes."""
        # Two indexes may have one hash, one of them with a claim that exempts it: the other one counts.
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

    def place(self, hash_: str) -> Place:
        """Return where a record stands: path, line, column, and the pointer of the object that holds it."""
        known = self.known[hash_]
        index = self.indexes[known.index]
        return (index.path, *self._lines[known.index].locate(known.position), index.groups[known.group].pointer)

    def locate(self, hash_: str) -> Location:
        """Return the same as a location."""
        known = self.known[hash_]
        return self._locate(hash_, known.index, known.group, known.position)

    def _locate(self, key: str, index: int, group: int, position: int) -> Location:
        line, column = self._lines[index].locate(position)
        return Location(self.indexes[index].path, line, column, f"{self.indexes[index].groups[group].pointer}/{key}")


def _are_hashes(keys: Collection[str]) -> bool:
    """Return whether all keys are hashes, looked at as one text."""
    # One key that is none leaves all of the index to the exact way, where it is told.
    text = "".join(keys).encode("utf-8", "backslashreplace")
    return len(text) == 32 * len(keys) and {*map(len, keys)} <= {32} and not text.translate(None, BASE32)


def _identify(own: OwnContent) -> tuple[object, ...]:
    """Return what of a record every format spells, and each hash covers."""
    return own.package, own.version, own.platform, own.os, own.target, own.variants


def _is_in_snapshot(index: Index, install: Install | None, record: Understood) -> bool:
    """Return whether a record is cached, installed or locked; an external never is."""
    if record.own.external is not None:
        return False
    if install is None:
        return True
    if index.kind == "site":
        return install.installed
    # The first indexes of build caches, of 2020, do not say so of what they list.
    return bool(install.in_buildcache) or index.lists_cached
