"""Whether a record is what its hash says.

Since specfile 4 a hash is the sha1 of the record's own compact JSON without it, in base32. It covers the hashes of all
dependencies, so an index whose records all give their hashes is proven as a whole.
"""

from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha1
from typing import TYPE_CHECKING

from cachediff.sources.records.record import FLAGS, Target

if TYPE_CHECKING:
    from msgspec import Raw

    from cachediff.sources.records.record import Node

FIRST_PROVABLE = 4
"""The specfile from which on hashes are of the record's own text; those before are of another one."""

_TAIL = len(',"hash":"') + 32 + len('"}')


def recompute(raw: Raw, hash_: str) -> str:
    """Return the hash that a record's text gives, empty where what no field of it needs is no JSON."""
    # Nearly always the text is compact and ends in its hash, so that it need not be understood.
    text = memoryview(raw)
    if bytes(text[-_TAIL:]) == b',"hash":"%b"}' % hash_.encode():
        digest = sha1(text[:-_TAIL], usedforsecurity=False)
        digest.update(b"}")
        if (found := _spell(digest.digest())) == hash_:
            return found
    # As Spack itself writes it: a lock may be indented, and text beyond ASCII may stand unescaped.
    try:
        values = json.loads(bytes(text))
    except (ValueError, RecursionError):
        return ""
    values.pop("hash", None)
    return _spell(sha1(json.dumps(values, separators=(",", ":")).encode(), usedforsecurity=False).digest())


def may_differ(node: Node, specfile: int) -> bool:
    """Return whether a true record may give another hash.

    Spack makes some externals without one, hashes a target that is written as an object by what its archspec knew, sorts
    several flags after hashing, and rewrites old records without giving them a new hash.
    """
    original = node.annotations.original_specfile_version if node.annotations else 0
    return (
        specfile < FIRST_PROVABLE
        or node.external is not None
        or isinstance(node.arch.target, Target)
        or 0 < original < specfile
        or any(isinstance(flags := node.parameters.get(name), list) and len(flags) > 1 for name in FLAGS)
    )


def _spell(digest: bytes) -> str:
    return b32encode(digest).decode("ascii").lower()
