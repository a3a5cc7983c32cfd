"""Records read by pieces, fast, are those that are read exactly, whatever was read before."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.sources.records.pieces import RecordMemory, understand_exactly
from cachediff.sources.records.record import UNREADABLE
from tests.examples import examples
from tests.index_files import WHOLE, a_node, needs_whole
from tests.make_index_fixtures import FIXTURES
from tests.processes import execute
from tests.test_records_schema import FULL, ODD, places

if TYPE_CHECKING:
    from cachediff.sources.records.frames import Understood

NODES: list[dict[str, Any]] = [
    one["spec"]
    for path in (FIXTURES / "site/new/.spack-db/index.json", FIXTURES / "v2/old/build_cache/index.json")
    for one in json.loads(path.read_bytes())["database"]["installs"].values()
]
A, B = "a" * 32, "b" * 32
PLACES = sorted(places(FULL), key=str)
WELL_READ = RecordMemory()
"""One that has read much, and so has something to take for something else."""


def read_exactly(text: bytes) -> Understood | None:
    """Return a record as the schema has it, None for what is none."""
    try:
        return understand_exactly(text)
    except UNREADABLE:
        return None


def read_fast(memory: RecordMemory, text: bytes) -> Understood | None:
    """Return a record by its pieces, None for what is none."""
    try:
        return memory.read(text)
    except UNREADABLE:
        return None


def agree(text: bytes) -> None:
    """Both ways find the same in a text, the fast one with a memory and without one."""
    exact = read_exactly(text)
    assert read_fast(WELL_READ, text) == exact
    assert read_fast(RecordMemory(), text) == exact


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_real_records(separators: tuple[str, str]) -> None:
    for node in [*NODES, FULL]:
        agree(json.dumps(node, separators=separators).encode())


@settings(max_examples=examples(3_000), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["put", "drop", "key"]), ODD), min_size=1, max_size=3))
def test_records_with_odd_values(edits: list[tuple[tuple[Any, ...], str, Any]]) -> None:
    node = json.loads(json.dumps(FULL))
    for path, what, value in edits:
        holder = node
        for part in path[:-1]:
            holder = holder[part] if _has(holder, part) else None
        if not _has(holder, path[-1]):
            continue
        if what == "put":
            holder[path[-1]] = value
        elif what == "drop":
            del holder[path[-1]]
        elif isinstance(holder, dict):
            holder[value if isinstance(value, str) else "hash"] = holder.pop(path[-1])
    agree(json.dumps(node, separators=(",", ":")).encode())


@settings(max_examples=examples(3_000), deadline=None)
@given(st.sampled_from(NODES), st.data())
def test_records_with_changed_bytes(node: dict[str, Any], data: st.DataObject) -> None:
    text = bytearray(json.dumps(node, separators=(",", ":")).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b'"', b"\\", b",", b"{", b"]", b"a", b"2", b"0", b"\x00", b"\xff", b" ", b'"hash":"', b"null"]
            )
        )
    agree(bytes(text))


@pytest.mark.parametrize(
    "dependencies",
    [
        f'[{{"name":"a","hash":"{A}","x":{{"hash":"{B}"}}}}]',
        f'[{{"x":{{"hash":"{B}"}},"name":"a","hash":"{A}"}}]',
        f'[{{"name":"a","hash":"{B}","hash":"{A}"}}]',
        f'[{{"name":"a","hash" :"{A}"}}]',
        f'[{{"name":"a","h\\u0061sh":"{A}"}}]',
        f'[{{"name":"a","hash":"{A.upper()}"}}]',
        f'[{{"name":"a","hash":"{A[1:]}\\u0061"}}]',
        f'[{{"name":"a","hash":"{A[:26]}","x":1"}}]',
        f'[{{"name":"\\"hash\\":\\"","hash":"{A}"}}]',
        "[null]",
        "null",
        "{}",
    ],
)
def test_dependencies_that_look_like_others(dependencies: str) -> None:
    node = a_node("hdf5", dependencies=[{"name": "a", "hash": "c" * 32}])
    sound = json.dumps(node["dependencies"], separators=(",", ":"))
    text = json.dumps(node, separators=(",", ":"))
    assert sound in text
    for other in (sound, dependencies):
        agree(text.replace(sound, other).encode())


EDGE = f'{{"name":"a","hash":"{A}","parameters":{{"deptypes":["link"],"virtuals":[]}}}}'
TAIL = f'"dependencies":[{EDGE}],"hash":"{B}"}}'
PLACED = '"arch":{"platform":"linux","platform_os":"debian12","target":"zen4"},'


@pytest.mark.parametrize(
    ("sound", "other"),
    [
        (PLACED, PLACED.replace('"zen4"', '{"name":"zen4"}')),
        (PLACED, PLACED.replace('"zen4"', '"z}n4"')),
        (PLACED, PLACED.replace('"zen4"', '"zen4","target":"zen5"')),
        (PLACED, PLACED.replace('"zen4"', '"zen4"' + ',"x":{"arch":{}}')),
        (PLACED, PLACED.replace('"zen4"', "7")),
        (PLACED, PLACED.replace('"zen4"', '""')),
        (PLACED, PLACED + PLACED.replace("zen4", "zen5")),
        (PLACED, '"x":' + PLACED.removeprefix('"arch":') + PLACED.replace("zen4", "zen5")),
        (PLACED, '"\\"arch":{"a":1},' + PLACED),
        (PLACED, ""),
        ("PARAMETERS", f'{{"hash":"{A}"}}'),
        ("PARAMETERS", f'{{"x\\"hash":"{A}"}}'),
        ("PARAMETERS", '{"arch":{"platform":"p","platform_os":"o","target":"t"}}'),
        (f'"hash":"{A}"', f'"hash": "{A}"'),
        (f'"hash":"{A}"', f'"hash":"{A[1:]}"'),
        (f'"hash":"{A}"', f'"hash":"{A}hash":"'),
        (f'"hash":"{A}"', f'"hash":"{A.upper()}"'),
        (f'"hash":"{B}"', f'"hash":"{B[1:]}0"'),
        (f'"hash":"{B}"', f'"hash":"{B}","hash":"{A}"'),
        (f'"hash":"{B}"', f'"build_spec":{{"name":"a","hash":"{A}"}},"hash":"{B}"'),
    ],
)
def test_frames_that_look_like_others(sound: str, other: str) -> None:
    frame = f'{{"name":"zlib","version":"1",{PLACED}"parameters":PARAMETERS,{TAIL}'
    assert sound in frame
    variants = [frame.replace(sound, text) for text in (sound, other, sound.replace("a" * 32, "c" * 32), other)]
    texts = [text.replace("PARAMETERS", '{"shared":true}') for text in variants]
    for text in [*texts, *texts[::-1]]:
        for hash_ in (A, "d" * 32):
            for target in ("zen4", "zen3"):
                agree(text.replace(A, hash_).replace('"zen4"', f'"{target}"').encode())


C = "c" * 32
FACTS = '"parameters":{"deptypes":["link"],"virtuals":["mpi"]}'
EDGES = [f'{{"name":"{name}","hash":"{hash_}",{FACTS}}}' for name, hash_ in (("a", A), ("b", B), ("c", C))]
JOINED = f'"dependencies":[{",".join(EDGES)}]'


@pytest.mark.parametrize(
    ("sound", "other"),
    [
        ('"name":"b",', '"name":"d",'),
        ('"name":"b",', '"name":"b",' * 2),
        ('"name":"b",', '"name":"","name":"b",'),
        ('"name":"b",', '"name":"b","parameters":{"deptypes":["run"]},'),
        ('"name":"b",', '"name":"\\u0062",'),
        ('"name":"b",', ""),
        (f"{FACTS}}},", f'{FACTS},"name":"d"}},'),
        (f"{FACTS}}},", f"{FACTS},{FACTS.replace('link', 'run')}}},"),
        (f"{FACTS}}},", "},"),
        (f"{FACTS}}},", f"{FACTS}}},7,"),
        (f"{FACTS}}},", f"{FACTS}}}],["),
        (f"{FACTS}}},", '"parameters":{"x":"}},"},'),
        (f"{FACTS}}},", '"parameters":{"deptypes":[1],"virtuals":[]}},'),
        (f"{FACTS}}},", '"parameters":{"deptypes":["a","a"],"virtuals":["z","c"]}},'),
        (f"{FACTS}}},", '"parameters":null},'),
        (f"{FACTS}}},", '"type":["link","build"]},'),
        (f"{FACTS}}},", '"type":[{}]},'),
        (f"{FACTS}}}]", f'{FACTS},"name":"d"}}]'),
        (f"{FACTS}}}]", '"type":["run"]}]'),
        (f"{FACTS}}}]", f'{FACTS}}}],"dependencies":[]'),
        (f"{FACTS}}}]", f'{FACTS}}}],"annotations":{{"original_specfile_version":3}}'),
        ('"dependencies":[', '"dependencies":[],"dependencies":['),
        ('"dependencies":[', '"x":['),
        ('"virtuals":["mpi"]', '"virtuals":[]'),
        (f'"{B}"', f'"{B}","hash":"{C}"'),
        (f'"{B}"', f'"{B[1:]}"'),
    ],
)
@pytest.mark.parametrize("annotations", ["", '"annotations":{"original_specfile_version":3},'])
def test_lists_that_look_like_others(sound: str, other: str, annotations: str) -> None:
    record = f'{{"name":"zlib","version":"1",{PLACED}{JOINED},{annotations}"hash":"{"d" * 32}"}}'
    assert sound in record
    variants = [record, record.replace(sound, other), record.replace(sound, other, 1), record]
    longer = [text.replace('{"name":"c",', f'{{"name":"e","hash":"{A}",{FACTS}}},{{"name":"c",') for text in variants]
    for text in [*variants, *longer, *longer[::-1]]:
        agree(text.encode())


@pytest.mark.parametrize(
    "extra", ['"arch":7,', '"name":"b",', '"parameters":{},', '"external":null,', '"unknown":{"a":[]},', " "]
)
def test_a_key_that_is_there_twice(extra: str) -> None:
    text = json.dumps(a_node(dependencies=[]), separators=(",", ":"))
    agree(("{" + extra + text[1:]).encode())
    agree((text[:-1] + "," + extra.rstrip(",") + "}").encode())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('"package_hash"', '"arch":{"platform":"p","platform_os":"o","target":"t"},"package_hash"'),
        (f'"{A}"', f'"{C}","h\\u0061sh":"{"a" * 32}"'),
        (f'"{B}"', f'"{C}","h\\u0061sh":"{"a" * 31}b"'),
    ],
)
def test_a_second_key_that_says_what_might_be_put_in_place_of_the_first(first: str, second: str) -> None:
    """Whatever constant the fast way puts where it cuts, to see what is read there, a text can have it, too."""
    edges = [{"name": "a", "hash": hash_, "parameters": {"deptypes": ["link"]}} for hash_ in (A, B)]
    text = json.dumps(a_node(dependencies=edges), separators=(",", ":"))
    assert first in text
    agree(text.replace(first, second).encode())


@pytest.mark.parametrize("hash_", ["A" * 32, "a" * 31 + "0", "a" * 30 + "_a", " " + "a" * 31, "+" + "a" * 31])
def test_a_number_of_base_32_is_no_hash(hash_: str) -> None:
    agree(json.dumps(a_node() | {"hash": hash_}, separators=(",", ":")).encode())


@pytest.mark.slow
def test_python_ends_well_after_all_decoders_were_made() -> None:
    """Two decoders of a union of a pattern and a list of it crash msgspec 0.22 as Python ends, most often."""
    command = [sys.executable, "-c", "import cachediff.sources.records.older, cachediff.sources.records.pieces"]
    assert [execute(command, check=False).returncode for _ in range(10)] == [0] * 10


@pytest.mark.slow
@needs_whole
def test_whole_indexes() -> None:
    memory = RecordMemory()
    for path in WHOLE.rglob("index.json"):
        installs = json.loads(path.read_bytes()).get("database", {}).get("installs", {})
        for one in installs.values():
            text = json.dumps(one["spec"], separators=(",", ":")).encode()
            assert read_fast(memory, text) == read_exactly(text)


def _has(holder: Any, part: Any) -> bool:
    return (
        part in holder
        if isinstance(holder, dict)
        else isinstance(holder, list) and isinstance(part, int) and part < len(holder)
    )
