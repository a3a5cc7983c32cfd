"""Indexes and locks for tests: the cuts in fixtures/index, whole ones beside the repository, and what is made of them."""

from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.domain.package import PackageRecord
from cachediff.errors import InputError
from cachediff.review.request import Request, review
from cachediff.sources.open import Door

if TYPE_CHECKING:
    from cachediff.domain.report import Report
    from cachediff.domain.spec import Spec
    from cachediff.sources.reader import SnapshotReader

WHOLE = Path(__file__).parents[2] / "shared" / "data" / "index"
"""Real indexes, where they lie beside the repository: too many, or not free, to be part of it."""

needs_whole = pytest.mark.skipif(not WHOLE.exists(), reason="no real indexes lie beside the repository")

Record = dict[str, Any]


def a_node(name: str = "zlib", **fields: Any) -> Record:
    """Return a spec as specfile 5 has it, with the hash that its content gives."""
    node: Record = {
        "name": name,
        "version": "1.3",
        "arch": {"platform": "linux", "platform_os": "debian12", "target": "x86_64_v3"},
        "namespace": "builtin",
        "parameters": {"shared": True, "cflags": []},
        "package_hash": "a" * 52 + "====",
    }
    node |= fields
    node.pop("hash", None)
    text = json.dumps(node, separators=(",", ":")).encode()
    return node | {"hash": b32encode(sha1(text, usedforsecurity=False).digest()).decode().lower()}


def an_edge(name: str, hash_: str) -> Record:
    """Return a dependency that is linked."""
    return {"name": name, "hash": hash_, "parameters": {"deptypes": ["link"], "virtuals": []}}


def a_lock(*nodes: Record, version: int = 6, included: dict[str, list[Record]] | None = None) -> bytes:
    """Return a lock, of which the first spec is the root."""
    lock = {
        "_meta": {"file-type": "spack-lockfile", "lockfile-version": version, "specfile-version": version - 1},
        "roots": [{"hash": node["hash"], "spec": node["name"]} for node in nodes[:1]],
        "concrete_specs": {node["hash"]: node for node in nodes},
    }
    if included:
        lock["include_concrete"] = {
            path: {"roots": [], "concrete_specs": {node["hash"]: node for node in some}} for path, some in included.items()
        }
    return json.dumps(lock, separators=(",", ":")).encode()


def a_database(*nodes: Record, version: str = "8", **fields: Any) -> bytes:
    """Return a database whose records have some fields beside `spec`: by default those of a build cache."""
    fields = fields or {"ref_count": 1, "in_buildcache": True}
    installs = {node["hash"]: {"spec": node, **fields} for node in nodes}
    return json.dumps({"database": {"version": version, "installs": installs}}, separators=(",", ":")).encode()


def put(path: Path, data: bytes) -> str:
    """Write a file, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def read(source: str | Path) -> SnapshotReader:
    """Return what reads a snapshot."""
    return Door().open(str(source))


def refuse(source: Path | str) -> str:
    """Return why a snapshot is refused."""
    with pytest.raises(InputError) as refused:
        read(source)
    return f"{refused.value} | {refused.value.hint}"


def specs_in(reader: SnapshotReader, package: str) -> tuple[Spec, ...]:
    """Return the specs of a package."""
    record = reader.read(package)
    assert isinstance(record, PackageRecord)
    return record.specs


def stacks_of(source: str | Path) -> dict[str, list[str]]:
    """Return the stacks of a snapshot's packages: those of all of its specs together."""
    reader = read(source)
    found: dict[str, set[str]] = {}
    for package in reader.packages():
        record = reader.read(package)
        for spec in getattr(record, "specs", ()):
            found.setdefault(package, set()).update(spec.stacks)
    return {package: sorted(stacks) for package, stacks in sorted(found.items())}


def compare(old: str | Path, new: str | Path) -> Report:
    """Return the report on two snapshots."""
    return review(Request(str(old), str(new)))


def rules_of(report: Report) -> dict[str, list[str]]:
    """Return the rules of a report's errors and warnings, each with what its findings are about."""
    found: dict[str, list[str]] = {}
    for finding in report.findings:
        if finding.severity != "note":
            found.setdefault(finding.rule, []).append(finding.subject.package or finding.subject.stack)
    return found
