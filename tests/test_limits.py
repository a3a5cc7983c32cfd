"""No input takes time or memory that its size does not explain.

Each limit ends in a problem of its page and in nothing worse.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
import yaml

from cachediff import read_snapshot
from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS, Limits
from cachediff.policy.load import MAX_BYTES
from cachediff.policy.parse import parse_policy
from cachediff.sources.members import MAX_HEADERS
from cachediff.sources.pages.validate import MAX_COMPLAINTS
from cachediff.text.schema import load_schema
from tests.adversarial import PAGES, write_attack
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import ROOT, run, run_within

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.problem import Problem
    from tests.commands import Ended

TEXT = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
SCHEMA = load_schema("policy")["$defs"]["limits"]["properties"]

# --- attacks -----------------------------------------------------------------------------------------------------------

SIZE = 300_000
SECONDS_A_MEGABYTE = 15
BYTES_A_BYTE = 600
START_SECONDS = 2
START_BYTES = 300 << 20
MAX_REPORTED = 100
"""How many bytes of a report a byte of a page may make: a stack that is new takes three findings."""


def attack(directory: Path, page: bytes) -> tuple[Ended, float]:
    """Return how a comparison ended that got one page into its NEW, and its CPU seconds.

    It has no more time and memory than the size of the page explains.
    """
    good = a_page("zlib")
    write_snapshot(directory / "old", {"hdf5": a_page(), "zlib": good})
    write_snapshot(directory / "new", {"hdf5": page, "zlib": good})
    seconds_at_most = START_SECONDS + SECONDS_A_MEGABYTE * len(page) // 1_000_000
    bytes_at_most = START_BYTES + BYTES_A_BYTE * len(page)
    limits = {resource.RLIMIT_CPU: seconds_at_most, resource.RLIMIT_AS: bytes_at_most}
    ended, seconds, peak_bytes = run_within(limits, "old", "new", "-q", "-r", "json=report.json", cwd=directory)
    assert peak_bytes < bytes_at_most
    return ended, seconds


def test_there_are_many_attacks() -> None:
    assert len({write_attack(name, 2_000) for name in PAGES}) > 100


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS bounds what a process may have on Linux")
@pytest.mark.parametrize("name", PAGES)
def test_an_attack_costs_no_more_than_its_size(tmp_path: Path, name: str) -> None:
    page = write_attack(name, SIZE)
    ended, _ = attack(tmp_path, page)
    assert ended.returncode in (0, 1), ended.stderr
    assert ended.stderr == ""
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert (tmp_path / "report.json").stat().st_size < 20_000 + MAX_REPORTED * len(page)
    invalid = [finding for finding in report["findings"] if finding["rule"] == "page-invalid"]
    compared = (
        report["new"]["specs"] > 1
        or report["summary"]["packages"]["unchanged"] + report["summary"]["packages"]["changed"] == 2
    )
    assert len(invalid) == 1 or compared or report["summary"]["packages"]["removed"] == 0
    for problem in (problem for finding in invalid for problem in finding["problems"]):
        assert problem["expected"]
        assert problem["found"]
        assert len(json.dumps(problem)) < 10_000
    # zlib is compared, whatever becomes of hdf5.
    assert report["new"]["packages"] == 2
    assert "zlib" not in [entry["package"] for entry in report["not_compared"]]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are as on Linux")
@pytest.mark.parametrize(
    "name",
    [
        "a variant of backslashes",
        "a spec with one variant many times",
        "a spec with many stacks",
        "many specs in targets of their own",
        "many wrong values under a long key",
        "objects of the greatest depth under long keys",
        "a title that nearly ends",
        "fences of blanks",
        "a list of all but names",
        "merge keys of a wide object",
    ],
)
def test_time_grows_with_size_and_not_with_its_square(tmp_path: Path, name: str) -> None:
    """Four times the size may take six times as long; a square would take sixteen."""
    times = []
    for size in (250_000, 1_000_000):
        ended, seconds = attack(tmp_path / str(size), write_attack(name, size))
        assert (ended.returncode in (0, 1), ended.stderr) == (True, "")
        times.append(seconds)
    assert times[1] < 6 * times[0] + 0.2, times


# --- limits ------------------------------------------------------------------------------------------------------------


def only_problem(page: str | bytes, limits: Limits, directory: Path) -> Problem:
    """Return the one problem of a page that a limit makes invalid; the page beside it is valid."""
    write_snapshot(directory, {"hdf5": page, "zlib": a_page("zlib")})
    snapshot = read_snapshot(str(directory), limits=limits)
    assert [page.package for page in snapshot.packages] == ["zlib"]
    (invalid,) = snapshot.invalid
    (problem,) = invalid.problems
    return problem


MANY = a_page(entries=[an_entry(number) for number in range(6)])
LONG = a_page(entries=[an_entry(variants=["x=" + "y" * 200])])
HITS = {
    "page-bytes": (
        LONG,
        len(LONG) - 1,
        f"page cannot be read: {len(LONG):,} bytes, more than {len(LONG) - 1:,}",
        "a regular file",
    ),
    "specs": (MANY, 5, "page has too many specs", "at most 5 specs (limit specs)"),
    "values": (
        MANY.replace("\nlayout", "\nnotes: [1]\nlayout"),
        150,
        "too many values",
        "at most 150 values (limit values)",
    ),
    "nesting": (LONG.replace('"-"', "[[[[1]]]]"), 6, "values nest too deep", "at most 6 levels (limit nesting)"),
    "string": (LONG, 150, "string is too long", "at most 150 characters (limit string)"),
    "digits": (
        LONG.replace("\nlayout", f"\nnotes: 0.{'3' * 30}\nlayout"),
        31,
        "number is too long",
        "at most 31 characters (limit digits)",
    ),
}


@pytest.mark.parametrize("name", HITS)
def test_a_limit_makes_one_page_invalid(tmp_path: Path, name: str) -> None:
    page, most, message, expected = HITS[name]
    problem = only_problem(page, Limits(**{name.replace("-", "_"): most}), tmp_path)
    assert problem.message.startswith(message)
    assert problem.expected.startswith(expected)
    above = {"values": 500, "string": 202}.get(name, most + 1)
    assert len(read_snapshot(str(tmp_path), limits=Limits(**{name.replace("-", "_"): above})).invalid) == (name == "nesting")


@pytest.mark.parametrize("prefix", ["", "---\n# by hand"])
def test_too_many_specs_are_told_alike_either_way(tmp_path: Path, prefix: str) -> None:
    problem = only_problem(MANY.replace("---", prefix, 1) if prefix else MANY, Limits(specs=5), tmp_path)
    assert (problem.location.pointer, problem.location.column, problem.found) == ("/spec_details", 15, "6 specs")
    assert problem.location.line == 6 + prefix.count("\n")
    assert problem.excerpt


def test_a_key_may_be_too_long(tmp_path: Path) -> None:
    page = LONG.replace('"size"', f'"{"k" * 300}": 1, "size"')
    assert only_problem(page, Limits(string=250), tmp_path).message == "string is too long"


def test_too_many_pages_are_no_snapshot(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {f"p{number}": a_page(f"p{number}") for number in range(4)})
    with pytest.raises(InputError, match=r"holds 4 pages, and a snapshot at most 3 pages \(limit pages\)") as refused:
        read_snapshot(str(tmp_path), limits=Limits(pages=3))
    assert "docs/limits.md" in refused.value.hint
    assert len(read_snapshot(str(tmp_path), limits=Limits(pages=4)).packages) == 4


def test_aliases_cost_what_they_stand_for(tmp_path: Path) -> None:
    text = "x" * 20_000
    page = a_page().replace("layout", f"a: &a {text}\nb: [{'*a, ' * 3}]\nlayout", 1)
    assert only_problem(page, DEFAULT_LIMITS, tmp_path).message == "aliases repeat too much"


# --- where limits come from --------------------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    write_snapshot(tmp_path / "old", {"hdf5": MANY})
    write_snapshot(tmp_path / "new", {"hdf5": MANY})
    return "old", "new"


@pytest.mark.slow
@pytest.mark.parametrize("command", [(), ("diff",), ("validate",), ("show", "hdf5")], ids=str)
def test_every_command_that_reads_takes_limits(tmp_path: Path, pair: tuple[str, str], command: tuple[str, ...]) -> None:
    words = (*command, *(pair[1:] if command == ("validate",) else pair))
    assert run(*words, cwd=tmp_path).returncode == 0
    ended = run(*words, "--limit", "specs=5", "--limit", "pages=9", cwd=tmp_path)
    assert ended.returncode == (1 if command == ("validate",) else 3)


@pytest.mark.slow
def test_the_command_line_goes_over_the_policy(tmp_path: Path, pair: tuple[str, str]) -> None:
    (tmp_path / "cachediff.yaml").write_text("limits: {specs: 5}\n", encoding="utf-8")
    assert "at most 5 specs (limit specs)" in run(*pair, cwd=tmp_path).stderr
    assert run(*pair, "--limit", "specs=6", cwd=tmp_path).returncode == 0
    assert run("policy", "check", cwd=tmp_path).stdout == "cachediff.yaml is valid: fail-on error, 1 limit\n"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("spec=5", "--limit 'spec=5' names no limit; did you mean 'specs'?"),
        ("specs", "--limit 'specs' is not a number from 1 to 10,000,000"),
        ("specs=0", "--limit 'specs=0' is not a number from 1 to 10,000,000"),
        ("specs=-1", "--limit 'specs=-1' is not a number from 1 to 10,000,000"),
        ("specs=1e3", "--limit 'specs=1e3' is not a number from 1 to 10,000,000"),
        ("nesting=201", "--limit 'nesting=201' is not a number from 1 to 200"),
        ("digits=19", "--limit 'digits=19' is not a number from 20 to 4,000"),
        ("specs=" + "9" * 50, "is not a number from 1 to 10,000,000"),
        ("specs=²", "--limit 'specs=²' is not a number from 1 to 10,000,000"),
    ],
)
def test_a_limit_that_is_none_is_refused(pair: tuple[str, str], tmp_path: Path, value: str, said: str) -> None:
    ended = run(*pair, "--limit", value, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr


@pytest.mark.parametrize(
    "text", ["limits: {specs: 0}", "limits: {specs: a}", "limits: {spec: 1}", "limits: 5", "limits: {nesting: 201}"]
)
def test_a_limit_of_a_policy_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^policy:1:\d+: "):
        parse_policy(text, "policy")


# --- what is said of them ----------------------------------------------------------------------------------------------


def test_the_schema_has_the_limits_of_the_code() -> None:
    assert {name: limit["default"] for name, limit in SCHEMA.items()} == msgspec.to_builtins(DEFAULT_LIMITS)
    assert all(limit["minimum"] <= limit["default"] <= limit["maximum"] for limit in SCHEMA.values())
    assert (
        ", ".join(list(msgspec.to_builtins(DEFAULT_LIMITS))[:-1]) in load_schema("policy")["$defs"]["limits"]["description"]
    )


def test_the_page_has_the_limits_of_the_schema() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| ([0-9,]+) \| ([0-9,]+) \| (.*) \| (?:the page is invalid|exit code 3) \|$", TEXT, re.MULTILINE
    )
    assert rows == [
        (name, f"{limit['default']:,}", f"{limit['maximum']:,}", limit["description"].partition(": ")[2])
        for name, limit in SCHEMA.items()
    ]
    for limit in SCHEMA.values():
        assert limit["description"].startswith(f"a whole number from {limit['minimum']:,} to {limit['maximum']:,}: ")


def test_the_page_has_the_bounds_of_the_code() -> None:
    assert f"| problems that are told of one page | {MAX_COMPLAINTS} |" in TEXT
    assert f"| a policy | {MAX_BYTES >> 20} MiB |" in TEXT
    assert f"| a zip's directory, a long name in a tar | {MAX_HEADERS >> 20} MiB |" in TEXT
    said = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0])["limits"]
    assert said.keys() <= SCHEMA.keys()


def test_the_commands_of_the_page_run(tmp_path: Path, pair: tuple[str, str]) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    assert [run(*command.split()[1:], cwd=tmp_path).returncode for command in block.splitlines()] == [0, 0]
