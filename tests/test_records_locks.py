"""A lock as Spack writes it is read in one pass, and tells what it tells when it is written in any other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.sources.records.index import BadIndexError, parse_index
from cachediff.sources.records.members import find_specs, match_lock
from tests.examples import examples
from tests.index_files import WHOLE, a_lock, a_node, needs_whole
from tests.make_index_fixtures import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

A, B = a_node("zlib"), a_node("hdf5")
LOCK = a_lock(A, B)
SPACK = LOCK.replace(b',"roots"', b',"spack":{"version":"1.1.0","type":"release"},"roots"')
PIECES = [
    *(
        b'"concrete_specs":{},',
        b',"concrete_specs":{}',
        b',"roots":[]',
        b'"roots":[],',
        b'"include_concrete":{},',
        b"{}",
        b"[]",
    ),
    *(
        b'],"concrete_specs":{',
        b'}],"concrete_specs":{}}',
        b"},{",
        b"}{",
        b'"',
        b"\\",
        b'\\"',
        b"\\u0022",
        b" ",
        b"\n",
        b",",
        b"}",
        b"{",
    ),
    *(
        b'{"hash":"a","spec":"}],\\"concrete_specs\\":{"},',
        b'"x":"},{",',
        b'"a":[{"b":"}{"}],',
        b"null",
        b"1",
        b"\xff",
        b"\x00",
    ),
]


def outcome(text: bytes, before: int) -> object:
    """Return all that a text is read as, wherever it begins, or why it is no index."""
    try:
        index = parse_index(text, "spack.lock")
    except BadIndexError as error:
        return error.problem.message
    groups = [
        (
            group.pointer,
            {key: bytes(raw) for key, raw in group.records.items()},
            [position - before for position in group.members.positions],
            group.members.repeated,
        )
        for group in index.groups
    ]
    return index.format, index.specfile, index.roots, index.roots_at - before * (index.kind == "lock"), groups


def assert_alike(text: bytes) -> None:
    assert outcome(text, 0) == outcome(b" " + text, 1)


@pytest.mark.parametrize("text", [LOCK, SPACK, LOCK + b"\n", a_lock(A, version=5), a_lock(), a_lock(A, B, version=4)])
def test_as_spack_writes_it(text: bytes) -> None:
    head = match_lock(text)
    assert head
    assert match_lock(b" " + text) is None
    assert find_specs(text, parse_index(text, "").groups[0].records, head.end())
    assert_alike(text)


@pytest.mark.parametrize(
    "text",
    [
        LOCK[:-1] + b',"concrete_specs":{}}',
        LOCK[:-1] + b',"database":{"version":"8","installs":{}}}',
        LOCK[:-2] + b"," + LOCK[LOCK.index(b'"concrete_specs":{') + len(b'"concrete_specs":{') :],
        LOCK.replace(A["hash"].encode() + b'":{', A["hash"].replace("a", "\\u0061").encode() + b'":{'),
        LOCK.replace(b'"roots":[', b'"roots":[{"hash":"","spec":"}],\\"concrete_specs\\":{"},'),
        LOCK.replace(b'"roots":[', b'"roots":[{"hash":"","spec":"},{"},'),
        LOCK.replace(b'"roots":[', b'"roots":[1,'),
        LOCK.replace(b'"lockfile-version":6', b'"lockfile-version":2'),
        LOCK.replace(b'"lockfile-version":6', b'"lockfile-version":7'),
        LOCK.replace(b'"lockfile-version":6', b'"lockfile-version":6.0'),
        a_lock(A, included={"e": [B]}),
        LOCK[:-1],
        LOCK[:-20] + LOCK[-2:],
    ],
)
def test_what_only_begins_so(text: bytes) -> None:
    assert_alike(text)


@settings(max_examples=examples(400), deadline=None)
@given(st.data())
def test_any_piece_anywhere(data: st.DataObject) -> None:
    text = first = data.draw(st.sampled_from([LOCK, SPACK]))
    for _ in range(data.draw(st.integers(1, 3))):
        # Most of them before the records, where all is decided.
        start = data.draw(st.integers(0, len(text)) | st.integers(0, first.index(b'"concrete_specs"') + 20))
        end = data.draw(st.just(start) | st.integers(start, min(len(text), start + 40)))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    assert_alike(text)


LOCKS = sorted(FIXTURES.rglob("spack.lock"))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_locks_of_the_fixtures(path: Path) -> None:
    assert_alike(path.read_bytes())


@needs_whole
def test_real_locks_are_read_so() -> None:
    found = sorted(WHOLE.glob("lock-v[56]-*/*/spack.lock"))
    assert found
    for path in found:
        text = path.read_bytes()
        assert match_lock(text), path
        assert_alike(text)
