"""The day on which acceptances are judged: that in NEW's name, never one that NEW's pages claim."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cachediff.domain.finding import Acceptance, Subject
from cachediff.domain.tags import name_tag
from cachediff.engine.memory import compare
from cachediff.policy.dates import date_snapshot
from cachediff.policy.settings import Entry, Policy
from cachediff.review.report import evaluate
from tests.builders import a_page, a_spec, an_entry, write_snapshot
from tests.commands import run
from tests.repositories import Repository
from tests.rule_pairs import snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
accepted:
  - {rule: "*", subject: {stack: hep}, reason: the pipeline is being moved, until: 2025-03-25}
"""


@pytest.mark.parametrize(
    ("source", "date", "tag"),
    [
        ("develop-2025-03-30", "2025-03-30", "develop-2025-03-30"),
        ("_cache/develop-2025-03-30/", "2025-03-30", "develop-2025-03-30"),
        ("_cache/develop-2025-03-30/./", "2025-03-30", "develop-2025-03-30"),
        ("2025-03-30", "2025-03-30", ""),
        ("snapshots/nightly_2025-03-30", "2025-03-30", ""),
        ("main:_cache/develop-2025-03-30", "2025-03-30", "develop-2025-03-30"),
        ("main:develop-2025-03-30", "2025-03-30", "develop-2025-03-30"),
        ("develop-2025-03-30:", "2025-03-30", ""),
        ("origin/develop-2025-03-30:", "2025-03-30", ""),
        ("origin/develop-2025-03-30:_cache", "", ""),
        ("a/develop-2025-03-30.tar.gz", "2025-03-30", "develop-2025-03-30"),
        ("develop-2025-03-30.tgz", "2025-03-30", "develop-2025-03-30"),
        ("develop-2025-03-30.tar", "2025-03-30", "develop-2025-03-30"),
        ("develop-2025-03-30.zip", "2025-03-30", "develop-2025-03-30"),
        ("v0.22.4", "", "v0.22.4"),
        ("v0.22.4.tar.xz", "", "v0.22.4"),
        ("develop", "", "develop"),
        ("develop:", "", ""),
        ("v2", "", ""),
        ("new", "", ""),
        (".", "", ""),
        ("/", "", ""),
        ("", "", ""),
        ("develop-2025-03-30/gcc", "", ""),
        ("develop-2025-03-30-rc1", "", ""),
        ("develop-12025-03-30", "", ""),
        ("develop-2025-02-30", "", "develop-2025-02-30"),
    ],
)
def test_what_a_name_says(source: str, date: str, tag: str) -> None:
    assert date_snapshot(source) == date
    assert date_snapshot(source, "2026-01-01") == (date or "2026-01-01")
    assert name_tag(source) == tag


VIEWS = "v3/manifests/index"
DIGEST = "blobs/sha256/4f/4fbcbfed4aa145d63bae6af86b0e7d03cb1585ae6449810b6d6cb617f0ccfb41"


@pytest.mark.parametrize(
    ("source", "date", "tag"),
    [
        # What Spack calls the files and folders of an index, nobody chose.
        ("mirror-2026-07-01/", "2026-07-01", ""),
        (f"mirror-2026-07-01/{VIEWS}/index.manifest.json", "2026-07-01", ""),
        (f"main:a/mirror-2026-07-01/{VIEWS}/index.manifest.json", "2026-07-01", ""),
        (f"mirror-2026-07-01/{DIGEST}", "2026-07-01", ""),
        (f"m/{VIEWS}/develop-2026-06-12/index.manifest.json", "2026-06-12", "develop-2026-06-12"),
        (f"{VIEWS}/develop-2026-06-12/index.manifest.json", "2026-06-12", "develop-2026-06-12"),
        (f"main:{VIEWS}/develop-2026-06-12/index.manifest.json", "2026-06-12", "develop-2026-06-12"),
        (f"m-2026-07-01/{VIEWS}/develop/index.manifest.json", "2026-07-01", "develop"),
        (f"m-2026-07-01/{VIEWS}/e4s/index.manifest.json", "2026-07-01", ""),
        (f"m-2026-07-01:{VIEWS}/e4s/index.manifest.json", "2026-07-01", ""),
        (f"m/{VIEWS}/e4s/index.manifest.json", "", ""),
        (f"m-2026-07-01/{VIEWS}/e4s-2026-06-12/index.manifest.json", "2026-06-12", ""),
        ("site-2026-07-01/.spack-db/index.json", "2026-07-01", ""),
        ("site-2026-07-01/.spack-db/", "2026-07-01", ""),
        ("site-2026-07-01//.spack-db/./index.json.gz", "2026-07-01", ""),
        ("main:site-2026-07-01/.spack-db", "2026-07-01", ""),
        ("x-2026-07-01/build_cache/index.json", "2026-07-01", ""),
        ("x-2026-07-01/build_cache/index.json.xz", "2026-07-01", ""),
        ("x-2026-07-01/build_cache", "2026-07-01", ""),
        ("x-2026-07-01/index.json", "2026-07-01", ""),
        ("env-2026-07-01/spack.lock", "2026-07-01", ""),
        ("env-2026-07-01/spack.lock.gz", "2026-07-01", ""),
        ("env-2026-07-01/spack.lock.xz", "2026-07-01", ""),
        ("v0.22.4/spack.lock", "", "v0.22.4"),
        ("locks-2026-07-01.tar.gz", "2026-07-01", ""),
        # All of a revision: its name.
        ("site-2026-07-01:.spack-db", "2026-07-01", ""),
        ("site-2026-07-01:.spack-db/index.json", "2026-07-01", ""),
        ("env-2026-07-01:spack.lock", "2026-07-01", ""),
        ("origin/env-2026-07-01:spack.lock", "2026-07-01", ""),
        (f"mirror-2026-07-01:{VIEWS}/index.manifest.json", "2026-07-01", ""),
        ("env-2026-07-01:e4s/spack.lock", "", ""),
        # A file of somebody's own name.
        ("2026-07-01.lock", "2026-07-01", ""),
        ("locks/spack-2026-07-01.lock.xz", "2026-07-01", ""),
        ("main:index-2026-07-01.json.gz", "2026-07-01", ""),
        ("index-2026-07-01.json", "2026-07-01", ""),
        ("2026-07-01.yaml", "", ""),
        # Only whole names, at the end.
        ("env-2026-07-01/my-spack.lock", "", ""),
        ("env-2026-07-01/spack.lock/x", "", ""),
        ("m-2026-07-01/v3/index.manifest.json", "", ""),
        ("m-2026-07-01/xblobs/sha256/4f/4fbc", "", ""),
        ("spack.lock", "", ""),
        (".spack-db", "", ""),
        ("mirror-2026-02-30", "", ""),
    ],
)
def test_what_the_name_of_an_index_says(source: str, date: str, tag: str) -> None:
    assert (date_snapshot(source), name_tag(source)) == (date, tag)


# --- the day that counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "as_of", "judged"),
    [
        ("new", "", "2026-01-01"),
        ("develop-2025-03-30", "", "2025-03-30"),
        ("develop-2025-03-30", "2025-05-01", "2025-05-01"),
        ("new", "2025-05-01", "2025-05-01"),
    ],
)
def test_the_report_says_which_day_counts(source: str, as_of: str, judged: str) -> None:
    diff = compare(snapshot_of({"zlib": [a_spec()]}), snapshot_of({"zlib": [a_spec()]}, source=source))
    policy = Policy(accepted=(Entry("*", Subject(), Acceptance("because", "2099-01-01")),))
    assert evaluate(diff, policy, as_of, "2026-01-01").as_of == judged


def test_without_acceptances_no_day_counts() -> None:
    diff = compare(snapshot_of({"zlib": [a_spec()]}), snapshot_of({"zlib": [a_spec()]}, source="develop-2025-03-30"))
    assert evaluate(diff, Policy(), "2025-05-01", "2026-01-01").as_of == ""


# --- an expired acceptance does not come back --------------------------------------------------------------------------


def pair_in(directory: Path, name: str, tag: str) -> tuple[str, str]:
    """Write a snapshot and one that lacks a stack of it; `name` and `tag` are those of the second."""
    old = {
        package: a_page(package, [an_entry(n, stacks=["e4s", "hep"])], tag="develop-2025-03-16")
        for n, package in enumerate("abc")
    }
    new = {package: a_page(package, [an_entry(n + 10, stacks=["e4s"])], tag=tag) for n, package in enumerate("abc")}
    write_snapshot(directory / "develop-2025-03-16", dict(old))
    write_snapshot(directory / name, dict(new))
    (directory / "cachediff.yaml").write_text(POLICY, encoding="utf-8")
    return "develop-2025-03-16", name


def failing(*arguments: str, cwd: Path) -> set[str]:
    """Return the rules of the open errors of a comparison."""
    ended = run(*arguments, "-f", "json", cwd=cwd)
    findings = json.loads(ended.stdout)["findings"]
    found = {one["rule"] for one in findings if (one["severity"], one["status"]) == ("error", "open")}
    assert ended.returncode == (1 if found else 0), ended.stderr
    return found


def test_an_older_tag_on_the_pages_brings_no_acceptance_back(tmp_path: Path) -> None:
    pair = pair_in(tmp_path, "develop-2025-03-30", tag="develop-2025-03-23")
    assert failing(*pair, cwd=tmp_path) == {"page-misplaced", "stack-removed", "stack-dropped"}


def test_the_name_holds_where_the_pages_are_of_it(tmp_path: Path) -> None:
    assert failing(*pair_in(tmp_path, "develop-2025-03-23", tag="develop-2025-03-23"), cwd=tmp_path) == set()


def test_a_name_without_a_date_is_judged_today(tmp_path: Path) -> None:
    pair = pair_in(tmp_path, "new", tag="develop-2025-03-23")
    assert failing(*pair, cwd=tmp_path) == {"stack-removed", "stack-dropped"}
    before = datetime.now(UTC).date().isoformat()
    said = json.loads(run(*pair, "-f", "json", cwd=tmp_path).stdout)["as_of"]
    assert before <= said <= datetime.now(UTC).date().isoformat()
    assert failing(*pair, "--as-of", "2025-03-25", cwd=tmp_path) == set()


def test_an_archive_is_judged_by_its_name(tmp_path: Path) -> None:
    old, new = pair_in(tmp_path, "new", tag="develop-2025-03-23")
    for name in ("develop-2025-03-23.tar.gz", "develop-2025-03-30.tar.gz"):
        with tarfile.open(tmp_path / name, "w:gz") as archive:
            archive.add(tmp_path / new, arcname="snapshot")
    assert failing(old, "develop-2025-03-23.tar.gz", cwd=tmp_path) == set()
    assert failing(old, "develop-2025-03-30.tar.gz", cwd=tmp_path) == {"page-misplaced", "stack-removed", "stack-dropped"}


def test_a_revision_is_judged_by_the_name_of_its_path(tmp_path: Path) -> None:
    old, new = pair_in(tmp_path, "develop-2025-03-23", tag="develop-2025-03-23")
    Repository(tmp_path).commit()
    assert failing(old, f"HEAD:{new}", cwd=tmp_path) == set()
    assert failing(old, f"HEAD:{new}", "--as-of", "2025-03-26", cwd=tmp_path) == {"stack-removed", "stack-dropped"}


def test_accept_until_a_day_before_today(tmp_path: Path) -> None:
    pair = pair_in(tmp_path, "new", tag="develop-2025-03-23")
    run(*pair, "-q", "-r", "json=report.json", cwd=tmp_path)
    words = ("accept", "report.json", "--rule", "stack-removed", "--reason", "x", "--until")
    ended = run(*words, "2025-12-31", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: --until 2025-12-31 is before ")
