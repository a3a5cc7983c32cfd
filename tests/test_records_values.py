"""Any value anywhere in a record: the typed reading and the schemas agree, and what is wrong is said, with its place."""

from __future__ import annotations

import json
from copy import deepcopy
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cachediff.limits import DEFAULT_LIMITS
from cachediff.sources.records.catalog import Catalog
from cachediff.sources.records.index import parse_index
from cachediff.sources.records.pieces import RecordMemory
from cachediff.sources.records.record import UNREADABLE, decode_install, decode_node
from cachediff.text.schema import load_validator
from tests.builders import a_hash
from tests.examples import examples, some
from tests.index_files import WHOLE, needs_whole
from tests.json_values import mutated, places_in, texts, values
from tests.make_index_fixtures import FIXTURES
from tests.schemas import load_explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cachediff.text.schema import SchemaName

PARTS: dict[SchemaName, str] = {"database": "record", "lock": "node"}
"""What a record is called in a schema."""

thorough = settings(max_examples=examples(400), deadline=None, derandomize=True)


# --- records -----------------------------------------------------------------------------------------------------------


def read_records(directory: Path) -> Iterator[tuple[SchemaName, dict[str, Any]]]:
    """Yield every record of every index of a format that is read: the schema's name, and the record."""
    for path in sorted(directory.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        values = json.loads(data) if data.startswith(b"{") else {}
        if values.get("database", {}).get("version") in ("6", "7", "8"):
            yield from (("database", record) for record in values["database"]["installs"].values())
        elif values.get("_meta", {}).get("lockfile-version") in (4, 5, 6, 7, 8):
            yield from (("lock", node) for node in values["concrete_specs"].values())


ALL = list(read_records(FIXTURES))
RECORDS = [record for schema, record in ALL if schema == "database"]
NODES = [node for schema, node in ALL if schema == "lock"] + [record["spec"] for record in RECORDS]


def is_typed(schema: SchemaName, value: Any) -> bool:
    """Return whether the typed reading takes a record."""
    text = json.dumps(value).encode()
    try:
        decode_node(decode_install(text).spec if schema == "database" else text)
    except UNREADABLE:
        return False
    return True


def is_valid(schema: SchemaName, value: Any) -> tuple[bool, bool]:
    """Return whether the schema accepts a record, as jsonschema and as jsonschema-rs see it."""
    return load_explained(schema, PARTS[schema]).is_valid(value), is_accepted(schema, value)


def is_accepted(schema: SchemaName, value: Any) -> bool:
    """Return the latter alone, which is quick."""
    return load_validator(schema, "$defs", PARTS[schema]).is_valid(value)


def agree(schema: SchemaName, value: Any) -> None:
    typed = is_typed(schema, value)
    assert is_valid(schema, value) == (typed, typed), value


def catalog_of(schema: SchemaName, *records: Any) -> Catalog:
    """Return what an index with some records is read as."""
    keys = [a_hash(number) for number in range(len(records) - 1)]
    hash_ = records[-1]["spec"]["hash"] if schema == "database" else records[-1]["hash"]
    held = dict(zip([*keys, hash_], records, strict=True))
    whole: dict[str, Any] = {"database": {"version": "8", "installs": held}}
    if schema == "lock":
        meta = {"file-type": "spack-lockfile", "lockfile-version": 6, "specfile-version": 5}
        whole = {"_meta": meta, "roots": [], "concrete_specs": held}
    catalog = Catalog(DEFAULT_LIMITS, RecordMemory())
    catalog.add(parse_index(json.dumps(whole).encode(), "index.json"), "default")
    return catalog


def put(record: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return a record with another value at a path."""
    found = deepcopy(record)
    parent: Any = found
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    return found


SPLICED = {**NODES[0], "build_spec": {"name": "zlib", "hash": "a" * 32}}
TARGETED = next(node for node in NODES if isinstance(node["arch"]["target"], dict))
OLD = next(node for node in NODES if node.get("compiler"))
EXTERNAL = next(node for node in NODES if node.get("external"))
KINDS = [SPLICED, TARGETED, OLD, EXTERNAL]


@thorough
@given(values | mutated(RECORDS))
@example({"spec": None})
@example({**RECORDS[0], "in_buildcache": None})
def test_records_of_databases(record: Any) -> None:
    agree("database", record)


@thorough
@given(values | mutated(NODES) | mutated(KINDS))
def test_nodes_of_locks(node: Any) -> None:
    agree("lock", node)


@thorough
@given(st.sampled_from(KINDS), texts | values, st.data())
def test_any_value_anywhere(node: dict[str, Any], value: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(places_in(node))[1:]))
    agree("lock", put(node, path, value))


EDGES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    5.0,
    1_000_000,
    1_000_001,
    10**30,
    1e300,
    "",
    " ",
    "a b",
    "a\n",
    "\x7f",
    "\x00",
    "a" * 255,
]
EDGES += [
    "a" * 256,
    "😀" * 255,
    "😀" * 256,
    "A" * 32,
    "a" * 32,
    "a" * 32 + "\n",
    "1" * 32,
    "a/b",
    "a\u2028b",
    "é",
    [],
    [""],
    [None],
]
EDGES += ["a\tb", "a\x85b", {}, {"name": "a"}, {"name": ""}, {"name": "a", "hash": "a" * 32}, [[]], ["a\nb"], {"": True}]


def shapes_in(node: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Return the path of every value of a node, of lists only what is in their first items: the others are alike."""
    return [path for path in places_in(node) if path and not any(isinstance(part, int) and part for part in path)]


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_every_place_with_every_edge(number: int) -> None:
    for path, value in some(product(shapes_in(KINDS[number]), EDGES)):
        agree("lock", put(KINDS[number], path, value))


def test_every_field_taken_away() -> None:
    for node in KINDS:
        for path in list(places_in(node))[1:]:
            found = deepcopy(node)
            parent: Any = found
            for part in path[:-1]:
                parent = parent[part]
            del parent[path[-1]]
            agree("lock", found)


@thorough
@given(st.one_of(mutated(RECORDS).map(lambda record: ("database", record)), mutated(NODES).map(lambda node: ("lock", node))))
def test_a_record_that_does_not_fit_is_one_fault_with_reasons(found: tuple[SchemaName, Any]) -> None:
    schema, record = found
    sound = RECORDS[0] if schema == "database" else NODES[0]
    catalog = catalog_of(schema, record, sound)
    (hash_,) = catalog.known.keys() - {a_hash(0)}
    assert hash_ == (sound["spec"] if schema == "database" else sound)["hash"]
    (fault,) = [fault for fault in catalog.faults.values() if fault.kind == "record"]
    assert fault.hash == a_hash(0)
    above = "/database/installs" if schema == "database" else "/concrete_specs"
    assert fault.problems
    for problem in fault.problems:
        assert problem.location.pointer.startswith(f"{above}/{a_hash(0)}")
        assert (problem.location.line, problem.location.column > len(above)) == (1, True)
        assert problem.message != "record cannot be read", "the schema has words for whatever is wrong"
        assert problem.message.startswith(("record ", "key of record "))


def test_every_record_of_the_fixtures_fits() -> None:
    assert len(ALL) > 120
    for schema, record in some(ALL):
        agree(schema, record)
        assert is_typed(schema, record)


@pytest.mark.slow
@needs_whole
def test_every_real_record_fits() -> None:
    count = 0
    for schema, record in read_records(WHOLE):
        count += 1
        assert (is_typed(schema, record), is_accepted(schema, record)) == (True, True), record
    assert count > 9000
