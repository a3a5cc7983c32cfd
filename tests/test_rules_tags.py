"""What a snapshot is called and its pages call themselves: `page-misplaced`, `snapshots-swapped`, `tags-incomparable`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from cachediff.domain.tags import choose_tag
from cachediff.engine.memory import compare
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.review.judge import judge
from tests.builders import a_page, a_spec, an_entry, write_snapshot
from tests.commands import run
from tests.comparing import compare_sources
from tests.pages import FIXTURES
from tests.rule_pairs import page_of, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.finding import Finding
    from cachediff.domain.package import Snapshot

MARCH_23, MARCH_30 = "develop-2025-03-23", "develop-2025-03-30"


def named(source: str, *tags: str) -> Snapshot:
    """Return a snapshot of such a name, with a page for each tag."""
    pages = tuple(page_of(f"p{number:04}", [a_spec(number)], tag=tag) for number, tag in enumerate(tags))
    return msgspec.structs.replace(snapshot_of({}), source=source, packages=pages, tag=choose_tag(tags))


def misplaced(new: Snapshot) -> list[str]:
    """Return what is said of misplaced pages, in a comparison with the same pages, and the same of NEW alone."""
    old = msgspec.structs.replace(new, source="old")
    found = [one for one in judge(compare(old, new), DEFAULT_POLICY) if one.rule == "page-misplaced"]
    assert {one.severity for one in found} <= {"error"}
    assert [one.message for one in judge(compare(None, new), DEFAULT_POLICY)] == [one.message for one in found]
    assert len({one.fingerprint for one in found}) == len(found)
    return [one.message for one in found]


# --- page-misplaced ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [MARCH_30, "new", "snapshot-2025-03-23", f"main:_cache/{MARCH_30}", f"{MARCH_30}.tar.gz", "v2", "develop:"]
)
def test_pages_of_their_snapshot_are_not_news(name: str) -> None:
    assert misplaced(named(name, *[MARCH_30] * 3)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [MARCH_30, "develop", "v0.22.4", "develop-2025-02-30"])
@pytest.mark.parametrize("form", ["{}", "a/{}/", "main:a/{}", "a/{}.zip"])
def test_a_snapshot_of_another_name_is_one_finding(name: str, form: str) -> None:
    new = named(form.format(name), *[MARCH_23] * 1200)
    assert misplaced(new) == [f"tag of all 1,200 pages is {MARCH_23}, and the snapshot is named {name}"]


def test_the_only_page() -> None:
    assert misplaced(named(MARCH_30, MARCH_23)) == [
        f"tag of the only page is {MARCH_23}, and the snapshot is named {MARCH_30}"
    ]


def test_single_pages_are_one_finding_each() -> None:
    said = f"is {MARCH_23}, and the snapshot is named {MARCH_30}"
    assert misplaced(named(MARCH_30, MARCH_23, *[MARCH_30] * 8, MARCH_23)) == [
        f"tag of p0000 {said}",
        f"tag of p0009 {said}",
    ]


def test_pages_that_are_right_among_many_that_are_not() -> None:
    new = named(MARCH_30, *[MARCH_23] * 900, *[MARCH_30] * 300)
    assert misplaced(new) == [f"tag of 900 of 1,200 pages is {MARCH_23}, and the snapshot is named {MARCH_30}"]


@pytest.mark.slow
def test_half_a_snapshot_is_no_wall_of_text() -> None:
    assert misplaced(named(MARCH_30, *[MARCH_30] * 700, *[MARCH_23] * 500)) == [
        f"tag of 500 of 1,200 pages is {MARCH_23}, and the snapshot is named {MARCH_30}"
    ]
    assert misplaced(named("new", *[MARCH_30] * 700, *[MARCH_23] * 500)) == [
        f"tag of 500 of 1,200 pages is {MARCH_23}, the other pages have {MARCH_30}"
    ]


def test_the_command_says_so(tmp_path: Path) -> None:
    for name in (MARCH_23, MARCH_30):
        write_snapshot(
            tmp_path / name, {package: a_page(package, [an_entry(n)], tag=MARCH_23) for n, package in enumerate("abc")}
        )
    said = f"tag of all 3 pages is {MARCH_23}, and the snapshot is named {MARCH_30}"
    assert [one.message for one in judge(compare_sources(*_paths(tmp_path)), DEFAULT_POLICY)] == [said]
    for arguments in ((MARCH_23, MARCH_30), ("validate", MARCH_30), (MARCH_23, MARCH_30, "--jobs", "2")):
        ended = run(*arguments, cwd=tmp_path)
        assert ended.returncode == 1
        assert " ".join(ended.stdout.split()).count(said) == 1


def _paths(directory: Path) -> tuple[str, str]:
    return str(directory / MARCH_23), str(directory / MARCH_30)


# --- which of two snapshots is the later one ---------------------------------------------------------------------------


def about_tags(old: Snapshot, new: Snapshot) -> list[Finding]:
    """Return what the rules on tags say, without those on pages."""
    return [
        one for one in judge(compare(old, new), DEFAULT_POLICY) if one.rule in ("snapshots-swapped", "tags-incomparable")
    ]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        # The name counts, where it is a tag: whatever the pages claim.
        ((MARCH_30, MARCH_23), (MARCH_23, MARCH_30), "snapshots-swapped"),
        ((MARCH_23, MARCH_30), (MARCH_30, MARCH_23), ""),
        ((MARCH_23, MARCH_23), ("develop", MARCH_30), "tags-incomparable"),
        ((MARCH_23, MARCH_23), (MARCH_30, "develop"), ""),
        # Else the pages' tag does.
        (("old", MARCH_30), ("new", MARCH_23), "snapshots-swapped"),
        (("old", MARCH_23), ("new", MARCH_30), ""),
        (("old", MARCH_23), ("new", "develop"), "tags-incomparable"),
        ((MARCH_30, MARCH_30), ("new", MARCH_23), "snapshots-swapped"),
        (("old", MARCH_23), ("new", MARCH_23), ""),
    ],
)
def test_which_is_which(old: tuple[str, str], new: tuple[str, str], rule: str) -> None:
    found = about_tags(named(*old), named(*new))
    assert [one.rule for one in found] == ([rule] if rule else [])
    assert {one.severity for one in found} <= {"error" if rule == "snapshots-swapped" else "warning"}


def test_swapped_arguments_fail(tmp_path: Path) -> None:
    for name in (MARCH_23, MARCH_30):
        write_snapshot(tmp_path / name, {"zlib": a_page("zlib", [an_entry()], tag=name)})
    ended = run(MARCH_30, MARCH_23, cwd=tmp_path)
    assert ended.returncode == 1
    assert f"old snapshot {MARCH_30} is later than new snapshot {MARCH_23}" in " ".join(ended.stdout.split())
    assert run(MARCH_23, MARCH_30, cwd=tmp_path).returncode == 0


INDEXES = FIXTURES / "index"


@pytest.mark.parametrize(
    ("kind", "name", "below"),
    [
        ("lock", "env-{}", ""),
        ("lock", "env-{}", "/spack.lock"),
        ("site", "site-{}", "/.spack-db/index.json"),
        ("v2", "{}", "/build_cache/index.json"),
        ("mirror", "mirror-{}", "/v3/manifests/index/index.manifest.json"),
        ("mirror", "mirror-{}", "/"),
    ],
)
def test_an_index_has_the_date_of_its_name(kind: str, name: str, below: str, tmp_path: Path) -> None:
    old, new = name.format("2026-05-01"), name.format("2026-07-01")
    shutil.copytree(INDEXES / kind / "old", tmp_path / old)
    shutil.copytree(INDEXES / kind / "new", tmp_path / new)
    said = f"old snapshot {new} is later than new snapshot {old}"
    assert swaps(tmp_path, new + below, old + below) == [said]
    assert swaps(tmp_path, old + below, new + below) == []
    (tmp_path / new).rename(tmp_path / "new")
    assert swaps(tmp_path, "new" + below, old + below) == []


@pytest.mark.parametrize(
    ("kind", "below"),
    [("lock", "spack.lock"), ("lock", "./spack.lock"), ("site", ".spack-db"), ("v2", "build_cache/index.json")],
)
def test_an_index_named_from_inside_its_folder_has_the_date_of_that(kind: str, below: str, tmp_path: Path) -> None:
    shutil.copytree(INDEXES / kind / "old", tmp_path / "x-2026-07-01")
    shutil.copytree(INDEXES / kind / "new", tmp_path / "x-2026-05-01")
    assert swaps(tmp_path / "x-2026-05-01", f"../x-2026-07-01/{below}", below) == [
        "old snapshot x-2026-07-01 is later than new snapshot x-2026-05-01"
    ]


@pytest.mark.parametrize(("old", "new"), [("x-2026-09-31", "x-2026-07-01"), ("x-2026-12-01", "x-2026-02-30")])
def test_a_day_that_does_not_exist_is_neither_earlier_nor_later(old: str, new: str, tmp_path: Path) -> None:
    shutil.copytree(INDEXES / "lock" / "old", tmp_path / old)
    shutil.copytree(INDEXES / "lock" / "new", tmp_path / new)
    assert swaps(tmp_path, old, new) == []


@pytest.mark.parametrize("name", ["develop-2026-07-01", "develop", "v0.22.4"])
def test_an_index_that_is_named_by_a_tag_is_not_misplaced(name: str, tmp_path: Path) -> None:
    shutil.copytree(INDEXES / "site" / "new", tmp_path / name)
    for source in (name, f"{name}/.spack-db"):
        ended = run(source, f"../{tmp_path.name}/{source}", "-f", "json", cwd=tmp_path)
        assert (ended.returncode, json.loads(ended.stdout)["findings"]) == (0, [])


def test_a_lock_may_be_named_by_its_date(tmp_path: Path) -> None:
    for side, name in (("old", "spack-2026-05-01.lock"), ("new", "2026-07-01.lock")):
        shutil.copy(INDEXES / "lock" / side / "spack.lock", tmp_path / name)
    said = "old snapshot 2026-07-01.lock is later than new snapshot spack-2026-05-01.lock"
    assert swaps(tmp_path, "2026-07-01.lock", "spack-2026-05-01.lock") == [said]
    assert swaps(tmp_path, "spack-2026-05-01.lock", "2026-07-01.lock") == []


def swaps(directory: Path, old: str, new: str) -> list[str]:
    """Return what is said of the order of two snapshots."""
    findings = json.loads(run(old, new, "-f", "json", cwd=directory).stdout)["findings"]
    return [one["message"] for one in findings if one["rule"] == "snapshots-swapped"]


@pytest.mark.parametrize(("until", "status"), [("2026-06-30", "open"), ("2026-07-01", "accepted")])
def test_acceptances_expire_by_the_date_of_an_index(until: str, status: str, tmp_path: Path) -> None:
    # The newer lock as OLD, for it has two packages more.
    for side, name in (("new", "env-2026-05-01"), ("old", "env-2026-07-01")):
        shutil.copytree(INDEXES / "lock" / side, tmp_path / name)
    policy = f"accepted: [{{rule: '*', subject: {{package: '*'}}, reason: known, until: {until}}}]\n"
    (tmp_path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    report = json.loads(run("env-2026-05-01", "env-2026-07-01/spack.lock", "-f", "json", cwd=tmp_path).stdout)
    assert report["as_of"] == "2026-07-01"
    assert {one["status"] for one in report["findings"] if one["rule"] == "package-removed"} == {status}


@pytest.mark.parametrize(("here", "source"), [("", "."), ("", "./"), ("", "./."), ("zlib", ".."), ("zlib", "../")])
def test_a_directory_that_is_written_without_its_name_has_it(here: str, source: str, tmp_path: Path) -> None:
    """Else a snapshot with the pages of another one would pass from inside of it."""
    for name in (MARCH_23, MARCH_30):
        write_snapshot(tmp_path / name, {"zlib": a_page("zlib", [an_entry()], tag=MARCH_23)})
    ended = run(str(tmp_path / MARCH_23), source, "-f", "json", cwd=tmp_path / MARCH_30 / here)
    report = json.loads(ended.stdout)
    assert (ended.returncode, [finding["rule"] for finding in report["findings"]]) == (1, ["page-misplaced"])
    assert (tmp_path / MARCH_30 / here / report["new"]["source"]).resolve() == tmp_path / MARCH_30
