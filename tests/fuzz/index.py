"""The reader of databases: those of build caches and of sites."""

from __future__ import annotations

from tests.fuzz.records import OUTCOMES, check_records
from tests.index_files import a_database, a_node

__all__ = ["OUTCOMES", "SEEDS", "check"]

SEEDS = ()
_SOUND = a_database(a_node("zlib"), a_node("hdf5"))


def check(data: bytes) -> str:
    """Return what came of the bytes of a database."""
    return check_records(data, _SOUND, "index.json")
