"""Reports of any length become the comment the comparison itself would write, from memory that does not grow with them."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from cachediff import render
from cachediff.domain.cell import Cell
from cachediff.errors import InputError
from cachediff.publish.comment import write_body, write_marker
from cachediff.render.options import Options
from cachediff.review import stored_lines
from cachediff.review.stored import MAX_ANEW, open_report, read_report
from tests.commands import GASNET, ROOT, SEEDS, WEEK, environment, run
from tests.examples import examples
from tests.forge.github import GithubServer
from tests.forge.publishing import publish
from tests.long_reports import write_renamed
from tests.processes import execute
from tests.reports import a_finding, a_package, a_report, hostile_reports
from tests.test_publish_artifacts import name_causes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cachediff.domain.report import Report

GOOD = render(
    a_report(
        [a_finding(package="gcc"), a_finding("spec-added", "note", package="gcc")],
        [
            a_package("gcc", lost=[(Cell("e4s", "linux", "rhel8", "aarch64"), "lost")]),
            a_package("hdf5", gained=[Cell("a", "b", "c", "d")]),
        ],
    ),
    "json",
)
MEASURE = """
import resource, sys
from cachediff.__main__ import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


# --- the same comment --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("pair", [WEEK, GASNET, SEEDS], ids=["week", "gasnet", "seeds"])
def test_comment_on_a_real_report_is_what_the_comparison_prints(pair: tuple[str, str], tmp_path: Path) -> None:
    printed = run(*pair, "-f", "markdown", "-r", f"json={tmp_path / 'report.json'}").stdout
    report = open_report(str(tmp_path / "report.json"))
    assert isinstance(report.findings, stored_lines.StoredFindings)
    assert render(report, "markdown") == printed
    for format in ("summary", "json", "text"):
        assert render(report, format) == render(read_report(str(tmp_path / "report.json")), format)


@pytest.mark.slow
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(hostile_reports().map(name_causes))
def test_comment_on_any_report_is_the_same_however_it_is_read(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "report.json"
    path.write_text(render(report, "json"), encoding="utf-8")
    read = open_report(str(path))
    assert render(read, "json") == path.read_text(encoding="utf-8")
    for budget in (1_000, 3_000, 65_000):
        assert render(read, "markdown", Options(budget=budget)) == render(report, "markdown", Options(budget=budget))


def publish_long(packages: int, directory: Path) -> tuple[int, int]:
    """Return the bytes of a report on so many packages and the kilobytes that publishing it takes.

    Its comment is as it should be.
    """
    path = directory / f"{packages}.json"
    report = write_renamed(path, packages, packages // 10)
    with GithubServer() as forge:
        process = execute(
            [sys.executable, "-c", MEASURE, "publish", str(path), "--number", "3"],
            env=environment(**forge.environment, NO_PROXY="*", GITHUB_EVENT_PATH="", GITHUB_STEP_SUMMARY=""),
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=60,
        )
        assert process.stdout.startswith("created: ")
        assert forge.bodies == [write_body(write_marker("default"), render(report, "markdown", Options(name="cachediff")))]
    return path.stat().st_size, int(process.stderr)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a process's greatest memory is in kilobytes on Linux")
def test_memory_does_not_grow_with_the_report(tmp_path: Path) -> None:
    small, memory = publish_long(100, tmp_path)
    large, more_memory = publish_long(1_700, tmp_path)
    assert small < 2_000_000
    assert large > 25 << 20
    assert more_memory < memory + 12_000, "the report has 26 MB more"


# --- what is not as cachediff writes it --------------------------------------------------------------------------------


def changed(old: str, new: str) -> str:
    """Return a good report in which one thing is another."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


DEEP = '{"a":' * 5_000 + "1" + "}" * 5_000
LOSS = '{"stack":"e4s","platform":"linux","os":"rhel8","target":"aarch64","became":"lost","cause":null}'
WRONG: dict[str, tuple[str, str]] = {
    "cut off in a field": (GOOD[:40], "is not as cachediff writes it"),
    "cut off in a list": (GOOD[: GOOD.index("spec-added")], "is not as cachediff writes it"),
    "cut off before the end": (GOOD[:-3], "is not as cachediff writes it"),
    "more after the end": (GOOD + "{}", "is not as cachediff writes it"),
    "another order": (
        changed('"verdict": "fail",\n"fail_on": "error",', '"fail_on": "error",\n"verdict": "fail",'),
        "line 4 is not as",
    ),
    "a field twice": (changed('"verdict": "fail",\n', '"verdict": "fail",\n"verdict": "fail",\n'), "line 5 is not as"),
    "no comma": (
        changed('"vanished":""},\n', '"vanished":""}\n'),
        "is not as cachediff writes it",
    ),
    "a comma too many": (changed('"vanished":""}\n]', '"vanished":""},\n]'), "malformed"),
    "two items in a line": (changed('"vanished":""},\n', '"vanished":""},'), "malformed"),
    "not JSON": (changed('{"fingerprint"', "{fingerprint"), "malformed"),
    "deep": (changed('"subject":{', f'"subject":{DEEP},"x":{{'), "is not a JSON report"),
    "deep in a package": (changed(LOSS, DEEP), "is not a JSON report"),
    "wrong severity": (changed('"severity":"note"', '"severity":"<b>"'), '"<b>" is not one of '),
    "wrong fingerprint": (
        re.sub('"fingerprint":"[0-9a-f]{16}', '"fingerprint":"x', GOOD, count=1),
        "at /findings/0/fingerprint",
    ),
    "wrong rule": (changed('"rule":"spec-added"', '"rule":"<b>"'), "at /findings/1/rule"),
    "wrong cell": (changed('"became":"lost"', '"became":"found"'), "at /packages/0/cells/lost/0/became"),
    "wrong kind": (changed('"kind":"changed"', '"kind":"odd"'), "at /packages/0/kind"),
    "unknown field of a package": (changed('{"package":"hdf5"', '{"x":1,"package":"hdf5"'), "unknown field"),
    "unknown field of a cell": (changed('"gained":[{', '"gained":[{"x":1,'), "at /packages/1/cells/gained/0"),
    "count of 5,000 digits": (changed('"specs":{"old":0', f'"specs":{{"old":{"7" * 5_000}'), "is not a JSON report"),
    "lone surrogate": (changed('"message":"gcc lost it"', '"message":"\\ud800"'), "is not a JSON report"),
    "bytes that are not UTF-8": (changed('"message":"gcc lost it"', '"message":"\udcff"'), "is not a JSON report"),
    "of tomorrow": (
        changed('"format_version": 1', '"format_version": 2'),
        "is of format version 2; this version reads format version 1",
    ),
}


def refuse(path: Path, text: str) -> str:
    """Return why a report is refused."""
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as refused:
        open_report(str(path))
    assert refused.value.hint
    assert len(str(refused.value)) < 500
    return str(refused.value)


def test_good_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(GOOD, encoding="utf-8")
    assert render(open_report(str(tmp_path / "report.json")), "json") == GOOD
    (tmp_path / "anew.json").write_text(json.dumps(json.loads(GOOD), indent=2), encoding="utf-8")
    assert render(open_report(str(tmp_path / "anew.json")), "json") == GOOD


@pytest.mark.parametrize("name", WRONG)
def test_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    text, said = WRONG[name]
    assert said in refuse(tmp_path / "report.json", text)


def test_findings_in_no_order(tmp_path: Path) -> None:
    findings = [a_finding(package=("b", "a")[number % 2], os=f"os{number}") for number in range(700)]
    said = refuse(tmp_path / "report.json", render(a_report(findings), "json"))
    assert "its findings are of more than 300 rules, or in no order" in said


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: a_report(packages=[a_package(f"p{number}") for number in range(5)]), "it lists more than 4 packages"),
        (
            lambda: a_report([a_finding(package=f"p{number}") for number in range(5)]),
            "its findings name more than 4 packages",
        ),
    ],
)
def test_more_than_anything_has(
    made: Callable[[], Report], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_lines, "MAX_ITEMS", 4)
    assert said in refuse(tmp_path / "report.json", render(made(), "json"))


HUGE: dict[str, Callable[[int], list[str]]] = {
    "one line": lambda size: [GOOD[: GOOD.index("[\n") + 2], '{"fingerprint":"', "x" * size],
    "one line about a package": lambda size: [GOOD[: GOOD.index('{"package":"gcc"')], '{"package":"', "x" * size],
    "a package of empty changes": lambda size: [changed('"changes":[]', '"changes":[' + "{}," * (size // 4) + "{}]")],
    "a package of numbers": lambda size: [changed('"gained":[]', '"gained":[' + "1," * (size // 3) + "1]")],
    "lists in lists": lambda size: [changed('"subject":{', '"subject":' + "[" * size)],
    "a field": lambda size: [changed('"cachediff": "0.0.0"', f'"cachediff": "{"x" * size}"')],
    "no line at all": lambda size: ["[" * size],
    "blanks": lambda size: [" " * size, GOOD],
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS bounds what a process may have on Linux")
@pytest.mark.parametrize("name", HUGE)
def test_what_is_made_to_be_large_is_refused_from_bounded_memory(name: str, tmp_path: Path) -> None:
    with (tmp_path / "report.json").open("w", encoding="utf-8") as file:
        file.writelines(HUGE[name](70_000_000))
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))\n"
        "from cachediff.__main__ import main\nmain()"
    )
    ended = run("publish", "report.json", "--dry-run", cwd=tmp_path, python=("-c", limited))
    assert (ended.returncode, ended.stdout) == (3, ""), ended.stderr
    assert ended.stderr.startswith("error: ")
    assert "report.json" in ended.stderr
    assert len(ended.stderr) < 700


def test_written_anew_and_large(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(json.loads(GOOD)) + " " * MAX_ANEW, encoding="utf-8")
    ended = publish("report.json", "--dry-run", cwd=tmp_path)
    assert ended.returncode == 3
    assert "bytes, more than 8,388,608" in ended.stderr
    assert f"{MAX_ANEW >> 20} MiB" in (ROOT / "docs" / "publish.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_no_place_for_a_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(GOOD, encoding="utf-8")
    limited = "import tempfile; tempfile.tempdir = '/nowhere'\nfrom cachediff.__main__ import main\nmain()"
    ended = run("publish", "report.json", "--dry-run", cwd=tmp_path, python=("-c", limited))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "the directory for temporary files cannot be written" in ended.stderr
