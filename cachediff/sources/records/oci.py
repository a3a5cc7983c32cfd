"""OCI image layouts on disk, as `skopeo copy` makes them of a build cache in a registry: which blob is the index.

Spack pushes its index under the tag `index.spack`, as the only layer of an image, and calls that layer a packed tar,
which it is not: media types tell nothing here.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from cachediff.sources.records.index import BadIndexError
from cachediff.sources.records.record import UNREADABLE
from cachediff.text.problems import TextError, locate, shorten

TAG = "index.spack"
_REFERENCE = "org.opencontainers.image.ref.name"
_T = TypeVar("_T")


class Blob(Struct, frozen=True):
    """A file by its digest and size: `blobs/sha256/<digest>`."""

    digest: Annotated[str, Meta(pattern=r"^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")]
    size: Annotated[int, Meta(ge=0)]
    annotations: dict[str, str] | None = None

    @property
    def path(self) -> str:
        """Where it lies in the layout."""
        # The pattern of a digest leaves no way out of there.
        return f"blobs/{self.digest.replace(':', '/')}"

    @property
    def is_index(self) -> bool:
        """Whether its name is that of Spack's index, alone or behind that of a registry."""
        name = (self.annotations or {}).get(_REFERENCE, "")
        return name == TAG or name.endswith(f":{TAG}")


class _Images(Struct):
    schemaVersion: Literal[2]  # noqa: N815 - as the format has it
    manifests: list[Blob]


class _Image(Struct):
    schemaVersion: Literal[2]  # noqa: N815 - as the format has it
    layers: Annotated[list[Blob], Meta(min_length=1)]


def find_image(text: bytes, path: str) -> tuple[Blob, str]:
    """Return the image that holds the index, by the name of its tag, or the only one, and its pointer.

    Raises BadIndexError.
    """
    images = _decode(text, path, _Images, "OCI layout").manifests
    listed = [(image, f"/manifests/{i}") for i, image in enumerate(images)]
    # By digest, as an image may be listed once for each of its tags.
    named = {place[0].digest: place for place in listed if place[0].is_index}
    found = named or {place[0].digest: place for place in listed}
    if len(found) != 1:
        what = f"{len(found):,} images with that tag" if named else f"{len(found):,} images, none with that tag"
        flaw = TextError(
            0, 1, "/manifests", "OCI layout does not tell which image is the index", f"one image tagged {TAG}", what
        )
        raise BadIndexError(locate(flaw, "", path))
    return next(iter(found.values()))


def find_layer(text: bytes, path: str) -> Blob:
    """Return the blob that is the index, given the image's manifest. Raises BadIndexError."""
    return _decode(text, path, _Image, "OCI manifest").layers[0]


def check_blob(data: bytes, blob: Blob, pointer: str, path: str) -> None:
    """Raise BadIndexError where a blob is not what names it, which stands at a pointer of a file."""
    if len(data) != blob.size:
        flaw = TextError(
            0,
            1,
            f"{pointer}/size",
            "blob is not as long as its manifest says",
            f"{blob.size:,} bytes",
            f"{len(data):,} bytes",
        )
        raise BadIndexError(locate(flaw, "", path))
    algorithm, _, expected = blob.digest.partition(":")
    found = hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
    if found != expected:
        flaw = TextError(0, 1, f"{pointer}/digest", "blob is not the one that its manifest names", expected, found)
        raise BadIndexError(locate(flaw, "", path))


def _decode(text: bytes, path: str, type_: type[_T], noun: str) -> _T:
    try:
        return msgspec.json.decode(text, type=type_)
    except UNREADABLE as error:
        at = re.search(r"`\$([^`]*)`", str(error))
        pointer = re.sub(r"[.\[]", "/", at[1]).replace("]", "") if at else ""
        flaw = TextError(0, 1, pointer, f"{noun} cannot be read", "blobs by digest and size", shorten(str(error)))
        raise BadIndexError(locate(flaw, "", path)) from error
