"""One character of a record is changed, each in turn: that is found, or it stood outside of what the hash covers."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.records.catalog import Catalog
from cachediff.sources.records.index import BadIndexError, parse_index
from cachediff.sources.records.pieces import RecordMemory
from tests.examples import some
from tests.make_index_fixtures import FIXTURES

if TYPE_CHECKING:
    from cachediff.domain.reading import Fault

SITE = json.loads((FIXTURES / "site/new/.spack-db/index.json").read_bytes())
LOCK = json.loads((FIXTURES / "lock/new/spack.lock").read_bytes())
OTHERS = (b"a", b"7", b'"', b" ")
"""What is put in a character's place: a letter, a digit, what ends a string, and what JSON may be written with."""


def read(data: bytes) -> tuple[set[str], list[Fault]] | None:
    """Return the hashes in an index that are in the snapshot, and what is wrong; None where it cannot be read at all."""
    catalog = Catalog(DEFAULT_LIMITS, RecordMemory())
    try:
        found = catalog.add(parse_index(data, "index.json"), "default")
    except BadIndexError:
        return None
    return found, list(catalog.faults.values())


def an_index(kind: str, package: str, indent: int | None) -> tuple[str, bytes]:
    """Return an index of one record, and the record's hash."""
    separators = (",", ":") if indent is None else None
    if kind == "site":
        installs = SITE["database"]["installs"]
        key = next(key for key, record in installs.items() if record["spec"]["name"] == package)
        values: dict[str, Any] = {"database": {"version": "8", "installs": {key: installs[key]}}}
    else:
        key = next(key for key, node in LOCK["concrete_specs"].items() if node["name"] == package)
        values = {**LOCK, "roots": [], "concrete_specs": {key: LOCK["concrete_specs"][key]}}
    return key, json.dumps(values, indent=indent, separators=separators).encode()


def spec_of(values: Any) -> object:
    """Return what an index says of its one record's spec, and under which key; none where it holds no record."""
    try:
        records = values["database"]["installs"] if "database" in values else values["concrete_specs"]
        return [(key, record["spec"] if "database" in values else record) for key, record in records.items()]
    except (KeyError, TypeError, AttributeError):
        return None


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(("kind", "package"), [("site", "less"), ("site", "gcc-runtime"), ("lock", "zlib-ng")])
def test_every_character(kind: str, package: str, indent: int | None) -> None:
    key, data = an_index(kind, package, indent)
    sound = spec_of(json.loads(data))
    assert read(data) == ({key}, [])
    found = outside = unread = 0
    for position, other in some(product(range(data.index(key.encode()) - 1, len(data)), OTHERS)):
        changed = data[:position] + other + data[position + 1 :]
        if changed == data:
            continue
        result = read(changed)
        if result is None:
            unread += 1
        elif result[1]:
            (fault,) = result[1]
            assert fault.kind in ("hash", "record")
            assert fault.location.pointer.startswith("/database/installs/" if kind == "site" else "/concrete_specs/")
            found += 1
        else:
            # Nothing is said, so what the hash covers is what it was, whoever reads it.
            assert spec_of(json.loads(changed)) == sound, changed[max(0, position - 40) : position + 40]
            outside += 1
    assert found > len(some(range(500)))
    assert unread > len(some(range(500)))
    assert outside or (kind, indent) == ("lock", None)


@pytest.mark.parametrize("indent", [None, 1])
def test_every_character_that_is_taken_away(indent: int | None) -> None:
    key, data = an_index("site", "less", indent)
    sound = spec_of(json.loads(data))
    for position in some(range(data.index(key.encode()) - 1, len(data))):
        changed = data[:position] + data[position + 1 :]
        result = read(changed)
        assert result is None or result[1] or spec_of(json.loads(changed)) == sound


def test_a_field_that_is_written_twice_is_read_as_the_hash_has_it() -> None:
    """The last of two counts, for Spack as for the hash and for what is compared."""
    key, data = an_index("lock", "zlib-ng", None)
    version = LOCK["concrete_specs"][key]["version"].encode()
    field = b'"version":"%b",' % version
    other = b'"version":"6.6.6",'
    assert data.count(field) == 1
    for twice, faults in ((other + field, 0), (field + other, 1)):
        result = read(data.replace(field, twice))
        assert result is not None
        assert [fault.kind for fault in result[1]] == ["hash"] * faults
    catalog = Catalog(DEFAULT_LIMITS, RecordMemory())
    catalog.add(parse_index(data.replace(field, other + field), "spack.lock"), "default")
    assert catalog.known[key].package == "zlib-ng"


def test_a_record_that_another_index_holds_otherwise() -> None:
    """Of two copies of one record each is proven, not the first alone."""
    key, data = an_index("site", "less", None)
    changed = data.replace(b'"debian12"', b'"debian13"', 1)
    for copies in ((data, changed), (changed, data)):
        catalog = Catalog(DEFAULT_LIMITS, RecordMemory())
        for number, copy in enumerate(copies):
            catalog.add(parse_index(copy, f"{number}.json"), "default")
        assert [(fault.kind, fault.hash) for fault in catalog.faults.values()] == [("hash", key)]
        assert (catalog.integrity.recomputed, catalog.integrity.mismatched) == (0, 1)
