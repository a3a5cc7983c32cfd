"""Reads records that differ from one read before in nothing but hashes and place: what else they say is understood once.

A text is cut at the object that says where a spec runs, and at the hashes behind it. What is left, the frame, is the same
for the builds of one package for many places, and for those that are new because what they depend on is.
"""

from __future__ import annotations

import struct
from base64 import b32encode
from hashlib import sha1
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

from cachediff.domain.graph import OwnContent
from cachediff.sources.records.edges import compose_edges
from cachediff.sources.records.record import UNREADABLE, Arch
from cachediff.sources.records.spelling import FIRST_WITH_VIRTUALS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


MAX_FRAMES, MAX_BYTES, MAX_PLACES, MAX_CUTS = 1 << 17, 1 << 25, 1 << 14, 1 << 13
"""How many frames, places and ways to cut are remembered, and how many bytes of frames: a hostile index may repeat none."""

_ARCH = b'"arch":{'
_HASH = b'"hash":"'
_SAMPLE = '"platform":"{}","platform_os":"{}","target":"{}"'
_UNSTORED, _SIZE = -1, 32
_LEAST_COMPOSED = len(("between two hashes", "after the last one", "after the record's own"))
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_decode_arch = msgspec.json.Decoder(Arch).decode


class Understood(Struct, gc=False):
    """A record as it was read: the hash that it names, what it is by itself, the hashes that its edges lead to.

    `is_exempt` says that a true record of its kind may give another hash; `original` is the specfile that it was written as.
    """

    hash: str
    own: OwnContent
    dependencies: tuple[str, ...]
    is_exempt: bool
    original: int


_Pieces: TypeAlias = "tuple[bytes, ...]"
"""A frame as text: what stands before the place, and what then up to the first hash, between any two, and after the last."""


class _Frame(Struct, gc=False):
    """What records of one frame have in common; the place in `own` is none of theirs. Only what is stored has a number."""

    number: int
    own: OwnContent
    is_exempt: bool
    original: int


class _Place(Struct):
    """A place, and what was read there, by the number of its frame."""

    arch: Arch
    owns: dict[int, OwnContent]


class Frames:
    """Remembers frames. `read` reads a record in another way; `hashes` are those seen, `learn_hash` adds a valid one."""

    def __init__(
        self, read: Callable[[bytes], Understood], hashes: Mapping[bytes, str], learn_hash: Callable[[bytes], str]
    ) -> None:
        self._read, self._hashes, self._learn_hash = read, hashes, learn_hash
        self._frames: dict[_Pieces, _Frame] = {}
        self._pieces: dict[bytes, bytes] = {}
        self._cuts: dict[tuple[bytes, int], Callable[[bytes], tuple[bytes, ...]]] = {}
        self._places: dict[bytes, _Place] = {}
        self._left = MAX_BYTES

    def read(self, text: bytes) -> Understood | None:
        """Return a record, None where its frame does not tell.

        Raises msgspec's errors where a hash or a place is none.
        """
        head, _, rest = text.partition(_ARCH)
        arch, _, tail = rest.partition(b"}")
        # Mostly cut where the last one was that begins so and is as long: where it is not, it has no frame that is known.
        cut = self._cuts.get((head, len(tail)))
        parts = cut(tail) if cut else ()
        frame = self._frames.get((head, *parts[::2]))
        if frame is None:
            parts = self._cut(head, tail)
            pieces = (head, *parts[::2])
            frame = self._frames.get(pieces) or self._learn_frame(pieces)
            if frame is None:
                return None
        place = self._places.get(arch) or self._learn_place(arch)
        hashes: tuple[str, ...] = tuple(map(self._hashes.get, parts[1::2]))  # type: ignore[arg-type]
        if not all(hashes):
            hashes = tuple(map(self._learn_hash, parts[1::2]))
        own = place.owns.get(frame.number) or _put(frame, place)
        return Understood(hashes[-1], own, hashes[:-1], frame.is_exempt, frame.original)

    def _cut(self, head: bytes, tail: bytes) -> tuple[bytes, ...]:
        """Return what stands before and between hashes and after the last one, and in between the hashes."""
        first, *parts = tail.split(_HASH)
        sizes = [len(first), *[len(part) - _SIZE for part in parts]]
        if not parts or min(sizes) < 0:
            return (tail,)
        sizes[:-1] = [size + len(_HASH) for size in sizes[:-1]]
        # By one call in C, however many dependencies there are.
        cut = struct.Struct(f"{_SIZE}s".join([f"{size}s" for size in sizes])).unpack
        if len(self._cuts) < MAX_CUTS:
            self._cuts[head, len(tail)] = cut
        return cut(tail)

    def _learn_frame(self, pieces: _Pieces) -> _Frame | None:
        frame = self._compose(*pieces) or self._fill(*pieces)
        if frame is None or len(self._frames) >= MAX_FRAMES:
            return frame
        self._left -= sum([len(piece) for piece in pieces if piece not in self._pieces]) + len(pieces)
        if self._left >= 0:
            frame.number = len(self._frames)
            self._frames[tuple([self._pieces.setdefault(piece, piece) for piece in pieces])] = frame
        return frame

    def _compose(self, head: bytes, first: bytes, *rests: bytes) -> _Frame | None:
        """Return a frame of several dependencies by that of the same record with one, None where that does not tell."""
        if len(rests) < _LEAST_COMPOSED:
            return None
        *joints, last, end = rests
        edges, one = compose_edges(first, joints, last), compose_edges(first, (), last)
        if edges is None:
            return None
        pieces = (head, first, last, end)
        frame = self._frames.get(pieces) or self._learn_frame(pieces)
        # Of what knew no virtuals it takes all edges to tell whether any is known by now.
        if frame is None or frame.own.edges != one or 0 < frame.original < FIRST_WITH_VIRTUALS:
            return None
        return _Frame(_UNSTORED, msgspec.structs.replace(frame.own, edges=edges), frame.is_exempt, frame.original)

    def _fill(self, head: bytes, first: bytes, *rests: bytes) -> _Frame | None:
        """Return a frame as it reads with samples where it was cut, None where one of them is not seen in its place."""
        if not rests:
            return None  # no hash, or one that is too short
        # Made of the text, which so cannot hold them: of a key that is there twice the other one would be seen.
        mark = b32encode(sha1(b"".join((head, first, *rests)), usedforsecurity=False).digest()).decode().lower()[:16]
        place = tuple([mark + name for name in ("platform", "os", "target")])
        samples = [mark.encode() + f"{number:016x}".translate(_LETTERS).encode() for number in range(len(rests))]
        arch = _SAMPLE.format(*place).encode()
        filled = [head, _ARCH, arch, b"}", first, *chain.from_iterable(zip(samples, rests, strict=True))]
        try:
            found = self._read(b"".join(filled))
        except UNREADABLE:
            return None
        own = found.own
        hashes = [hash_.encode() for hash_ in (*found.dependencies, found.hash)]
        if hashes != samples or (own.platform, own.os, own.target) != place:
            return None
        return _Frame(_UNSTORED, own, found.is_exempt, found.original)

    def _learn_place(self, text: bytes) -> _Place:
        place = _Place(_decode_arch(b"{%b}" % text), {})
        if len(self._places) < MAX_PLACES:
            self._places[text] = place
        return place


def _put(frame: _Frame, place: _Place) -> OwnContent:
    """Return what a record of a frame is at a place, the same object each time."""
    own, arch = frame.own, place.arch
    made = OwnContent(
        own.package,
        own.version,
        arch.platform,
        arch.platform_os,
        arch.target_name,
        own.variants,
        own.compiler,
        own.flags,
        own.namespace,
        own.package_hash,
        own.external,
        own.edges,
    )
    if frame.number != _UNSTORED:
        place.owns[frame.number] = made
    return made
