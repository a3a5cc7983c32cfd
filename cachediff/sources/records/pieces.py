"""Reads records fast: an index repeats itself, so each distinct piece of a record is understood once, by its text.

In any doubt the exact way decides (`record.py`): the fast one may refuse what is true, and takes nothing that the other does
not (tests/test_records_pieces.py).
"""

from __future__ import annotations

import re
from sys import intern
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Raw, Struct

from cachediff.domain.graph import OwnContent
from cachediff.domain.spec import NO_EDGES
from cachediff.domain.spelling import spell_compiler, spell_version
from cachediff.sources.records.frames import Frames, Understood
from cachediff.sources.records.installs import Ends
from cachediff.sources.records.proof import gives, has_several_flags, is_exempt
from cachediff.sources.records.record import (
    UNREADABLE,
    Annotations,
    Arch,
    BuildSpec,
    Compiler,
    Edge,
    External,
    Name,
    Package,
    decode_node,
    decode_parameters,
)
from cachediff.sources.records.spelling import forget_virtuals, spell_edges, spell_flags, spell_own, spell_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cachediff.domain.spec import EdgeKinds
    from cachediff.sources.records.record import Install, Node

K = TypeVar("K")
T = TypeVar("T")

MAX_REMEMBERED = 1 << 17
"""How many texts of one kind are remembered: a hostile index may repeat none."""

_HASH = b'"hash":"'
_IS_HASH = re.compile(rb"[a-z2-7]{32}\Z")
_NOTHING = Raw()
_LEAST = len('{"name":"","version":"","arch":,"hash":""}')


class _Outline(Struct, gc=False):
    """A record whose larger pieces are text still."""

    name: str
    version: str
    arch: Raw
    hash: str
    namespace: str | None = None
    parameters: Raw = _NOTHING
    package_hash: str | None = None
    compiler: Raw = _NOTHING
    dependencies: Raw = _NOTHING
    external: Raw = _NOTHING
    annotations: Raw = _NOTHING
    build_spec: Raw = _NOTHING
    # Not compared, but Spack writes them: what else there is may be something twice.
    patches: Raw = _NOTHING
    provided_virtuals: Raw = _NOTHING
    propagate: Raw = _NOTHING
    abstract: Raw = _NOTHING


class _Remember(dict[K, T]):
    """What texts of one kind mean, found out when one is first asked for."""

    def __init__(self, understand: Callable[[K], T]) -> None:
        super().__init__()
        self._understand = understand

    def __missing__(self, text: K) -> T:
        found = self._understand(text)
        if len(self) < MAX_REMEMBERED:
            self[text] = found
        return found


class RecordMemory:
    """Reads records, and remembers pieces of those that it has read: one is made for both sides of a comparison."""

    def __init__(self) -> None:
        self.ends = Ends()
        self._proven: dict[str, Understood] = {}
        self._edges: dict[bytes, EdgeKinds] = {}
        self._hashes: dict[bytes, str] = {}
        self._frames = Frames(self._read_pieces, self._hashes, self._learn_hash)
        # One object for all texts that are equal: less memory, and compared at a glance.
        self._packages = _Remember[str, str](lambda text: intern(msgspec.convert(text, Package)))
        self._names = _Remember[str, str](lambda text: intern(msgspec.convert(text, Name)))
        self._versions = _Remember[str, str](lambda text: intern(spell_version(msgspec.convert(text, Name))))
        self._arches = _Remember[bytes, Arch](msgspec.json.Decoder(Arch).decode)
        self._parameters = _Remember[bytes, _Parameters](_understand_parameters)
        self._compilers = _Remember[bytes, str](_understand_compiler)
        self._externals = _Remember[bytes, str | None](_understand_external)
        self._annotations = _Remember[bytes, Annotations](_understand_annotations)

    def learn_hashes(self, hashes: Iterable[str]) -> None:
        """Remember valid hashes, so that each is one text wherever it stands."""
        known = self._hashes
        known |= {key: hash_ for hash_ in hashes if (key := hash_.encode()) not in known}

    def read(self, text: bytes, decode: Callable[[bytes], Node] = decode_node) -> Understood:
        """Return a record, which `decode` reads exactly. Raises msgspec's errors for one that its schema does not accept."""
        if decode is not decode_node:
            return understand_exactly(text, decode)  # an old format: they are small, and few
        try:
            # What is no hash or place is told by the exact way, which may take what is only written in other words.
            if found := self._frames.read(text):
                return found
        except UNREADABLE:
            return understand_exactly(text)
        return self._read_pieces(text)

    def _read_pieces(self, text: bytes) -> Understood:
        try:
            outline = _decode_outline(text)
            if len(text) == _measure(outline):
                understood = self._read(outline)
                self._learn_hash(understood.hash.encode())
                return understood
            return understand_exactly(text)
        except UNREADABLE:
            # Either it is wrong, and the exact way says in what, or there is more to it than meets the eye.
            return understand_exactly(text)

    def read_sound(self, hash_: str, raw: Raw, digest: bytes) -> tuple[Understood, Install] | None:
        """Return a record of a database whose text gives its hash, and what its database says of it beside.

        None where that takes a closer look.
        """
        cut = self.ends.cut(bytes(raw))
        if cut is None or not gives(cut[0], hash_, digest):
            return None
        try:
            found = self.read_proven(hash_, cut[0])
        except UNREADABLE:
            return None  # it may be cut where its spec does not end
        return (found, cut[1]) if found.hash == hash_ else None

    def read_proven(self, hash_: str, text: bytes) -> Understood:
        """Return a record whose text gives its hash: what has that hash and was read before is the same one."""
        found = self._proven.get(hash_)
        if found is None:
            # Read as any other: what it gives is a hash, and yet it may be no record.
            found = self._proven[hash_] = self.read(text)
        return found

    def _read(self, outline: _Outline) -> Understood:
        arch = self._arches[bytes(outline.arch)]
        parameters = self._parameters[bytes(outline.parameters)]
        annotations = self._annotations[bytes(outline.annotations)]
        external = self._externals[bytes(outline.external)]
        compiler = self._compilers[bytes(outline.compiler)] or (annotations.compiler or "")
        # Read to be refused where it is none; nothing else of it is compared.
        if outline.build_spec:
            msgspec.json.decode(outline.build_spec, type=BuildSpec | None)
        edges, dependencies = self._read_edges(bytes(outline.dependencies))
        original = annotations.original_specfile_version
        if original:
            edges = forget_virtuals(edges, original)
        own = OwnContent(
            self._packages[outline.name],
            self._versions[outline.version],
            arch.platform,
            arch.platform_os,
            arch.target_name,
            parameters.variants,
            compiler,
            parameters.flags,
            self._names[outline.namespace] if outline.namespace is not None else "",
            self._names[outline.package_hash] if outline.package_hash is not None else "",
            external,
            edges,
        )
        exempt = external is not None or arch.is_object or parameters.has_several_flags
        return Understood(outline.hash, own, dependencies, exempt, int(original))

    def _read_edges(self, text: bytes) -> tuple[EdgeKinds, tuple[str, ...]]:
        """Return the edges of a record and the hashes that they lead to: all but the hashes is remembered."""
        if not text:
            return NO_EDGES, ()
        first, *rest = text.split(_HASH)
        frame = _HASH.join([first, *[part[32:] for part in rest]])
        edges = self._edges.get(frame)
        if edges is None:
            edges = self._learn_edges(text, frame, rest)
        known = self._hashes
        return edges, tuple([known.get(part[:32]) or self._learn_hash(part[:32]) for part in rest])

    def _learn_edges(self, text: bytes, frame: bytes, rest: list[bytes]) -> EdgeKinds:
        found = _decode_edges(text)
        if [edge.hash.encode() for edge in found] != [part[:32] for part in rest]:
            # Hashes stand elsewhere, too, or are written in another way: for the exact way to tell.
            raise msgspec.ValidationError
        edges = spell_edges(found)
        if len(self._edges) < MAX_REMEMBERED:
            self._edges[frame] = edges
        return edges

    def _learn_hash(self, text: bytes) -> str:
        if not _IS_HASH.match(text):
            raise msgspec.ValidationError
        return self._hashes.setdefault(text, text.decode())


def _measure(outline: _Outline) -> int:
    """Return how long a record is that has these pieces and nothing else, written compactly.

    One that is longer may have a key twice, of which only the last is a piece: the exact way looks at both.
    """
    size = _LEAST + len(outline.name) + len(outline.version) + len(outline.hash) + len(memoryview(outline.arch))
    for text, most in ((outline.namespace, len('"namespace":"",')), (outline.package_hash, len('"package_hash":"",'))):
        if text is not None:
            size += most + len(text)
    for piece, most in (
        (outline.parameters, len('"parameters":,')),
        (outline.dependencies, len('"dependencies":,')),
        (outline.annotations, len('"annotations":,')),
        (outline.external, len('"external":,')),
        (outline.compiler, len('"compiler":,')),
        (outline.build_spec, len('"build_spec":,')),
        (outline.patches, len('"patches":,')),
        (outline.provided_virtuals, len('"provided_virtuals":,')),
        (outline.propagate, len('"propagate":,')),
        (outline.abstract, len('"abstract":,')),
    ):
        if piece is not _NOTHING:
            size += most + len(memoryview(piece))
    return size


def understand_exactly(text: bytes, decode: Callable[[bytes], Node] = decode_node) -> Understood:
    """Return a record as the schema has it, however it is written. Raises msgspec's errors."""
    node = decode(text)
    original = int(node.annotations.original_specfile_version) if node.annotations else 0
    dependencies = tuple([intern(edge.hash) for edge in node.dependencies])
    return Understood(node.hash, spell_own(node), dependencies, is_exempt(node), original)


class _Parameters(Struct, gc=False):
    variants: tuple[str, ...]
    flags: tuple[str, ...]
    has_several_flags: bool


def _understand_parameters(text: bytes) -> _Parameters:
    parameters = decode_parameters(text) if text else {}
    return _Parameters(spell_parameters(parameters), spell_flags(parameters), has_several_flags(parameters))


def _understand_compiler(text: bytes) -> str:
    compiler = _decode_compiler(text) if text else None
    return spell_compiler(f"{compiler.name}@{compiler.version}") if compiler else ""


def _understand_external(text: bytes) -> str | None:
    external = _decode_external(text) if text else None
    return (external.path or "") if external else None


def _understand_annotations(text: bytes) -> Annotations:
    found = (_decode_annotations(text) if text else None) or Annotations()
    return msgspec.structs.replace(found, compiler=spell_compiler(found.compiler)) if found.compiler else found


_decode_outline = msgspec.json.Decoder(_Outline).decode
_decode_edges = msgspec.json.Decoder(list[Edge]).decode
_decode_compiler = msgspec.json.Decoder(Compiler | None).decode
_decode_external = msgspec.json.Decoder(External | None).decode
_decode_annotations = msgspec.json.Decoder(Annotations | None).decode
