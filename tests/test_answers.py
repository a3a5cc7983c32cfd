"""What `show`, `rules` and `validate` answer: in words, and as JSON that fits its schema and agrees with the report."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.rules.catalogue import RULES
from cachediff.text.schema import SchemaName, load_schema
from tests.commands import GASNET, ROOT, SEEDS, WEEK, run
from tests.schemas import load_whole

if TYPE_CHECKING:
    from pathlib import Path

INDEX = ROOT / "fixtures" / "index"
MIRROR = (str(INDEX / "mirror" / "old"), str(INDEX / "mirror" / "new"))
SHARED = ("bucket", "cell", "count", "fate", "field_change", "finding", "location", "loss", "spec")


def answer(schema: SchemaName, *arguments: str, code: int = 0, cwd: Path = ROOT) -> dict[str, Any]:
    """Return what a command answers as JSON, which fits its schema."""
    ended = run(*arguments, "-f", "json", cwd=cwd)
    assert (ended.returncode, ended.stderr) == (code, "")
    found: dict[str, Any] = json.loads(ended.stdout)
    load_whole(schema).validate(found)
    return found


def report_on(*pair: str, cwd: Path = ROOT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*pair, "-f", "json", cwd=cwd).stdout)
    return found


# --- show --------------------------------------------------------------------------------------------------------------

GCC = """\
gcc: 3 → 1 spec

error[stack-dropped]: gcc has no spec for stack
                      developer-tools-aarch64-linux-gnu any more: 1 cell lost
                      (rhel8/aarch64)
"""
CELLS = """\
2 cells lost
  - developer-tools-aarch64-linux-gnu linux-rhel8-aarch64: nothing took its
    place
  - developer-tools-x86_64_v3-linux-gnu linux-centos7-x86_64_v3: nothing took
    its place
"""
SPEC = """\
    (developer-tools-aarch64-linux-gnu)
    nothing took its place
"""


def test_show_names_rules_cells_and_that_nothing_took_their_place() -> None:
    ended = run("show", "gcc", *WEEK)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(GCC)
    assert CELLS in ended.stdout
    assert SPEC in ended.stdout


def test_show_says_what_took_the_place_of_what_is_gone() -> None:
    text = " ".join(run("show", "gperf", *MIRROR).stdout.split())
    assert "error[package-removed]: package gperf is gone: 1 spec in 1 cell lost 1 cell lost - developer-" in text
    assert "linux-debian12-x86_64_v3: the package is gone" in text
    assert "/pzobfd4 (developer-tools-x86_64_v3-linux-gnu) the package is gone" in text
    assert "package-gone" not in text
    assert "e4s linux-ubuntu22.04-x86_64_v3: its stack is gone" in " ".join(run("show", "gasnet", *GASNET).stdout.split())


@pytest.mark.parametrize(
    ("package", "pair"),
    [("gcc", WEEK), ("emacs", WEEK), ("rocblas", WEEK), ("gasnet", GASNET), ("gperf", MIRROR), ("hdf5", MIRROR)],
)
def test_show_agrees_with_the_report(package: str, pair: tuple[str, str]) -> None:
    shown, report = answer("show", "show", package, *pair), report_on(*pair)
    assert shown["findings"] == [one for one in report["findings"] if one["subject"].get("package") == package]
    reported = next((one for one in report["packages"] if one["package"] == package), None)
    if reported is None:
        assert shown["cells"] == {"lost": [], "gained": []}
        assert {change["kind"] for change in shown["changes"]} <= {"rebuilt", "unchanged"}
        return
    assert shown["cells"] == reported["cells"]
    assert shown["specs"] == {name: number for name, number in reported["specs"].items() if name not in ("old", "new")}
    assert [change for change in shown["changes"] if change in reported["changes"]] == reported["changes"]
    assert sum(shown["specs"].values()) == len(shown["changes"])


@pytest.mark.parametrize("rule", ["hash-conflict", "mpi-dropped", "spec-orphaned", "os-replaced", "page-invalid"])
def test_show_of_each_kind_of_finding(rule: str) -> None:
    pair = [str(ROOT / "fixtures" / "rules" / rule / side) for side in ("old", "new")]
    packages = [one["subject"]["package"] for one in report_on(*pair)["findings"] if one["rule"] == rule]
    shown = answer("show", "show", packages[0], *pair)
    assert rule in [one["rule"] for one in shown["findings"]]
    assert f"[{rule}]: " in run("show", packages[0], *pair).stdout


def test_show_calls_nothing_gone_of_a_page_that_cannot_be_read(tmp_path: Path) -> None:
    """Its three specs of OLD were "3 removed", while the report said that they are not compared."""
    shutil.copytree(WEEK[1], tmp_path / "new")
    page = tmp_path / "new" / "gcc" / "specs.md"
    page.write_bytes(page.read_bytes()[:500])
    new = str(tmp_path / "new")
    for pair in ((WEEK[0], new), (new, WEEK[0])):
        shown = answer("show", "show", "gcc", *pair)
        assert (shown["is_compared"], shown["changes"], sum(shown["specs"].values())) == (False, [], 0)
        assert [one["rule"] for one in shown["findings"]] == ["page-invalid"]
        assert run("show", "gcc", *pair).stdout.startswith("gcc: not compared\n\n")
    assert answer("show", "show", "emacs", WEEK[0], new)["is_compared"]


POLICY = """\
renames: {stacks: {developer-tools-aarch64-linux-gnu: tutorial}}
accepted: [{rule: stack-dropped, subject: {package: gcc}, reason: we know, until: 2025-04-30}]
rules: {target-dropped: warning}
"""


def test_show_knows_the_policy(tmp_path: Path) -> None:
    (tmp_path / "cachediff.yaml").write_text(POLICY)
    shown, report = answer("show", "show", "gcc", *WEEK, cwd=tmp_path), report_on(*WEEK, cwd=tmp_path)
    assert shown["findings"] == [one for one in report["findings"] if one["subject"].get("package") == "gcc"]
    assert shown["as_of"] == report["as_of"] != ""
    assert all("developer-tools-aarch64-linux-gnu" not in one["old"]["stacks"] for one in shown["changes"] if one["old"])
    later = run("show", "gcc", *WEEK, "--as-of", "2025-04-30", cwd=tmp_path).stdout
    assert "(accepted until 2025-04-30: we know)" in " ".join(later.split())
    elsewhere = tmp_path / "none.yaml"
    elsewhere.write_text("")
    assert run("show", "gcc", *WEEK, "-p", str(elsewhere), cwd=tmp_path).stdout == run("show", "gcc", *WEEK).stdout


def test_parts_that_reports_have_are_described_as_theirs() -> None:
    ours, theirs = load_schema("show"), load_schema("report")
    assert tuple(sorted(ours["$defs"])) == SHARED
    assert ours["$defs"] == {name: theirs["$defs"][name] for name in ours["$defs"]}
    package = theirs["$defs"]["package"]["properties"]
    assert ours["properties"]["cells"] == package["cells"]
    assert ours["properties"]["changes"]["items"] == package["changes"]["items"]


# --- rules -------------------------------------------------------------------------------------------------------------


def test_rules_as_json() -> None:
    rules = answer("rules", "rules")["rules"]
    assert [(one["id"], one["severity"], one["summary"]) for one in rules] == [
        (rule.id, rule.severity, rule.summary) for rule in RULES
    ]
    by_id = {one["id"]: one for one in rules}
    assert by_id["snapshot-shrunk"]["threshold"] == {"percent": 5, "at_least": 10}
    assert by_id["os-dropped"]["mirror"] == "os-gained"
    assert all((one["mirror"] is None) != (one["no_mirror"] is None) for one in rules)
    assert all(one["mirror"] in by_id for one in rules if one["mirror"])


def test_some_rules_as_json() -> None:
    assert [one["id"] for one in answer("rules", "rules", "os-dropped")["rules"]] == ["os-dropped"]
    assert {one["id"] for one in answer("rules", "rules", "gpu")["rules"]} == {"gpu-dropped", "gpu-gained"}


# --- validate ----------------------------------------------------------------------------------------------------------


def test_several_snapshots_as_json(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_text("no page\n")
    found = answer("validate", "validate", *SEEDS, "bad.md", code=1, cwd=tmp_path)
    assert (found["verdict"], found["snapshots"], found["failed"]) == ("fail", 3, 1)
    assert [one["new"]["source"] for one in found["reports"]] == [*SEEDS, "bad.md"]
    for source, report in zip([*SEEDS, "bad.md"], found["reports"], strict=True):
        alone = answer("report", "validate", source, code=source == "bad.md", cwd=tmp_path)
        assert report == alone
    assert answer("validate", "validate", *SEEDS)["verdict"] == "pass"
