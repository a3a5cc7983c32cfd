"""What gates are told of indexes: findings on equal subjects, whose fingerprints are the same, stay apart in each format."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from cachediff import render
from tests.index_files import WHOLE, a_database, a_node, compare, needs_whole, put

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.report import Report

TWINS = [a_node("zlib", parameters={"shared": is_shared, "cflags": []}) for is_shared in (True, False)]
"""Two specs whose package, version, os and target are the same."""


@pytest.fixture
def twins(tmp_path: Path) -> Report:
    """Return a report on a build cache that lacks both of what two specs link to."""
    edges = [{"name": twin["name"], "hash": twin["hash"], "parameters": {"deptypes": ["link"]}} for twin in TWINS]
    users = [a_node("hdf5", version=f"1.{n}", dependencies=[edge]) for n, edge in enumerate(edges)]
    old, new = (json.loads(a_database(*TWINS, *users)) for _ in range(2))
    for twin in TWINS:
        new["database"]["installs"][twin["hash"]]["in_buildcache"] = False
    paths = [
        put(tmp_path / side / "build_cache" / "index.json", json.dumps(data).encode())
        for side, data in (("old", old), ("new", new))
    ]
    return compare(*paths)


def test_equal_subjects_have_one_fingerprint_and_two_findings(twins: Report) -> None:
    found = [finding for finding in twins.findings if finding.rule == "dependency-missing"]
    assert len(found) == 2
    assert len({finding.fingerprint for finding in found}) == 1
    assert len({finding.location for finding in found}) == len({finding.message for finding in found}) == 2
    assert twins.summary.cells.blocked == 1


def are_apart(report: Report) -> None:
    """Check that no two results of a format that needs names for them have the same one, and that none is left out."""
    told = sum(finding.subsumed_by is None for finding in report.findings)
    results = json.loads(render(report, "sarif"))["runs"][0]["results"]
    for name in ("cachediff/v1", "primaryLocationLineHash"):
        assert len({result["partialFingerprints"][name] for result in results}) == len(results) == told
    issues = json.loads(render(report, "gitlab"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) >= told
    suites = ET.fromstring(render(report, "junit"))  # noqa: S314 - our own output
    cases = [case.attrib for case in suites.iter("testcase")]
    assert len({(case["classname"], case["name"]) for case in cases}) == len(cases) == max(told, 1)


def test_findings_of_one_fingerprint_are_apart_in_each_format(twins: Report) -> None:
    are_apart(twins)
    commands = Counter(render(twins, "github").splitlines())
    assert [count for command, count in commands.items() if "dependency-missing" in command] == [1, 1]
    # The first of them keeps the fingerprint, so that what a host knows of it stays known.
    (fingerprint,) = {finding.fingerprint for finding in twins.findings if finding.rule == "dependency-missing"}
    assert fingerprint in {issue["fingerprint"] for issue in json.loads(render(twins, "gitlab"))}


@needs_whole
@pytest.mark.parametrize(
    "pair", ["v3-mini-signed", "v3-e4s-devtools", "lock-v5-derecho-2023-10-09", "lock-v5-derecho-2023-10-26"]
)
def test_real_indexes_in_the_formats_of_gates(pair: str) -> None:
    are_apart(compare(WHOLE / pair / "old", WHOLE / pair / "new"))


@needs_whole
def test_a_lost_mpi_is_one_line_of_the_log_and_of_the_suite_a_number() -> None:
    report = compare(WHOLE / "lock-v5-derecho-2023-10-09" / "old", WHOLE / "lock-v5-derecho-2023-10-09" / "new")
    *_, hashes, vanished, cells, mpis, _ = render(report, "github").splitlines()
    assert hashes == "15 of 479 hashes are new: 14 only rebuilt, through dependencies"
    assert (vanished, cells) == ("gone: packages numactl, openmpi", "2 causes explain 2 of 2 lost cells")
    assert mpis.startswith("14 packages lost mpi openmpi: darshan-runtime, esmf, fftw")
    suites = ET.fromstring(render(report, "junit"))  # noqa: S314 - our own output
    properties = {one.get("name"): one.get("value") for one in suites.iter("property")}
    assert properties["facets lost mpi"] == "14"
    causes = json.loads(render(report, "sarif"))["runs"][0]["properties"]["causes"]
    assert {"id": "mpi=openmpi", "explains": "facets", "cells": 0, "packages": 14, "facets": 14} in causes


@needs_whole
def test_fields_that_only_records_have_are_named_with_both_values() -> None:
    report = compare(WHOLE / "lock-v5-derecho-2023-10-26" / "old", WHOLE / "lock-v5-derecho-2023-10-26" / "new")
    assert "mpi provider: intel-oneapi-mpi -> openmpi" in render(report, "csv")


def test_causes_of_one_name_have_their_hashes(tmp_path: Path) -> None:
    """A compiler on two systems is two records: without a hash one of them would seem to be told twice."""

    def write(side: str, recipe: str) -> str:
        places = [{"platform": "linux", "platform_os": os, "target": "x86_64_v3"} for os in ("debian12", "rocky9")]
        nodes = [a_node("gcc", arch=place, package_hash=recipe * 52 + "====") for place in places]
        return put(tmp_path / side / "build_cache" / "index.json", a_database(*nodes, a_node("zlib", package_hash=recipe)))

    report = compare(write("old", "a"), write("new", "b"))
    for format in ("text", "markdown"):
        lines = [line for line in render(report, format).replace("`", "").splitlines() if "reaches 1: " in line]
        named = [line.partition("reaches 1: ")[2] for line in lines]
        assert len(named) == len({*named}) == 3
        assert [" /" in one for one in named] == ["gcc" in one for one in named]
