"""Reads records that differ from one read before in nothing but hashes and place: what else they say is understood once.

A text is cut at the object that says where a spec runs, and at the hashes behind it. What is left, the frame, is the same
for the builds of one package for many places, and for those that are new because what they depend on is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from cachediff.domain.graph import OwnContent
from cachediff.sources.records.record import UNREADABLE, Arch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


MAX_FRAMES, MAX_BYTES, MAX_PLACES = 1 << 17, 1 << 25, 1 << 14
"""How many frames and places are remembered, and how many bytes of frames: a hostile index may repeat none."""

_ARCH = b'"arch":{'
_HASH = b'"hash":"'
_SAMPLE = b'"platform":"p","platform_os":"o","target":"t"'
_LETTERS = bytes.maketrans(b"01", b"ab")
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


class _Frame(Struct, gc=False):
    """What records of one frame have in common; the place in `own` is none of theirs."""

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
        self, read: Callable[[Raw], Understood], hashes: Mapping[bytes, str], learn_hash: Callable[[bytes], str]
    ) -> None:
        self._read, self._hashes, self._learn_hash = read, hashes, learn_hash
        self._frames: dict[bytes, _Frame] = {}
        self._places: dict[bytes, _Place] = {}
        self._left = MAX_BYTES

    def read(self, text: bytes) -> Understood | None:
        """Return a record, None where its frame does not tell.

        Raises msgspec's errors where a hash or a place is none.
        """
        # No two texts that are cut in other places leave one frame: it has all that they are cut at.
        head, _, rest = text.partition(_ARCH)
        arch, _, tail = rest.partition(b"}")
        first, *parts = tail.split(_HASH)
        if not parts:
            return None
        rests = [part[32:] for part in parts]
        frame_text = _HASH.join([head + _ARCH + first, *rests])
        frame = self._frames.get(frame_text) or self._learn_frame(frame_text, head, first, rests)
        if frame is None:
            return None
        place = self._places.get(arch) or self._learn_place(arch)
        known = self._hashes
        *dependencies, hash_ = [known.get(part[:32]) or self._learn_hash(part[:32]) for part in parts]
        own = place.owns.get(frame.number) or _put(frame, place)
        return Understood(hash_, own, tuple(dependencies), frame.is_exempt, frame.original)

    def _learn_frame(self, text: bytes, head: bytes, first: bytes, rests: list[bytes]) -> _Frame | None:
        """Return a frame as it reads with samples where it was cut, None where one of them is not seen in its place."""
        samples = [f"{number:032b}".encode().translate(_LETTERS) for number in range(len(rests))]
        filled = [head + _ARCH + _SAMPLE + b"}" + first, *map(bytes.__add__, samples, rests)]
        try:
            found = self._read(Raw(_HASH.join(filled)))
        except UNREADABLE:
            return None
        own = found.own
        hashes = [hash_.encode() for hash_ in (*found.dependencies, found.hash)]
        if hashes != samples or (own.platform, own.os, own.target) != ("p", "o", "t"):
            return None
        frame = _Frame(len(self._frames), own, found.is_exempt, found.original)
        if len(self._frames) >= MAX_FRAMES or self._left < len(text):
            return msgspec.structs.replace(frame, number=-1)
        self._left -= len(text)
        self._frames[text] = frame
        return frame

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
    if frame.number >= 0:
        place.owns[frame.number] = made
    return made
