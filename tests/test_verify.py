"""`cachediff verify`: a report is the one that its inputs give, or what differs is listed."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.review.verify import MAX_EXAMPLES
from tests.archives import add_directory
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import REAL, ROOT, WEEK, run
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Callable


def write_report(path: Path, *options: str, pair: tuple[str, ...] = WEEK) -> str:
    """Write the JSON report on two snapshots and return its path."""
    assert run(*pair, "-q", "-r", f"json={path}", *options).returncode in (0, 1)
    return str(path)


def edit(report: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the values of a report on disk."""
    with open(report, encoding="utf-8") as file:  # noqa: PTH123 - a path as the command line has it
        values = json.load(file)
    change(values)
    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(values, file)


@pytest.mark.slow
def test_the_report_that_the_inputs_give(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json")
    ended = run("verify", report, *WEEK)
    assert (ended.returncode, ended.stdout) == (0, f"{report} is the report that {WEEK[0]} and {WEEK[1]} give\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [("--fail-on", "warning"), ("--package", "g*"), ("--stack", "e4s*"), ("--policy", "policy.yaml")],
    ids=lambda words: words[0],
)
def test_options_are_those_of_the_run(tmp_path: Path, options: tuple[str, str]) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules: {os-dropped: note}\n", encoding="utf-8")
    words = tuple(word.replace("policy.yaml", str(policy)) for word in options)
    report = write_report(tmp_path / "report.json", *words)
    assert run("verify", report, *WEEK, *words).returncode == 0
    assert run("verify", report, *WEEK).returncode == 1


# --- the day on which acceptances were judged --------------------------------------------------------------------------

ACCEPTED = """\
accepted:
  - {rule: "*", subject: {package: gcc}, reason: retired, until: 2025-04-15}
  - {rule: "*", subject: {package: emacs}, reason: retired, until: 2025-04-15}
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """Return a policy that accepts the losses of the week until the middle of April."""
    (tmp_path / "policy.yaml").write_text(ACCEPTED, encoding="utf-8")
    return str(tmp_path / "policy.yaml")


@pytest.mark.slow
def test_the_day_of_the_run_is_repeated_and_said(tmp_path: Path, policy: str) -> None:
    report = write_report(tmp_path / "report.json", "-p", policy, "--as-of", "2025-04-01")
    ended = run("verify", report, *WEEK, "-p", policy)
    assert (ended.returncode, ended.stdout) == (
        0,
        f"{report} is the report that {WEEK[0]} and {WEEK[1]} give, as of 2025-04-01\n",
    )
    ended = run("verify", report, *WEEK, "-p", policy, "--as-of", "2025-05-01")
    assert ended.returncode == 1
    assert 'as_of: "2025-04-01" in the report, "2025-05-01" from the inputs' in ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize("day", ["2999-01-01", "", "2025-02-30", "yesterday"])
def test_a_day_that_cannot_have_been_is_a_difference(tmp_path: Path, policy: str, day: str) -> None:
    report = write_report(tmp_path / "report.json", "-p", policy, "--as-of", "2025-04-01")
    edit(report, lambda values: values.update(as_of=day))
    ended = run("verify", report, *WEEK, "-p", policy)
    assert ended.returncode == 1, ended.stderr
    assert f'as_of: "{day}" in the report, "' in ended.stdout


@pytest.mark.slow
def test_a_report_does_not_date_a_snapshot_that_its_name_dates(tmp_path: Path, policy: str) -> None:
    pair = (WEEK[0], str(copytree(WEEK[1], tmp_path / "develop-2025-03-30")))
    report = write_report(tmp_path / "report.json", "-p", policy, "--as-of", "2025-03-01", pair=pair)
    assert run("verify", report, *pair, "-p", policy).returncode == 1
    assert run("verify", report, *pair, "-p", policy, "--as-of", "2025-03-01").returncode == 0


def test_without_acceptances_no_day_counts(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", "--as-of", "2025-06-01")
    assert run("verify", report, *WEEK).returncode == 0


# --- what is changed ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda report: report.update(verdict="pass"), 'verdict: "pass" in the report, "fail" from the inputs'),
        (lambda report: report.update(fail_on="never"), 'fail_on: "never" in the report, "error" from the inputs'),
        (lambda report: report["old"].update(digest=f"sha256:{'0' * 64}"), 'old.digest: "sha256:0000'),
        (lambda report: report["summary"]["cells"].update(lost=0), "summary.cells.lost: 0 in the report, 2 from the inputs"),
        (lambda report: report["findings"].pop(), "findings, only from the inputs: "),
        (lambda report: report["findings"].append(report["findings"][0]), "findings, only in the report: "),
        (lambda report: report["findings"][0].update(message="all is well"), "findings, only in the report: "),
        (lambda report: report["findings"].reverse(), "findings: in another order"),
        (lambda report: report["packages"][0]["specs"].update(old=1), "packages, only in the report: "),
        (lambda report: report.update(cachediff="0.0.9"), "cachediff: 0.0.9 in the report, and this is "),
    ],
)
def test_whatever_is_changed_is_told(tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str) -> None:
    report = write_report(tmp_path / "report.json")
    edit(report, change)
    ended = run("verify", report, *WEEK)
    first, *lines = ended.stdout.splitlines()
    assert (ended.returncode, first) == (1, f"{report} is not the report that {WEEK[0]} and {WEEK[1]} give")
    assert any(line.startswith(f"  {said}") for line in lines)
    assert run("verify", report, *WEEK, "-q").stdout == f"{first}\n"


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({}, "summary.facets.lost.gpu: null in the report, 1 from the inputs"),
        ({"gpu": 1, "mpi": 2}, "summary.facets.lost.mpi: 2 in the report, null from the inputs"),
    ],
)
def test_a_kind_that_only_one_side_counts_is_told(tmp_path: Path, kinds: dict[str, int], said: str) -> None:
    pair = tuple(str(ROOT / "fixtures" / "rules" / "gpu-dropped" / side) for side in ("old", "new"))
    report = write_report(tmp_path / "report.json", pair=pair)
    edit(report, lambda values: values["summary"]["facets"].update(lost=kinds))
    ended = run("verify", report, *pair)
    assert (ended.returncode, ended.stdout.splitlines()[1:]) == (1, [f"  {said}"])


def test_a_changed_page_is_told_by_the_digest(tmp_path: Path) -> None:
    copytree(WEEK[1], tmp_path / "new")
    report = write_report(tmp_path / "report.json", pair=(WEEK[0], str(tmp_path / "new")))
    with (tmp_path / "new" / "gcc" / "specs.md").open("a", encoding="utf-8") as page:
        page.write("\n")
    ended = run("verify", report, WEEK[0], str(tmp_path / "new"))
    assert ended.returncode == 1
    assert [line.split(":")[0] for line in ended.stdout.splitlines()[1:]] == ["  new.digest"]


def test_what_is_not_verified_is_said(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json")
    first, *_ = json.loads(Path(report).read_text(encoding="utf-8"))["findings"]
    edit(report, lambda values: values.update(also_compared=[_shorten(values, [first]), _shorten(values, [])]))
    ended = run("verify", report, *WEEK)
    said = "; what it says of 2 more pairs of snapshots is not verified"
    assert (ended.returncode, ended.stdout) == (0, f"{report} is the report that {WEEK[0]} and {WEEK[1]} give{said}\n")


def _shorten(report: dict[str, Any], findings: list[Any]) -> dict[str, Any]:
    return {name: report[name] for name in ("verdict", "old", "new", "summary")} | {"findings": findings}


def test_a_hundred_differences_are_told_by_a_few(tmp_path: Path) -> None:
    old = write_snapshot(tmp_path / "old", {f"p{n}": a_page(f"p{n}", [an_entry(n)]) for n in range(100)})
    new = write_snapshot(tmp_path / "new", {"p0": a_page("p0", [an_entry()])})
    report = write_report(tmp_path / "report.json", pair=(str(old), str(old)))
    lines = run("verify", report, str(old), str(new)).stdout.splitlines()
    findings = [line for line in lines if line.startswith("  findings, only from the inputs")]
    assert len(findings) == MAX_EXAMPLES + 1
    assert findings[-1].endswith(" more")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a", "a b", 'qu"ote', "naïve", "back\\slash"])
def test_where_the_snapshots_lie_is_no_difference(tmp_path: Path, name: str) -> None:
    """Also where pages are broken, and problems name their paths."""
    broken: dict[str, str | bytes] = {"gcc": a_page("gcc")[:-90], "hdf5": a_page("zlib"), "zlib": a_page("zlib")}
    for side in ("old", "new"):
        write_snapshot(tmp_path / name / side, broken if side == "new" else {"gcc": a_page("gcc"), "zlib": b""})
    pair = (str(tmp_path / name / "old"), str(tmp_path / name / "new"))
    report = write_report(tmp_path / "report.json", pair=pair)
    assert run("verify", report, "old/", "./new", cwd=tmp_path / name).returncode == 0
    assert run("verify", report, "new", "old", cwd=tmp_path / name).returncode == 1


INDEXES = ROOT / "fixtures" / "index"
VIEW = "{}/v3/manifests/index/e4s/index.manifest.json"


@pytest.mark.parametrize("packed", ["tar", "zip"])
def test_an_archive_may_have_a_folder_above_the_snapshot(packed: str, tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json")
    sides = [
        str(add_directory(tmp_path / f"{name}.{packed}", Path(side), f"a/{name}/"))
        for name, side in zip(("old", "new"), WEEK, strict=True)
    ]
    assert run("verify", report, *sides).returncode == 0
    of_archives = write_report(tmp_path / "other.json", pair=tuple(sides))
    assert run("verify", of_archives, *WEEK).returncode == 0
    # Only a folder that all of a side have in common is no part of it.
    edit(of_archives, lambda report: report["findings"][0]["location"].update(path=f"{sides[1]}:b/new/gcc/specs.md"))
    assert run("verify", of_archives, *WEEK).returncode == 1


@pytest.mark.parametrize(
    ("kind", "inside"),
    [("lock", "{}/spack.lock"), ("mirror", VIEW), ("mirror", "{}/v3/manifests/index/index.manifest.json")],
)
def test_an_index_is_named_in_many_ways(kind: str, inside: str, tmp_path: Path) -> None:
    """By its folder, by its file, from elsewhere, from within, and in git."""
    repository = Repository(tmp_path / "copy")
    copytree(INDEXES / kind, tmp_path / "copy", dirs_exist_ok=True)
    repository.commit()
    named = [inside.format(INDEXES / kind / side) for side in ("old", "new")]
    report = write_report(tmp_path / "report.json", pair=tuple(named))
    ways = [
        ("copy", inside.format("old"), inside.format("new")),
        ("copy", f"HEAD:{inside.format('old')}", f"{tmp_path}/copy/{inside.format('new')}"),
    ]
    if inside != VIEW:
        ways += [("copy", "HEAD:old", "new/"), ("copy/new", f"HEAD:./../{inside.format('old')}", ".")]
    for place, old, new in ways:
        assert run("verify", report, old, new, cwd=tmp_path / place).returncode == 0, (old, new)


def test_the_top_of_a_revision_has_no_folder(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    copytree(WEEK[0], tmp_path, dirs_exist_ok=True)
    repository.commit()
    assert run("verify", write_report(tmp_path / "report.json"), "HEAD:", WEEK[1], cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("path", ["x/gcc/specs.md", "gcc/specs.md", "{}/x/gcc/specs.md", "{}/emacs/specs.md", "{}"])
def test_a_path_that_is_changed_is_told(path: str, tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", "--package", "gcc")
    edit(report, lambda report: [one["location"].update(path=path.format(WEEK[1])) for one in report["findings"]])
    assert run("verify", report, *WEEK, "--package", "gcc").returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format_version": 99}', "\0"])
def test_what_is_no_report_is_exit_3(tmp_path: Path, content: str) -> None:
    (tmp_path / "report.json").write_text(content, encoding="utf-8")
    ended = run("verify", str(tmp_path / "report.json"), *WEEK)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: ")


@pytest.mark.slow
def test_an_empty_argument_is_exit_2() -> None:
    for words in (("", *WEEK), ("report.json", "", WEEK[1]), ("report.json", WEEK[0], "")):
        assert run("verify", *words).returncode == 2


@pytest.mark.slow
def test_hostile_text_commands_no_terminal(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", pair=(str(REAL / "week" / "old"), str(REAL / "week" / "new")))
    edit(report, lambda values: values["findings"][0].update(message="\n::error::\x1b[31m"))
    ended = run("verify", report, *WEEK)
    assert ended.returncode == 1
    assert "\x1b" not in ended.stdout
    assert "\n::" not in ended.stdout
