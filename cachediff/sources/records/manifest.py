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

MAX_LOCATED = 1 << 16
"""How long a manifest may be of which the line is told."""

INDEX_TYPE = "application/vnd.spack.db."
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----"


class Written(Struct, frozen=True):
    """A manifest as it lies there, and the JSON in it: all of it, where nobody signed it."""

    text: str
    body: str

    def refuse(self, pointer: str, message: str, expected: str, found: str, path: str) -> BadIndexError:
        """Return what is wrong with the value at a pointer, where that stands."""
        # Only where something is wrong: most runs need no YAML.
        from cachediff.text.places import start_of
        from cachediff.text.yaml_tree import Tree, read_tree

        # Spack's have 233 bytes; a large one would take seconds, to say no more than its pointer does.
        tree = read_tree(self.body) if len(self.body) <= MAX_LOCATED else None
        start = max(0, self.text.find(self.body)) + start_of(tree.node, pointer) if isinstance(tree, Tree) and pointer else 0
        return BadIndexError(locate(TextError(start, 1, pointer, message, expected, found), self.text, path))


class Blob(Struct, frozen=True):
    """What a manifest says, at a pointer, of the bytes that it names: path below the mirror, length, checksum, algorithm."""

    path: str
    length: int
    algorithm: str
    checksum: str
    is_signed: bool
    pointer: str
    has_older: bool
    written: Written


def read_manifest(data: bytes, path: str) -> Blob:
    """Return the blob of the index that a manifest names. Raises BadIndexError for what is no such manifest."""
    written = _take_signature_off(data.decode("utf-8", "replace"))
    text = written.body
    try:
        values = load_json(text)
    except (ValueError, RecursionError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else 0
        found = text[at : at + 20] or "the end of the file" if isinstance(error, json.JSONDecodeError) else str(error)
        flaw = TextError(at, 1, "", "manifest is not JSON", "JSON", shorten(found))
        raise BadIndexError(locate(flaw, text, path)) from error
    if complaints := explain(values, _WORDING, 1):
        first = complaints[0]
        raise written.refuse(first.pointer, first.message, first.expected, first.found, path)
    types = [item["mediaType"] for item in values["data"]]
    places = [place for place, media_type in enumerate(types) if media_type.startswith(INDEX_TYPE)]
    if not places:
        expected, found = f"a blob of {INDEX_TYPE}v9+json", ", ".join(types) or "nothing"
        raise written.refuse("/data", "manifest names no index", expected, shorten(found), path)
    # Since 1.3 Spack lets those of other versions stand, which it writes no more: what is gone from the newest is gone.
    place = max(places, key=lambda place: _read_version(types[place]))
    return _make_blob(values["data"][place], f"/data/{place}", written, has_older=len(places) > 1)


def _read_version(media_type: str) -> int:
    """Return the version of the database that a media type is of, 0 where it says none."""
    found = re.fullmatch(r"v([0-9]{1,9})\+json", media_type.removeprefix(INDEX_TYPE))
    return int(found[1]) if found else 0


def _make_blob(item: dict[str, Any], pointer: str, written: Written, *, has_older: bool) -> Blob:
    algorithm, checksum = item["checksumAlgorithm"], item["checksum"]
    return Blob(
        # Where Spack puts it: a manifest names no path, and so leads nowhere else.
        path=f"blobs/{algorithm}/{checksum[:2]}/{checksum}",
        length=item["contentLength"],
        algorithm=algorithm,
        checksum=checksum,
        is_signed=written.body != written.text,
        pointer=pointer,
        has_older=has_older,
        written=written,
    )


def check_blob(data: bytes, blob: Blob, path: str) -> None:
    """Raise BadIndexError where the stored bytes are not those that a manifest names."""
    if len(data) != blob.length:
        expected, found = f"{blob.length:,} bytes", f"{len(data):,} bytes"
        message = "blob is not as long as its manifest says"
        raise blob.written.refuse(f"{blob.pointer}/contentLength", message, expected, found, path)
    # One of the three that the schema allows: hashlib knows others, and weaker ones.
    digest = hashlib.new(blob.algorithm, data, usedforsecurity=False).hexdigest()
    if digest != blob.checksum:
        message = "blob is not the one that its manifest names"
        raise blob.written.refuse(f"{blob.pointer}/checksum", message, blob.checksum, digest, path)


def _take_signature_off(text: str) -> Written:
    """Return a text, and what of it is without the signature around it, if there is one; nobody checks it."""
    if not text.startswith(_SIGNED):
        return Written(text, text)
    body = re.split(r"\r?\n\r?\n", text, maxsplit=1)[-1].partition(_SIGNATURE)[0]
    # Lines that begin with a dash are written with `- ` before them (RFC 9580, 7.2).
    return Written(text, re.sub(r"^- ", "", body, flags=re.MULTILINE))


def _name_place(path: Sequence[str | int]) -> str:
    return " ".join(["manifest", *(part for part in path if isinstance(part, str) and part != "data")])


_WORDING = Wording("manifest", _name_place)
