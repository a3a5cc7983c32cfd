"""A v3 mirror's manifest: which blob holds an index, and whether that is the blob it names."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cachediff.sources.records.index import BadIndexError
from cachediff.text.explain import Wording, explain
from cachediff.text.problems import TextError, locate, shorten
from cachediff.text.strict_json import load_json

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MANIFEST = 1 << 20
"""A manifest names a blob or two; Spack itself breaks lines that are longer than 20,000 characters."""

INDEX_TYPE = "application/vnd.spack.db."
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----"


class Blob(Struct, frozen=True):
    """What a manifest says, at a pointer, of the bytes that it names: path below the mirror, length, checksum, algorithm."""

    path: str
    length: int
    algorithm: str
    checksum: str
    is_signed: bool
    pointer: str
    has_older: bool


def read_manifest(data: bytes, path: str) -> Blob:
    """Return the blob of the index that a manifest names. Raises BadIndexError for what is no such manifest."""
    text, is_signed = _take_signature_off(data.decode("utf-8", "replace"))
    try:
        values = load_json(text)
    except (ValueError, RecursionError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else 0
        found = text[at : at + 20] or "the end of the file" if isinstance(error, json.JSONDecodeError) else str(error)
        flaw = TextError(at, 1, "", "manifest is not JSON", "JSON", shorten(found))
        raise BadIndexError(locate(flaw, text, path)) from error
    if complaints := explain(values, _WORDING, 1):
        first = complaints[0]
        raise BadIndexError(locate(TextError(0, 1, first.pointer, first.message, first.expected, first.found), "", path))
    types = [item["mediaType"] for item in values["data"]]
    places = [place for place, media_type in enumerate(types) if media_type.startswith(INDEX_TYPE)]
    if not places:
        expected, found = f"a blob of {INDEX_TYPE}v9+json", ", ".join(types) or "nothing"
        raise BadIndexError(locate(TextError(0, 1, "/data", "manifest names no index", expected, shorten(found)), "", path))
    # Since 1.3 Spack lets those of other versions stand, which it writes no more: what is gone from the newest is gone.
    place = max(places, key=lambda place: _read_version(types[place]))
    return _make_blob(values["data"][place], f"/data/{place}", is_signed=is_signed, has_older=len(places) > 1)


def _read_version(media_type: str) -> int:
    """Return the version of the database that a media type is of, 0 where it says none."""
    found = re.fullmatch(r"v([0-9]{1,9})\+json", media_type.removeprefix(INDEX_TYPE))
    return int(found[1]) if found else 0


def _make_blob(item: dict[str, Any], pointer: str, *, is_signed: bool, has_older: bool) -> Blob:
    algorithm, checksum = item["checksumAlgorithm"], item["checksum"]
    return Blob(
        # Where Spack puts it: a manifest names no path, and so leads nowhere else.
        path=f"blobs/{algorithm}/{checksum[:2]}/{checksum}",
        length=item["contentLength"],
        algorithm=algorithm,
        checksum=checksum,
        is_signed=is_signed,
        pointer=pointer,
        has_older=has_older,
    )


def check_blob(data: bytes, blob: Blob, path: str) -> None:
    """Raise BadIndexError where the stored bytes are not those that a manifest names."""
    if len(data) != blob.length:
        expected, found = f"{blob.length:,} bytes", f"{len(data):,} bytes"
        flaw = TextError(0, 1, f"{blob.pointer}/contentLength", "blob is not as long as its manifest says", expected, found)
        raise BadIndexError(locate(flaw, "", path))
    # One of the three that the schema allows: hashlib knows others, and weaker ones.
    digest = hashlib.new(blob.algorithm, data, usedforsecurity=False).hexdigest()
    if digest != blob.checksum:
        flaw = TextError(
            0, 1, f"{blob.pointer}/checksum", "blob is not the one that its manifest names", blob.checksum, digest
        )
        raise BadIndexError(locate(flaw, "", path))


def _take_signature_off(text: str) -> tuple[str, bool]:
    """Return a text without the signature around it, and whether there was one; nobody checks it."""
    if not text.startswith(_SIGNED):
        return text, False
    body = re.split(r"\r?\n\r?\n", text, maxsplit=1)[-1].partition(_SIGNATURE)[0]
    # Lines that begin with a dash are written with `- ` before them (RFC 9580, 7.2).
    return re.sub(r"^- ", "", body, flags=re.MULTILINE), True


def _name_place(path: Sequence[str | int]) -> str:
    return " ".join(["manifest", *(part for part in path if isinstance(part, str) and part != "data")])


_WORDING = Wording("manifest", _name_place)
