"""What a file of an index is called, and how it begins: what is looked at before anything is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MANIFESTS = "v3/manifests/index"
MANIFEST = "index.manifest.json"
_OF_A_MANIFEST = rf"(.*?)/?((?<![^/:]){MANIFESTS}/(?:[^/]+/)?{re.escape(MANIFEST)})"

# Before Python 3.6 the keys of an object were written in any order: a lock 2 may begin with its specs.
_BEGIN = re.compile(
    rb'\s*\{\s*"(?:database"\s*:\s*\{|concrete_specs"\s*:\s*\{|roots"\s*:\s*\[\s*\{\s*"(?:hash|spec)"\s*:|'
    rb'_meta"\s*:\s*\{(?:\s*"(?:lock|spec)file-version"\s*:\s*\d+\s*,)*\s*"file-type"\s*:\s*"spack-lockfile")'
)


def is_index(text: bytes) -> bool:
    """Return whether a file looks like JSON, as no page does, or like JSON that somebody signed."""
    # Behind a byte order mark, too: that is no JSON, and to say so is better than to take it for a page.
    begins_json = text[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    return begins_json or (text.startswith(b"-----BEGIN PGP SIGNED") and b"\n{" in text[:1000])


def begins_index(text: bytes) -> bool:
    """Return whether JSON begins as Spack writes a database or a lock."""
    return bool(_BEGIN.match(text))


def is_wanted(name: str) -> bool:
    """Return whether what has a path may be part of an index: the index, a manifest, or a blob that one names."""
    return bool(re.fullmatch(_WANTED, name, re.DOTALL))


# As texts: to compile them would be a part of every start.
_WANTED = (
    rf"(?:.*/)?(?:(?:build_cache/|\.spack-db/)?index\.json(?:\.[gx]z)?|spack\.lock(?:\.[gx]z)?|{MANIFESTS}/(?:[^/]+/){{0,2}}"
    rf"{re.escape(MANIFEST)}|blobs/[a-z0-9]+/(?:[0-9a-f]{{2}}/)?[0-9a-f]{{64,128}}|cache_spack_io_index\.json(?:\.[gx]z)?)"
)
_HELD_BY = (
    rf"(?:(.*)/)?(?:(?:build_cache|\.spack-db)/index\.json(?:\.[gx]z)?|spack\.lock(?:\.[gx]z)?|{MANIFESTS}/(?:[^/]+/)?"
    rf"{re.escape(MANIFEST)})"
)


_BARE = r"(?:(.*)/)?index\.json(?:\.[gx]z)?"


def find_roots(names: Iterable[str]) -> list[str]:
    """Return the folder of an archive that holds its indexes: that of one, or the innermost that is above all of several."""
    return _find_common(_HELD_BY, names)


def find_bare_roots(names: Iterable[str]) -> list[str]:
    """Return the folder that holds indexes by a name that others use, too."""
    return _find_common(_BARE, names)


def _find_common(pattern: str, names: Iterable[str]) -> list[str]:
    folders = {tuple((found[1] or "").split("/")) for name in names if (found := re.fullmatch(pattern, name, re.DOTALL))}
    if not folders:
        return []
    if len(folders) == 1:
        return ["/".join(next(iter(folders)))]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return ["/".join(common)]


def is_images(text: bytes) -> bool:
    """Return whether JSON is the `index.json` of a layout, and no database or lock."""
    heads = (b'{"database', b'{"_meta')
    # The beginning first, since all of what is none would be looked through.
    if text[:100].lstrip().startswith(heads):
        return False
    return b'"manifests"' in text and b'"schemaVersion"' in text and not text.lstrip().startswith(heads)


def split_manifest(source: str) -> tuple[str, str]:
    """Return a mirror and the path in it, where somebody names an index's manifest; else what was named, and nothing.

    A manifest means nothing without its mirror, since the blobs lie beside.
    """
    # Looked for by its text first: to compile the pattern would be a part of every start.
    found = MANIFESTS in source and re.fullmatch(_OF_A_MANIFEST, source, re.DOTALL)
    if not found:
        return source, ""
    above = found[1] or ("/" if source.startswith("/") else "" if ":" in source else ".")
    return above, found[2]


def split_file(source: str) -> tuple[str, str]:
    """Return the folder that a file lies in, as somebody would name it, and the file's own name."""
    above, slash, name = source.rpartition("/")
    if slash:
        return above or "/", name
    revision, colon, name = source.rpartition(":")
    return (f"{revision}:", name) if colon else (".", source)
