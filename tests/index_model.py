"""An independent reader of indexes: plain JSON, and what follows by definition, counted as plainly as it can be."""

from __future__ import annotations

import json
from base64 import b32encode
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]
FLAGS = ("cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs")


@dataclass
class Side:
    """All nodes of an index by hash, which of them are in the snapshot, and which are not what their hash says."""

    nodes: dict[str, Record] = field(default_factory=dict)
    specs: set[str] = field(default_factory=set)
    mismatched: set[str] = field(default_factory=set)
    is_site: bool = False

    def cells(self) -> set[tuple[str, ...]]:
        """Return package, platform, os and target of all specs."""
        return {cell_of(self.nodes[hash_]) for hash_ in self.specs}

    def missing(self) -> set[str]:
        """Return what specs link to or run, and what is neither in the snapshot nor external."""
        needed = {
            edge["hash"]
            for hash_ in self.specs
            for edge in self.nodes[hash_].get("dependencies", [])
            if {"link", "run"} & {*edge["parameters"]["deptypes"]}
        }
        return {one for one in needed - self.specs if not self.nodes.get(one, {}).get("external")}


def read_side(data: bytes) -> Side:
    """Return what a database 8 or a lock 6 holds."""
    values, side = json.loads(data), Side()
    if "database" in values:
        for hash_, record in values["database"]["installs"].items():
            side.nodes[hash_] = record["spec"]
            side.is_site = "in_buildcache" not in record
            is_there = record.get("in_buildcache") or record.get("installed")
            if is_there and record["spec"].get("external") is None:
                side.specs.add(hash_)
    else:
        side.nodes = values["concrete_specs"]
        side.specs = {hash_ for hash_, node in side.nodes.items() if node.get("external") is None}
    side.mismatched = {hash_ for hash_, node in side.nodes.items() if not is_true(hash_, node)}
    return side


def is_true(hash_: str, node: Record) -> bool:
    """Return whether a record's content gives its hash, or need not."""
    text = json.dumps({key: value for key, value in node.items() if key != "hash"}, separators=(",", ":"))
    if b32encode(sha1(text.encode(), usedforsecurity=False).digest()).decode().lower() == hash_:
        return True
    is_old = 0 < node.get("annotations", {}).get("original_specfile_version", 0) < 5
    is_sorted = any(len(node.get("parameters", {}).get(name, ())) > 1 for name in FLAGS)
    return node.get("external") is not None or isinstance(node["arch"]["target"], dict) or is_old or is_sorted


def cell_of(node: Record) -> tuple[str, ...]:
    """Return package, platform, os and target of a node."""
    return node["name"], node["arch"]["platform"], node["arch"]["platform_os"], node["arch"]["target"]


def compiler_of(node: Record, side: Side) -> str:
    """Return the compiler of a node, empty where none is known."""
    for language in ("c", "cxx", "fortran"):
        for edge in node.get("dependencies", []):
            if language in edge["parameters"]["virtuals"]:
                found = side.nodes.get(edge["hash"])
                return f"{found['name']}@{found['version']}" if found else ""
    return ""


def count_specs(old: Side, new: Side) -> tuple[int, int, int, int]:
    """Return how many specs are kept, how many were rebuilt, and how many of OLD's and of NEW's are neither."""
    kept = {hash_ for hash_ in old.specs & new.specs if old.nodes[hash_]["name"] == new.nodes[hash_]["name"]}
    left: dict[tuple[object, ...], list[Counter[str]]] = defaultdict(lambda: [Counter(), Counter()])
    for number, side in enumerate((old, new)):
        for hash_ in side.specs - kept:
            node = side.nodes[hash_]
            variants = frozenset(
                (name, str(value) if isinstance(value, bool | str) else ",".join(sorted(value)))
                for name, value in node.get("parameters", {}).items()
                if name not in FLAGS
            )
            left[(*cell_of(node), node["version"], variants)][number][compiler_of(node, side)] += 1
    rebuilt = 0
    for ours, theirs in left.values():
        rebuilt += (same := ours & theirs).total()
        rest, others = ours - same, theirs - same
        # One that is not known stands for any.
        rebuilt += min(rest[""], others.total() - others[""]) + min(others[""], rest.total() - rest[""])
    gone, came = (len(side.specs - kept) - rebuilt for side in (old, new))
    return len(kept), rebuilt, gone, came
