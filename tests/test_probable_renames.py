"""What probably has another name now: told, written as the policy would say it, and never judged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cachediff.comparison.renamed import MAX_NAMES, find_renames
from cachediff.domain.report import ProbableRename
from cachediff.engine.memory import compare
from cachediff.library import render
from cachediff.render.renamed import MAX_RENAMES, name_renames
from cachediff.review.report import evaluate
from tests.builders import a_spec
from tests.commands import GASNET, WEEK, run
from tests.reports import a_report
from tests.rule_pairs import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cachediff.domain.package import Snapshot

Entries = dict[str, list[tuple[str, str, list[str]]]]
"""Of each package the version, os and stacks of its specs."""

SPECS = [f"1.{number}" for number in range(6)]


def snapshot(entries: Entries) -> Snapshot:
    """Return a snapshot in memory."""
    return snapshot_of(
        {
            name: [a_spec(n, version=version, os=os, stacks=stacks) for n, (version, os, stacks) in enumerate(specs)]
            for name, specs in entries.items()
        }
    )


def renames_of(old: Entries, new: Entries) -> list[tuple[str, str, str]]:
    """Return what a comparison takes for renamed."""
    return [(one.field, one.old, one.new) for one in evaluate(compare(snapshot(old), snapshot(new))).renames]


def rewritten(folder: Path, source: str, change: Callable[[str], str]) -> str:
    """Write the pages of a snapshot, changed."""
    for page in Path(source).rglob("specs.md"):
        target = folder / change(page.parent.name) / page.name
        target.parent.mkdir(parents=True)
        target.write_text(change(page.read_text(encoding="utf-8")), encoding="utf-8")
    return str(folder)


# --- on real pages -----------------------------------------------------------------------------------------------------


@pytest.fixture
def suffixed(tmp_path: Path) -> str:
    """The week's old snapshot, each stack of which has another name."""
    stacks = re.compile(r'"((?:e4s|ml|developer|radiuss|aws|tutorial|hep|gpu|data|build)[\w-]*)"')

    def rename(text: str) -> str:
        return stacks.sub(r'"\1-2025"', text)

    return rewritten(tmp_path / "new", WEEK[0], rename)


def test_all_stacks_with_a_suffix(tmp_path: Path, suffixed: str) -> None:
    failed = run(WEEK[0], suffixed, "-r", "json=report.json", cwd=tmp_path)
    assert failed.returncode == 1
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    renamed = {one["old"]: one["new"] for one in report["renames"]}
    assert renamed == {stack: f"{stack}-2025" for stack in renamed}
    assert renamed.keys() == {one["stack"] for one in report["coverage"] if one["lost"]}
    assert len(renamed) == 20
    assert all((one["field"], one["shared"]) == ("stack", one["held"]) for one in report["renames"])
    lines = failed.stdout.splitlines()
    assert "probably renamed: stacks e4s → e4s-2025, e4s-neoverse-v2 → e4s-neoverse-v2-2025" in lines
    # What is printed is what the policy takes, and then nothing is lost.
    said = lines.index("if what is gone has another name, the policy (cachediff.yaml) says so:")
    policy = "\n".join(line[2:] for line in lines[said + 1 : lines.index("", said)])
    assert yaml.safe_load(policy) == {"renames": {"stacks": renamed}}
    (tmp_path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    passed = run(WEEK[0], suffixed, cwd=tmp_path)
    assert (passed.returncode, "renamed" in passed.stdout) == (0, False)


@pytest.mark.parametrize("format", ["markdown", "summary", "github", "html"])
def test_every_format_for_people_says_so(suffixed: str, format: str) -> None:
    said = run(WEEK[0], suffixed, "-f", format).stdout.replace("`", "")
    assert "probably renamed: stacks e4s → e4s-2025, e4s-neoverse-v2 → e4s-neoverse-v2-2025 (+18)" in said
    assert ("    radiuss: radiuss-2025\n" in said) is (format != "github")


def test_what_is_accepted_is_gone(tmp_path: Path, suffixed: str) -> None:
    entry = 'accepted: [{rule: stack-removed, subject: {stack: "*"}, reason: x, until: 2099-01-01}]'
    (tmp_path / "cachediff.yaml").write_text(entry, encoding="utf-8")
    assert "renamed" not in run(WEEK[0], suffixed, cwd=tmp_path).stdout


@pytest.mark.parametrize("pair", [WEEK, GASNET], ids=["week", "gasnet"])
def test_what_is_gone_is_not_renamed(pair: tuple[str, str]) -> None:
    assert "renamed" not in run(*pair).stdout


def test_a_package_with_another_name(tmp_path: Path) -> None:
    new = rewritten(tmp_path / "new", WEEK[0], lambda text: text.replace("rocblas", "rocblas-next"))
    said = run(WEEK[0], new).stdout
    assert "probably renamed: package rocblas → rocblas-next\n" in said
    assert "  renames:\n    packages:\n      rocblas: rocblas-next\n" in said


# --- what is the same --------------------------------------------------------------------------------------------------


def in_stacks(packages: Sequence[str], stacks: Sequence[str], os: str = "ubuntu22.04") -> Entries:
    return {name: [("1.0", os, [*stacks])] for name in packages}


PACKAGES = list("abcdefghij")


@pytest.mark.parametrize(
    ("old", "new", "renamed"),
    [
        # Hardly alike in name, and equal in ten packages; of two equal ones the one whose name is more alike.
        (in_stacks(PACKAGES, ["e4s"]), in_stacks(PACKAGES, ["science"]), [("stack", "e4s", "science")]),
        (in_stacks(PACKAGES, ["e4s"]), in_stacks(PACKAGES, ["science", "e4s-2"]), [("stack", "e4s", "e4s-2")]),
        (
            in_stacks(PACKAGES, ["e4s", "hep"]),
            in_stacks(PACKAGES, ["hep-2", "e4s-2"]),
            [("stack", "e4s", "e4s-2"), ("stack", "hep", "hep-2")],
        ),
        # Few packages are equal by chance: then names have to be alike.
        (in_stacks("ab", ["e4s"]), in_stacks("ab", ["science"]), []),
        (in_stacks("ab", ["e4s"]), in_stacks("ab", ["e4s-2"]), [("stack", "e4s", "e4s-2")]),
        # Nearly all of it, and not with much else.
        (in_stacks(PACKAGES, ["e4s"]), in_stacks(PACKAGES[:8], ["e4s-2"]), [("stack", "e4s", "e4s-2")]),
        (in_stacks(PACKAGES, ["e4s"]), in_stacks(PACKAGES[:7], ["e4s-2"]), []),
        (in_stacks("abcdefg", ["e4s"]), in_stacks([*"abcdefg", *"0123456"], ["e4s-2"]), [("stack", "e4s", "e4s-2")]),
        (in_stacks("abcdefg", ["e4s"]), in_stacks([*"abcdefg", *"01234567"], ["e4s-2"]), []),
        # Another version of an os is another os.
        (
            in_stacks(PACKAGES, ["e4s"], "ubuntu22.04") | in_stacks("x", ["e4s"], "rhel8"),
            in_stacks(PACKAGES, ["e4s"], "ubuntu24.04") | in_stacks("x", ["e4s"], "rhel8"),
            [],
        ),
        (
            in_stacks(PACKAGES, ["e4s"], "ubuntu22.04") | in_stacks("x", ["e4s"], "rhel8"),
            in_stacks(PACKAGES, ["e4s"], "ubuntu-22.04") | in_stacks("x", ["e4s"], "rhel8"),
            [("os", "ubuntu22.04", "ubuntu-22.04")],
        ),
        # A package has the same specs, and a name that is alike.
        (
            {"py-torch-nightly": [(v, "rhel8", ["ml"]) for v in SPECS]},
            {"py-torch": [(v, "rhel8", ["ml"]) for v in SPECS]},
            [("package", "py-torch-nightly", "py-torch")],
        ),
        ({"py-torch": [(v, "rhel8", ["ml"]) for v in SPECS]}, {"zlib": [(v, "rhel8", ["ml"]) for v in SPECS]}, []),
        (
            {"hdf5": [(v, "rhel8", ["ml"]) for v in SPECS]},
            {"hdf5-2": [(f"2.{v}", "rhel8", ["ml"]) for v in SPECS]},
            [],
        ),
    ],
)
def test_renamed(old: Entries, new: Entries, renamed: list[tuple[str, str, str]]) -> None:
    keep: Entries = {"zz-kept": [("1.0", "rhel8", ["kept"])]}
    assert renames_of(old | keep, new | keep) == renamed


def test_the_same_in_less_is_told_with_what_is_missing() -> None:
    diff = compare(snapshot(in_stacks(PACKAGES, ["e4s"])), snapshot(in_stacks(PACKAGES[:8], ["e4s-2"])))
    (one,) = find_renames(diff, {"stack": {"e4s"}})
    assert (one.shared, one.held) == (8, 10)
    assert find_renames(diff, {"stack": set()}) == ()


@given(st.permutations(PACKAGES), st.dictionaries(st.sampled_from(["e4s", "hep", "ml"]), st.sampled_from(["-2", "-new"])))
def test_a_pure_renaming_is_found_whatever_the_order(packages: list[str], suffixes: Mapping[str, str]) -> None:
    stacks = ["e4s", "hep", "ml"]
    old = in_stacks(packages, stacks)
    new = in_stacks(packages[::-1], [stack + suffixes.get(stack, "") for stack in stacks])
    assert renames_of(old, new) == [("stack", stack, stack + suffixes[stack]) for stack in sorted(suffixes)]


def test_many_are_cut() -> None:
    report = a_report(renames=tuple(ProbableRename("stack", f"s{n}", f"t{n}", 1, 1) for n in range(MAX_RENAMES + 3)))
    assert name_renames(report) == f"probably renamed: stacks s0 → t0, s1 → t1 (+{MAX_RENAMES + 1})"
    assert "    # and 3 more: renames in the JSON report\n" in render(report, "markdown")


@pytest.mark.slow
def test_names_beyond_all_measure_are_not_paired() -> None:
    many = [f"s{number}" for number in range(MAX_NAMES + 1)]
    old, new = in_stacks(PACKAGES, many), in_stacks(PACKAGES, [f"{stack}-2" for stack in many])
    assert renames_of(old, new) == []
    assert (
        len(renames_of(in_stacks(PACKAGES, many[1:]), in_stacks(PACKAGES, [f"{stack}-2" for stack in many[1:]])))
        == MAX_NAMES
    )


def test_what_is_everywhere_is_not_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = in_stacks(PACKAGES, ["e4s", "hep"]), in_stacks(PACKAGES, ["e4s-2", "hep-2"])
    assert len(renames_of(old, new)) == 2
    monkeypatch.setattr("cachediff.comparison.renamed.MAX_SHARED", 2 * 2 * len(PACKAGES) - 1)
    assert renames_of(old, new) == []
