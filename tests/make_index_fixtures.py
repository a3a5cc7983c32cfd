"""Writes fixtures/index: small cuts of indexes and locks that Spack made, records whole, so that their hashes still hold.

Run it as `python -m tests.make_index_fixtures DIRECTORY`, given the directory that has the whole ones, by the names below.
"""

from __future__ import annotations

import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parent.parent / "fixtures" / "index"
KEPT = {
    "compiler-wrapper",
    "curl",
    "file",
    "gcc",
    "gcc-runtime",
    "glibc",
    "gperf",
    "hdf5",
    "less",
    "libiconv",
    "mpich",
    "py-pip",
    "zlib",
    "zlib-ng",
}
"""The packages of a cut: something of every bucket, a loss, compilers and externals. With them comes all that they need."""

SIGNED = "v3-mini-signed"
MIRROR, SITE, LOCK = "v3-e4s-devtools", "site-v8-e4s-devtools", "lock-v6-e4s"
V2 = "v2-v6-to-v7-spack-0.20.3-0.22.0"
MANIFESTS = "v3/manifests/index"


def cut(records: dict[str, Any], *, is_lock: bool = False) -> dict[str, Any]:
    """Return the records of the packages that are kept, and of all that those need to be installed, in their order."""
    specs = {key: one if is_lock else one["spec"] for key, one in records.items()}
    kept = {key for key, spec in specs.items() if spec["name"] in KEPT}
    waiting = [*kept]
    while waiting:
        needed = set(needs(specs[waiting.pop()])) - kept
        kept |= needed
        waiting += needed
    return {key: one for key, one in records.items() if key in kept}


def needs(spec: dict[str, Any]) -> Iterator[str]:
    """Yield the hashes of a spec's link and run dependencies, in either way of writing them."""
    for edge in spec.get("dependencies", ()):
        if {"link", "run"}.intersection(edge["parameters"]["deptypes"] if "parameters" in edge else edge["type"]):
            yield edge["hash"]


def write(path: Path, values: object) -> bytes:
    """Write JSON as Spack does, and return it."""
    data = json.dumps(values, separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return data


def cut_database(source: Path, target: Path) -> None:
    """Cut one index."""
    database = json.loads(source.read_bytes())["database"]
    write(target, {"database": {**database, "installs": cut(database["installs"])}})


def cut_mirror(source: Path, target: Path) -> None:
    """Cut a v3 mirror: each index, its blob and its manifest."""
    for manifest in source.glob(f"{MANIFESTS}/**/index.manifest.json"):
        values = json.loads(manifest.read_bytes())
        (item,) = values["data"]
        database = json.loads(blob_of(source, item["checksum"]).read_bytes())["database"]
        data = json.dumps({"database": {**database, "installs": cut(database["installs"])}}, separators=(",", ":")).encode()
        write_index(target, manifest.parent.relative_to(source / MANIFESTS), data)
    (target / "v3/layout.json").write_bytes((source / "v3/layout.json").read_bytes())


def copy_index(source: Path, target: Path) -> None:
    """Copy the index of a small v3 mirror whole: its manifest and its blob."""
    manifest = source / MANIFESTS / "index.manifest.json"
    (item,) = json.loads(manifest.read_bytes())["data"]
    for path in (source / "v3/layout.json", manifest, blob_of(source, item["checksum"])):
        copied = target / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(path.read_bytes())


def blob_of(mirror: Path, checksum: str) -> Path:
    """Return where a blob lies in a mirror."""
    return mirror / "blobs" / "sha256" / checksum[:2] / checksum


def write_index(mirror: Path, view: Path | str, data: bytes) -> Path:
    """Write an index into a v3 mirror as one of its views, `.` for the whole, and return its manifest."""
    checksum = sha256(data).hexdigest()
    blob = blob_of(mirror, checksum)
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    item = {
        "contentLength": len(data),
        "mediaType": "application/vnd.spack.db.v8+json",
        "compression": "none",
        "checksumAlgorithm": "sha256",
        "checksum": checksum,
    }
    manifest = mirror / MANIFESTS / view / "index.manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"version": 3, "data": [item]}, indent=0), encoding="utf-8")
    return manifest


def main(source: Path, directory: Path = FIXTURES) -> None:
    """Write all cuts to a directory, in place of what is there."""
    shutil.rmtree(directory, ignore_errors=True)
    for side in ("old", "new"):
        cut_mirror(source / MIRROR / side, directory / "mirror" / side)
        copy_index(source / SIGNED / side, directory / "hole" / side)
        cut_database(source / SITE / side / ".spack-db/index.json", directory / "site" / side / ".spack-db/index.json")
        cut_database(source / V2 / side / "build_cache/index.json", directory / "v2" / side / "build_cache/index.json")
        lock = json.loads((source / LOCK / side / "spack.lock").read_bytes())
        specs = cut(lock["concrete_specs"], is_lock=True)
        roots = [root for root in lock["roots"] if root["hash"] in specs]
        write(directory / "lock" / side / "spack.lock", {**lock, "roots": roots, "concrete_specs": specs})
    test_data = "single/spack-test-v2-layout/unsigned/build_cache/index.json"
    (directory / "spack-test/build_cache").mkdir(parents=True)
    shutil.copy(source / test_data, directory / "spack-test/build_cache/index.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
