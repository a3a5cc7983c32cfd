"""Pairs of indexes as large as the largest that are published: a small real pair, copied many times over.

Each copy has names, places and hashes of its own, and hangs on two earlier ones, so that what changed in one reaches others.
Hashes are those that the records give.
"""

from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCE = Path(__file__).parents[2] / "shared" / "data" / "index" / "site-v8-e4s-devtools"
"""What is copied, where it lies beside the repository: 259 and 266 records that Spack made."""

CUT = Path(__file__).parents[1] / "fixtures" / "index" / "site"
"""A cut of it, for where it does not."""

RECORDS = 60_000
FAMILIES = 6
"""By how many names a package goes: one of 60,000 records has 60 or so a package."""

Record = dict[str, Any]


def write_indexes(directory: Path, records: int = RECORDS, *, kept: bool) -> None:
    """Write `old/index.json` and `new/index.json`, of about so many records a side; half of NEW's are OLD's, or none is."""
    old, new = (_read(side) for side in ("old", "new"))
    copies = max(4, round(records / len(new)))
    for name, real in (("old", old), ("new", new)):
        sides = [old if kept and _is_kept(copy) else real for copy in range(copies)]
        installs = dict(_multiply(sides))
        path = directory / name / "index.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"database": {"version": "8", "installs": installs}}, separators=(",", ":"))
        path.write_text(text, encoding="utf-8")


def copy_side(side: str, copies: int) -> list[dict[str, Record]]:
    """Return the first copies of a real side, each with its records by their hashes."""
    real = _read(side)
    found = dict(_multiply([real] * copies))
    specs = [entry["spec"] for entry in found.values()]
    return [{spec["hash"]: spec for spec in specs[start : start + len(real)]} for start in range(0, len(specs), len(real))]


def _read(side: str) -> dict[str, Record]:
    """Return the records of a real side, by hash: dependencies first, as Spack writes them."""
    source = SOURCE if SOURCE.exists() else CUT
    database = json.loads((source / side / ".spack-db" / "index.json").read_bytes())["database"]
    return {key: install["spec"] for key, install in database["installs"].items()}


def _is_kept(copy: int) -> bool:
    """Return whether a copy hangs on nothing but copies that are kept: the first, and what hangs on the second."""
    line = [copy, *_ancestors(copy)]
    return copy == 0 or 1 in line


def _ancestors(copy: int) -> list[int]:
    """Return the copies that one hangs on, the nearest first: copies are a binary tree."""
    found = []
    while copy:
        copy = (copy - 1) // 2
        found.append(copy)
    return found


def _multiply(sides: list[dict[str, Record]]) -> Iterator[tuple[str, Record]]:
    """Yield every record of every copy, by its new hash."""
    made: list[dict[str, Record]] = []
    for copy, real in enumerate(sides):
        hashes: dict[str, str] = {}
        own: dict[str, Record] = {}
        above = [made[other] for other in _ancestors(copy)[:2]]
        for key, record in real.items():
            spec = _copy(record, copy, hashes, above)
            hashes[key] = spec["hash"]
            own.setdefault(record["name"], spec)
            yield spec["hash"], {"spec": spec, "ref_count": 1, "in_buildcache": "external" not in spec}
        made.append(own)


def _copy(record: Record, copy: int, hashes: Mapping[str, str], above: list[dict[str, Record]]) -> Record:
    """Return a record as one of a copy, given the new hashes of those before it and the copies that this one hangs on."""
    spec = {key: value for key, value in record.items() if key != "hash"}
    spec["name"] = f"{record['name']}-{copy % FAMILIES}"
    spec["arch"] = record["arch"] | {"platform_os": f"debian{copy % 10}", "target": f"machine{copy // 10}"}
    edges = [
        {**edge, "name": f"{edge['name']}-{copy % FAMILIES}", "hash": hashes[edge["hash"]]}
        for edge in record.get("dependencies", ())
        if edge["hash"] in hashes
    ]
    parameters = {"deptypes": ["run"], "virtuals": []}
    lower = [other[record["name"]] for other in above if record["name"] in other]
    edges += [{"name": other["name"], "hash": other["hash"], "parameters": parameters} for other in lower]
    if edges:
        spec["dependencies"] = edges
    text = json.dumps(spec, separators=(",", ":")).encode()
    spec["hash"] = b32encode(sha1(text, usedforsecurity=False).digest()).decode().lower()
    return spec
