"""What is in a snapshot of indexes, in which stacks, and where the files may lie."""

from __future__ import annotations

import gzip
import json
import lzma
import shutil
from typing import TYPE_CHECKING

import pytest

from cachediff.domain.problem import Location
from cachediff.domain.selection import Selection
from cachediff.errors import InputError
from cachediff.library import render
from cachediff.limits import Limits
from cachediff.policy.parse import parse_policy
from cachediff.review.request import Request, review
from cachediff.sources.open import Door
from tests.archives import add_directory
from tests.builders import a_meta, a_page, an_entry
from tests.index_files import Record, a_database, a_lock, a_node, compare, put, read, refuse, rules_of, stacks_of
from tests.make_index_fixtures import FIXTURES, MANIFESTS, write_index
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

A, B, C = a_node("zlib"), a_node("hdf5"), a_node("cmake")
EXTERNAL = a_node("gcc", external={"path": "/usr", "module": None, "extra_attributes": {}})


# --- what is in the snapshot -------------------------------------------------------------------------------------------


def test_of_a_build_cache_what_is_cached(tmp_path: Path) -> None:
    database = json.loads(a_database(A, B, EXTERNAL))
    database["database"]["installs"][B["hash"]]["in_buildcache"] = False
    assert stacks_of(put(tmp_path / "index.json", json.dumps(database).encode())) == {"zlib": ["default"]}


def test_of_a_site_what_is_installed(tmp_path: Path) -> None:
    database = json.loads(a_database(A, B, C, EXTERNAL, installed=True, path="/opt", explicit=True))
    database["database"]["installs"][B["hash"]]["installed"] = False
    # As old sites write what is not installed.
    del database["database"]["installs"][C["hash"]]["installed"]
    source = put(tmp_path / "index.json", json.dumps(database).encode())
    assert stacks_of(source) == {"zlib": ["default"]}
    assert read(source).info.reading.kind == "site"


def test_of_a_lock_everything_but_externals(tmp_path: Path) -> None:
    lock = put(tmp_path / "spack.lock", a_lock(A, EXTERNAL, included={"/envs/b": [B]}))
    assert stacks_of(lock) == {"hdf5": ["default"], "zlib": ["default"]}


@pytest.mark.parametrize(("version", "specfile"), [(4, 3), (5, 4), (6, 5)])
def test_locks_of_today(version: int, specfile: int, tmp_path: Path) -> None:
    reader = read(put(tmp_path / "spack.lock", a_lock(A, version=version)))
    assert reader.info.reading.format == f"lock v{version}"
    assert reader.info.reading.integrity
    assert bool(reader.info.reading.integrity.recomputed) == (specfile >= 4)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (a_database(A, version="0.9.2"), "database 0.9.2 is not read"),
        (a_database(A, version="10"), "database 10 is not read"),
        (a_lock(A, version=1), "lock 1 is not read"),
        (b'{"_meta": {"file-type": "spack-lockfile"}}', "lock null is not read"),
        (b'{"installs": {}}', "other JSON is not read"),
        (a_lock(A).replace(b'"lockfile-version":6', b'"lockfile-version":"6"'), 'lock "6" is not read'),
        (a_lock(A).replace(b'"lockfile-version":6', b'"lockfile-version":true'), "expected locks 2 to 8, found lock true"),
        (b'{"database": {"version": 8, "installs": {}}}', "expected a string at /database/version, found a whole number"),
        (b'{"database": {"version": "8"}}', "expected an object at /database with the key installs, found one without it"),
        (b'{"database": {"version": "8", "installs": []}}', "expected an object at /database/installs, found a list"),
        (a_lock(A).replace(b'"spec":"zlib"', b'"spec":7'), "expected a string at /roots/0/spec, found a whole number"),
        (
            a_lock(A)[:-1] + b',"include_concrete":{"/a.b":{"roots":7,"concrete_specs":{}}}}',
            "expected a list at /include_concrete/*/roots, found a whole number",
        ),
        (b"[1]", "expected an object: a database or a lock, found a list"),
        (b'{"version": 3, "data": [{"mediaType": "x"}]}', "a manifest by itself is not read"),
        (b'{"database": {"version": "8", "installs": {"a": tru', "index is not JSON"),
        (b'{"database": {"version": "8\xff", "installs": {}}}', "index is not UTF-8"),
        (a_database(version="8"), "holds no spec: of 0 records none is cached, installed or locked"),
        (a_database(A, in_buildcache=False), "holds no spec: of 1 records none is cached, installed or locked"),
    ],
)
def test_what_is_not_read_ends_with_a_sentence(data: bytes, found: str, tmp_path: Path) -> None:
    assert found in refuse(put(tmp_path / "index.json", data))


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (POINTER, "spack.lock: index is a Git LFS pointer, not the index | expected the file, which git lfs pull brings"),
        (b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + a_lock(A), "spack.lock:1:1: index is clear-signed"),
        (a_lock(A).replace(b'"1.3"', b"NaN"), "index is not JSON: invalid character | expected JSON, found NaN,"),
        (a_lock(A).replace(b'"1.3"', b'"\\ud800"'), "index is not JSON: unexpected end of hex escape"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(data: bytes, said: str, tmp_path: Path) -> None:
    put(tmp_path / "spack.lock", data)
    found = refuse(tmp_path)
    assert said in found
    if b"NaN" in data:
        assert f"spack.lock:1:{data.index(b'NaN') + 1}: " in found


def test_a_clear_signed_file_by_itself_is_refused_as_such(tmp_path: Path) -> None:
    data = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + a_database(A)
    assert "index is clear-signed" in refuse(put(tmp_path / "index.json", data))


def test_a_place_in_one_long_line(tmp_path: Path) -> None:
    lock = a_lock(A, B).decode()
    cut = lock[: lock.index('"hdf5","version"') + 3]
    said = refuse(put(tmp_path / "spack.lock", cut.encode()))
    assert f"spack.lock:1:{cut.rindex(chr(34)) + 1}: index is not JSON: unterminated string | expected JSON" in said


def test_a_bad_record_is_one_finding_with_its_place(tmp_path: Path) -> None:
    old = put(tmp_path / "old.lock", a_lock(A, B, C))
    text = json.dumps(json.loads(a_lock(A, B, C)), indent=1).replace(
        '"name": "hdf5",\n   "version": "1.3"', '"name": "hdf5",\n   "version": 13'
    )
    new = put(tmp_path / "new.lock", text.encode())
    report = compare(old, new)
    assert rules_of(report) == {"record-invalid": ["hdf5"]}
    (finding,) = report.findings
    line = next(number for number, one in enumerate(text.split("\n"), 1) if '"version": 13' in one)
    assert finding.location == Location(new, line, 15, f"/concrete_specs/{B['hash']}/version")
    (problem,) = finding.problems
    assert (problem.expected, problem.found) == ("a string of 1 to 255 characters without spaces", "13")
    assert [(one.package, one.snapshot) for one in report.not_compared] == [("hdf5", "new")]
    assert report.summary.specs.unchanged == 2
    # In OLD it hides nothing of NEW, and is a warning; the package is compared with what is left of it.
    assert [(one.rule, one.severity) for one in compare(new, old).findings] == [
        ("record-invalid", "warning"),
        ("package-added", "note"),
    ]


@pytest.mark.parametrize("written", ["13", '"1.3","arch":7'])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_record_that_may_hide_a_loss_is_no_warning(tmp_path: Path, written: str, *, is_named: bool) -> None:
    text = a_lock(A, C, B).decode()
    bad = json.dumps(B, separators=(",", ":")).replace('"1.3"', written) if is_named else "17"
    old = put(tmp_path / "old.lock", text.replace(json.dumps(B, separators=(",", ":")), bad).encode())
    (finding,) = compare(old, put(tmp_path / "new.lock", a_lock(A, C))).findings
    assert (finding.rule, finding.severity) == ("record-invalid", "error")
    assert finding.message.endswith(f": {'hdf5' if is_named else 'what it was'} is not in the new snapshot")
    # NEW has it: then it is not lost.
    there = compare(old, put(tmp_path / "there.lock", text.encode()))
    assert next((one.rule, one.severity) for one in there.findings) == ("record-invalid", "warning")


@pytest.mark.parametrize("name", ["7zip", "py.test", "libstdc++"])
def test_a_bad_record_leaves_out_its_package_whatever_that_is_called(name: str, tmp_path: Path) -> None:
    good = a_node(name)
    old = put(tmp_path / "old.lock", a_lock(A, good))
    report = compare(old, put(tmp_path / "new.lock", a_lock(A, good | {"version": 13})))
    assert rules_of(report) == {"record-invalid": [name]}
    assert [one.package for one in report.not_compared] == [name]


@pytest.mark.parametrize(
    ("kind", "says", "severity"),
    [
        ({"in_buildcache": True}, {"in_buildcache": False}, "warning"),
        ({"in_buildcache": True}, {"in_buildcache": True, "installed": False}, "error"),
        ({"installed": True}, {"installed": False}, "warning"),
    ],
    ids=["not cached", "cached, and not installed", "not installed"],
)
def test_a_bad_record_that_says_it_is_outside_hides_no_loss(
    kind: Record, says: Record, severity: str, tmp_path: Path
) -> None:
    index = json.loads(a_database(A, C, **kind))
    index["database"]["installs"][B["hash"]] = {"spec": B | {"version": 13}, "ref_count": 1, **says}
    old = put(tmp_path / "old.json", json.dumps(index).encode())
    (finding,) = compare(old, put(tmp_path / "new.json", a_database(A, C, **kind))).findings
    assert (finding.rule, finding.severity) == ("record-invalid", severity)


def test_a_record_under_another_hash_is_invalid(tmp_path: Path) -> None:
    text = a_lock(A, B).decode().replace(f'"{B["hash"]}":{{', f'"{"a" * 32}":{{')
    (fault,) = read(put(tmp_path / "spack.lock", text.encode())).info.reading.faults
    assert (fault.kind, fault.package, fault.hash) == ("record", "hdf5", "a" * 32)
    assert fault.message == f"record stands under another hash than its own, {B['hash']}"


# --- compilers ---------------------------------------------------------------------------------------------------------


def test_the_compiler_is_the_dependency_that_provides_a_language(tmp_path: Path) -> None:
    def on(*virtuals: str) -> list[dict[str, object]]:
        parameters = {"deptypes": ["build"], "virtuals": [*virtuals]}
        return [{"name": "gcc", "hash": EXTERNAL["hash"], "parameters": parameters}]

    nodes = [
        a_node("c", dependencies=on("c", "cxx")),
        a_node("fortran", dependencies=on("fortran")),
        a_node("none", dependencies=on()),
        a_node("noted", annotations={"original_specfile_version": 4, "compiler": "oneapi@=2024.1"}),
        a_node("own", compiler={"name": "clang", "version": "17.0.1"}),
        a_node("absent", dependencies=[{**on("c")[0], "hash": "b" * 32}]),
    ]
    reader = read(put(tmp_path / "index.json", a_database(EXTERNAL, *nodes)))
    found = {package: reader.read(package).specs[0].coordinates.compiler for package in reader.packages()}  # type: ignore[union-attr]
    assert found == {
        "c": "gcc@1.3",
        "fortran": "gcc@1.3",
        "none": "none",
        "noted": "intel-oneapi-compilers@2024.1",
        "own": "llvm@17.0.1",
        "absent": "none",
    }


# --- mirrors and views -------------------------------------------------------------------------------------------------


def a_mirror(path: Path, whole: bytes | None, **views: bytes) -> Path:
    """Write a v3 mirror."""
    if whole is not None:
        write_index(path, ".", whole)
    for view, data in views.items():
        write_index(path, view.replace("__", "-"), data)
    return path


def test_views_are_stacks_and_the_rest_is_default(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A, B, C), e4s=a_database(A, B), tools=a_database(B))
    expected = {"cmake": ["default"], "hdf5": ["e4s", "tools"], "zlib": ["e4s"]}
    assert stacks_of(mirror) == expected
    assert read(mirror).info.reading.has_stacks
    assert stacks_of(mirror / MANIFESTS / "index.manifest.json") == expected
    assert stacks_of(mirror / MANIFESTS / "e4s/index.manifest.json") == {"hdf5": ["default"], "zlib": ["default"]}
    blob = json.loads((mirror / MANIFESTS / "tools/index.manifest.json").read_text())["data"][0]["checksum"]
    assert stacks_of(mirror / "blobs/sha256" / blob[:2] / blob) == {"hdf5": ["default"]}


def test_a_mirror_without_views_knows_no_stacks(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A, B))
    assert stacks_of(mirror) == {"hdf5": ["default"], "zlib": ["default"]}
    assert not read(mirror).info.reading.has_stacks


def test_a_view_that_is_named_like_a_snapshot_is_one_of_its_own(tmp_path: Path) -> None:
    dated = "develop__2026__06__12"
    mirror = a_mirror(tmp_path / "m", a_database(A, B, C), e4s=a_database(A), **{dated: a_database(A, B)})
    assert stacks_of(mirror) == {"cmake": ["default"], "zlib": ["e4s"]}
    assert stacks_of(mirror / MANIFESTS / "develop-2026-06-12/index.manifest.json") == {
        "hdf5": ["default"],
        "zlib": ["default"],
    }
    # Without any other view the mirror is what its own index says.
    assert stacks_of(a_mirror(tmp_path / "n", a_database(A, B), **{dated: a_database(A)})) == {
        "hdf5": ["default"],
        "zlib": ["default"],
    }


@pytest.mark.parametrize("name", ["none/", ""])
def test_a_manifest_that_is_not_there_is_not_the_mirror(name: str, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "mirror" / "new", tmp_path / "m")
    (tmp_path / "m" / MANIFESTS / "index.manifest.json").unlink()
    said = refuse(tmp_path / "m" / MANIFESTS / name / "index.manifest.json")
    assert f"{MANIFESTS}/{name}index.manifest.json cannot be read: no such file or directory" in said


def test_what_a_view_has_and_the_whole_lacks_is_a_mismatch(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A), e4s=a_database(A, B))
    found = {"": "warning", "old": "warning"}
    assert {one.subject.snapshot: one.severity for one in compare(mirror, mirror).findings} == found
    right = a_mirror(tmp_path / "right", a_database(A, B), e4s=a_database(A, B))
    (finding,) = [one for one in compare(right, mirror).findings if one.rule == "meta-mismatch"]
    assert (finding.subject.package, finding.severity) == ("hdf5", "error")
    assert stacks_of(mirror) == {"hdf5": ["e4s"], "zlib": ["e4s"]}


def test_views_in_the_folders_of_views_are_said_to_be_left_out(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(FIXTURES / "mirror/old", mirror)
    shutil.copytree(mirror / MANIFESTS / "e4s", mirror / MANIFESTS / "group/e4s")
    expected = ("views in folders of views are left out: group/e4s",)
    assert read(mirror).info.reading.notes == expected
    archive = add_directory(tmp_path / "mirror.tar.gz", mirror)
    assert read(archive).info.reading.notes == expected


def test_views_without_an_index_of_the_whole(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", None, e4s=a_database(A), tools=a_database(A, B))
    assert stacks_of(mirror) == {"hdf5": ["tools"], "zlib": ["e4s", "tools"]}
    assert read(mirror).info.reading.notes == ("the mirror has no index of the whole: its views are read",)


def test_a_view_named_default_beside_what_is_in_none(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A, B), default=a_database(A))
    assert "has a view named default, and 1 spec in no view: " in refuse(mirror)
    assert stacks_of(a_mirror(tmp_path / "n", a_database(A), default=a_database(A))) == {"zlib": ["default"]}


def test_a_broken_view_is_not_observed_and_a_broken_whole_ends_the_run(tmp_path: Path) -> None:
    old = a_mirror(tmp_path / "old", a_database(A, B, C), e4s=a_database(A), tools=a_database(A, B))
    new = a_mirror(tmp_path / "new", a_database(A, B, C), e4s=a_database(A), tools=a_database(A, B))
    manifest = new / MANIFESTS / "tools/index.manifest.json"
    blobs = json.loads(manifest.read_text())
    (blob,) = blobs["data"]
    blobs["data"] = [blob | {"mediaType": "another"}, blob | {"contentLength": 1}]
    manifest.write_text(json.dumps(blobs), encoding="utf-8")
    report = compare(old, new)
    assert rules_of(report) == {"index-invalid": ["tools"]}
    (finding,) = report.findings
    assert finding.location
    assert finding.location.pointer == "/data/1/contentLength"
    assert {place.stack for place in report.coverage} == {"e4s"}
    assert [(one.rule, one.severity) for one in compare(new, old).findings] == [("index-invalid", "warning")]
    (new / MANIFESTS / "index.manifest.json").write_text("{", encoding="utf-8")
    assert "manifest is not JSON" in refuse(new)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('"checksum": "', '"checksum": "0', "manifest checksum is not a checksum"),
        ('"version": 3', '"version": 2', "manifest version is not the number 3"),
        ("spack.db.v8", "spack.install.v2", "manifest names no index"),
        ('"contentLength": ', '"contentLength": 1', "blob is not as long as its manifest says"),
        ("sha256", "md5", "manifest checksumAlgorithm is not an algorithm"),
        ('"checksum": "', '"checksum": "../../', "manifest checksum is not a checksum"),
        ('"compression": "none"', '"compression": "\\ud800"', "manifest is not JSON"),
        ('"data": [', '"data": ["\\ud800", ', "manifest is not JSON"),
        ('"version": 3', '"version": 3, "version": 3', "manifest is not JSON"),
    ],
)
def test_a_manifest_that_is_not_true_ends_the_run(was: str, becomes: str, said: str, tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A))
    manifest = mirror / MANIFESTS / "index.manifest.json"
    text = manifest.read_text()
    if was == '"checksum": "' and becomes.endswith("0"):
        text = text.replace(text[text.index(was) + len(was) :][:64], "z" * 64)
    else:
        assert was in text
        text = text.replace(was, becomes)
    manifest.write_text(text, encoding="utf-8")
    assert said in refuse(mirror)


def test_a_blob_that_is_another_or_not_there(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A))
    (blob,) = [path for path in (mirror / "blobs").rglob("*") if path.is_file()]
    blob.write_bytes(blob.read_bytes().replace(b"debian12", b"debian13"))
    assert "blob is not the one that its manifest names" in refuse(mirror)
    blob.unlink()
    assert "blob of the index is not there" in refuse(mirror)


def test_a_signed_manifest_is_read_and_said_to_be_unverified(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A))
    manifest = mirror / MANIFESTS / "index.manifest.json"
    body = manifest.read_text()
    head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
    tail = "\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
    signed = head + body + tail
    manifest.write_text(signed, encoding="utf-8")
    assert stacks_of(mirror) == {"zlib": ["default"]}
    report = compare(mirror, mirror)
    assert report.new.notes == ("manifests are signed, and signatures are not verified",)
    assert "manifests are signed, and signatures are not verified" in render(report, "text")


def test_both_layouts_in_one_folder_are_read_as_v3(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A))
    put(mirror / "build_cache/index.json", a_database(B))
    assert stacks_of(mirror) == {"zlib": ["default"]}
    assert read(mirror).info.reading.notes == ("build_cache beside v3 is left out: a mirror of both layouts is read as v3",)
    shutil.rmtree(mirror / "v3")
    assert stacks_of(mirror) == {"hdf5": ["default"]}
    assert stacks_of(mirror / "build_cache") == {"hdf5": ["default"]}
    assert stacks_of(mirror / "build_cache/index.json") == {"hdf5": ["default"]}


def test_what_lies_below_an_index_is_said_to_be_left_out(tmp_path: Path) -> None:
    """As a folder of the public cache has it: a mirror of all stacks, and in it a mirror of each."""
    whole = a_mirror(tmp_path / "develop", a_database(A, B))
    a_mirror(whole / "ml", a_database(A))
    put(whole / "e4s/build_cache/index.json", a_database(B))
    put(whole / "docs/spack.lock", a_lock(C))
    expected = "the mirror has others in its folders, which are left out: e4s, ml"
    assert read(whole).info.reading.notes == (expected,)
    assert expected in render(compare(whole, whole), "text")
    # Of one that is a stack, too.
    notes = read(tmp_path).info.reading.notes
    assert notes == ("the mirror has others in its folders, which are left out: develop/e4s, develop/ml",)
    put(tmp_path / "env/spack.lock", a_lock(A))
    for number in range(7):
        put(tmp_path / f"env/{number}/spack.lock", a_lock(B))
    (noted,) = read(tmp_path / "env").info.reading.notes
    assert noted == "the environment has others in its folders, which are left out: 0, 1, 2, 3, 4 and 2 more"
    assert read(tmp_path / "env/spack.lock").info.reading.notes == ()


# --- folders -----------------------------------------------------------------------------------------------------------


def test_the_first_folder_is_the_stack(tmp_path: Path) -> None:
    put(tmp_path / "e4s/x86/spack.lock", a_lock(A))
    put(tmp_path / "e4s/arm/spack.lock", a_lock(B))
    put(tmp_path / "tools/spack.lock", a_lock(B, C))
    put(tmp_path / ".hidden/spack.lock", a_lock(a_node("hidden")))
    assert stacks_of(tmp_path) == {"cmake": ["tools"], "hdf5": ["e4s", "tools"], "zlib": ["e4s"]}


def test_a_folder_that_holds_all_stacks_is_one_and_said_to_be(tmp_path: Path) -> None:
    """As the root of a repository is, in which environments lie in a folder of their own."""
    for name in ("e4s", "tools"):
        put(tmp_path / "environments" / name / "spack.lock", a_lock(A))
    said = "all 2 indexes lie in environments, which is one stack: name it to compare each by itself"
    assert read(tmp_path).info.reading.notes == (said,)
    assert read(tmp_path / "environments").info.reading.notes == ()
    put(tmp_path / "more/spack.lock", a_lock(A))
    assert read(tmp_path).info.reading.notes == ()


@pytest.mark.parametrize("pack", ["", "tar", "zip"])
def test_a_file_beside_folders_is_said_to_be_left_out(pack: str, tmp_path: Path) -> None:
    """It may be the lock of a stack: gone in NEW, nobody would have said so."""
    folder = tmp_path / "locks"
    for name in ("e4s/spack.lock", "tools/spack.lock", "ml.lock"):
        put(folder / name, a_lock(A))
    for name in ("gpu.json.gz", "hep.tar.gz", ".pre-commit.json", "README.md", "e4s/other.lock"):
        put(folder / name, b"")
    source = shutil.make_archive(str(folder), pack, folder) if pack else str(folder)
    assert read(source).info.reading.notes == ("files beside the folders are left out: gpu.json.gz, hep.tar.gz, ml.lock",)


def test_what_lies_too_deep_is_said_to_be_left_out(tmp_path: Path) -> None:
    put(tmp_path / "a/b/c/d/e/f/g/h/spack.lock", a_lock(A))
    assert not read(tmp_path).info.reading.notes
    put(tmp_path / "e4s/b/c/d/e/f/g/h/i/spack.lock", a_lock(B))
    assert stacks_of(tmp_path) == {"zlib": ["a"]}
    assert read(tmp_path).info.reading.notes == ("folders of more than 8 levels are left out",)


def test_a_folder_of_mirrors_and_one_of_sites(tmp_path: Path) -> None:
    a_mirror(tmp_path / "mirrors/one", a_database(A, B), view=a_database(A))
    put(tmp_path / "mirrors/two/build_cache/index.json", a_database(B))
    assert stacks_of(tmp_path / "mirrors") == {"hdf5": ["one", "two"], "zlib": ["one"]}
    assert read(tmp_path / "mirrors").info.reading.notes == (
        "views are no stacks here: in a folder of several, a mirror is one stack",
    )
    for name in ("a", "b"):
        put(tmp_path / "sites" / name / ".spack-db/index.json", a_database(A, installed=True))
    assert stacks_of(tmp_path / "sites") == {"zlib": ["a", "b"]}


def test_of_one_kind(tmp_path: Path) -> None:
    put(tmp_path / "a/spack.lock", a_lock(A))
    put(tmp_path / "b/.spack-db/index.json", a_database(A, installed=True))
    assert "holds locks and sites | a snapshot is of one kind" in refuse(tmp_path)
    put(tmp_path / "both/spack.lock", a_lock(A))
    put(tmp_path / "both/.spack-db/index.json", a_database(A, installed=True))
    assert "holds a lock and a site | name the one that is meant" in refuse(tmp_path / "both")


def test_one_of_several_that_is_broken_is_not_observed(tmp_path: Path) -> None:
    for side in ("old", "new"):
        put(tmp_path / side / "e4s/spack.lock", a_lock(A))
        put(tmp_path / side / "tools/spack.lock", a_lock(A, B))
    put(tmp_path / "new/tools/spack.lock", b"{")
    report = compare(tmp_path / "old", tmp_path / "new")
    assert rules_of(report) == {"index-invalid": ["tools"]}
    put(tmp_path / "new/e4s/spack.lock", b"{")
    with pytest.raises(InputError):
        compare(tmp_path / "old", tmp_path / "new")


def test_pages_beside_an_index(tmp_path: Path) -> None:
    put(tmp_path / "spack.lock", a_lock(A))
    put(tmp_path / "README.md", b"---\ntitle: x\n---\nAn environment; a page has the field\nspec_details: of each spec.\n")
    assert stacks_of(tmp_path) == {"zlib": ["default"]}
    for page in ("hdf5/specs.md", "hdf5.md"):
        put(tmp_path / page, a_page("hdf5").encode())
        assert f"holds an index and pages: {page}" in refuse(tmp_path)
        (tmp_path / page).unlink()


@pytest.mark.parametrize("pack", ["", "tar"])
def test_flat_pages_beside_folders_of_indexes(pack: str, tmp_path: Path) -> None:
    """A README is none; of what may be one nobody can tell which of both is the snapshot."""
    folder = tmp_path / "locks"
    for name in ("e4s", "tools"):
        put(folder / name / "spack.lock", a_lock(A))
    put(folder / "README.md", b"---\ntitle: x\n---\nOur environments.\n")
    put(folder / "large.md", b"#" * (17 << 20))
    source = shutil.make_archive(str(folder), pack, folder) if pack else folder
    assert stacks_of(source) == {"zlib": ["e4s", "tools"]}
    put(folder / "hdf5.md", a_page("hdf5").encode())
    source = shutil.make_archive(str(folder), pack, folder) if pack else folder
    assert "holds an index and pages: hdf5.md" in refuse(source)


@pytest.mark.parametrize("where", ["v3", "v3/manifests", MANIFESTS, f"{MANIFESTS}/index.manifest.json", "blobs"])
def test_no_link_is_followed(where: str, tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", a_database(A))
    (mirror / where).rename(tmp_path / "elsewhere")
    (mirror / where).symlink_to(tmp_path / "elsewhere")
    assert "a symbolic link" in refuse(mirror)


# --- one snapshot, wherever it lies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mirror", "site", "lock", "v2"])
def test_one_snapshot_wherever_it_lies(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    for side in ("old", "new"):
        shutil.copytree(FIXTURES / kind / side, tmp_path / kind / side)
        shutil.make_archive(str(tmp_path / f"{side}"), "gztar", tmp_path / kind / side)
        shutil.make_archive(str(tmp_path / f"wrapped-{side}"), "zip", tmp_path / kind, side)
    repository.commit()
    monkeypatch.chdir(tmp_path)
    layouts = ("{kind}/{side}", "main:{kind}/{side}", "{side}.tar.gz", "wrapped-{side}.zip")
    reports = []
    for layout in layouts:
        old, new = (layout.format(kind=kind, side=side) for side in ("old", "new"))
        report = compare(old, new)
        findings = [(one.fingerprint, one.message, one.location and one.location.pointer) for one in report.findings]
        reports.append((report.old and report.old.digest, report.new.digest, report.summary, findings, report.integrity))
    assert all(report == reports[0] for report in reports)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_packed_files(pack: object, tmp_path: Path) -> None:
    suffix = ".gz" if pack is gzip.compress else ".xz"
    data = pack(a_lock(A, B))  # type: ignore[operator]
    assert stacks_of(put(tmp_path / f"a/spack.lock{suffix}", data)) == {"hdf5": ["default"], "zlib": ["default"]}
    assert stacks_of(tmp_path / "a") == {"hdf5": ["default"], "zlib": ["default"]}
    assert "it ends early" in refuse(put(tmp_path / f"cut/spack.lock{suffix}", data[:-12])).replace("damaged ", "")
    database = pack(a_database(A))  # type: ignore[operator]
    assert stacks_of(write_index(tmp_path / "m", ".", database)) == {"zlib": ["default"]}


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_index_stops_at_the_limit(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    packed = put(tmp_path / "spack.lock", pack(b" " * 5_000_000))
    with pytest.raises(InputError) as refused:
        Door(Limits(index_bytes=100_000)).open(packed)
    assert str(refused.value) == f"{packed}: index cannot be read: it unpacks to more than 100,000 bytes (limit index-bytes)"
    whole = put(tmp_path / "whole.lock", a_lock(A))
    with pytest.raises(InputError, match=r"more than 100 \(limit index-bytes\)"):
        Door(Limits(index_bytes=100, page_bytes=100)).open(whole)


# --- both sides --------------------------------------------------------------------------------------------------------


def test_where_one_side_knows_no_stacks_both_are_one(tmp_path: Path) -> None:
    old = a_mirror(tmp_path / "old", a_database(A, B, C), e4s=a_database(A), tools=a_database(A, B))
    new = put(tmp_path / "new/build_cache/index.json", a_database(A, B))
    report = compare(old, new)
    assert {place.stack for place in report.coverage} == {"default"}
    # That one of two views is gone is an error: that both are has to be said, too.
    assert rules_of(report) == {"package-removed": ["cmake"], "tags-incomparable": [""]}
    assert report.findings[-1].message.startswith("OLD has stacks and NEW has none")
    assert report.summary.specs.unchanged == 2
    # What the views of OLD have lost with them is not to be seen, and so said.
    assert "old: its stacks are compared as one, since the other side knows none" in render(report, "text")
    assert report.new.notes == ()
    assert "default" not in render(report, "text")
    assert "default" not in render(report, "markdown")
    # Stacks that come are no loss.
    assert rules_of(compare(new, old)) == {}


def test_what_a_bad_record_of_old_hides_may_be_in_any_stack_of_new(tmp_path: Path) -> None:
    """OLD's view of it cannot be read either, so that the stack is left out: NEW has the package there all the same."""
    index = json.loads(a_database(A))
    index["database"]["installs"][B["hash"]] = {"spec": B | {"version": 13}, "ref_count": 1, "in_buildcache": True}
    old = a_mirror(tmp_path / "old", json.dumps(index).encode(), e4s=a_database(A, B), tools=a_database(A))
    new = a_mirror(tmp_path / "new", a_database(A, B), e4s=a_database(A, B), tools=a_database(A))
    (old / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    found = {(one.rule, one.severity) for one in compare(old, new).findings}
    assert found == {("record-invalid", "warning"), ("index-invalid", "warning")}


def test_what_a_view_hides_is_not_lost_to_an_old_without_stacks(tmp_path: Path) -> None:
    old = put(tmp_path / "old/index.json", a_database(A, B))
    new = a_mirror(tmp_path / "new", None, e4s=a_database(A), tools=a_database(B))
    (new / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=f"OLD knows no stacks, and e4s of {new} cannot be read") as refused:
        compare(old, new)
    assert "manifest is not JSON" in refused.value.hint


def test_beside_an_index_of_the_whole_a_view_that_cannot_be_read_hides_nothing_of_one_stack(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "mirror", a_database(A, B, C), e4s=a_database(A), tools=a_database(B))
    (mirror / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    whole, less = put(tmp_path / "whole/index.json", a_database(A, B, C)), put(tmp_path / "less/index.json", a_database(B))
    told = {"index-invalid": ["e4s"], "tags-incomparable": [""]}
    assert rules_of(compare(mirror, whole)) == told
    assert rules_of(compare(mirror, less)) == told | {"package-removed": ["cmake", "zlib"]}
    assert rules_of(compare(whole, mirror)) == {"index-invalid": ["e4s"]}
    # What is in a snapshot of its own is not in this one, and cannot be told from what is.
    (mirror / MANIFESTS / "e4s").rename(mirror / MANIFESTS / "develop-2026-06-12")
    assert rules_of(compare(mirror, less))["index-invalid"] == ["develop-2026-06-12"]
    with pytest.raises(InputError, match="OLD knows no stacks, and develop-2026-06-12 of "):
        compare(whole, mirror)


def test_a_page_of_a_stack_that_is_left_out_contradicts_itself_all_the_same(tmp_path: Path) -> None:
    """OLD's view of the stack cannot be read: nothing is compared there, but NEW's page is held to what it claims."""
    old = a_mirror(tmp_path / "old", a_database(A, B), e4s=a_database(A, B), tools=a_database(A))
    (old / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    for package, stack, claimed in (("zlib", "tools", 1), ("hdf5", "e4s", 7)):
        entry = an_entry(stacks=[stack])
        page = a_page(package, [entry], meta=a_meta([entry]) | {"num_specs": claimed})
        put(tmp_path / f"new/{package}/specs.md", page.encode())
    report = compare(old, tmp_path / "new")
    assert rules_of(report)["count-mismatch"] == ["hdf5"]
    assert (report.new.packages, report.new.specs) == (1, 1)
    part = review(Request(str(old), str(tmp_path / "new"), selection=Selection(package="zlib")))
    assert "count-mismatch" not in rules_of(part)


def test_a_page_repeats_a_hash_in_a_stack_that_is_left_out(tmp_path: Path) -> None:
    old = a_mirror(tmp_path / "old", a_database(A), e4s=a_database(A), tools=a_database(A))
    (old / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")
    entries = [an_entry(1, stacks=["tools"]), an_entry(2), an_entry(2)]
    put(tmp_path / "new/zlib/specs.md", a_page("zlib", entries).encode())
    report = compare(old, tmp_path / "new")
    assert rules_of(report)["duplicate-hash"] == ["zlib"]
    assert report.new.specs == 1


def test_what_is_required_of_new_is_asked_of_its_own_stacks(tmp_path: Path) -> None:
    """A requirement is about NEW alone: neither an OLD without stacks, nor one that cannot be read, makes it unmet."""
    new = a_mirror(tmp_path / "new", a_database(A, B), e4s=a_database(A), tools=a_database(B))
    plain = put(tmp_path / "plain/index.json", a_database(A, B))
    unread = a_mirror(tmp_path / "unread", a_database(A, B), e4s=a_database(A), tools=a_database(B))
    (unread / MANIFESTS / "e4s/index.manifest.json").write_text("{", encoding="utf-8")

    def judge(old: str, new: str) -> list[str]:
        policy = parse_policy("require: [{package: zlib, stack: e4s}]", "cachediff.yaml").policy
        report = review(Request(old, new, policy))
        return [one.message for one in report.findings if one.rule == "requirement-unmet"]

    assert judge(plain, str(new)) == []
    assert judge(str(unread), str(new)) == []
    # What NEW itself does not tell, it does not have.
    assert judge(str(new), plain) == ["zlib has 0 of 1 required spec for stack e4s"]
    assert judge(str(new), str(unread)) == ["zlib has 0 of 1 required spec for stack e4s"]


def test_no_rule_on_stacks_fires_without_stacks(tmp_path: Path) -> None:
    nodes = [a_node("zlib", version=f"1.{number}", namespace=f"n{number}") for number in range(40)]
    old, new = put(tmp_path / "old.lock", a_lock(*nodes)), put(tmp_path / "new.lock", a_lock(*nodes[:4]))
    assert set(rules_of(compare(old, new))) == {"snapshot-shrunk", "version-dropped"}


def test_different_kinds_can_be_compared(tmp_path: Path) -> None:
    lock, cache = put(tmp_path / "spack.lock", a_lock(A)), put(tmp_path / "index.json", a_database(A, B))
    report = compare(lock, cache)
    assert rules_of(report) == {"tags-incomparable": [""]}
    (finding,) = [finding for finding in report.findings if finding.rule == "tags-incomparable"]
    assert finding.message.startswith("lock v6 is compared with buildcache v8")


def test_pages_against_an_index(tmp_path: Path) -> None:
    entry = {
        "hash": A["hash"],
        "compiler": "none",
        "os": "debian12",
        "platform": "linux",
        "target": "x86_64_v3",
        "size": "-",
        "stacks": ["e4s", "root"],
        "variants": ["+shared"],
        "versions": ["1.3"],
    }
    put(tmp_path / "pages/zlib/specs.md", a_page("zlib", [entry]).encode())
    report = compare(tmp_path / "pages", put(tmp_path / "index.json", a_database(A, B)))
    assert rules_of(report) == {"tags-incomparable": [""]}
    assert report.summary.specs.unchanged == 1
    assert report.integrity is None
    assert report.findings[0].message.endswith("claims, namespace, flags and dependencies are not compared")
