"""`cachediff accept --all` and `--cause`: a baseline, and all that one cause explains."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.policy.load import load_policy
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import GASNET, ROOT, WEEK, Ended, run
from tests.index_files import WHOLE, needs_whole

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.policy.settings import Entry

FIXTURES = ROOT / "fixtures"
WHY = ("--reason", "as it was", "--until", "2099-01-01")
PAIRS = [
    WEEK,
    GASNET,
    *(
        (str(FIXTURES / name / "old"), str(FIXTURES / name / "new"))
        for name in ("index/mirror", "index/hole", "rules/mpi-dropped")
    ),
    *(
        (str(FIXTURES / "rules" / name / "old"), str(FIXTURES / "rules" / name / "new"))
        for name in ("stack-removed", "page-invalid")
    ),
]


def compare(here: Path, pair: tuple[str, str], *arguments: str) -> dict[str, Any]:
    """Return the report on a pair, which is in `report.json` then."""
    run(*pair, "-q", "-r", "json=report.json", *arguments, cwd=here)
    report: dict[str, Any] = json.loads((here / "report.json").read_text(encoding="utf-8"))
    return report


def accept(here: Path, *arguments: str) -> Ended:
    return run("accept", "report.json", *arguments, *WHY, cwd=here)


def entries(here: Path) -> tuple[Entry, ...]:
    return load_policy(here / "cachediff.yaml").accepted


def list_open(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the errors and warnings that are open."""
    return [one for one in report["findings"] if one["status"] == "open" and one["severity"] != "note"]


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "/".join(pair[0].split("/")[-3:-1]))
def test_all_is_a_baseline(tmp_path: Path, pair: tuple[str, str]) -> None:
    before = compare(tmp_path, pair, "--fail-on", "warning")
    assert before["verdict"] == "fail"
    assert accept(tmp_path, "--all").returncode == 0
    after = compare(tmp_path, pair, "--fail-on", "warning")
    assert (after["verdict"], list_open(after)) == ("pass", [])
    # Each entry is about one finding: none accepts what was open for another reason.
    listed = {(one["rule"], tuple(sorted(one["subject"].items()))) for one in list_open(before) if not one["subsumed_by"]}
    assert len(entries(tmp_path)) == len(listed)
    again = accept(tmp_path, "--all")
    assert (again.returncode, again.stdout) == (0, "no error or warning of the report is open: there is nothing to accept\n")


def test_what_comes_after_a_baseline_counts(tmp_path: Path) -> None:
    compare(tmp_path, WEEK, "--package", "emacs")
    accept(tmp_path, "--all")
    report = compare(tmp_path, WEEK)
    assert report["verdict"] == "fail"
    assert {one["subject"]["package"] for one in list_open(report)} == {"gcc"}


@pytest.mark.parametrize(
    ("pair", "cause", "expected"),
    [
        (GASNET, "stack=e4s", [("stack-removed", {"stack": "e4s"}), ("spec-orphaned", {"package": "gasnet"})]),
        (
            WEEK,
            "stack=developer-tools-aarch64-linux-gnu & package=gcc",
            [("loss", {"package": "gcc", "stack": "developer-tools-aarch64-linux-gnu"})],
        ),
    ],
)
def test_a_cause_accepts_what_it_explains(
    tmp_path: Path, pair: tuple[str, str], cause: str, expected: list[tuple[str, dict[str, str]]]
) -> None:
    before = compare(tmp_path, pair)
    assert accept(tmp_path, "--cause", cause).returncode == 0
    found = [(entry.rule, {name: value for name, value in _fields(entry) if value}) for entry in entries(tmp_path)]
    assert sorted(found, key=str) == sorted(expected, key=str)
    after = compare(tmp_path, pair)
    left = [one["fingerprint"] for one in list_open(before) if one["cause"] != cause]
    assert [one["fingerprint"] for one in list_open(after)] == left


def _fields(entry: Entry) -> list[tuple[str, str]]:
    return [(name, getattr(entry.subject, name)) for name in entry.subject.__struct_fields__]


@needs_whole
def test_a_cause_of_many_packages_takes_one_entry(tmp_path: Path) -> None:
    pair = WHOLE / "lock-v5-derecho-2023-10-09"
    before = compare(tmp_path, (str(pair / "old"), str(pair / "new")))
    of_cause = [one for one in list_open(before) if one["cause"] == "mpi=openmpi"]
    assert len(of_cause) > 10
    accept(tmp_path, "--cause", "mpi=openmpi")
    (entry,) = entries(tmp_path)
    assert (entry.rule, dict(_fields(entry))["mpi"]) == ("mpi-dropped", "openmpi")
    after = compare(tmp_path, (str(pair / "old"), str(pair / "new")))
    assert not [one for one in list_open(after) if one["cause"] == "mpi=openmpi"]


def test_a_cause_that_only_findings_name_is_none(tmp_path: Path) -> None:
    report = compare(tmp_path, GASNET)
    (tmp_path / "report.json").write_text(json.dumps(report | {"causes": []}), encoding="utf-8")
    ended = accept(tmp_path, "--cause", "stack=e4s")
    said = "error: no open error or warning of the report has the cause 'stack=e4s'\nhint: causes there: none\n"
    assert (ended.returncode, ended.stderr) == (3, said)


def test_a_cause_whose_value_looks_like_a_glob_accepts_that_value_alone(tmp_path: Path) -> None:
    entries_of_old = [an_entry(1), an_entry(2, os="rh*l8", target="aarch64")]
    old: dict[str, str | bytes] = {name: a_page(name, entries_of_old) for name in ("gcc", "zlib")}
    new: dict[str, str | bytes] = {name: a_page(name, [an_entry(1)]) for name in ("gcc", "zlib")}
    pair = str(write_snapshot(tmp_path / "old", old)), str(write_snapshot(tmp_path / "new", new))
    compare(tmp_path, pair)
    assert accept(tmp_path, "--cause", "os=rh*l8").returncode == 0
    assert [(one.rule, one.subject.os) for one in entries(tmp_path)] == [("loss", "rh[*]l8")]
    assert {one["cause"] for one in list_open(compare(tmp_path, pair))} == {None}


def test_two_causes_at_once(tmp_path: Path) -> None:
    causes = [one["id"] for one in compare(tmp_path, WEEK)["causes"]]
    accept(tmp_path, *(word for cause in causes for word in ("--cause", cause)))
    assert len(causes) == 2
    assert {one["rule"] for one in list_open(compare(tmp_path, WEEK))} == {"variant-disabled"}


@pytest.mark.parametrize(
    ("losses", "left"),
    [
        (["gcc/developer-tools-aarch64-linux-gnu/rhel8/aarch64"], 2),
        (["gcc/developer-tools-aarch64-linux-gnu/*/*", "gcc/developer-tools-x86_64_v3-linux-gnu/*/*"], 0),
        (["gcc/*/*/*"], 0),
    ],
)
def test_a_loss_takes_one_entry_whatever_tells_of_it(tmp_path: Path, losses: list[str], left: int) -> None:
    before = compare(tmp_path, WEEK)
    accept(tmp_path, *(word for loss in losses for word in ("--loss", loss)))
    assert [entry.rule for entry in entries(tmp_path)] == ["loss"] * len(losses)
    after = compare(tmp_path, WEEK)
    assert [one["rule"] for one in list_open(before)] == [
        "stack-dropped", "stack-dropped", "os-dropped", "os-dropped", "target-dropped", "variant-disabled",
    ]  # fmt: skip
    # x86_64_v3 is no lost target: gcc keeps it elsewhere.
    assert [one["rule"] for one in list_open(after)] == [*["stack-dropped", "os-dropped"][:left], "variant-disabled"]
    losses_left = after["summary"]["losses"]
    assert (losses_left["cells"], losses_left["accepted"]) == (left // 2, 2 - left // 2)


def test_a_loss_is_shown_by_policy_check_and_told_once_it_expired(tmp_path: Path) -> None:
    compare(tmp_path, WEEK)
    accept(tmp_path, "--loss", "gcc/*/*/*")
    ended = run("policy", "check", "--report", "report.json", cwd=tmp_path)
    assert "accepted: loss package=gcc, until 2099-01-01: matches 5 findings\n" in ended.stdout
    report = compare(tmp_path, WEEK, "--as-of", "2099-06-01")
    assert len(list_open(report)) == 7
    (expired,) = [one["message"] for one in list_open(report) if one["rule"] == "acceptance-expired"]
    assert expired == "acceptance of loss package=gcc expired (2099-01-01 was its last day): 5 findings open again"


def test_a_loss_of_a_whole_stack_accepts_that_the_stack_is_gone(tmp_path: Path) -> None:
    compare(tmp_path, GASNET)
    accept(tmp_path, "--loss", "*/e4s/*/*")
    assert {one["rule"] for one in list_open(compare(tmp_path, GASNET))} == {"spec-orphaned"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "error", "hint"),
    [
        ((), 2, "one of --rule, --loss, --cause and --all says which findings are accepted", "--rule RULE, "),
        (("--all", "--rule", "*"), 2, "one of --rule, --loss, --cause and --all says which findings are accepted", ""),
        (("--all", "--cause", "x"), 2, "one of --rule, --loss, --cause and --all says which findings are accepted", ""),
        (("--all", "--subject", "stack=e4s"), 2, "--subject and --as-written belong to --rule", "--rule '*'"),
        (("--cause", "x", "--as-written"), 2, "--subject and --as-written belong to --rule", "--rule '*'"),
        (("--cause", " "), 2, "--cause is empty", "is a variable unset?"),
        (("--cause", "stack=e5s"), 3, "no open error or warning of the report has the cause 'stack=e5s'", "did you mean"),
        (("--loss", "gasnet"), 2, "--loss 'gasnet' is not PACKAGE/STACK/OS/TARGET", "such as --loss hdf5/e4s/"),
        (("--loss", "gasnet/e4s//x"), 2, "--loss 'gasnet/e4s//x' is not PACKAGE/STACK/OS/TARGET", ""),
        (
            ("--loss", "gasnet/e5s/*/*"),
            3,
            "no open error or warning of the report tells of a lost cell that matches gasnet/e5s/*/*",
            "lost are gasnet/e4s/ubuntu22.04/x86_64_v3",
        ),
        (
            ("--cause", "nothing"),
            3,
            "no open error or warning of the report has the cause 'nothing'",
            "causes there: stack=e4s",
        ),
    ],
)
def test_accept_nothing(tmp_path: Path, arguments: tuple[str, ...], code: int, error: str, hint: str) -> None:
    compare(tmp_path, GASNET)
    ended = accept(tmp_path, *arguments)
    said = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout, said[0]) == (code, "", f"error: {error}")
    assert said[1].startswith(f"hint: {hint}")
    assert not (tmp_path / "cachediff.yaml").exists()


# --- in a part ---------------------------------------------------------------------------------------------------------

MATRIX = {("e4s", "rhel8"): 1, ("e4s", "ubuntu22.04"): 2, ("hep", "rhel8"): 3, ("hep", "ubuntu22.04"): 4}
"""The hashes of hdf5, by stack and os."""


def lay(directory: Path, *without: tuple[str, str]) -> None:
    """Write a snapshot in which some stacks lack hdf5 on some oses."""
    kept = {place: number for place, number in MATRIX.items() if place not in without}
    made = [an_entry(number, stacks=[stack], os=os) for (stack, os), number in kept.items()]
    write_snapshot(directory, {"hdf5": a_page("hdf5", made), "zlib": a_page("zlib", [an_entry(9, os="rhel8")])})


@pytest.mark.parametrize(
    "how",
    [
        ("--all",),
        ("--cause", "os=rhel8 & package=hdf5"),
        ("--rule", "os-dropped"),
        ("--loss", "hdf5/*/rhel8/*"),
        ("--loss", "*/*/*/*"),
    ],
)
def test_what_a_part_lost_is_accepted_in_that_part(tmp_path: Path, how: tuple[str, ...]) -> None:
    """A job for each stack has one policy: what is meant in one hides nothing of another."""
    pair, e4s, hep = ("old", "new"), ("--stack", "e4s"), ("--stack", "hep")
    lay(tmp_path / "old")
    lay(tmp_path / "new", ("e4s", "rhel8"))
    assert compare(tmp_path, pair, *e4s)["verdict"] == "fail"
    assert accept(tmp_path, *how).returncode == 0
    assert {one.subject.stack for one in entries(tmp_path)} == {"e4s"}
    assert [compare(tmp_path, pair, *part)["verdict"] for part in (e4s, ())] == ["pass", "pass"]
    shutil.rmtree(tmp_path / "new")
    lay(tmp_path / "new", ("e4s", "rhel8"), ("hep", "rhel8"))
    assert [compare(tmp_path, pair, *part)["verdict"] for part in (e4s, hep, ())] == ["pass", "fail", "fail"]


@pytest.mark.parametrize(
    ("part", "named"),
    [("rhel8,ubuntu*", ["rhel8", "ubuntu22.04"]), ("[ru]*", ["[ru]*"]), ("!zorin", ["rhel8", "ubuntu22.04"])],
)
def test_what_was_in_several_places_of_a_part_is_named_by_its_glob_or_each(
    tmp_path: Path, part: str, named: list[str]
) -> None:
    lay(tmp_path / "old")
    lay(tmp_path / "new")
    write_snapshot(tmp_path / "old", {"gcc": a_page("gcc", [an_entry(8, os="zorin")])})
    write_snapshot(tmp_path / "new", {"gcc": a_page("gcc", [an_entry(8, os="zorin")])})
    shutil.rmtree(tmp_path / "new" / "hdf5")
    report = compare(tmp_path, ("old", "new"), "--os", part, "--package", "hdf5,gcc")
    assert {one["rule"] for one in list_open(report)} == {"package-removed"}
    assert accept(tmp_path, "--all").returncode == 0
    assert [(one.rule, one.subject.package, one.subject.os) for one in entries(tmp_path)] == [
        ("loss", "hdf5", os) for os in named
    ]
    assert compare(tmp_path, ("old", "new"))["verdict"] == "pass"


def test_a_loss_of_some_packages_is_accepted_of_these(tmp_path: Path) -> None:
    lay(tmp_path / "old")
    lay(tmp_path / "new", ("hep", "rhel8"), ("hep", "ubuntu22.04"))
    write_snapshot(tmp_path / "old", {"gcc": a_page("gcc", [an_entry(8, stacks=["hep"]), an_entry(7)])})
    write_snapshot(tmp_path / "new", {"gcc": a_page("gcc", [an_entry(7)])})
    compare(tmp_path, ("old", "new"), "--package", "hdf5")
    assert accept(tmp_path, "--loss", "*/hep/*/*").returncode == 0
    assert [(one.subject.package, one.subject.stack) for one in entries(tmp_path)] == [("hdf5", "hep")]
    assert {one["subject"]["package"] for one in list_open(compare(tmp_path, ("old", "new"))) if one["cells"] == 1} == {
        "gcc"
    }


def test_that_an_os_gave_way_in_a_part_accepts_no_loss(tmp_path: Path) -> None:
    """A lost cell that is accepted is so whatever becomes of it: also where the os that came is gone again."""
    part = ("--stack", "e4s")
    write_snapshot(tmp_path / "old", {"hdf5": a_page("hdf5", [an_entry(1, os="rhel8"), an_entry(2, stacks=["hep"])])})
    write_snapshot(tmp_path / "new", {"hdf5": a_page("hdf5", [an_entry(3, os="rhel9"), an_entry(2, stacks=["hep"])])})
    assert {one["rule"] for one in list_open(compare(tmp_path, ("old", "new"), *part))} == {"os-replaced"}
    assert accept(tmp_path, "--all").returncode == 0
    assert list_open(compare(tmp_path, ("old", "new"), *part)) == []
    write_snapshot(tmp_path / "new", {"hdf5": a_page("hdf5", [an_entry(3, target="zen4"), an_entry(2, stacks=["hep"])])})
    assert compare(tmp_path, ("old", "new"), *part)["verdict"] == "fail"


def test_a_gpu_that_a_part_lost_is_accepted_in_that_part(tmp_path: Path) -> None:
    """Were all of the stack named, of which the part has one os, the other os could lose it next."""

    def entries_with(*on: str) -> dict[str, str | bytes]:
        oses = {os: "+cuda" if os in on else "~cuda" for os in ("rhel8", "ubuntu22.04")}
        return {"hdf5": a_page("hdf5", [an_entry(i, os=os, variants=[oses[os]]) for i, os in enumerate(oses, 5 * len(on))])}

    part = ("--os", "rhel8")
    write_snapshot(tmp_path / "old", entries_with("rhel8", "ubuntu22.04"))
    write_snapshot(tmp_path / "new", entries_with("ubuntu22.04"))
    assert compare(tmp_path, ("old", "new"), *part)["verdict"] == "fail"
    assert accept(tmp_path, "--all").returncode == 0
    assert [compare(tmp_path, ("old", "new"), *one)["verdict"] for one in (part, ())] == ["pass", "pass"]
    write_snapshot(tmp_path / "new", entries_with())
    found = [compare(tmp_path, ("old", "new"), *one)["verdict"] for one in (part, ("--os", "ubuntu*"), ())]
    assert found == ["pass", "fail", "fail"]
