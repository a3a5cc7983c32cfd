"""Databases 5 and 6, and locks 2 and 3: what Spack wrote up to 0.17."""

from __future__ import annotations

import gzip
import json
from base64 import b32encode
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachediff.errors import InputError
from cachediff.library import render
from cachediff.sources.records.older import decode_database_5, decode_lock_2, decode_lock_3
from cachediff.sources.records.record import UNREADABLE, decode_install
from cachediff.text.schema import load_validator
from tests.commands import run
from tests.examples import examples
from tests.index_files import WHOLE, a_database, a_lock, a_node, compare, needs_whole, put, read, rules_of, specs_in
from tests.make_index_fixtures import FIXTURES
from tests.schemas import load_explained
from tests.test_records_schema import ODD, places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


ARCH = {"platform": "linux", "platform_os": "rhel7", "target": {"name": "zen2", "features": ["avx2"], "parents": ["zen"]}}
CLINGO = WHOLE / "single" / "buildcache-v5-clingo-bootstrap"

Record = dict[str, Any]


def a_hash(word: str) -> str:
    """Return a hash."""
    return b32encode(sha1(word.encode(), usedforsecurity=False).digest()).decode().lower()


def an_old_node(name: str, *needs: str, types: tuple[str, ...] = ("link",), **fields: Any) -> Record:
    """Return a spec as database 5 has it, that needs some others."""
    node: Record = {
        "version": "1.3",
        "arch": ARCH,
        "compiler": {"name": "gcc", "version": "9.3.0"},
        "namespace": "builtin",
        "parameters": {"shared": True, "cflags": []},
        "hash": a_hash(name),
        "full_hash": a_hash(f"{name} whole"),
    }
    if needs:
        node["dependencies"] = {need: {"hash": a_hash(need), "type": [*types]} for need in needs}
    return {name: {**node, **fields}}


def a_database_5(*nodes: Record, **fields: Any) -> bytes:
    """Return a database 5 of a build cache, or of what some fields make it."""
    fields = fields or {"ref_count": 1, "in_buildcache": True}
    installs = {next(iter(node.values()))["hash"]: {"spec": node, **fields} for node in nodes}
    return json.dumps({"database": {"version": "5", "installs": installs}}).encode()


def an_old_lock(version: int, nodes: dict[str, tuple[str, str, list[str]]]) -> bytes:
    """Return a lock 2 or 3 of specs by key: the name of each, a word for its own hash, and the keys that it needs."""
    specs: Record = {}
    for key, (name, own, needs) in nodes.items():
        edges = [{"name": nodes[need][0], "build_hash": a_hash(need), "type": ["build", "link"]} for need in needs]
        node = {key_: value for key_, value in an_old_node(name)[name].items() if key_ != "full_hash"} | {
            "hash": a_hash(own)
        }
        if version == 2:
            by_name = {edge["name"]: {"build_hash": edge["build_hash"], "type": edge["type"]} for edge in edges}
            specs[a_hash(key)] = {name: node | ({"dependencies": by_name} if edges else {})}
        else:
            specs[a_hash(key)] = {"name": name, **node, **({"dependencies": edges} if edges else {})}
    first = next(iter(nodes))
    meta = {"file-type": "spack-lockfile", "lockfile-version": version}
    return json.dumps(
        {"_meta": meta, "roots": [{"hash": a_hash(first), "spec": nodes[first][0]}], "concrete_specs": specs}
    ).encode()


# --- what a record is --------------------------------------------------------------------------------------------------


def test_a_database_5(tmp_path: Path) -> None:
    external = an_old_node("perl", external={"path": "/usr", "module": None})
    nodes = [an_old_node("zlib"), external, an_old_node("hdf5", "zlib", "perl", types=("build", "link"))]
    reader = read(put(tmp_path / "index.json", a_database_5(*nodes)))
    assert reader.info.reading.format == "buildcache v5"
    assert sorted(reader.packages()) == ["hdf5", "zlib"]
    (spec,) = specs_in(reader, "hdf5")
    assert spec.facts
    assert (spec.coordinates.target, spec.coordinates.compiler) == ("zen2", "gcc@9.3.0")
    assert [(edge.name, edge.types, edge.virtuals) for edge in spec.facts.dependencies] == [
        ("perl", ("build", "link"), None),
        ("zlib", ("build", "link"), None),
    ]
    assert reader.info.graph
    assert reader.info.graph.missing == ()


def test_a_database_5_that_does_not_say_what_is_cached_lists_nothing_else(tmp_path: Path) -> None:
    """So Spack wrote its first indexes of build caches, in 2020: with `spec` and `ref_count` alone."""
    external = an_old_node("perl", external={"path": "/usr", "module": None})
    nodes = [an_old_node("zlib"), external, an_old_node("hdf5", "zlib", "perl", types=("build", "link"))]
    old = put(tmp_path / "old/index.json", a_database_5(*nodes, ref_count=1))
    reader = read(old)
    assert reader.info.reading.format == "buildcache v5"
    assert reader.info.reading.notes == (
        "an index of Spack 0.16 or older does not say what is cached: all that it lists counts",
    )
    assert sorted(reader.packages()) == ["hdf5", "zlib"]
    new = put(tmp_path / "new/index.json", a_database_5(*nodes[:2], ref_count=1))
    assert rules_of(compare(old, new)) == {"package-removed": ["hdf5"]}
    # One that says so of what it lists is taken at its word, and so is a site.
    assert read(put(tmp_path / "said.json", a_database_5(*nodes, ref_count=1, in_buildcache=True))).info.reading.notes == ()
    site = put(tmp_path / "site.json", a_database_5(*nodes, ref_count=1, path="/opt/x", installed=True, explicit=True))
    assert read(site).info.reading.format == "site v5"


def test_a_record_that_says_nothing_is_not_cached_where_another_says_so(tmp_path: Path) -> None:
    nodes = [an_old_node("zlib"), an_old_node("hdf5", "zlib")]
    index = json.loads(a_database_5(*nodes, ref_count=1, in_buildcache=True))
    old = put(tmp_path / "old/index.json", json.dumps(index).encode())
    del [*index["database"]["installs"].values()][1]["in_buildcache"]
    new = put(tmp_path / "new/index.json", json.dumps(index).encode())
    assert read(new).info.reading.notes == ()
    assert rules_of(compare(old, new)) == {"package-removed": ["hdf5"]}


def test_the_first_databases_6_call_a_hash_otherwise(tmp_path: Path) -> None:
    """As Spack's own test data do: lib/spack/spack/test/data/mirrors/legacy_yaml."""
    node = a_node("zlib", compiler={"name": "gcc", "version": "4.5.0"})
    text = a_database(node, version="6").replace(b'"hash"', b'"_hash"')
    reader = read(put(tmp_path / "index.json", text))
    assert reader.info.reading.faults == ()
    (spec,) = specs_in(reader, "zlib")
    assert spec.hash == node["hash"]


def test_what_a_database_5_misses(tmp_path: Path) -> None:
    old = put(tmp_path / "old/index.json", a_database_5(an_old_node("zlib"), an_old_node("hdf5", "zlib")))
    new = put(tmp_path / "new/index.json", a_database_5(an_old_node("hdf5", "zlib")))
    assert rules_of(compare(old, new)) == {"package-removed": ["zlib"], "dependency-missing": ["zlib"]}


def test_a_database_5_without_dependencies_claims_nothing(tmp_path: Path) -> None:
    whole = put(tmp_path / "old.json", a_database_5(an_old_node("zlib"), an_old_node("hdf5", "zlib")))
    others = [an_old_node("zlib", hash=a_hash("new zlib")), an_old_node("hdf5")]
    bare = put(tmp_path / "new.json", a_database_5(*others))
    for old, new in ((whole, bare), (bare, whole), (bare, bare)):
        report = compare(old, new)
        # What is kept has dependencies on one side and none on the other, which is no conflict.
        assert rules_of(report) == {}
        assert report.rebuilds is None or not report.rebuilds.causes
        assert report.summary.cells.unneeded == report.summary.cells.blocked == 0
        assert render(report, "text")
    assert read(bare).info.graph is None
    result = run("why", "zlib", whole, bare)
    assert result.returncode == 3
    assert "has no dependencies, as some databases 5" in result.stderr


@pytest.mark.parametrize("key", ["6pqpznx4uy12ndpfyelhq3isgb2gddya", "short", "A" * 32])
def test_a_key_that_stands_for_a_hash_is_one(key: str, tmp_path: Path) -> None:
    """Where no record says its hash once more, nothing else tells what is none."""
    lock = json.loads(a_lock(a_node("zlib"), a_node("hdf5"), version=3))
    specs = lock["concrete_specs"]
    specs[key] = specs.pop(next(hash_ for hash_, node in specs.items() if node["name"] == "hdf5"))
    path = put(tmp_path / "spack.lock", json.dumps(lock).encode())
    (fault,) = read(path).info.reading.faults
    assert (fault.kind, fault.package, fault.message) == ("record", "hdf5", "key of record is not a Spack hash")


def test_a_database_5_of_a_spack_before_0_16_names_no_hash_but_in_keys(tmp_path: Path) -> None:
    zlib, hdf5 = an_old_node("zlib"), an_old_node("hdf5", "zlib")
    whole = json.loads(a_database_5(zlib, hdf5, ref_count=0, installed=True, path="/opt/x"))
    for record in whole["database"]["installs"].values():
        (node,) = record["spec"].values()
        del node["hash"], node["full_hash"]
    assert load_validator("database").is_valid(whole)
    old = put(tmp_path / "old/.spack-db/index.json", json.dumps(whole).encode())
    assert read(old).info.reading.faults == ()
    (spec,) = specs_in(read(old), "hdf5")
    assert spec.hash == a_hash("hdf5")
    del whole["database"]["installs"][a_hash("hdf5")]
    new = put(tmp_path / "new/.spack-db/index.json", json.dumps(whole).encode())
    assert rules_of(compare(old, new)) == {"package-removed": ["hdf5"]}


def test_build_dependencies_may_differ_under_one_hash_where_it_does_not_cover_them(tmp_path: Path) -> None:
    zlib, cmake, ninja = (an_old_node(name) for name in ("zlib", "cmake", "ninja"))
    edges = {name: {"hash": a_hash(name), "type": ["build"]} for name in ("cmake", "ninja")}
    link = {"zlib": {"hash": a_hash("zlib"), "type": ["link"]}}
    old = an_old_node("hdf5", dependencies=link | {"cmake": edges["cmake"]})
    new = an_old_node("hdf5", dependencies=link | {"ninja": edges["ninja"]})
    sides = [
        put(tmp_path / f"{number}.json", a_database_5(zlib, cmake, ninja, one)) for number, one in enumerate((old, new))
    ]
    assert rules_of(compare(*sides)) == {}
    other = an_old_node("hdf5", dependencies={"zlib": {"hash": a_hash("cmake"), "type": ["link"]}})
    third = put(tmp_path / "third.json", a_database_5(zlib, cmake, ninja, other))
    assert rules_of(compare(sides[0], third)) == {"hash-conflict": ["hdf5"]}


@pytest.mark.parametrize("version", [2, 3])
def test_an_old_lock_goes_by_its_keys(version: int, tmp_path: Path) -> None:
    # Two builds of zlib have one hash of their own, and differ in what they were built with.
    nodes = {
        "root": ("hdf5", "hdf5", ["one"]),
        "one": ("zlib", "zlib", ["cmake"]),
        "two": ("zlib", "zlib", []),
        "cmake": ("cmake", "cmake", []),
    }
    path = put(tmp_path / "old/spack.lock", an_old_lock(version, nodes))
    reader = read(path)
    assert (reader.info.reading.format, reader.info.reading.faults) == (f"lock v{version}", ())
    assert {spec.hash for spec in specs_in(reader, "zlib")} == {a_hash("one"), a_hash("two")}
    assert reader.info.graph
    assert [reader.info.graph.nodes[spec.hash].is_explicit for spec in specs_in(reader, "hdf5")] == [True]
    assert reader.info.graph.nodes[a_hash("root")].dependencies == (a_hash("one"),)
    assert rules_of(compare(path, path)) == {}
    assert run("validate", path).returncode == 0
    nodes.pop("two")
    report = compare(path, put(tmp_path / "new/spack.lock", an_old_lock(version, nodes)))
    assert (report.summary.specs.unchanged, report.summary.specs.removed) == (3, 1)
    shown = run("show", "zlib", path, str(tmp_path / "new/spack.lock"))
    assert f"/{a_hash('two')[:7]}" in shown.stdout


@pytest.mark.parametrize("version", [2, 3])
def test_a_site_has_what_an_old_lock_asks_for_under_its_own_hash(version: int, tmp_path: Path) -> None:
    """Build hashes are of locks alone: what is installed or cached has the other hash."""
    keys = {"a": ("hdf5", "hdf5", ["b"]), "b": ("zlib", "zlib", [])}
    lock = put(tmp_path / "spack.lock", an_old_lock(version, keys))
    zlib, hdf5 = an_old_node("zlib"), an_old_node("hdf5", "zlib")
    whole = put(tmp_path / "whole/index.json", a_database_5(zlib, hdf5))
    assert run("impact", lock, "--in", whole).stdout.startswith("1 of 1 root can be installed")
    part = put(tmp_path / "part/index.json", a_database_5(hdf5))
    assert "1 blocked" in run("impact", lock, "--in", part).stdout
    # One lock has another's keys.
    assert run("impact", lock, "--in", lock).stdout.startswith("1 of 1 root can be installed")


def test_a_fresh_hash_in_an_old_lock_is_explained(tmp_path: Path) -> None:
    before = {"root": ("hdf5", "hdf5", ["one"]), "one": ("zlib", "zlib", [])}
    after = {"root2": ("hdf5", "hdf5", ["one2"]), "one2": ("zlib", "other", [])}
    sides = [put(tmp_path / f"{n}/spack.lock", an_old_lock(3, nodes)) for n, nodes in enumerate((before, after))]
    result = run("why", "hdf5", *sides)
    assert result.returncode == 0
    assert "zlib@1.3" in result.stdout


# --- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (b'{"database":{"version":"0.9.3","installs":{}}}', "database 0.9.3 is not read", "Spack 0.13 to 0.16 read it"),
        (b'{"database":{"version":"0.9","installs":{}}}', "database 0.9 is not read", "Spack 0.13 to 0.16 read it"),
        (b'{"database":{"version":"10","installs":{}}}', "database 10 is not read", "expected databases 5 to 9, found"),
        (
            b'{"_meta":{"file-type":"spack-lockfile","lockfile-version":1},"roots":[],"concrete_specs":{}}',
            "lock 1 is not read",
            "every Spack that has environments reads it",
        ),
        (
            b'{"_meta":{"file-type":"spack-lockfile","lockfile-version":99},"roots":[],"concrete_specs":{}}',
            "lock 99 is not read",
            "expected locks 2 to 8, found",
        ),
    ],
)
def test_what_is_refused(data: bytes, message: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read(put(tmp_path / "index.json", data))
    assert hint in (refused.value.hint or "")


def test_a_bad_record_of_an_old_format(tmp_path: Path) -> None:
    bad = an_old_node("hdf5", version=3)
    (fault,) = read(put(tmp_path / "index.json", a_database_5(an_old_node("zlib"), bad))).info.reading.faults
    assert (fault.kind, fault.package, fault.is_outside) == ("record", "hdf5", False)
    assert fault.problems[0].location.pointer == f"/database/installs/{a_hash('hdf5')}/spec/hdf5/version"
    misnamed = an_old_node("hdf5", hash=a_hash("x"))
    data = a_database_5(an_old_node("zlib"), misnamed).replace(
        f'"{a_hash("x")}": {{"spec'.encode(), f'"{a_hash("y")}": {{"spec'.encode()
    )
    (fault,) = read(put(tmp_path / "other.json", data)).info.reading.faults
    assert fault.message.startswith("record stands under another hash than its own")
    lock = json.loads(an_old_lock(3, {"a": ("zlib", "zlib", []), "b": ("hdf5", "hdf5", ["a"])}))
    del lock["concrete_specs"][a_hash("b")]["dependencies"][0]["build_hash"]
    (fault,) = read(put(tmp_path / "spack.lock", json.dumps(lock).encode())).info.reading.faults
    assert fault.problems[0].location.pointer == f"/concrete_specs/{a_hash('b')}/dependencies/0"


def test_a_boolean_that_is_written_as_text_is_one(tmp_path: Path) -> None:
    """Spack reads it so, and writes it anew as true or false: the hash is of the text that it was."""
    old = put(tmp_path / "old.lock", a_lock(a_node(parameters={"mpi": "True", "shared": "false", "threads": "none"})))
    new = put(tmp_path / "new.lock", a_lock(a_node(parameters={"mpi": False, "shared": False, "threads": "none"})))
    report = compare(old, new)
    assert rules_of(report) == {"variant-disabled": ["zlib"]}
    (package,) = report.packages
    assert [field.field for field in package.changes[0].fields] == ["variants.mpi"]


# --- schemas -----------------------------------------------------------------------------------------------------------

FIELDS: Record = {
    "parameters": {"shared": True, "api": "default", "list": ["a", "b"], "cflags": ["-O3"]},
    "package_hash": "p",
    "external": {"path": "/usr", "module": None, "extra_attributes": {"a": [1]}},
}
KEYED = an_old_node("hdf5", "zlib", "cmake", **FIELDS)
KEYED["hdf5"]["dependencies"]["cmake"] = {"build_hash": a_hash("cmake"), "type": ["build"]}
LISTED = {
    "name": "hdf5",
    **KEYED["hdf5"],
    "dependencies": [{"name": name, **edge} for name, edge in KEYED["hdf5"]["dependencies"].items()],
}


def _decode_record(data: bytes) -> object:
    return decode_database_5(decode_install(data).spec)


@pytest.mark.slow
@settings(max_examples=examples(600), deadline=None)
@pytest.mark.parametrize(
    ("whole", "decode", "schema", "part"),
    [
        ({"spec": KEYED, "in_buildcache": True}, _decode_record, "database", "old_record"),
        (KEYED, decode_lock_2, "lock", "keyed_by_name"),
        (LISTED, decode_lock_3, "lock", "listed_node"),
    ],
    ids=["database 5", "lock 2", "lock 3"],
)
@given(data=st.data())
def test_a_record_is_taken_where_the_schema_accepts_it(
    whole: Record, decode: Callable[[bytes], object], schema: Any, part: str, data: st.DataObject
) -> None:
    record = json.loads(json.dumps(whole))
    all_places = sorted(places(whole), key=str)
    edit = st.tuples(st.sampled_from(all_places), st.sampled_from(["put", "drop", "key"]), ODD)
    for path, what, value in data.draw(st.lists(edit, max_size=3)):
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
    try:
        decode(json.dumps(record).encode())
        is_taken = True
    except UNREADABLE:
        is_taken = False
    assert load_validator(schema, "$defs", part).is_valid(record) == is_taken, record
    assert load_explained(schema, part).is_valid(record) == is_taken


@pytest.mark.parametrize("version", [2, 3])
def test_a_whole_old_file_fits_its_schema(version: int) -> None:
    lock = json.loads(an_old_lock(version, {"a": ("zlib", "zlib", []), "b": ("hdf5", "hdf5", ["a"])}))
    assert load_validator("lock").is_valid(lock)
    lock["_meta"]["lockfile-version"] = 5 - version
    assert not load_validator("lock").is_valid(lock)
    database = json.loads(a_database_5(KEYED))
    assert load_validator("database").is_valid(database)
    database["database"]["version"] = "6"
    assert not load_validator("database").is_valid(database)
    assert load_validator("database").is_valid(json.loads(a_database(a_node())))
    assert load_validator("lock").is_valid(json.loads(a_lock(a_node(), version=4)))


# --- real files --------------------------------------------------------------------------------------------------------


@needs_whole
def test_a_real_database_5() -> None:
    reader = read(CLINGO)
    assert reader.info.graph
    assert (reader.info.reading.faults, reader.info.graph.missing) == ((), ())
    assert len(reader.info.graph.nodes) == 82
    assert sum(len(specs_in(reader, name)) for name in reader.packages()) == 59
    assert run("validate", str(CLINGO)).returncode == 0
    assert compare(CLINGO, CLINGO).verdict == "pass"


@needs_whole
@pytest.mark.parametrize("version", ["013", "016"])
def test_specs_that_spack_kept_of_specfile_1(version: str) -> None:
    path = WHOLE / "single" / "spack-test-specfiles" / f"hdf5.v{version}.json.gz"
    nodes = json.loads(gzip.decompress(path.read_bytes()))["spec"]
    for node in nodes:
        decoded = decode_database_5(json.dumps(node).encode())
        ((name, values),) = node.items()
        assert (decoded.name, decoded.hash, decoded.version) == (name, values["hash"], values["version"])
        needs = {other: edge["hash"] for other, edge in values.get("dependencies", {}).items()}
        assert {edge.name: edge.hash for edge in decoded.dependencies} == needs
    assert len(nodes) > 5


@needs_whole
def test_a_real_database_6_of_a_site() -> None:
    site = WHOLE / "single" / "site-v6-spack-0.20.3"
    reader = read(site)
    assert (reader.info.reading.format, reader.info.reading.faults) == ("site v6", ())
    assert sum(len(specs_in(reader, name)) for name in reader.packages()) == 61
    assert reader.info.graph
    assert reader.info.graph.missing == ()
    # The same installations as the build cache that was made of them.
    report = compare(site, WHOLE / "v2-v6-to-v7-spack-0.20.3-0.22.0" / "old")
    assert (report.summary.specs.unchanged, report.summary.specs.removed, report.summary.specs.added) == (61, 0, 0)
    assert rules_of(report) == {"tags-incomparable": [""]}
    assert run("validate", str(site)).returncode == 0


def test_a_cut_of_a_database_6_is_read() -> None:
    reader = read(FIXTURES / "v2" / "old")
    assert (reader.info.reading.format, reader.info.reading.faults) == ("buildcache v6", ())
    assert reader.info.graph
    assert any(node.dependencies for node in reader.info.graph.nodes.values())
