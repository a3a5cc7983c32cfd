"""Where the spec of a database's record ends: what stands behind it is understood once for all records that say the same."""

from __future__ import annotations

from cachediff.sources.records.record import UNREADABLE, Install, decode_install

MAX_ENDS, MAX_SIZE = 1 << 12, 1 << 8
"""How many ends of records are remembered, and how long each may be: a site's records end in paths, no two alike."""

_BEGIN, _HASH = b'{"spec":', b'"hash":"'
_SAMPLE = b'{"hash":"%b"}' % (b"a" * 32)


class Ends:
    """Remembers ends of records."""

    def __init__(self) -> None:
        self._ends: dict[bytes, Install | None] = {}

    def cut(self, text: bytes) -> tuple[bytes, Install] | None:
        """Return the spec of a record, and what its database says of it beside; None where the text does not tell.

        Only if the first is JSON is it the spec: what ends in a hash may as well stand behind it.
        """
        at = text.rfind(_HASH) + len(_HASH) + 32
        end = text[at:]
        found = self._ends[end] if end in self._ends else self._learn(end)
        return (text[len(_BEGIN) : at + 2], found) if found and text.startswith(_BEGIN + b"{") else None

    def _learn(self, end: bytes) -> Install | None:
        if len(self._ends) >= MAX_ENDS or len(end) > MAX_SIZE:
            return None
        try:
            found = decode_install(_BEGIN + _SAMPLE[:-2] + end)
        except UNREADABLE:
            found = None
        self._ends[end] = found if found and bytes(found.spec) == _SAMPLE else None
        return self._ends[end]
