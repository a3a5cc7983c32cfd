"""A part of two snapshots: which specs globs choose, and that each glob matches something.

A report on a part says nothing of the whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.comparison.collectors.collector import ReadPackage
from cachediff.comparison.collectors.names import Names
from cachediff.comparison.selection import check_globs, narrow_content
from cachediff.domain.package import InvalidPackage, InvalidPage
from cachediff.domain.selection import Selection, fits, is_everything, join_globs
from cachediff.errors import InputError
from tests.builders import a_page, a_spec, an_entry, write_snapshot
from tests.commands import ROOT, WEEK, run
from tests.strategies import page_of

if TYPE_CHECKING:
    from pathlib import Path

GLOBS = st.lists(st.sampled_from(["a", "b*", "!a", "!b?", "*", "ab", "!*"]), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("globs", "chosen"),
    [
        ([], ["gcc", "hdf5", "py-pip", "py-six"]),
        (["*"], ["gcc", "hdf5", "py-pip", "py-six"]),
        (["gcc", "hdf5"], ["gcc", "hdf5"]),
        (["gcc,hdf5"], ["gcc", "hdf5"]),
        (["py-*", "!py-pip"], ["py-six"]),
        (["!py-*"], ["gcc", "hdf5"]),
        (["!gcc, !hdf5 ", "py-six"], ["py-six"]),
        (["*,!gcc"], ["hdf5", "py-pip", "py-six"]),
        (["GCC"], []),
        (["!*"], []),
    ],
)
def test_what_globs_choose(globs: list[str], chosen: list[str]) -> None:
    text = join_globs(globs)
    assert [name for name in ("gcc", "hdf5", "py-pip", "py-six") if fits(name, text)] == chosen


@given(GLOBS, st.randoms())
def test_neither_order_nor_repetition_means_anything(globs: list[str], random: Any) -> None:
    again = [*globs, globs[0]]
    random.shuffle(again)
    assert join_globs(again) == join_globs([",".join(globs)]) == join_globs([join_globs(globs)])
    assert all(fits(name, join_globs(globs)) for name in ("a", "bc", "zzz")) or not is_everything(join_globs(globs))


@pytest.mark.parametrize(
    ("selection", "stacks"),
    [
        (Selection(), ("e4s", "hep")),
        (Selection(stack="e4s*"), ("e4s",)),
        (Selection(stack="!e4s"), ("hep",)),
        (Selection(stack="ml"), None),
        (Selection(os="ubuntu*"), ("e4s", "hep")),
        (Selection(os="!ubuntu*"), None),
        (Selection(target="x86_64_v3", stack="hep"), ("hep",)),
        (Selection(target="zen4", stack="hep"), None),
    ],
)
def test_what_of_a_spec_is_in_a_selection(selection: Selection, stacks: tuple[str, ...] | None) -> None:
    assert narrow_content(a_spec(stacks=["e4s", "hep"]).content, selection) == stacks


def test_a_spec_in_root_alone_is_in_no_stack_but_has_an_os() -> None:
    content = a_spec(stacks=[]).content
    assert (narrow_content(content, Selection(os="ubuntu22.04")), narrow_content(content, Selection(stack="!e4s"))) == (
        (),
        None,
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("gccc", "--package gccc matches no package of either side", "did you mean gcc?"),
        ("hdf*,gccc", "--package gccc matches no package of either side", "did you mean gcc?"),
        ("*,gccc", "--package gccc matches no package of either side", "did you mean gcc?"),
        ("!gccc", "--package gccc matches no package of either side", "did you mean gcc?"),
        ("qt*", "--package qt* matches no package of either side", "packages are gcc, hdf5, p0, p1, p2 and 4 more"),
        ("!gcc,gcc", "--package !gcc,gcc leaves no package of either side to compare", "what a glob with ! excludes is out"),
    ],
)
def test_a_glob_that_matches_nothing_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"^{message.replace('*', '[*]')}") as caught:
        check_globs("package", text, ["gcc", "hdf5", *(f"p{number}" for number in range(7)), "z" * 1000][:9])
    assert caught.value.hint.startswith(hint)


def test_globs_that_match_apart_and_not_together() -> None:
    names = Names(Selection(stack="hep", os="rhel8"))
    names.add(ReadPackage("hdf5", page_of([an_entry(1, stacks=["hep"]), an_entry(2, os="rhel8")]), None, None))
    with pytest.raises(InputError, match=r"^nothing on either side is --stack hep --os rhel8$"):
        names.finish()


def test_a_valid_page_beside_an_invalid_one_has_names() -> None:
    names = Names(Selection(os="rhel8"))
    bad = InvalidPage("hdf5", "old/hdf5/specs.md", ())
    merged = InvalidPackage("hdf5", (bad,), (page_of([an_entry(1, os="rhel8")]),))
    names.add(ReadPackage("hdf5", merged, None, None))
    names.finish()
    assert names.os == {"rhel8"}


# --- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """Lay two snapshots.

    OLD has hdf5 in two stacks on two oses and targets, and a package that NEW lacks; NEW has the rest of it.
    """
    zen, rhel = {"target": "zen4", "stacks": ["hep"]}, {"os": "rhel8", "stacks": ["hep"]}
    write_snapshot(
        tmp_path / "old",
        {
            "gcc": a_page("gcc", [an_entry(5)]),
            "hdf5": a_page("hdf5", [an_entry(1), an_entry(2, **zen), an_entry(3, **rhel)]),
            "zlib": a_page("zlib", [an_entry(4, os="ventura", target="m1", stacks=["mac"])]),
        },
    )
    write_snapshot(tmp_path / "new", {"gcc": a_page("gcc", [an_entry(5)]), "hdf5": a_page("hdf5", [an_entry(1)])})
    return tmp_path


def flatten(directory: Path) -> None:
    """Make flat pages of a snapshot's directories."""
    for page in directory.glob("*/specs.md"):
        page.rename(directory / f"{page.parent.name}.md")
        page.parent.rmdir()


RENAMES = "renames: {packages: {nothing: else}}\n"
WHOLE = {"package-removed", "stack-removed", "os-removed", "target-removed"}
SEEN = [
    ((), 1, WHOLE),
    (("--package", "gcc", "--package", "hdf5"), 1, set()),
    (("--package", "!zlib"), 1, set()),
    (("--package", "gcc"), 0, set()),
    (("--stack", "hep"), 1, {"stack-removed"}),
    (("--stack", "e4s"), 0, set()),
    (("--os", "rhel8"), 1, {"os-removed"}),
    (("--os", "ubuntu*", "--target", "x86_64*"), 0, set()),
    (("--os", "!rhel8,!ventura"), 1, set()),
    (("--target", "zen4"), 1, {"target-removed"}),
    (("--target", "m1"), 1, {"package-removed", "target-removed"}),
    (("--stack", "e4s", "--os", "ubuntu22.04", "--package", "hdf5,gcc"), 0, set()),
]
"""Options, the exit code, and what is said of the whole: only what the part shows all of."""


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["directories", "flat", "renames"])
@pytest.mark.parametrize(("options", "code", "rules"), SEEN)
def test_what_a_part_says(options: tuple[str, ...], code: int, rules: set[str], layout: str, pair: Path) -> None:
    if layout == "flat":
        flatten(pair / "old")
        flatten(pair / "new")
    elif layout == "renames":
        (pair / "cachediff.yaml").write_text(RENAMES)
    ended = run("old", "new", "-f", "json", *options, cwd=pair)
    report = json.loads(ended.stdout)
    assert (ended.returncode, {one["rule"] for one in report["findings"]} & WHOLE) == (code, rules)
    if "rhel8" in options:
        assert {one["subject"].get("os", "rhel8") for one in report["findings"]} == {"rhel8"}


@pytest.mark.parametrize("options", [(), ("--target", "zen4"), ("--package", "hdf5"), ("--stack", "hep")])
def test_that_a_value_gave_way_is_not_said_of_a_part_alone(options: tuple[str, ...], tmp_path: Path) -> None:
    # In hep on zen4 another os came; gcc, on another target, is still on the old one.
    new = {"os": "rhel9", "target": "zen4", "stacks": ["hep"]}
    gcc, old = a_page("gcc", [an_entry(1, os="rhel8")]), new | {"os": "rhel8"}
    write_snapshot(tmp_path / "old", {"gcc": gcc, "hdf5": a_page("hdf5", [an_entry(2, **old)])})
    write_snapshot(tmp_path / "new", {"gcc": gcc, "hdf5": a_page("hdf5", [an_entry(3, **new)])})
    report = json.loads(run("old", "new", "-f", "json", *options, cwd=tmp_path).stdout)
    losses = [one for one in report["findings"] if one["severity"] != "note"]
    assert [(one["rule"], one["subject"].get("package")) for one in losses] == [("os-replaced", "hdf5")]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["directories", "flat", "renames"])
@pytest.mark.parametrize(
    ("options", "error", "hint"),
    [
        (("--package", "hdf"), "--package hdf matches no package of either side", "did you mean hdf5?"),
        (("--package", "gcc,zlip"), "--package zlip matches no package of either side", "did you mean zlib?"),
        (("--stack", "hepp"), "--stack hepp matches no stack of either side", "did you mean hep?"),
        (("--stack", "!hepp"), "--stack hepp matches no stack of either side", "did you mean hep?"),
        (("--stack", "*,hepp"), "--stack hepp matches no stack of either side", "did you mean hep?"),
        (("--os", "rhel9"), "--os rhel9 matches no os of either side", "did you mean rhel8?"),
        (("--target", "zen4", "--target", "zen5"), "--target zen5 matches no target of either side", "did you mean zen4?"),
        (
            ("--package", "gcc", "--stack", "hep"),
            "--stack hep matches no stack of the packages that --package leaves",
            "stacks are e4s",
        ),
        (
            ("--stack", "e4s", "--os", "rhel8"),
            "nothing on either side is --stack e4s --os rhel8",
            "each option narrows what the others leave",
        ),
    ],
)
def test_a_typo_never_passes(options: tuple[str, ...], error: str, hint: str, layout: str, pair: Path) -> None:
    if layout == "flat":
        flatten(pair / "old")
        flatten(pair / "new")
    elif layout == "renames":
        (pair / "cachediff.yaml").write_text(RENAMES)
    for jobs in ("1", "3"):
        ended = run("old", "new", *options, "--jobs", jobs, cwd=pair)
        assert (ended.returncode, ended.stdout, ended.stderr) == (3, "", f"error: {error}\nhint: {hint}\n")


@pytest.mark.slow
def test_names_that_another_process_reads_count(pair: Path) -> None:
    """The second of two shares is the one that has the stack."""
    for name in ("aaa", "bbb"):
        for side in ("old", "new"):
            write_snapshot(pair / side, {name: a_page(name, [an_entry(8 if name == "aaa" else 9, stacks=[name])])})
    for stack in ("aaa", "bbb", "hep"):
        assert run("old", "new", "--stack", stack, "--jobs", "5", cwd=pair).returncode == (1 if stack == "hep" else 0)


@pytest.mark.slow
@pytest.mark.parametrize("value", ["", " ", ",", "gcc,", "!", "gcc,!"])
@pytest.mark.parametrize("option", ["--package", "--stack", "--os", "--target"])
def test_an_empty_glob_is_a_bad_command_line(option: str, value: str, pair: Path) -> None:
    ended = run("old", "new", option, value, cwd=pair)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"error: {option} {value!r} has an empty glob\nhint: is a variable unset?")


def test_the_claims_of_a_page_are_those_of_all_of_it(pair: Path) -> None:
    page = pair / "new" / "hdf5" / "specs.md"
    page.write_text(page.read_text().replace('"num_specs": 1', '"num_specs": 2'))
    for options in (("--stack", "e4s"), ("--os", "ubuntu22.04"), ("--target", "x86_64_v3")):
        assert "claimed" in run("old", "new", *options, cwd=pair).stdout


@pytest.mark.parametrize("options", [(), ("--stack", "e4s"), ("--os", "ubuntu22.04")])
def test_a_variant_is_a_list_whatever_part_shows_it(options: tuple[str, ...], tmp_path: Path) -> None:
    hep = an_entry(1, os="rhel8", stacks=["hep"], variants=["languages=c,fortran"])
    c, fortran = an_entry(2, variants=["languages=c"]), an_entry(3, variants=["languages=fortran"])
    write_snapshot(tmp_path / "old", {"gcc": a_page("gcc", [hep, c, fortran])})
    write_snapshot(tmp_path / "new", {"gcc": a_page("gcc", [hep, c])})
    report = json.loads(run("old", "new", "-f", "json", *options, cwd=tmp_path).stdout)
    assert [one["subject"]["variant"] for one in report["findings"] if one["rule"] == "variant-dropped"] == [
        "languages=fortran"
    ]


def test_what_is_outside_of_a_part_is_neither_added_nor_removed(pair: Path) -> None:
    for side in ("old", "new"):
        write_snapshot(pair / side, {f"only-{side}": a_page(f"only-{side}", [an_entry(7, stacks=["hep"])])})
    for sides in (("old", "new"), ("new", "old")):
        report = json.loads(run(*sides, "--stack", "e4s", "-f", "json", cwd=pair).stdout)
        assert {package["package"] for package in report["packages"]}.isdisjoint({"only-old", "only-new"})
        kinds = report["summary"]["packages"]
        assert (kinds["added"], kinds["removed"]) == (0, 0)


@pytest.mark.parametrize("option", [(), ("--package", "zlib-ng"), ("--package", "zlib*"), ("--os", "ubuntu22.04")])
def test_what_nothing_needs_any_more_is_so_in_every_part(option: tuple[str, ...]) -> None:
    """What depended on it may be outside of the part, and has its partner all the same."""
    sides = [ROOT / "fixtures" / "rules" / "dependency-dropped" / side for side in ("old", "new")]
    ended = run(*map(str, sides), "-f", "json", *option)
    found = {(one["rule"], one["severity"]) for one in json.loads(ended.stdout)["findings"] if one["severity"] != "note"}
    assert (ended.returncode, found) == (0, {("dependency-dropped", "warning")})


@pytest.mark.parametrize("option", ["--os", "--target"])
@pytest.mark.parametrize("has_other", [True, False])
def test_a_stack_lost_a_gpu_altogether_or_it_did_not(option: str, has_other: bool, tmp_path: Path) -> None:
    """The part has not all of the stack: what is accepted of one os would else be accepted of the others, too."""
    name, value, other = ("os", "rhel8", "ubuntu22.04") if option == "--os" else ("target", "zen4", "x86_64_v3")
    cuda, none = {"variants": ["+cuda", "cuda_arch=80"]}, {"variants": ["~cuda"]}
    old = [an_entry(1, **{name: value}, **cuda), an_entry(2, **{name: other}, **cuda)]
    new = [an_entry(3, **{name: value}, **none), an_entry(2, **{name: other}, **cuda) if has_other else an_entry(4, **none)]
    for side, made in (("old", old), ("new", new)):
        write_snapshot(tmp_path / side, {"hdf5": a_page("hdf5", made)})
    subjects = []
    for options in ((), (option, value)):
        report = json.loads(run("old", "new", "-f", "json", *options, cwd=tmp_path).stdout)
        subjects += [one["subject"] for one in report["findings"] if one["rule"] == "gpu-dropped"]
    assert [one.get(name) for one in subjects] == [value if has_other else None, value]


@pytest.mark.slow
def test_verify_takes_the_same_globs(tmp_path: Path) -> None:
    part = ("--package", "gcc,emacs", "--os", "centos7")
    report = tmp_path / "report.json"
    run(*WEEK, *part, "-q", "-r", f"json={report}")
    assert json.loads(report.read_text())["selection"] == {
        "package": "emacs,gcc",
        "stack": "*",
        "os": "centos7",
        "target": "*",
    }
    again = ("--os", "centos7", "--package", "emacs", "--package", "gcc", "--package", "emacs")
    assert run("verify", str(report), *WEEK, *again).returncode == 0
    assert run("verify", str(report), *WEEK, *again[2:]).returncode == 1
    text = run(*WEEK, *part).stdout
    assert text.splitlines()[0] == "develop-2025-03-23 → develop-2025-03-30 --package emacs,gcc --os centos7"


def test_a_report_that_knows_no_os_and_no_target_is_read(tmp_path: Path) -> None:
    """An older version wrote it."""
    report = tmp_path / "report.json"
    text = (
        run(*WEEK, "-f", "json")
        .stdout.replace('"stack":"*","os":"*","target":"*"', '"stack":"*"')
        .replace('"stack": "*", "os": "*", "target": "*"', '"stack": "*"')
    )
    assert '"os": "*"' not in text
    report.write_text(text)
    assert run("verify", str(report), *WEEK).returncode == 0
