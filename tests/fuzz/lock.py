"""The reader of locks."""

from __future__ import annotations

from tests.fuzz.records import OUTCOMES, check_records
from tests.index_files import a_lock, a_node

__all__ = ["OUTCOMES", "SEEDS", "check"]

SEEDS = ()
_SOUND = a_lock(a_node("zlib"), a_node("hdf5"))


def check(data: bytes) -> str:
    """Return what came of the bytes of a lock."""
    return check_records(data, _SOUND, "spack.lock")
