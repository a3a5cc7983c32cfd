"""Databases 9, locks 8 and specfile 6, which Spack 1.3 writes, and manifests that name an index of several versions."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from cachediff.domain.spec import EdgeKind
from cachediff.render.rebuilds import sum_up_rebuilds
from tests.index_files import Record, a_database, a_lock, a_node, compare, put, read, rules_of, specs_in, stacks_of

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "v3/manifests/index/index.manifest.json"


def a_new_node(name: str, *needs: Record, provides: tuple[str, ...] = (), **fields: object) -> Record:
    """Return a spec as specfile 6 has it, with what it provides and what it needs."""
    edges = [
        {"name": need["name"], "hash": need["hash"], "parameters": {"deptypes": ["build", "link"], "virtuals": ["zlib-api"]}}
        for need in needs
    ]
    fields |= {"provided_virtuals": [*provides]} if provides else {}
    fields |= {"dependencies": edges} if edges else {}
    return a_node(name, **{**fields, "annotations": {"original_specfile_version": 6}})


ZLIB = a_new_node("zlib-ng", provides=("zlib-api", "libz@:1.3"))
CURL = a_new_node("curl", ZLIB)


def test_a_database_9(tmp_path: Path) -> None:
    old = put(tmp_path / "old/build_cache/index.json", a_database(ZLIB, CURL, version="9"))
    new = put(tmp_path / "new/build_cache/index.json", a_database(ZLIB, version="9"))
    reading = read(old).info.reading
    assert (reading.format, reading.faults) == ("buildcache v9", ())
    assert reading.integrity
    assert (reading.integrity.recomputed, reading.integrity.mismatched) == (2, 0)
    (spec,) = specs_in(read(old), "curl")
    assert spec.facts
    assert spec.facts.edges.kinds == (EdgeKind("zlib-ng", ("build", "link"), ("zlib-api",)),)
    assert rules_of(compare(old, new)) == {"package-removed": ["curl"]}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_lock_8(indent: int | None, tmp_path: Path) -> None:
    lock = json.loads(a_lock(CURL, ZLIB, version=8))
    lock["_meta"]["specfile-version"] = 6
    lock["roots"][0]["group"] = "apps"
    separators = (",", ":") if indent is None else None
    path = put(tmp_path / "spack.lock", json.dumps(lock, indent=indent, separators=separators).encode())
    reading = read(path).info.reading
    assert (reading.format, reading.faults, stacks_of(path)) == (
        "lock v8",
        (),
        {"curl": ["default"], "zlib-ng": ["default"]},
    )
    assert reading.integrity
    assert reading.integrity.recomputed == 2


def test_what_a_record_provides_is_part_of_its_hash(tmp_path: Path) -> None:
    other = ZLIB | {"provided_virtuals": ["zlib-api@1.2"]}
    assert {*rules_of(compare(*[put(tmp_path / "index.json", a_database(other, version="9"))] * 2))} == {"hash-mismatch"}
    # One of specfile 5 was hashed without it, and is written with what the recipe says by now.
    older = a_node("zlib-ng", annotations={"original_specfile_version": 5}) | {"provided_virtuals": ["zlib-api"]}
    path = put(tmp_path / "index.json", a_database(older, version="9"))
    assert rules_of(compare(path, path)) == {}
    proven = read(path).info.reading.integrity
    assert proven
    assert proven.recomputed == 1


@pytest.mark.parametrize("versions", [(8, 9), (9, 8), (8, 10, 9), (8,)])
def test_of_several_versions_in_a_manifest_the_newest_is_read(versions: tuple[int, ...], tmp_path: Path) -> None:
    """An older index stands there as long as nobody takes it away, and tells of what was there once."""
    items = []
    for version in versions:
        nodes = (a_node("zlib"), a_node("hdf5")) if version < max(versions) else (a_node("zlib"),)
        data = a_database(*nodes, version=str(min(version, 9)))
        checksum = sha256(data).hexdigest()
        put(tmp_path / "blobs/sha256" / checksum[:2] / checksum, data)
        items.append(
            {
                "contentLength": len(data),
                "mediaType": f"application/vnd.spack.db.v{version}+json",
                "compression": "none",
                "checksumAlgorithm": "sha256",
                "checksum": checksum,
            }
        )
    put(tmp_path / MANIFEST, json.dumps({"version": 3, "data": items}).encode())
    assert stacks_of(tmp_path) == {"zlib": ["default"]}
    said = ("manifests name indexes of older versions, too: the newest is read",)
    assert read(tmp_path).info.reading.notes == (said if len(versions) > 1 else ())


def test_a_new_format_alone_makes_hashes_new(tmp_path: Path) -> None:
    """Nobody changed anything: that is said before the causes, which cannot know it."""
    before = a_node("zlib-ng", annotations={"original_specfile_version": 5})
    old = put(tmp_path / "old/index.json", a_database(before, version="8"))
    new = put(tmp_path / "new/index.json", a_database(ZLIB, version="9"))
    report = compare(old, new)
    assert (report.verdict, report.findings) == ("pass", ())
    specfiles = "specfile 5 → 6: what is concretized anew has another hash"
    assert sum_up_rebuilds(report) == f"1 of 1 hash is new ({specfiles}): 1 only rebuilt, through dependencies"
    newer = put(tmp_path / "newer/index.json", a_database(a_new_node("zlib-ng"), version="9"))
    assert "specfile" not in sum_up_rebuilds(compare(new, newer))
