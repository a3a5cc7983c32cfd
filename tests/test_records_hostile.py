"""Indexes and locks that somebody made to mislead or to exhaust: each flaw is named with its place, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import lzma
import re
import sys
import time
from base64 import b32encode
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from cachediff.engine.loop import compare_readers
from cachediff.errors import InputError
from cachediff.graph import used
from cachediff.graph.used import count_needing
from cachediff.rules.faults import observe_faults
from tests.commands import ROOT, environment
from tests.index_files import a_database, a_lock, a_node, compare, put, read, rules_of
from tests.processes import execute

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report

A, B, C = a_node("zlib"), a_node("hdf5"), a_node("cmake")
SOUND = a_lock(A, B)
NAMESPACE = b'"namespace":"builtin"'


def a_hash_of(number: int) -> str:
    """Return one of many hashes."""
    return b32encode(sha1(str(number).encode(), usedforsecurity=False).digest()).decode().lower()


def an_edge(hash_: str, name: str = "x", *types: str) -> dict[str, Any]:
    """Return a dependency."""
    return {"name": name, "hash": hash_, "parameters": {"deptypes": [*types] or ["link"], "virtuals": []}}


def against_sound(directory: Path, data: bytes, sound: bytes = SOUND) -> Report:
    """Return the report on a sound index and another one."""
    return compare(put(directory / "old.json", sound), put(directory / "new.json", data))


def refuse(directory: Path, data: bytes) -> str:
    """Return what is said of an index of which nothing can be read."""
    with pytest.raises(InputError) as raised:
        read(put(directory / "new.json", data))
    return f"{raised.value}".removeprefix(str(directory / "new.json"))


def text_at(finding: Finding, data: bytes) -> str:
    """Return the text at the place that a finding names."""
    assert finding.location
    assert finding.location.line == 1
    return data.decode()[finding.location.column - 1 :]


# --- keys that stand twice ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_lock", [True, False])
@pytest.mark.parametrize("is_escaped", [True, False])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_hash_with_two_records(tmp_path: Path, *, is_lock: bool, is_escaped: bool, is_first: bool) -> None:
    """The last is read, as by all who read JSON; that there was another is an error, wherever it stands."""
    sound = SOUND if is_lock else a_database(A, B)
    key = A["hash"].replace("a", "\\u0061") if is_escaped else A["hash"]
    other = json.dumps(C if is_lock else {"spec": C, "x": ['"}]', {}], "in_buildcache": True}).encode()
    member = f'"{key}" : '.encode() + other
    holder = b'"concrete_specs":{' if is_lock else b'"installs":{'
    data = sound.replace(holder, holder + member + b" , ") if is_first else sound
    if not is_first:
        mine = json.dumps(A if is_lock else {"spec": A, "in_buildcache": True}).encode()
        levels = 2 if is_lock else 3
        data = sound[:-levels] + f', "{key}": '.encode() + mine + sound[-levels:]
    report = against_sound(tmp_path, data, sound)
    assert rules_of(report) == {"duplicate-hash": ["zlib"]}
    (finding,) = report.findings
    assert finding.message == f"zlib /{A['hash'][:7]} stands 2 times in one index, of which the last was read"
    assert text_at(finding, data).startswith(f'"{A["hash"] if is_first else key}"')
    assert report.summary.specs.unchanged == 2
    # In OLD it is published already.
    assert [one.severity for one in against_sound(tmp_path, sound, data).findings] == ["warning"]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (SOUND[:-1] + b',"concrete_specs":{}}', "/concrete_specs"),
        (SOUND[:-1] + b',"roots":[]}', "/roots"),
        (SOUND.replace(b'"roots"', b'"r\\u006fots":[],"roots"'), "/roots"),
        (a_database(A)[:-1] + b',"database":{"version":"8","installs":{}}}', "/database"),
        (a_database(A)[:-2] + b',"installs":{}}}', "/database/installs"),
        (a_database(A).replace(b'"version":"8"', b'"version":"7","version":"8"'), "/database/version"),
        (a_lock(A, included={"e": [B]})[:-2] + b',"e":{"concrete_specs":{},"roots":[]}}}', "/include_concrete/e"),
    ],
)
def test_an_object_of_the_envelope_that_stands_twice_ends_the_run(data: bytes, pointer: str, tmp_path: Path) -> None:
    said = refuse(tmp_path, data)
    assert said.endswith(": index has this key twice")
    column = int(said.split(":")[2])
    assert json.loads(data.decode()[column - 1 :].partition(":")[0]) == pointer.rpartition("/")[2]


def test_a_field_of_a_record_that_stands_twice(tmp_path: Path) -> None:
    """What the hash is of is read: the last, and where that is not what the hash says, it is told."""
    last = SOUND.replace(b'"version":"1.3"', b'"version":"9","version":"1.3"', 1)
    assert rules_of(against_sound(tmp_path, last)) == {}
    first = SOUND.replace(b'"version":"1.3"', b'"version":"1.3","version":"9"', 1)
    assert rules_of(against_sound(tmp_path, first)) == {"hash-mismatch": ["zlib"], "hash-conflict": ["zlib"]}


# --- records that are not what they say --------------------------------------------------------------------------------


def test_a_key_that_is_not_its_records_hash(tmp_path: Path) -> None:
    data = SOUND.replace(f'"{A["hash"]}":{{'.encode(), f'"{C["hash"]}":{{'.encode())
    data = data.replace(f'[{{"hash":"{A["hash"]}"'.encode(), f'[{{"hash":"{C["hash"]}"'.encode())
    data = data.replace(f'[{{"hash": "{A["hash"]}"'.encode(), f'[{{"hash": "{C["hash"]}"'.encode())
    report = against_sound(tmp_path, data)
    finding, *_ = [one for one in report.findings if one.rule == "record-invalid"]
    assert finding.message == f"record stands under another hash than its own, {A['hash']}"
    assert text_at(finding, data).startswith(f'"{C["hash"]}":')


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_is_told_once(length: int, tmp_path: Path) -> None:
    names = [f"ring{number}" for number in range(length)]
    ring = [
        a_node(name) | {"hash": a_hash_of(number), "dependencies": [an_edge(a_hash_of((number + 1) % length))]}
        for number, name in enumerate(names)
    ]
    data = a_lock(A, B, *ring)
    invalid = [one for one in against_sound(tmp_path, data).findings if one.rule == "record-invalid"]
    assert len(invalid) == 1
    assert "depends on itself" in invalid[0].message
    least = min(a_hash_of(number) for number in range(length))
    assert text_at(invalid[0], data).startswith(f'"{least}":')


def test_what_a_spec_was_spliced_from_need_not_be_there(tmp_path: Path) -> None:
    spliced = a_lock(a_node("zlib", build_spec={"name": "zlib", "hash": a_hash_of(1)}), B)
    assert rules_of(against_sound(tmp_path, spliced, spliced)) == {}


@pytest.mark.parametrize(
    ("was", "becomes", "pointer"),
    [
        (b'"name":"zlib"', b'"name":5', "/name"),
        (b'"version":"1.3"', b'"version":1.3', "/version"),
        (b'"platform":"linux"', b'"platform":0', "/arch/platform"),
        (NAMESPACE, b'"namespace":[]', "/namespace"),
        (b'"shared":true', b'"shared":1', "/parameters/shared"),
        (f'"hash":"{A["hash"]}"}}'.encode(), b'"hash":1e9}', "/hash"),
    ],
)
def test_numbers_where_strings_belong(was: bytes, becomes: bytes, pointer: str, tmp_path: Path) -> None:
    assert was in SOUND
    at = SOUND.index(b'"concrete_specs"')
    data = SOUND[:at] + SOUND[at:].replace(was, becomes, 1)
    report = against_sound(tmp_path, data)
    finding, *_ = [one for one in report.findings if one.rule == "record-invalid"]
    assert finding.location
    assert finding.location.pointer == f"/concrete_specs/{A['hash']}{pointer}"
    assert text_at(finding, data).startswith(becomes.decode().partition(":")[2])
    assert report.verdict == "fail"


@pytest.mark.parametrize("claimed", [4, 1])
def test_who_claims_to_be_old_is_compared(claimed: int, tmp_path: Path) -> None:
    old: dict[str, Any] = {"annotations": {"original_specfile_version": claimed}}
    same = {**A, **old}
    assert rules_of(against_sound(tmp_path, a_lock(same, B))) == {}
    for other in ({"version": "6"}, {"package_hash": "b" * 52 + "===="}, {"dependencies": [an_edge(B["hash"], "hdf5")]}):
        report = against_sound(tmp_path, a_lock(same | other, B))
        assert rules_of(report) == {"hash-conflict": ["zlib"]}
        assert report.integrity
        assert report.integrity.new.not_recomputable == 1


def test_a_database_that_spack_rewrote_raises_no_alarm(tmp_path: Path) -> None:
    """7 to 8: the compiler moves from its field to a note, and every hash is kept."""
    names = ("zlib", "hdf5", "cmake")
    before = [a_node(name, compiler={"name": "gcc", "version": "12.2.0"}) for name in names]
    note = {"annotations": {"original_specfile_version": 4, "compiler": "gcc@=12.2.0"}}
    after = [{key: value for key, value in node.items() if key != "compiler"} | note for node in before]
    fields: dict[str, Any] = {"installed": True, "explicit": True}
    report = against_sound(tmp_path, a_database(*after, **fields), a_database(*before, version="7", **fields))
    assert report.findings == ()
    assert report.summary.specs.unchanged == 3


# --- text ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (b'"1.3"', b"NaN", "index is not JSON: invalid character"),
        (NAMESPACE, NAMESPACE + b',"x":-Infinity', "index is not JSON: invalid character"),
        (b'"1.3"', b'"\\ud800"', "index is not JSON: unexpected end of hex escape"),
        (NAMESPACE, NAMESPACE + b',"\\udc00":1', "index is not JSON: invalid utf-16 surrogate pair"),
        (NAMESPACE, NAMESPACE + b',"x":' + b"[" * 100_000 + b"]" * 100_000, "index nests too deep"),
        (b'"1.3"', b"[" * 100_000 + b"]" * 100_000, "index nests too deep"),
    ],
)
def test_what_no_index_is_written_with(was: bytes, becomes: bytes, said: str, tmp_path: Path) -> None:
    data = SOUND.replace(was, becomes, 1)
    found = refuse(tmp_path, data)
    _, line, column, message = found.split(":", 3)
    assert (line, message.strip()) == ("1", said)
    start = SOUND.index(was)
    assert start < int(column) <= start + len(was) + 120


@pytest.mark.parametrize("text", [b'"\xff"', b'"\xed\xa0\x80"'])
def test_bytes_that_are_no_text(text: bytes, tmp_path: Path) -> None:
    data = SOUND.replace(b'"1.3"', text, 1)
    report = against_sound(tmp_path, data)
    assert rules_of(report)["record-invalid"] == ["zlib"]
    assert report.verdict == "fail"


def test_a_mark_in_front_is_no_page(tmp_path: Path) -> None:
    assert refuse(tmp_path, b"\xef\xbb\xbf" + SOUND).startswith(":1:1: index is not JSON: unexpected UTF-8 BOM")


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip.compress, lambda data: lzma.compress(data, preset=0)])
def test_a_bomb_ends_with_the_limit(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    bomb = put(tmp_path / "spack.lock", pack(bytes(100_000_000)))
    code, seconds, megabytes, said = run(bomb, bomb, "--limit", "index-bytes=20000000")
    assert code == 3
    assert "it unpacks to more than 20,000,000 bytes (limit index-bytes)" in said
    assert (seconds < 10, megabytes < 250) == (True, True), (seconds, megabytes)


# --- locks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pack", "count"), [(gzip.compress, 200_000), (lzma.compress, 100_000)])
def test_many_parts_in_one_file_take_the_time_of_their_bytes(
    pack: Callable[[bytes], bytes], count: int, tmp_path: Path
) -> None:
    parts = (pack(b"") + b"\0" * 4) * count
    new = put(tmp_path / "new.lock", parts + b"".join(map(pack, (SOUND[:-900], SOUND[-900:]))))
    started = time.process_time()
    assert len(read(new).packages()) == 2
    # What is behind a part was once copied for each of them: a minute, and four for twice as many.
    assert time.process_time() - started < 10


def test_what_takes_too_much_memory_to_unpack_is_not_called_damaged(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 256 << 20}]
    said = refuse(tmp_path, lzma.compress(SOUND, filters=filters))
    assert said == ": index cannot be read: it takes more than 128 MiB of memory to unpack"


@pytest.mark.parametrize("path", [".", "spack.lock", "new.json", "/", "../../etc/passwd"])
def test_a_lock_that_includes_itself(path: str, tmp_path: Path) -> None:
    """What is included stands in the lock itself: no path is followed, and a record that is there twice is one spec."""
    report = against_sound(tmp_path, a_lock(A, B, included={path: [A, B]}))
    assert report.findings == ()
    assert report.summary.specs.unchanged == 2


def test_a_root_less_is_no_loss_and_what_it_was_is_still_guarded(tmp_path: Path) -> None:
    """Whoever takes a root away, and its record in a next step, hides nothing by that."""
    rootless = json.dumps({**json.loads(SOUND), "roots": []}).encode()
    first = against_sound(tmp_path, rootless)
    assert (first.findings, first.summary.specs.unchanged) == ((), 2)
    assert rules_of(against_sound(tmp_path, a_lock(B), rootless)) == {"package-removed": ["zlib"]}


# --- sizes --------------------------------------------------------------------------------------------------------------


# Linux counts the memory of who starts a process as that one's own: so a small one starts it.
STARTER = """
import os, resource, sys
from tests.processes import execute
with open(os.devnull, "wb") as nowhere:
    ended = execute([sys.executable, "-m", "cachediff", *sys.argv[1:]], stdout=nowhere, timeout=600)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(ended.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
"""


def run(*arguments: str) -> tuple[int, float, int, str]:
    """Return how a comparison ended as a process: exit code, CPU seconds, MB at most, and what it said of errors."""
    words = [sys.executable, "-c", STARTER, "--jobs", "1", "--format", "json", *arguments]
    # What is judged is the time that it worked, of which a busy machine gives it as little as it has.
    ended = execute(words, cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", timeout=600)
    code, seconds, megabytes = ended.stdout.split()
    return int(code), float(seconds), int(megabytes), ended.stderr


def a_chain(length: int, broken: int = 0) -> bytes:
    """Return a lock of specs of which each depends on the one before, from which the first few are taken."""
    nodes: list[dict[str, Any]] = []
    for number in range(length):
        below = [an_edge(nodes[-1]["hash"], nodes[-1]["name"])] if nodes else []
        nodes.append(a_node(f"p{number % 100}", version=str(number), dependencies=below))
    return a_lock(*nodes[broken:])


LARGE: dict[str, Callable[[], bytes]] = {
    "a chain of 100,000": lambda: a_chain(100_000),
    "a chain of 10,000 that hangs on nothing": lambda: a_chain(10_001, 1),
    "a circle of 10,000": lambda: a_lock(
        *(
            a_node(f"p{number % 100}", version=str(number))
            | {"hash": a_hash_of(number), "dependencies": [an_edge(a_hash_of((number + 1) % 10_000))]}
            for number in range(10_000)
        )
    ),
    "100,000 edges to nothing": lambda: a_lock(
        A, a_node("fan", dependencies=[an_edge(a_hash_of(number)) for number in range(100_000)])
    ),
    "a million edges to one": lambda: a_lock(A, a_node("fan", dependencies=[an_edge(A["hash"], "zlib")] * 1_000_000)),
    "200,000 edges that are none": lambda: a_lock(A, a_node("fan", dependencies=[5] * 200_000)),
    "a variant of 10 MB": lambda: a_lock(A, a_node("v", parameters={"x": "y" * 10_000_000})),
    "a version of 3 MB": lambda: a_lock(A, a_node("v", version="1." * 1_500_000)),
    "an unknown field of 10 MB": lambda: a_lock(A, a_node("v", other="y" * 10_000_000)),
    "100,000 variants": lambda: a_lock(A, a_node("v", parameters={f"x{n}": "y" for n in range(100_000)})),
    "100,000 flags": lambda: a_lock(A, a_node("v", parameters={"cflags": [f"-D{n}" for n in range(100_000)]})),
    "10,000 keys with escapes": lambda: re.sub(
        rb'"([a-z2-7])([a-z2-7]{31}":\{"spec")',
        lambda found: b'"\\u%04x%b' % (found[1][0], found[2]),
        a_database(*(A | {"hash": a_hash_of(n)} for n in range(10_000))),
    ),
    "10,000 bad records": lambda: a_database(*({"name": "zlib", "hash": a_hash_of(n)} for n in range(10_000))),
    "60,000 times one hash": lambda: SOUND.replace(
        b'"concrete_specs":{', b'"concrete_specs":{' + f'"{A["hash"]}":{{}},'.encode() * 60_000
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_time_and_memory_are_what_the_size_explains(name: str, tmp_path: Path) -> None:
    data = LARGE[name]()
    new = put(tmp_path / "new.json", data)
    old = put(tmp_path / "old.json", a_database(A, B) if data.startswith(b'{"database"') else SOUND)
    code, seconds, megabytes, said = run(old, new)
    size = len(data) / 1e6
    assert code in {0, 1, 3}, said
    # Real indexes take 0.02 s and 2 MB for each MB of theirs; a report names every single thing that is missing.
    # What goes round is walked anew by each question: that takes most, and grows with the size as all else does.
    assert seconds < 5 + size, (seconds, megabytes)
    assert megabytes < 120 + 25 * size, (seconds, megabytes)
    sys.stdout.write(f"{name}: {size:.1f} MB, exit code {code}, {seconds:.1f} s, {megabytes:,} MB\n")


def test_blocks_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = a_node("leaf", dependencies=[an_edge(a_hash_of(number)) for number in range(9)])
    middle = a_node("middle", dependencies=[an_edge(leaf["hash"], "leaf"), an_edge(a_hash_of(20))])
    graph = read(put(tmp_path / "new.json", a_lock(middle, leaf))).info.graph
    assert graph
    whole = count_needing(graph)
    assert sorted(whole.values()) == [1, *[2] * 9]
    monkeypatch.setattr(used, "BLOCK", 2)
    assert count_needing(graph) == whole
    # Beyond what is followed those count that depend directly.
    monkeypatch.setattr(used, "MAX_FOLLOWED", 5)
    first, rest = graph.missing[:5], graph.missing[5:]
    assert count_needing(graph) == {hash_: whole[hash_] for hash_ in first} | dict.fromkeys(rest, 1)


class _Compared(str):
    """A name that counts how often names are compared."""

    __slots__ = ()
    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        _Compared.times += 1
        return str.__eq__(self, other)


def test_bad_records_of_many_packages_are_not_looked_for_in_each_other(tmp_path: Path) -> None:
    many = [a_node(f"p{number}") | {"version": 5} for number in range(300)]
    old, new = put(tmp_path / "old.json", a_database(A, *many)), put(tmp_path / "new.json", a_database(A))
    diff = compare_readers(read(old), read(new))
    assert len(diff.hidden) == len(many)
    _Compared.times = 0
    found = [*observe_faults(replace(diff, hidden=tuple(map(_Compared, diff.hidden))), "record", "record")]
    assert [one.subject.snapshot for one in found] == ["both"] * len(many)
    assert _Compared.times < 3 * len(many)
