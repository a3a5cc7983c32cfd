"""Mutants of real indexes: what is kept, rebuilt, lost, missing or untrue, as an independent reader counts it."""

from __future__ import annotations

import json
from base64 import b32encode
from copy import deepcopy
from hashlib import sha1
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import examples
from tests.index_files import compare, put
from tests.index_model import Side, count_specs, read_side
from tests.make_index_fixtures import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cachediff.domain.report import Report

Nodes = dict[str, dict[str, Any]]
"""The records of an index, or the nodes of a lock, by hash."""


def find_blob(side: str) -> Path:
    """Return the index of the whole of the mirror in the fixtures."""
    mirror = FIXTURES / "mirror" / side
    manifest = json.loads((mirror / "v3/manifests/index/index.manifest.json").read_bytes())
    checksum: str = manifest["data"][0]["checksum"]
    return mirror.joinpath("blobs/sha256", checksum[:2], checksum)


PLACES: dict[str, Callable[[str], Path]] = {
    "site": lambda side: FIXTURES / "site" / side / ".spack-db/index.json",
    "lock": lambda side: FIXTURES / "lock" / side / "spack.lock",
    "mirror": find_blob,
}


def spec_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return the node of a record."""
    found: dict[str, Any] = record.get("spec", record)
    return found


def _drop(rng: Random, nodes: Nodes) -> None:
    del nodes[rng.choice(sorted(nodes))]


def _take_out(rng: Random, nodes: Nodes) -> None:
    """Say of a record that it is not cached, or not installed."""
    record = nodes[rng.choice(sorted(nodes))]
    for name in ("in_buildcache", "installed"):
        if name in record:
            record[name] = not record[name]


def _change(rng: Random, nodes: Nodes) -> None:
    """Change what a spec is, and with it its hash, which nobody who depends on it knows."""
    key = rng.choice(sorted(nodes))
    record = nodes.pop(key)
    node = spec_of(record)
    _alter(rng, node)
    node.pop("hash")
    text = json.dumps(node, separators=(",", ":")).encode()
    node["hash"] = b32encode(sha1(text, usedforsecurity=False).digest()).decode().lower()
    nodes[node["hash"]] = record


def _lie(rng: Random, nodes: Nodes) -> None:
    """Change what a spec is, and keep its hash."""
    _alter(rng, spec_of(nodes[rng.choice(sorted(nodes))]))


def _alter(rng: Random, node: dict[str, Any]) -> None:
    name = rng.choice(("version", "target", "os", "variant", "recipe"))
    if name == "version":
        node["version"] = rng.choice(("9.9", "0.1"))
    elif name == "target":
        node["arch"]["target"] = rng.choice(("zen4", "x86_64"))
    elif name == "os":
        node["arch"]["platform_os"] = "rhel9"
    elif name == "variant":
        node["parameters"]["extra"] = rng.choice((True, False, "a", ["b", "a"]))
    else:
        node["package_hash"] = "b" * 52 + "===="


STEPS = (_drop, _take_out, _change, _change, _lie)


def make_mutant(seed: int) -> tuple[bytes, bytes]:
    """Return the pair that a seed stands for: a real index, and one to which a few things were done."""
    rng = Random(seed)  # noqa: S311 - a draw that can be repeated
    place = PLACES[rng.choice(sorted(PLACES))]
    before, after = rng.choice((("old", "old"), ("old", "new"), ("new", "new")))
    old, values = place(before).read_bytes(), json.loads(place(after).read_bytes())
    nodes: Nodes = values["database"]["installs"] if "database" in values else values["concrete_specs"]
    for step in rng.choices(STEPS, k=rng.randint(1, 6)):
        step(rng, nodes)
    return old, json.dumps(values, indent=rng.choice((None, 1)), separators=(",", ":")).encode()


def count(report: Report, rule: str) -> int:
    """Return how many findings of a rule are about NEW."""
    return sum(one.rule == rule and one.subject.snapshot != "old" for one in report.findings)


def judge(old: Side, new: Side, report: Report) -> None:
    """Compare a report with what an independent reader counts."""
    specs = report.summary.specs
    found = specs.unchanged, specs.rebuilt, specs.changed + specs.removed, specs.changed + specs.added
    assert found == count_specs(old, new)
    lost = {(one.package, cell.platform, cell.os, cell.target) for one in report.packages for cell in one.cells.lost}
    assert lost == old.cells() - new.cells()
    gained = {(one.package, cell.platform, cell.os, cell.target) for one in report.packages for cell in one.cells.gained}
    assert gained == new.cells() - old.cells()
    # What a site has no record of may lie in an upstream database: that is one warning.
    outside = {one for one in new.missing() if one not in new.nodes | old.nodes} if new.is_site else set()
    assert count(report, "dependency-missing") == len(new.missing() - outside) + bool(outside)
    # One for each package.
    assert count(report, "hash-mismatch") == len({new.nodes[hash_]["name"] for hash_ in new.mismatched})
    assert report.integrity
    assert report.integrity.new.mismatched == len(new.mismatched)


def judge_seed(seed: int, directory: Path) -> None:
    """Judge one mutant. Raises AssertionError, which names the seed."""
    before, after = make_mutant(seed)
    report = compare(put(directory / "old.json", before), put(directory / "new.json", after))
    try:
        judge(read_side(before), read_side(after), report)
    except AssertionError as error:
        error.add_note(f"make_mutant({seed}) gives the pair")
        raise


def test_mutants_are_counted_as_an_independent_reader_counts_them(tmp_path: Path) -> None:
    for seed in range(examples(100)):
        judge_seed(seed, tmp_path)


@pytest.mark.slow
def test_many_more_mutants(tmp_path: Path) -> None:
    for seed in range(1_000, 1_200):
        judge_seed(seed, tmp_path)


def test_the_reader_would_notice(tmp_path: Path) -> None:
    """A report on another pair is not the one that it expects."""
    before, after = make_mutant(3)
    report = compare(put(tmp_path / "old.json", before), put(tmp_path / "new.json", before))
    other = deepcopy(json.loads(after))
    assert other != json.loads(before)
    with pytest.raises(AssertionError):
        judge(read_side(before), read_side(after), report)
