"""A record is what its hash says: whatever is changed in it is found, or stands outside of what the hash covers."""

from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cachediff.sources.records.proof import recompute
from tests.index_files import WHOLE, a_database, a_lock, a_node, compare, needs_whole, put, read, rules_of, specs_in
from tests.make_index_fixtures import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.index_files import Record

SITE = (FIXTURES / "site/new/.spack-db/index.json").read_bytes()
UNCOVERED = ("ref_count", "path", "installed", "explicit", "installation_time", "deprecated_for", "in_buildcache")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all strings and booleans in a value."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [found for number, inner in enumerate(value) for found in leaves(inner, (*path, number))]
    return [path] if isinstance(value, str | bool) else []


def test_every_character_of_a_record_is_covered(tmp_path: Path) -> None:
    database = json.loads(SITE)
    installs = database["database"]["installs"]
    key = next(key for key, one in installs.items() if one["spec"]["name"] == "hdf5")
    found = 0
    for path in leaves(installs[key]["spec"]):
        if path == ("hash",):
            continue
        changed = json.loads(SITE)
        holder = changed["database"]["installs"][key]["spec"]
        for name in path[:-1]:
            holder = holder[name]
        was = holder[path[-1]]
        # One character, or one switch: what stays valid by the schema.
        holder[path[-1]] = not was if isinstance(was, bool) else ("b" if was[:1] == "a" else "a") + was[1:]
        reader = read(put(tmp_path / "index.json", json.dumps(changed, separators=(",", ":")).encode()))
        faults = [(fault.kind, fault.hash) for fault in reader.info.reading.faults]
        assert faults == [("hash", key)], path
        found += 1
    assert found > 20


@pytest.mark.parametrize("field", UNCOVERED)
def test_what_stands_beside_a_spec_is_not_covered(field: str, tmp_path: Path) -> None:
    database = json.loads(SITE)
    for one in database["database"]["installs"].values():
        if field in one:
            one[field] = {"ref_count": 99, "path": "/elsewhere", "explicit": True}.get(field, one[field])
    report = compare(FIXTURES / "site/new", put(tmp_path / "index.json", json.dumps(database).encode()))
    assert rules_of(report) == {}
    assert report.summary.specs.unchanged == 35


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_layout_means_nothing(indent: int | None, tmp_path: Path) -> None:
    lock = put(tmp_path / "spack.lock", json.dumps(json.loads(a_lock(a_node(version="1.3-é")))).encode())
    text = json.dumps(json.loads((tmp_path / "spack.lock").read_bytes()), indent=indent, ensure_ascii=False)
    (tmp_path / "spack.lock").write_text(text, encoding="utf-8")
    integrity = read(lock).info.reading.integrity
    assert integrity
    assert (integrity.recomputed, integrity.mismatched) == (1, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"external": {"path": "/usr", "module": None, "extra_attributes": {}}},
        {"arch": {"platform": "linux", "platform_os": "debian12", "target": {"name": "m1", "vendor": "Apple"}}},
        {"parameters": {"cflags": ["-O3", "-g"]}},
        {"annotations": {"original_specfile_version": 4, "compiler": "gcc@=10.2.1"}},
    ],
)
def test_what_may_not_hold_is_counted(fields: dict[str, Any], tmp_path: Path) -> None:
    node = a_node(**fields)
    for number, hash_ in enumerate((node["hash"], "a" * 32)):
        lock = put(tmp_path / f"{number}.lock", a_lock(a_node("zlib-ng"), node | {"hash": hash_}))
        integrity = read(lock).info.reading.integrity
        assert integrity
        assert (integrity.recomputed, integrity.not_recomputable, integrity.mismatched) == (2 - number, number, 0)


@pytest.mark.parametrize("kind", ["site/new/.spack-db/index.json", "lock/new/spack.lock"])
def test_keys_that_are_sorted_say_the_same(kind: str, tmp_path: Path) -> None:
    """As what formats JSON may do (jq -S, pre-commit's pretty-format-json): Spack reads it, and so its hashes hold."""
    old = put(tmp_path / "old" / kind, (FIXTURES / kind).read_bytes())
    index = json.loads((FIXTURES / kind).read_bytes())
    new = put(tmp_path / "new" / kind, json.dumps(index, sort_keys=True, indent=2).encode())
    report = compare(old, new)
    assert rules_of(report) == {}
    assert report.summary.specs.changed == report.summary.specs.rebuilt == 0
    assert read(new).info.reading.integrity == read(old).info.reading.integrity


def test_sorted_keys_of_records_that_a_later_spack_wrote_anew(tmp_path: Path) -> None:
    index = json.loads((FIXTURES / "v2/old/build_cache/index.json").read_bytes())
    index["database"]["version"] = "7"
    ways = [put(tmp_path / f"{way}.json", json.dumps(index, sort_keys=way).encode()) for way in (False, True)]
    plain, in_order = (read(way).info.reading.integrity for way in ways)
    assert plain == in_order
    assert plain
    assert plain.recomputed > 0


def test_sorted_keys_do_not_hide_what_is_not_so(tmp_path: Path) -> None:
    node = a_node(parameters={"b": ["x", "y"], "a": True, "cflags": ["-O3"], "ldflags": []}, patches=["p", "o"])
    for changed in (node | {"patches": ["o", "p"]}, node | {"parameters": {**node["parameters"], "b": ["y", "x"]}}):
        lock = json.loads(a_lock(changed))
        path = put(tmp_path / "spack.lock", json.dumps(lock, sort_keys=True).encode())
        assert [fault.kind for fault in read(path).info.reading.faults] == ["hash"]


def test_a_spliced_spec_has_the_end_of_the_hash_that_was_built(tmp_path: Path) -> None:
    built = a_node("hdf5")
    spliced = a_node("hdf5", version="1.4", build_spec={"name": "hdf5", "hash": built["hash"]})
    spliced["hash"] = spliced["hash"][:-7] + built["hash"][-7:]
    lock = put(tmp_path / "spack.lock", a_lock(spliced, built))
    integrity = read(lock).info.reading.integrity
    assert integrity
    assert (integrity.recomputed, integrity.mismatched) == (2, 0)
    # Of all that it is, the rest of the hash speaks.
    other = put(tmp_path / "other.lock", a_lock(spliced | {"version": "1.5"}, built))
    assert rules_of(compare(lock, other)) == {"hash-mismatch": ["hdf5"], "hash-conflict": ["hdf5"]}
    assert "not what its hash says" in compare(lock, other).findings[0].message


@needs_whole
def test_a_lock_that_a_later_spack_wrote_anew_keeps_its_hashes_and_proves_them(tmp_path: Path) -> None:
    """Spack 0.21 to 0.23 write specfile 4, and nothing tells which records were 3: their hashes are of another text."""
    path = WHOLE / "lock-v4-derecho-2023-05-31/old/spack.lock"
    lock = json.loads(path.read_bytes())
    lock["_meta"] |= {"lockfile-version": 5, "specfile-version": 4}
    for node in lock["concrete_specs"].values():
        for edge in node.get("dependencies", ()):
            edge["parameters"] = {"deptypes": edge.pop("type"), "virtuals": []}
    report = compare(path, put(tmp_path / "new.lock", json.dumps(lock).encode()))
    assert rules_of(report) == {}
    assert report.integrity
    assert (report.integrity.new.recomputed, report.integrity.new.mismatched) == (366, 0)
    changed = next(node for node in lock["concrete_specs"].values() if "dependencies" in node)
    changed["dependencies"][0]["parameters"]["deptypes"] = ["run"]
    report = compare(path, put(tmp_path / "new.lock", json.dumps(lock).encode()))
    assert set(rules_of(report)) == {"hash-mismatch", "hash-conflict"}


def a_node_of_3(name: str, *needs: Record) -> Record:
    """Return a spec as specfile 3 has it, with its hash of then: of text that is indented."""
    node = a_node(name, compiler={"name": "gcc", "version": "12.2.0"})
    del node["hash"]
    if needs:
        node["dependencies"] = [{"name": one["name"], "hash": one["hash"], "type": ["build", "link"]} for one in needs]
    text = json.dumps(node, separators=(",", ": "), indent=2).encode()
    return node | {"hash": b32encode(sha1(text, usedforsecurity=False).digest()).decode().lower()}


def write_anew(node: Record, *virtuals: str) -> Record:
    """Return a spec as Spack 0.21 to 0.23 write it: as specfile 4, which has no annotations."""
    edges = [
        {"name": edge["name"], "hash": edge["hash"], "parameters": {"deptypes": edge["type"], "virtuals": list(virtuals)}}
        for edge in node.get("dependencies", ())
    ]
    return node | ({"dependencies": edges} if edges else {})


def test_virtuals_that_spack_worked_out_later_are_no_part_of_a_hash(tmp_path: Path) -> None:
    """`spack reindex` and `spack buildcache update-index` read each spec's own file, and then know its virtuals."""
    mpich = a_node_of_3("mpich")
    hdf5 = a_node_of_3("hdf5", mpich)
    before = put(tmp_path / "6/index.json", a_database(mpich, hdf5, version="6"))
    in_place = put(tmp_path / "7/index.json", a_database(write_anew(mpich), write_anew(hdf5), version="7"))
    reindexed = put(tmp_path / "8/index.json", a_database(write_anew(mpich), write_anew(hdf5, "mpi"), version="7"))
    for old, new in ((before, in_place), (before, reindexed), (in_place, reindexed), (reindexed, in_place)):
        report = compare(old, new)
        assert rules_of(report) == {}, (old, new)
        assert report.integrity
        assert (report.integrity.new.recomputed, report.integrity.new.not_recomputable) == (2, 0)
    (spec,) = specs_in(read(reindexed), "hdf5")
    assert spec.facts
    assert spec.facts.mpi == ("mpich",)
    # Nobody knows on which MPI it is, which is not that it is on none.
    (spec,) = specs_in(read(in_place), "hdf5")
    assert spec.facts
    assert spec.facts.mpi is None
    # Nor are they a conflict where a record says which specfile it was, or is said to be of one that knew them.
    notes = {"annotations": {"original_specfile_version": 3, "compiler": "gcc@=12.2.0"}}
    said = put(tmp_path / "said/index.json", a_database(write_anew(mpich) | notes, write_anew(hdf5, "mpi") | notes))
    notes = {"annotations": {"original_specfile_version": 4, "compiler": "gcc@=12.2.0"}}
    unsaid = put(tmp_path / "unsaid/index.json", a_database(write_anew(mpich) | notes, write_anew(hdf5) | notes))
    assert rules_of(compare(unsaid, said)) == {}
    # All else is covered.
    other = write_anew(hdf5 | {"version": "1.4"}, "mpi")
    changed = put(tmp_path / "9/index.json", a_database(write_anew(mpich), other, version="7"))
    assert "hash-mismatch" in rules_of(compare(reindexed, changed))


def a_node_without_recipe(specfile: int, name: str, **needs: list[str]) -> Record:
    """Return a spec as specfile 2 or 1 has it, with its hash of then, in which what only the build needed has no part."""
    node = a_node(name, compiler={"name": "gcc", "version": "10.2.0"})
    del node["hash"], node["package_hash"]
    edges = [{"name": one, "hash": one.ljust(32, "a"), "type": types} for one, types in needs.items()]
    hashed = [edge for edge in edges if edge["type"] != ["build"]]
    if specfile == 2:
        whole = node | ({"dependencies": hashed} if hashed else {})
        text = json.dumps(whole, separators=(",", ": "), indent=2)
    else:
        named = {edge["name"]: {"hash": edge["hash"], "type": edge["type"]} for edge in hashed}
        others = {key: value for key, value in node.items() if key != "name"} | ({"dependencies": named} if named else {})
        text = yaml.dump({name: others}, Dumper=yaml.SafeDumper, default_flow_style=True, width=9999, sort_keys=False)
    found = b32encode(sha1(text.encode(), usedforsecurity=False).digest()).decode().lower()
    return node | ({"dependencies": edges} if edges else {}) | {"hash": found}


@pytest.mark.parametrize("specfile", [1, 2])
def test_a_record_of_spack_0_17_that_a_later_one_wrote_anew_is_proven(tmp_path: Path, specfile: int) -> None:
    """Until then no record had the hash of its recipe, and the record's own was one of another text."""
    needed = {"zlib": ["build", "link"], "cmake": ["build"], "python": ["run"]}
    nodes = [a_node_without_recipe(specfile, "hdf5", **needed), a_node_without_recipe(specfile, "bzip2", cmake=["build"])]
    there = [write_anew(node) for node in nodes]
    old = put(tmp_path / "7/index.json", a_database(*there, version="7"))
    integrity = read(old).info.reading.integrity
    assert integrity
    assert (integrity.recomputed, integrity.not_recomputable, integrity.mismatched) == (2, 0, 0)
    # Whatever is changed is found: that a record lacks the hash of its recipe lets nothing pass.
    edges = there[0]["dependencies"]
    for other in (
        there[0] | {"version": "1.4"},
        there[0] | {"dependencies": edges[:1]},
        there[0] | {"dependencies": [edges[0] | {"hash": "b" * 32}, *edges[1:]]},
        there[0] | {"package_hash": "a" * 52 + "===="},
    ):
        new = put(tmp_path / "8/index.json", a_database(other, there[1], version="7"))
        assert rules_of(compare(old, new))["hash-mismatch"] == ["hdf5"], other


def test_a_record_that_lost_the_hash_of_its_recipe_does_not_pass_as_old(tmp_path: Path) -> None:
    node = a_node("zlib")
    old = put(tmp_path / "old/index.json", a_database(node, version="7"))
    del node["package_hash"]
    new = put(tmp_path / "new/index.json", a_database(node, version="7"))
    assert "hash-mismatch" in rules_of(compare(old, new))


@needs_whole
def test_real_hashes_of_specfile_1_and_2_are_what_they_were_made_of() -> None:
    """As an upgraded site has them: with edges of specfile 4."""
    listed = json.loads((WHOLE / "single/buildcache-v5-clingo-bootstrap/build_cache/index.json").read_bytes())
    found: list[int] = []
    for key, install in listed["database"]["installs"].items():
        ((name, node),) = install["spec"].items()
        if "external" not in node:
            edges = [{"name": one, **edge} for one, edge in node.get("dependencies", {}).items()]
            found.append(recompute_anew({"name": name} | node, edges, key))
    assert found == [1] * 59
    lock = json.loads((WHOLE / "lock-v3-chronolog/old/spack.lock").read_bytes())["concrete_specs"]
    for node in lock.values():
        edges = [edge | {"hash": lock[edge["build_hash"]]["hash"]} for edge in node.get("dependencies", ())]
        assert recompute_anew(node, edges, node["hash"]) == 2


def recompute_anew(node: Record, edges: list[Record], key: str) -> int:
    """Return as which specfile a record gives its hash, once it is written anew; 0 where it gives another."""
    whole = {name: value for name, value in node.items() if name not in {"hash", "full_hash", "build_hash"}}
    record = write_anew(whole | ({"dependencies": edges} if edges else {}) | {"hash": key})
    found, original = recompute(json.dumps(record, separators=(",", ":")).encode(), key)
    return original if found == key else 0


def test_a_hash_that_does_not_hold_is_one_finding(tmp_path: Path) -> None:
    old = put(tmp_path / "old.lock", a_lock(a_node()))
    new = put(tmp_path / "new.lock", a_lock(a_node() | {"namespace": "other"}))
    report = compare(old, new)
    assert rules_of(report) == {"hash-mismatch": ["zlib"], "hash-conflict": ["zlib"]}
    assert report.integrity
    assert (report.integrity.new.recomputed, report.integrity.new.mismatched) == (0, 1)
    (mismatch,) = [finding for finding in report.findings if finding.rule == "hash-mismatch"]
    assert mismatch.location
    assert mismatch.location.pointer == f"/concrete_specs/{a_node()['hash']}"
    # In OLD, which is published already, it is a warning.
    assert [finding.severity for finding in compare(new, old).findings if finding.rule == "hash-mismatch"] == ["warning"]


@pytest.mark.parametrize(
    ("fields", "conflict"),
    [
        ({"namespace": "other"}, "namespace"),
        ({"package_hash": "b" * 52 + "===="}, "package_hash"),
        ({"parameters": {"shared": True, "cflags": ["-O3"]}}, "flags"),
        (
            {"dependencies": [{"name": "gmake", "hash": "b" * 32, "parameters": {"deptypes": ["build"]}}]},
            "dependencies.gmake",
        ),
        ({"version": "1.4"}, "version"),
    ],
)
def test_one_hash_with_other_content_is_a_conflict(fields: dict[str, Any], conflict: str, tmp_path: Path) -> None:
    """Also of records that claim to be old, so that their hashes need not hold."""
    old: dict[str, Any] = {"annotations": {"original_specfile_version": 4}}
    before = put(tmp_path / "old.lock", a_lock(a_node(**old)))
    after = put(tmp_path / "new.lock", a_lock(a_node(**old) | fields))
    report = compare(before, after)
    assert rules_of(report) == {"hash-conflict": ["zlib"]}
    (finding,) = report.findings
    assert f"({conflict})" in finding.message
    (package,) = report.packages
    assert [field.field for field in package.changes[0].fields] == [conflict]


def test_flags_in_another_order_are_no_conflict(tmp_path: Path) -> None:
    """Spack sorts them after it made the hash: what is written before has another order than after."""
    flags = ["-g", "-O3", "-march=native"]
    node = a_node(parameters={"cflags": flags})
    before = put(tmp_path / "old.lock", a_lock(node))
    after = put(tmp_path / "new.lock", a_lock(node | {"parameters": {"cflags": sorted(flags)}}))
    assert rules_of(compare(before, after)) == {}
    other = put(tmp_path / "other.lock", a_lock(node | {"parameters": {"cflags": [*flags[:2], "-march=zen4"]}}))
    assert rules_of(compare(before, other)) == {"hash-conflict": ["zlib"]}
    other = put(tmp_path / "third.lock", a_lock(node | {"parameters": {"cxxflags": flags}}))
    assert rules_of(compare(before, other)) == {"hash-conflict": ["zlib"]}


def test_two_ways_of_writing_one_dependency_are_no_conflict(tmp_path: Path) -> None:
    """Databases 6 and 7 write edges otherwise, and only the later one knows virtuals."""
    edge = {"name": "gmake", "hash": "b" * 32}
    node = a_node(annotations={"original_specfile_version": 3})
    before = put(tmp_path / "6.json", a_database(node | {"dependencies": [edge | {"type": ["build", "test"]}]}, version="6"))
    facts = {"deptypes": ["test", "build"], "virtuals": ["make"]}
    after = put(tmp_path / "7.json", a_database(node | {"dependencies": [edge | {"parameters": facts}]}, version="7"))
    report = compare(before, after)
    assert report.findings == ()
    assert report.summary.specs.unchanged == 1


def test_spacks_own_test_data_is_exempt() -> None:
    integrity = read(FIXTURES / "spack-test").info.reading.integrity
    assert integrity
    assert (integrity.recomputed, integrity.not_recomputable, integrity.mismatched) == (0, 7, 0)
    assert integrity.unproven[0] == "compiler-wrapper/qeehcxyvluwnihsc2qxstmpomtxo3lrc"
    assert len(integrity.unproven) == 7


@pytest.mark.slow
@needs_whole
def test_all_that_spack_wrote_holds() -> None:
    recomputed = mismatched = left = 0
    for path in [*WHOLE.glob("*/*/spack.lock"), *WHOLE.glob("*/*/.spack-db/index.json"), *WHOLE.glob("v3-*/*")]:
        integrity = read(path).info.reading.integrity
        assert integrity
        mismatched += integrity.mismatched
        if integrity.recomputed:
            recomputed, left = recomputed + integrity.recomputed, left + integrity.not_recomputable
    assert (mismatched, left) == (0, 1)
    assert recomputed > 5_000


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "hdf5"}, "is zlib@1.3 on linux-debian12-x86_64_v3 in one index, and hdf5@1.3 on linux-debian12-x86_64_v3"),
        ({"parameters": {"shared": False}}, "has other variants in one index than in another"),
    ],
)
def test_one_hash_is_one_spec_in_all_indexes(fields: Record, words: str, tmp_path: Path) -> None:
    """Before specfile 4 no hash is proven, so that only the other index tells."""
    zlib = a_node(compiler={"name": "gcc", "version": "12"})
    other = zlib | fields
    for side, second in (("old", zlib), ("new", other)):
        put(tmp_path / side / "one/build_cache/index.json", a_database(zlib, version="6"))
        put(tmp_path / side / "two/build_cache/index.json", a_database(second, version="6"))
    report = compare(tmp_path / "old", tmp_path / "new")
    assert rules_of(report) == {"hash-mismatch": ["zlib"]}
    assert words in report.findings[0].message
    assert report.verdict == "fail"
