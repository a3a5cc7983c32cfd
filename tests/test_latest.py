"""`cachediff latest`: which snapshots of a directory it compares, here and in a pull request.

It runs as a process on real repositories.
"""

from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cachediff.cli import diff, latest
from tests.archives import FORMATS, add_directory
from tests.builders import a_page, write_snapshot
from tests.commands import GASNET, WEEK, Ended, run
from tests.repositories import Repository, needs_git

OLD, NEW = "develop-2025-03-23", "develop-2025-03-30"
NOTHING = "the change adds no dated snapshot, and touches none that is published: nothing is compared"


def table(ended: Ended) -> list[tuple[str, ...]]:
    """Return the rows of a listing: tag, role, source, reason."""
    return [tuple(line.split(maxsplit=3)) for line in ended.stdout.splitlines()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory of snapshots of every kind, in the directory `cache`."""
    made = tmp_path / "cache"
    for tag, source in (
        ("develop-2024-06-16", GASNET[0]),
        ("develop-2024-08-04", GASNET[1]),
        (OLD, WEEK[0]),
        (NEW, WEEK[1]),
    ):
        shutil.copytree(source, made / tag)
    for tag in ("develop", "v0.22.4", "develop-2025-02-30", "develop-YYYY-MM-DD", "latest"):  # three of these are no tags
        shutil.copytree(GASNET[1], made / tag)
    (made / "assets").mkdir()
    (made / ".hidden").mkdir()
    (made / "README.md").write_text("no snapshot")
    return made


# --- a directory of snapshots ------------------------------------------------------------------------------------------


def test_newest_is_compared_with_the_one_before(root: Path) -> None:
    ended = run("latest", "cache", "-f", "json", cwd=root.parent)
    assert (ended.returncode, ended.stderr) == (1, f"comparing cache/{OLD} with cache/{NEW}\n")
    assert ended.stdout == run(f"cache/{OLD}", f"cache/{NEW}", "-f", "json", cwd=root.parent).stdout


def test_every_candidate_is_listed_with_its_reason(root: Path) -> None:
    ended = run("latest", "cache", "--list", cwd=root.parent)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert table(ended) == [
        (NEW, "new", f"cache/{NEW}", "newest"),
        (OLD, "old", f"cache/{OLD}", "newest that is older and not bad"),
        ("develop-2024-08-04", "-", "cache/develop-2024-08-04", "older than another"),
        ("develop-2024-06-16", "-", "cache/develop-2024-06-16", "older than another"),
        ("develop", "-", "cache/develop", "not dated"),
        ("v0.22.4", "-", "cache/v0.22.4", "not dated"),
    ]


def test_options_are_those_of_diff(root: Path) -> None:
    options = list(inspect.signature(diff.run).parameters.values())[2:]
    assert list(inspect.signature(latest.run).parameters.values())[-len(options) :] == options
    words = (
        "-q",
        "--package",
        "gcc",
        "--stack",
        "dev*",
        "--fail-on",
        "never",
        "--as-of",
        "2025-01-01",
        "-j",
        "1",
        "-r",
        "json=x.json",
    )
    ended = run("latest", "cache", *words, cwd=root.parent)
    report = (root.parent / "x.json").read_text(encoding="utf-8")
    same = run(f"cache/{OLD}", f"cache/{NEW}", *words, cwd=root.parent)
    assert (ended.returncode, ended.stdout, ended.stderr) == (same.returncode, same.stdout, "")
    assert report == (root.parent / "x.json").read_text(encoding="utf-8")
    assert [one["package"] for one in json.loads(report)["packages"]] == ["gcc"]


def test_policy_names_what_is_bad(root: Path) -> None:
    (root.parent / "cachediff.yaml").write_text(
        f"bad:\n- {{snapshot: {OLD}, reason: the runners were down}}\n- {{snapshot: 'v*', reason: no}}\n", encoding="utf-8"
    )
    rows = table(run("latest", "cache", "--list", cwd=root.parent))
    assert rows[1] == (OLD, "-", f"cache/{OLD}", "bad: the runners were down")
    assert rows[2] == ("develop-2024-08-04", "old", "cache/develop-2024-08-04", "newest that is older and not bad")
    assert ("v0.22.4", "-", "cache/v0.22.4", "not dated, bad: no") in rows
    shown = run("policy", "check", cwd=root.parent).stdout.splitlines()
    assert shown == [
        f"cachediff.yaml:2: bad: {OLD}: the runners were down",
        "cachediff.yaml:3: bad: v*: no",
        "cachediff.yaml is valid: fail-on error, 2 bad snapshots",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ("develop-2024-06-16", "comparing cache/develop-2024-06-16 with"),
        ("cache/develop-2024-06-16", "comparing cache/develop-2024-06-16 with"),
        ("./cache/v0.22.4", "comparing ./cache/v0.22.4 with"),
        ("develop-2024-06-17", "error: baseline develop-2024-06-17 of the policy is not there"),
        ("v0.22.4", "error: baseline v0.22.4 of the policy is not dated"),
        ("develop", "error: baseline develop of the policy is not dated"),
        (NEW, f"error: baseline {NEW} of the policy is the new snapshot itself"),
        ("nowhere/at-all", "comparing nowhere/at-all with"),
    ],
)
def test_policy_names_the_baseline(root: Path, baseline: str, expected: str) -> None:
    (root.parent / "cachediff.yaml").write_text(f"baseline: {baseline}\n", encoding="utf-8")
    ended = run("latest", "cache", cwd=root.parent)
    assert ended.stderr.startswith(expected)
    assert ended.returncode == (3 if "error" in ended.stderr else 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none",), "none cannot be read: no such file or directory"),
        (("cache/README.md",), "cache/README.md is a regular file, not a directory of snapshots"),
        (("link",), "link is a symbolic link, not a directory of snapshots"),
        (("link/",), "link/ is a symbolic link, not a directory of snapshots"),
        (("empty",), "empty holds no dated snapshot"),
        ((f"cache/{NEW}",), f"cache/{NEW} holds no dated snapshot"),
        (("one",), "develop-2025-03-30 has nothing to be compared with: there is no older dated snapshot that is not bad"),
        (
            ("one", "--list"),
            "develop-2025-03-30 has nothing to be compared with: there is no older dated snapshot that is not bad",
        ),
    ],
)
def test_directory_without_two_snapshots(root: Path, arguments: tuple[str, ...], message: str) -> None:
    (root.parent / "link").symlink_to("cache")
    (root.parent / "empty" / "develop").mkdir(parents=True)
    shutil.copytree(WEEK[1], root.parent / "one" / NEW)
    shutil.copytree(WEEK[1], root.parent / "one" / "develop")
    ended = run("latest", *arguments, cwd=root.parent)
    assert ended.returncode == 3
    assert ended.stderr.splitlines()[0] == f"error: {message}"
    assert len(ended.stdout.splitlines()) == (2 if "--list" in arguments else 0)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("",), ("cache", "--against", ""), ("main:cache", "--against", "main")])
def test_arguments_that_mean_nothing(root: Path, arguments: tuple[str, ...]) -> None:
    ended = run("latest", *arguments, cwd=root.parent)
    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to(OLD)], ids=["empty", "link"])
def test_newest_is_not_passed_over_because_it_is_broken(root: Path, make: object) -> None:
    make(root / "develop-2025-04-06")  # type: ignore[operator]
    ended = run("latest", "cache", cwd=root.parent)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "error: cache/develop-2025-04-06 " in ended.stderr


# --- a pull request ----------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository whose `main` has two dated snapshots, a release and `develop` in `_cache`."""
    made = Repository(tmp_path / "repository")
    made.copy(GASNET[0], "_cache/develop-2024-06-16")
    made.copy(WEEK[0], f"_cache/{OLD}")
    made.copy(GASNET[1], "_cache/develop")
    made.copy(GASNET[1], "_cache/v0.22.4")
    made.commit()
    return made


def allow_to_go(repository: Repository, tags: str) -> None:
    """Write a policy that calls snapshots bad."""
    (repository.path / "cachediff.yaml").write_text(f"bad: [{{snapshot: '{tags}', reason: retired}}]\n", encoding="utf-8")


def against_main(repository: Repository, *arguments: str) -> Ended:
    """Return how a pull request's job ends."""
    return run("latest", "_cache", "--against", "main", *arguments, cwd=repository.path)


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("is_committed", [True, False])
def test_what_a_branch_adds_is_compared_with_what_main_has(
    repository: Repository, tmp_path: Path, is_committed: bool
) -> None:
    repository.git("checkout", "-q", "-b", "next")
    repository.copy(WEEK[1], f"_cache/{NEW}")
    if is_committed:
        repository.commit()
    expected = run(*WEEK, "-f", "json").stdout.replace(WEEK[0], "OLD").replace(WEEK[1], "NEW")
    old, new = f"main:_cache/{OLD}", f"_cache/{NEW}"
    ended = against_main(repository, "-f", "json", "-r", "markdown=x.md")
    assert (ended.returncode, ended.stderr) == (1, f"comparing {old} with {new}\n")
    assert ended.stdout.replace(old, "OLD").replace(new, "NEW") == expected
    ended = run(old, f"next:{new}" if is_committed else new, "-f", "json", cwd=repository.path)
    assert ended.stdout.replace(old, "OLD").replace(f"next:{new}", "NEW").replace(new, "NEW") == expected
    for format in FORMATS:
        path = add_directory(tmp_path / f"new.{format}", repository.path / new, f"{NEW}/")
        ended = run(old, str(path), "-f", "json", cwd=repository.path)
        assert ended.stdout.replace(old, "OLD").replace(f"{path}:{NEW}", "NEW").replace(str(path), "NEW") == expected


@needs_git
def test_listing_of_a_pull_request(repository: Repository) -> None:
    repository.copy(WEEK[1], f"_cache/{NEW}")
    shutil.rmtree(repository.path / "_cache" / "develop-2024-06-16")
    allow_to_go(repository, "develop-2024-*")
    ended = against_main(repository, "--list")
    assert (ended.returncode, ended.stderr) == (0, "the change removes main:_cache/develop-2024-06-16\n")
    assert table(ended) == [
        (NEW, "new", f"_cache/{NEW}", "newest that the change adds"),
        (OLD, "old", f"main:_cache/{OLD}", "newest that is older and not bad"),
        ("develop-2024-06-16", "-", "main:_cache/develop-2024-06-16", "removed by the change, bad: retired"),
        ("develop", "-", "main:_cache/develop", "not dated"),
        ("v0.22.4", "-", "main:_cache/v0.22.4", "not dated"),
    ]


@needs_git
def test_change_without_a_snapshot_has_nothing_to_compare(repository: Repository) -> None:
    (repository.path / "_cache" / OLD / "README").write_text("no page")
    (repository.path / "README.md").write_text("changed")
    repository.copy(GASNET[1], "_cache/v1.0")
    ended = against_main(repository, "-f", "json")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.splitlines() == [NOTHING, "the change also adds _cache/v1.0, which is not compared"]


@needs_git
def test_each_of_several_that_are_added_is_compared(repository: Repository) -> None:
    """Else a snapshot with losses beside a later one without would be what the next one is measured by."""
    repository.copy(WEEK[0], "_cache/develop-2025-12-31")
    repository.copy(WEEK[1], f"_cache/{NEW}")
    repository.copy(WEEK[0], "_cache/develop-2024-06-09")
    repository.copy(WEEK[0], "_cache/v0.23.0")
    ended = against_main(repository, "-f", "json")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[:4] == [
        "the change also adds _cache/develop-2024-06-09, which is not compared",
        "the change also adds _cache/v0.23.0, which is not compared",
        f"comparing main:_cache/{OLD} with _cache/develop-2025-12-31",
        f"comparing main:_cache/{OLD} with _cache/{NEW}",
    ]


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize(("until", "code"), [("2025-04-30", 1), ("2025-12-31", 0)])
def test_older_one_that_is_added_is_judged_at_the_date_of_the_newest(repository: Repository, until: str, code: int) -> None:
    repository.copy(WEEK[0], "_cache/develop-2025-12-31")
    repository.copy(WEEK[0], f"_cache/{NEW}")
    for tag in ("develop-2025-12-31", NEW):
        for page in (repository.path / "_cache" / tag).glob("*/specs.md"):
            page.write_bytes(page.read_bytes().replace(OLD.encode(), tag.encode()))
    shutil.rmtree(repository.path / "_cache" / NEW / "gcc")
    policy = (
        f"accepted: [{{rule: '*', subject: {{package: gcc}}, reason: down, until: {until}}}]\nrequire: [{{package: gcc}}]\n"
    )
    (repository.path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    ended = against_main(repository, "-q")
    assert ended.returncode == code, ended.stdout + ended.stderr


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("change", ["page", "link", "less", "more", "empty"])
def test_changed_snapshot_is_compared_with_what_it_was(repository: Repository, change: str) -> None:
    page = repository.path / "_cache" / OLD / "gcc" / "specs.md"
    if change == "page":
        page.write_bytes(page.read_bytes().replace(b"centos7", b"centos8"))
    elif change == "less":
        shutil.rmtree(page.parent)
    elif change == "link":
        page.unlink()
        page.symlink_to("../emacs/specs.md")
    elif change == "more":
        write_snapshot(page.parent.parent, {"zlib": a_page("zlib", tag=OLD)})
    else:
        shutil.rmtree(page.parent.parent)
        page.parent.parent.mkdir()
    ended = against_main(repository, "-q")
    assert ended.returncode == {"more": 0, "empty": 3}.get(change, 1)
    rows = table(against_main(repository, "--list"))
    assert rows[0] == (OLD, "new", f"_cache/{OLD}", "changed by the change")
    assert rows[1] == (OLD, "old", f"main:_cache/{OLD}", "what it was")


@pytest.mark.slow
@needs_git
def test_removing_the_newest_is_no_pass(repository: Repository) -> None:
    shutil.move(repository.path / "_cache" / OLD, repository.path / "_cache" / "develop-2025-03-16")
    ended = against_main(repository)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"error: the change removes {OLD}, which main has: all that is in a snapshot is lost with it" in ended.stderr
    (repository.path / "cachediff.yaml").write_text(f"bad: [{{snapshot: {OLD}, reason: half of it is missing}}]\n")
    assert (
        against_main(repository).stderr.splitlines()[-1]
        == "comparing main:_cache/develop-2024-06-16 with _cache/develop-2025-03-16"
    )
    shutil.rmtree(repository.path / "_cache" / "develop-2025-03-16")
    ended = against_main(repository)
    assert ended.returncode == 0
    assert ended.stderr.splitlines() == [
        NOTHING,
        f"the change removes main:_cache/{OLD}",
    ]


@needs_git
def test_one_snapshot_in_the_place_of_another(repository: Repository) -> None:
    """A repository that keeps one snapshot loses nothing from sight: what is removed is what is compared with."""
    shutil.rmtree(repository.path / "_cache" / "develop-2024-06-16")
    repository.commit()
    shutil.rmtree(repository.path / "_cache" / OLD)
    repository.copy(WEEK[1], f"_cache/{NEW}")
    rows = table(against_main(repository, "--list"))
    assert rows[1] == (OLD, "old", f"main:_cache/{OLD}", "newest that is older and not bad, removed by the change")
    assert against_main(repository, "-q").returncode == 1


@needs_git
def test_first_snapshot_has_nothing_to_be_compared_with(repository: Repository) -> None:
    shutil.copytree(WEEK[1], repository.path / "other" / NEW)
    ended = run("latest", "other", "--against", "main", cwd=repository.path)
    assert ended.returncode == 3
    message = f"error: {NEW} has nothing to be compared with: there is no older dated snapshot in main that is not bad"
    assert ended.stderr.splitlines()[0] == message


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("_cache", "--against", "none"),
            "none:_cache cannot be read: there is no file of that name, and no revision none here",
        ),
        (
            ("_cache", "--against", "--all"),
            "--all:_cache cannot be read: there is no file of that name, and no revision --all here",
        ),
        (("empty", "--against", "main"), "empty holds no dated snapshot"),
        (("link", "--against", "main"), "link is a symbolic link, not a directory of snapshots"),
        (("../other", "--against", "main"), "../other is not in the repository of the working directory"),
        (("main:none",), "main:none holds no dated snapshot"),
    ],
)
def test_pull_request_that_cannot_be_judged(repository: Repository, arguments: tuple[str, ...], message: str) -> None:
    (repository.path / "empty").mkdir()
    (repository.path / "link").symlink_to("_cache")
    shutil.copytree(WEEK[1], repository.path.parent / "other" / NEW)
    ended = run("latest", *arguments, cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines()[0] == f"error: {message}"


@needs_git
def test_directory_outside_a_repository(root: Path) -> None:
    ended = run(
        "latest", "cache", "--against", "main", cwd=root.parent, env={"GIT_CEILING_DIRECTORIES": str(root.parent.parent)}
    )
    assert ended.returncode == 3
    assert "not a git repository" in ended.stderr


@pytest.mark.slow
@needs_git
def test_the_working_directory_means_nothing(repository: Repository) -> None:
    repository.copy(WEEK[1], f"_cache/{NEW}")
    for cwd, root in (
        (repository.path / "_cache", "."),
        (repository.path / "_cache" / NEW, ".."),
        (repository.path, "./_cache/"),
    ):
        ended = run("latest", root, "--against", "main", "-q", cwd=cwd)
        assert (ended.returncode, ended.stdout) == (
            1,
            "fail: 2 of 44 cells lost in 1 package; warnings in 1 package\n",
        )


@needs_git
def test_directory_of_a_revision(repository: Repository) -> None:
    (repository.path / "_cache" / "link").symlink_to(OLD)
    (repository.path / "_cache" / "develop-2025-04-06").symlink_to(OLD)
    repository.commit()
    shutil.rmtree(repository.path / "_cache")
    ended = run("latest", "main:_cache", cwd=repository.path)
    assert ended.returncode == 3
    assert "error: main:_cache/develop-2025-04-06 is a symbolic link, not a directory of pages" in ended.stderr
    repository.git("reset", "-q", "--hard", "HEAD~1")
    assert run("latest", "main:_cache", "--fail-on", "never", "-q", cwd=repository.path).stdout.startswith("pass: ")


@needs_git
def test_a_branch_that_adds_directories_with_names_of_revisions(repository: Repository) -> None:
    repository.copy(WEEK[1], f"_cache/{NEW}")
    repository.copy(WEEK[1], f"main:_cache/{OLD}")
    ended = against_main(repository)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"main:_cache/{OLD} names a file, and _cache/{OLD} in the revision main" in ended.stderr


def test_hostile_names_command_no_runner(root: Path) -> None:
    odd = root.with_name("\n::error::x\x1b[31m##[group]")
    root.rename(odd)
    ended = run("latest", odd.name, "--list", cwd=odd.parent)
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 6
    assert "\x1b" not in ended.stdout
    assert "##[" not in ended.stdout


@needs_git
@pytest.mark.parametrize("form", ["frozen/{}", "./x/../frozen/{}", "{here}/frozen/{}", "main:frozen/{}"])
def test_a_baseline_that_a_change_brings_along_is_not_what_it_is_measured_by(repository: Repository, form: str) -> None:
    tag = "develop-2025-03-16"
    repository.copy(WEEK[0], f"frozen/{tag}")
    baseline = form.format(tag, here=repository.path)
    (repository.path / "cachediff.yaml").write_text(f"baseline: {baseline}\n", encoding="utf-8")
    repository.commit()
    repository.git("checkout", "-q", "-b", "change")
    shutil.rmtree(repository.path / "frozen" / tag)
    repository.copy(WEEK[1], f"frozen/{tag}")
    repository.copy(WEEK[1], f"_cache/{NEW}")
    repository.commit()
    ended = against_main(repository, "-q", "-r", "json=x.json")
    assert (ended.returncode, ended.stdout) == (1, "fail: 2 of 44 cells lost in 1 package; warnings in 1 package\n")
    assert json.loads((repository.path / "x.json").read_bytes())["old"]["source"] == f"main:frozen/{tag}"
    assert table(against_main(repository, "--list"))[-1] == ("-", "old", f"main:frozen/{tag}", "baseline of the policy")


@needs_git
def test_a_listing_is_no_directory_of_which_a_change_can_be_told(repository: Repository) -> None:
    (repository.path / "listing.json").write_text(
        '{"develop-2026-07-01": [{"label": "root", "url": "x"}]}', encoding="utf-8"
    )
    ended = run("latest", "listing.json", "--against", "main", cwd=repository.path)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        3,
        [
            "error: listing.json is a listing, of which nobody can tell what a change does to it",
            "hint: leave out --against, or compare two refs: cachediff LISTING#OLD LISTING#NEW",
        ],
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"pr-1": []}', "listing.json has no ref with the name of a dated snapshot, such as develop-2025-03-30"),
        ('{"develop-2025-03-30": [], "develop-2025-03-30": []}', "listing.json is neither a directory of snapshots nor a"),
        ("{}", "listing.json is neither a directory of snapshots nor a listing of indexes"),
        ("none", "listing.json is neither a directory of snapshots nor a listing of indexes"),
    ],
)
def test_a_listing_from_which_nothing_can_be_chosen(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "listing.json").write_text(text, encoding="utf-8")
    ended = run("latest", "listing.json", cwd=tmp_path)
    assert (ended.returncode, ended.stderr.startswith(f"error: {message}")) == (3, True), ended.stderr
    assert "cachediff listing.json#OLD listing.json#NEW" in ended.stderr


@needs_git
@pytest.mark.parametrize("place", ["_cache", f"_cache/{NEW}"])
def test_what_a_submodule_holds_is_in_another_repository(repository: Repository, place: str) -> None:
    head = repository.git("rev-parse", "HEAD")
    shutil.copytree(repository.path / "_cache", repository.path / "kept")
    repository.git("rm", "-q", "-r", place, "--ignore-unmatch")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},{place}")
    repository.git("commit", "-q", "-m", "a submodule")
    shutil.copytree(repository.path / "kept", repository.path / "_cache", dirs_exist_ok=True)
    (repository.path / place).mkdir(exist_ok=True)
    ended = against_main(repository, "-q")
    hint = "a revision of its own repository has what is in it: go into the submodule, and name that revision"
    if place != "_cache":
        hint = "bad in the policy names what is no snapshot of its own"
    assert (ended.returncode, "submodule" in ended.stderr, ended.stderr.splitlines()[-1]) == (3, True, f"hint: {hint}")


@needs_git
def test_a_clone_without_its_trees_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("checkout", "-q", "-b", "change")
    repository.copy(WEEK[1], f"_cache/{NEW}")
    repository.commit()
    repository.git("clone", "-q", "--filter=tree:0", f"file://{repository.path}", str(tmp_path / "partial"))
    ended = run("latest", "_cache", "--against", "refs/remotes/origin/main", cwd=tmp_path / "partial")
    assert ended.returncode == 3
    assert (
        ended.stderr.splitlines()[-1]
        == "hint: the clone is shallow or partial: fetch the rest, without --depth and --filter"
    )


@needs_git
def test_a_name_with_a_line_end_begins_no_line(repository: Repository) -> None:
    repository.write("_cache/x-2025-03-30\npass: nothing was lost", {"zlib": a_page("zlib")})
    said = against_main(repository).stderr.splitlines()
    assert said == [NOTHING, "the change also adds _cache/x-2025-03-30\\npass: nothing was lost, which is not compared"]


# --- what a change touches ---------------------------------------------------------------------------------------------


def drop(repository: Repository, snapshot: str, package: str = "gcc") -> None:
    """Delete a page of a published snapshot."""
    shutil.rmtree(repository.path / "_cache" / snapshot / package)


def report_of(ended: Ended) -> dict[str, Any]:
    """Return the JSON report on stdout."""
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("is_committed", [True, False])
def test_loss_in_an_older_snapshot_fails_beside_what_is_added(repository: Repository, is_committed: bool) -> None:
    repository.copy(WEEK[0], "_cache/develop-2025-03-16")
    repository.commit()
    repository.git("switch", "-q", "-c", "next")
    repository.copy(WEEK[0], f"_cache/{NEW}")
    drop(repository, "develop-2025-03-16")
    if is_committed:
        repository.commit()
    ended = against_main(repository, "-f", "json")
    report = report_of(ended)
    assert (ended.returncode, report["verdict"]) == (1, "fail")
    assert (report["old"]["source"], report["new"]["source"]) == (
        "main:_cache/develop-2025-03-16",
        "_cache/develop-2025-03-16",
    )
    assert [one["subject"]["package"] for one in report["findings"] if one["rule"] == "package-removed"] == ["gcc"]
    ((passing),) = report["also_compared"]
    assert (passing["verdict"], passing["new"]["source"]) == ("pass", f"_cache/{NEW}")
    assert ended.stderr.splitlines() == [
        f"comparing main:_cache/{OLD} with _cache/{NEW}",
        "comparing main:_cache/develop-2025-03-16 with _cache/develop-2025-03-16",
    ]


@pytest.mark.slow
@needs_git
def test_what_is_added_leads_where_both_fail(repository: Repository, tmp_path: Path) -> None:
    repository.copy(WEEK[1], f"_cache/{NEW}")
    drop(repository, OLD)
    text = against_main(
        repository,
        "-r",
        f"json={tmp_path / 'x.json'}",
        "-r",
        f"markdown={tmp_path / 'x.md'}",
        "-r",
        f"html={tmp_path / 'x'}",
    )
    report = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert (text.returncode, report["new"]["source"]) == (1, f"_cache/{NEW}")
    (other,) = report["also_compared"]
    assert (other["verdict"], other["new"]["source"]) == ("fail", f"_cache/{OLD}")
    said = f"main:_cache/{OLD} → _cache/{OLD}"
    for shown in (
        text.stdout,
        (tmp_path / "x.md").read_text(encoding="utf-8"),
        (tmp_path / "x").read_text(encoding="utf-8"),
    ):
        assert said in shown
        assert "package gcc is gone" in shown
        # Who mends what the verdict tells first knows that this is not all.
        assert "; 1 other comparison fails, too" in shown
    first, _, rest = (tmp_path / "x.md").read_text(encoding="utf-8").partition("Also compared:")
    assert ("explain 2 of 2" in first, "explain 2 of 2 lost cells**\n\n| cause |" in rest) == (False, True)
    assert text.stderr.splitlines()[-1].startswith(f"{said} fails, too: 1 error; 3 of 44 cells lost")
    quiet = against_main(repository, "-q")
    assert quiet.stderr.splitlines() == text.stderr.splitlines()[-1:]
    comment = run(
        "publish", str(tmp_path / "x.json"), "--dry-run", "--repository", "a/b", "--number", "3", "--forge", "github"
    )
    assert f"❌ `{said}` fail: 1 error" in json.loads(comment.stdout.splitlines()[1])["body"]
    assert (
        run("verify", str(tmp_path / "x.json"), f"main:_cache/{OLD}", f"_cache/{NEW}", cwd=repository.path).returncode == 0
    )


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("tag", ["develop", "v0.22.4", "develop-2024-06-16"])
def test_touched_snapshot_is_judged_where_none_is_added(repository: Repository, tag: str) -> None:
    drop(repository, tag, "gasnet")
    write_snapshot(repository.path / "_cache" / tag, {"zlib": a_page("zlib", tag=tag)})
    ended = against_main(repository, "-f", "json")
    assert (ended.returncode, report_of(ended)["new"]["source"]) == (1, f"_cache/{tag}")
    assert ended.stderr == f"comparing main:_cache/{tag} with _cache/{tag}\n"


@needs_git
def test_snapshot_that_is_touched_without_a_loss_passes(repository: Repository) -> None:
    for tag in ("develop-2024-06-16", OLD):
        write_snapshot(repository.path / "_cache" / tag, {"zlib": a_page("zlib", tag=tag)})
    ended = against_main(repository, "-f", "json")
    report = report_of(ended)
    assert (ended.returncode, report["new"]["source"]) == (0, f"_cache/{OLD}")
    assert [one["new"]["source"] for one in report["also_compared"]] == ["_cache/develop-2024-06-16"]


@needs_git
def test_a_page_that_becomes_empty_in_a_published_snapshot_fails(repository: Repository) -> None:
    repository.copy(WEEK[0], f"_cache/{NEW}")
    (repository.path / "_cache" / "develop-2024-06-16" / "gasnet" / "specs.md").write_text("")
    ended = against_main(repository, "-q")
    assert ended.returncode == 1


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("tag", ["develop", "v0.22.4", "develop-2024-06-16"])
@pytest.mark.parametrize("is_added", [True, False])
def test_removing_a_published_snapshot_is_no_pass(repository: Repository, tag: str, is_added: bool) -> None:
    if is_added:
        repository.copy(WEEK[0], f"_cache/{NEW}")
    shutil.rmtree(repository.path / "_cache" / tag)
    ended = against_main(repository)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert (
        ended.stderr.splitlines()[0]
        == f"error: the change removes {tag}, which main has: all that is in a snapshot is lost with it"
    )
    allow_to_go(repository, tag)
    ended = against_main(repository)
    assert ended.returncode == 0
    assert f"the change removes main:_cache/{tag}" in ended.stderr.splitlines()


@needs_git
def test_renaming_a_snapshot_to_what_is_no_tag_removes_it(repository: Repository) -> None:
    (repository.path / "_cache" / "develop-2024-06-16").rename(repository.path / "_cache" / "develop-2024-06-16.old")
    ended = against_main(repository)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "the change removes develop-2024-06-16, which main has" in ended.stderr


@needs_git
def test_acceptance_that_has_expired_does_not_come_back_for_an_old_snapshot(repository: Repository) -> None:
    (repository.path / "cachediff.yaml").write_text(
        "accepted: [{rule: '*', subject: {package: zlib}, reason: down, until: 2024-12-31}]\n", encoding="utf-8"
    )
    write_snapshot(repository.path / "_cache" / "develop-2024-06-16", {"zlib": a_page("zlib", tag="develop-2024-06-16")})
    repository.commit()
    drop(repository, "develop-2024-06-16", "zlib")
    ended = against_main(repository, "-f", "json")
    assert (ended.returncode, report_of(ended)["as_of"]) == (1, "2025-03-23")
    assert against_main(repository, "-q", "--as-of", "2024-06-16").returncode == 0


@pytest.mark.slow
@needs_git
def test_what_the_policy_wants_of_new_is_not_asked_of_old_snapshots(repository: Repository) -> None:
    """What is renamed or required today was not so in an old snapshot, in which a page is corrected."""
    stack = "developer-tools-x86_64_v3-linux-gnu"
    policy = f"require: [{{package: emacs, stack: {stack}}}]\nrenames: {{stacks: {{e4s: better}}}}\n"
    (repository.path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    write_snapshot(repository.path / "_cache" / "develop-2024-06-16", {"zlib": a_page("zlib", tag="develop-2024-06-16")})
    ended = against_main(repository, "-q")
    assert (ended.returncode, ended.stdout.partition(":")[0]) == (0, "pass"), ended.stdout
    page = repository.path / "_cache" / "develop-2024-06-16" / "gasnet" / "specs.md"
    page.write_bytes(page.read_bytes().replace(b'"e4s"', b'"better"'))
    assert against_main(repository, "-q").returncode == 0, "a rename in place is what the policy names"
    page.write_bytes(page.read_bytes().replace(b'"better"', b'"worse"'))
    assert against_main(repository, "-q").returncode == 1
    repository.git("checkout", "-q", ".")
    drop(repository, OLD, "emacs")
    report = report_of(against_main(repository, "-f", "json"))
    assert "requirement-unmet" in {one["rule"] for one in report["findings"]}, "the newest still has to offer it"


def test_what_seems_to_be_newer_and_is_passed_over_is_named(tmp_path: Path) -> None:
    """A gate whose snapshots begin to come as archives would compare the same two for ever, and say nothing."""
    for name, side in ((OLD, 0), (NEW, 1), (f"{OLD}.orig", 0), ("develop-2025-4-13", 1), ("develop-20250420.part", 1)):
        shutil.copytree(WEEK[side], tmp_path / name)
    for name in (OLD, NEW, "develop-2025-04-06"):
        add_directory(tmp_path / f"{name}.tar.gz", Path(WEEK[0]))
    for name in ("logs-2025-05-01", "build-2025-99-99"):
        (tmp_path / name).mkdir()
    why = "is not compared: it seems to be newer, and is no folder that is called like a snapshot"
    named = ("develop-2025-04-06.tar.gz", "develop-2025-4-13", "develop-20250420.part")
    assert run("latest", ".", cwd=tmp_path).stderr.splitlines() == [
        *(f"./{name} {why}" for name in named),
        f"comparing ./{OLD} with ./{NEW}",
    ]


@needs_git
def test_what_seems_to_be_newer_in_a_revision_is_named_there(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for name, side in ((OLD, 0), (NEW, 1), (f"{OLD}.orig", 0), ("develop-2025-4-13", 1)):
        repository.copy(WEEK[side], f"_cache/{name}")
    for name in (OLD, "develop-2025-04-06"):
        add_directory(repository.path / "_cache" / f"{name}.tar.gz", Path(WEEK[0]))
    repository.commit()
    why = "is not compared: it seems to be newer, and is no folder that is called like a snapshot"
    for above in ("main:_cache/", "main:_cache"):
        assert run("latest", above, cwd=repository.path).stderr.splitlines() == [
            *(f"main:_cache/{name} {why}" for name in ("develop-2025-04-06.tar.gz", "develop-2025-4-13")),
            f"comparing main:_cache/{OLD} with main:_cache/{NEW}",
        ]


@pytest.mark.slow
@needs_git
def test_what_is_a_snapshot_and_not_called_like_one_is_named(repository: Repository) -> None:
    """It is not compared, and whoever wrote its name may think that it is."""
    for name in ("e4s-2025-03-23", "e4s-2025-03-30", "logs-2025-03-23"):
        repository.copy(WEEK[0], f"_cache/{name}")
    archive = add_directory(repository.path / "_cache" / f"{OLD}.tar.gz", Path(WEEK[0]))
    (repository.path / "_cache" / "notes-2025-03-23").write_text("none")
    repository.commit()
    (repository.path / "_cache" / "notes-2025-03-23").unlink()
    assert run("latest", "_cache", "--against", "HEAD", cwd=repository.path).stderr == f"{NOTHING}\n"
    shutil.rmtree(repository.path / "_cache" / "e4s-2025-03-23" / "gcc")
    shutil.rmtree(repository.path / "_cache" / "logs-2025-03-23")
    repository.write("_cache/Develop-2025-04-06", {"gcc": "---\n"})
    (repository.path / "_cache" / "logs-2025-04-06").mkdir()
    shutil.copy(archive, repository.path / "_cache" / f"{NEW}.tar.gz")
    archive.write_bytes(archive.read_bytes() + b"\0")
    ended = run("latest", "_cache", "--against", "HEAD", cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.splitlines() == [
        NOTHING,
        "the change also adds _cache/Develop-2025-04-06, which is not compared",
        f"the change also changes _cache/{OLD}.tar.gz, which is not compared",
        f"the change also adds _cache/{NEW}.tar.gz, which is not compared",
        "the change also changes _cache/e4s-2025-03-23, which is not compared",
        "the change removes HEAD:_cache/logs-2025-03-23",
    ]


@pytest.mark.slow
@needs_git
def test_tag_that_pages_claim_makes_no_snapshot(repository: Repository) -> None:
    """Neither does a directory without a tag for a name hide what is newest, nor does it count as one."""
    future = "develop-2099-01-01"
    for name in ("zzz", "develop-2025-3-30", "develop-2025-03-30-copy", "develop-2025-02-30"):
        write_snapshot(repository.path / "_cache" / name, {"zlib": a_page("zlib", tag=future)})
    assert against_main(repository).stderr.splitlines()[0] == NOTHING
    slips = ["develop-2025-02-30", "develop-2025-03-30-copy", "develop-2025-3-30"]
    tags = [OLD, "develop-2024-06-16", "develop", *slips, "v0.22.4"]
    assert [row[:2] for row in table(against_main(repository, "--list"))] == [(tag, "-") for tag in tags]
    repository.copy(WEEK[1], f"_cache/{NEW}")
    # What looks like a date is named: it may be a slip of the pen.
    assert against_main(repository).stderr.splitlines()[:4] == [
        *(f"the change also adds _cache/{name}, which is not compared" for name in slips),
        f"comparing main:_cache/{OLD} with _cache/{NEW}",
    ]


# --- links, and a root that is gone ------------------------------------------------------------------------------------


def link_to_a_frozen_copy(repository: Repository) -> None:
    """Make `data/_cache` the directory of snapshots in main, and then `data` a link to a copy that loses nothing."""
    repository.copy(WEEK[0], f"data/_cache/{OLD}")
    repository.copy(WEEK[0], f"fixtures/_cache/{OLD}")
    repository.commit()
    repository.git("switch", "-q", "-c", "next")
    shutil.rmtree(repository.path / "data")
    (repository.path / "data").symlink_to("fixtures")
    repository.commit()


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("form", ["data/_cache", "./data/_cache", "data/_cache/", "data/../data/_cache/.", "{}/data/_cache"])
def test_link_above_the_root(repository: Repository, form: str) -> None:
    link_to_a_frozen_copy(repository)
    for cwd in (repository.path, repository.path / "fixtures"):
        root = form.format(repository.path) if cwd == repository.path or form.startswith("{") else f"../{form}"
        for options in (("--against", "main"), ()):
            ended = run("latest", root, *options, cwd=cwd)
            assert (ended.returncode, ended.stdout) == (3, "")
            assert "/data is a symbolic link" in ended.stderr or " data is a symbolic link" in ended.stderr


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("form", ["data/_cache/{}", "next:data/_cache/{}", "next:./data/_cache/{}"])
def test_link_above_a_snapshot(repository: Repository, form: str) -> None:
    link_to_a_frozen_copy(repository)
    for command in (("diff", f"main:data/_cache/{OLD}", form.format(OLD)), ("validate", form.format(OLD))):
        ended = run(*command, cwd=repository.path)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert " data is a symbolic link" in ended.stderr
    ended = run("latest", "next:data/_cache", cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert " data is a symbolic link in next" in ended.stderr


@needs_git
def test_link_in_the_revision_is_no_empty_directory(repository: Repository) -> None:
    link_to_a_frozen_copy(repository)
    repository.git("switch", "-q", "-c", "after")
    (repository.path / "data").unlink()
    repository.copy(WEEK[1], f"data/_cache/{NEW}")
    ended = run("latest", "data/_cache", "--against", "next", cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "data is a symbolic link in next" in ended.stderr


@pytest.mark.slow
@needs_git
def test_machines_own_links_are_its_own(repository: Repository, tmp_path: Path) -> None:
    """A temporary directory may be below a link, and so may a whole clone."""
    (tmp_path / "link").symlink_to(tmp_path)
    drop(repository, OLD)
    for cwd in (repository.path, tmp_path / "link" / "repository"):
        assert (
            run("latest", str(tmp_path / "link" / "repository" / "_cache"), "--against", "main", "-q", cwd=cwd).returncode
            == 1
        )
    shutil.copytree(WEEK[0], tmp_path / "plain")
    assert run(str(tmp_path / "link" / "plain"), str(tmp_path / "plain"), "-q").returncode == 0
    assert run("link/plain", "plain", "-q", cwd=tmp_path).returncode == 3


@needs_git
def test_link_that_has_the_name_of_a_snapshot(repository: Repository) -> None:
    link = repository.path / "_cache" / "v1.0"
    link.symlink_to(OLD)
    repository.commit()
    assert against_main(repository).stderr.splitlines() == [NOTHING]
    link.unlink()
    link.symlink_to("develop-2024-06-16")
    ended = against_main(repository)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines() == [
        "error: the change touches _cache/v1.0, and links and submodules are not followed: here or in main it is one",
        "hint: bad in the policy names what is no snapshot of its own",
    ]
    allow_to_go(repository, "v1.0")
    ended = against_main(repository)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        0,
        [NOTHING, "the change also changes _cache/v1.0, which is not compared"],
    )


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("left", [None, "nothing", "README", "develop", "file", "rename"])
def test_root_that_is_gone(repository: Repository, left: str | None) -> None:
    root = repository.path / "_cache"
    if left == "rename":
        root.rename(root.with_name("elsewhere"))
    elif left == "develop":
        for tag in (OLD, "develop-2024-06-16"):
            shutil.rmtree(root / tag)
    else:
        shutil.rmtree(root)
    if left in ("nothing", "README"):
        root.mkdir()
    if left in ("README", "file"):
        (root / "README" if left == "README" else root).write_text("gone")
    for options in ((), ("--list",)):
        ended = against_main(repository, *options)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert ended.stderr.startswith("error: _cache ")


@pytest.mark.parametrize("options", [("-f", "json"), ("-r", "json=report.json")])
def test_a_list_is_no_report(options: tuple[str, str], tmp_path: Path) -> None:
    ended = run("latest", ".", "--list", *options, cwd=tmp_path)
    assert (ended.returncode, ended.stdout, [*tmp_path.iterdir()]) == (2, "", [])
    assert ended.stderr.startswith("error: --list compares nothing, so there is no report to write\nhint: ")
