"""The typed reading of records takes what the schemas accept: nothing less, and nothing more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.sources.records.record import UNREADABLE, decode_install, decode_node
from cachediff.text.schema import load_schema, load_validator
from tests.examples import examples
from tests.index_files import WHOLE, a_node, needs_whole
from tests.make_index_fixtures import FIXTURES
from tests.schemas import load_explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = a_node(
    "hdf5",
    compiler={"name": "gcc", "version": "12.2.0"},
    parameters={"shared": True, "api": "default", "list": ["a", "b"], "cflags": ["-O3"]},
    dependencies=[
        {"name": "gcc", "hash": "b" * 32, "parameters": {"deptypes": ["build"], "virtuals": ["c"]}},
        {"name": "zlib", "hash": "c" * 32, "type": ["link"]},
    ],
    external={"path": "/usr", "module": None, "extra_attributes": {"a": [1]}},
    annotations={"original_specfile_version": 4, "compiler": "gcc@=12.2.0"},
    provided_virtuals=["zlib-api", "libz@:1"],
    build_spec={"name": "hdf5", "hash": "d" * 32},
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10),
    st.just(0.5),
    st.sampled_from(
        ["", "a", "a b", "a\n", "\x00", "\x7f", "é", "x" * 255, "x" * 256, "A_-.+1", "a/b", "b" * 32, "B" * 32, "b" * 33]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(["a", "a b", "", "\x01"]), min_size=1, max_size=2),
    st.just({"name": "a"}),
    st.just([1]),
    st.just({"a": 1}),
)


def is_accepted(record: object) -> bool:
    """Return whether the typed reading takes a record of a database."""
    try:
        decode_node(decode_install(json.dumps(record).encode()).spec)
    except UNREADABLE:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths to all values in a value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


RECORD: dict[str, Any] = {"spec": FULL, "ref_count": 1, "in_buildcache": True, "installed": True, "explicit": False}
PLACES = sorted(places(RECORD), key=str)


@settings(max_examples=examples(2_000), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["put", "drop", "key"]), ODD), min_size=1, max_size=3))
def test_a_record_is_taken_where_the_schema_accepts_it(edits: list[tuple[tuple[Any, ...], str, Any]]) -> None:
    record = json.loads(json.dumps(RECORD))
    for path, what, value in edits:
        holder = record
        try:
            for name in path[:-1]:
                holder = holder[name]
            if what == "put":
                holder[path[-1]] = json.loads(json.dumps(value))
            elif what == "drop":
                del holder[path[-1]]
            elif isinstance(value, str) and isinstance(holder, dict):
                holder[value] = holder.pop(path[-1])
        except (KeyError, IndexError, TypeError):
            continue
    expected = load_validator("database", "$defs", "record").is_valid(record)
    assert is_accepted(record) == expected, record
    assert load_explained("database", "record").is_valid(record) == expected


def test_the_whole_record_is_accepted() -> None:
    assert is_accepted(RECORD)
    assert load_validator("database", "$defs", "record").is_valid(RECORD)


def test_both_schemas_say_the_same_of_a_spec() -> None:
    database, lock = load_schema("database")["$defs"], load_schema("lock")["$defs"]
    own = {"record", "old_record", "old_node", "named_node"}
    assert {name: part for name, part in database.items() if name not in own} == {
        name: part for name, part in lock.items() if name in database
    }
    # Of a lock a record's own hash is not its key, and need not be there.
    assert database["old_node"]["properties"] == lock["keyed_node"]["properties"]


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*")), ids=str)
def test_every_fixture_fits_its_schema(path: Path) -> None:
    if path.is_file() and path.name != "layout.json":
        values = msgspec.json.decode(path.read_bytes())
        name = "database" if "database" in values else "lock" if "_meta" in values else "manifest"
        assert load_validator(name).is_valid(values)


@pytest.mark.slow
@needs_whole
def test_every_real_index_fits_its_schema() -> None:
    seen = 0
    for path in [
        *WHOLE.glob("*/*/spack.lock"),
        *WHOLE.glob("*/*/.spack-db/index.json"),
        *WHOLE.glob("v3-*/*/blobs/*/*/*"),
        *WHOLE.glob("single/*/build_cache/index.json"),
    ]:
        data = path.read_bytes()
        if not data.startswith((b'{"database', b'{"_meta', b'{\n  "_meta')):
            continue
        values = msgspec.json.decode(data)
        assert load_validator("database" if "database" in values else "lock").is_valid(values), path
        seen += 1
    assert seen > 20
