"""`cachediff latest --against REV` on a branch from which REV has gone on: what the change does, and what REV has now.

It runs as a process on real repositories.
"""

from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest

from cachediff.history.choice import choose
from cachediff.history.snapshots import compare_with_revision
from cachediff.policy.settings import Policy
from tests.builders import a_page, an_entry
from tests.commands import Ended, comparisons, run
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_git
OLD, NEW, NEXT, LAST = "develop-2025-03-23", "develop-2025-03-30", "develop-2025-04-06", "develop-2025-04-13"
NOTHING = "the change adds no dated snapshot, and touches none that is published: nothing is compared\n"


def put(repository: Repository, tag: str, packages: str) -> None:
    """Write a snapshot of packages with one letter each, in the place of what it was."""
    shutil.rmtree(repository.path / "_cache" / tag, ignore_errors=True)
    pages = {name: a_page(name, [an_entry(ord(name))], tag=tag) for name in packages}
    repository.write(f"_cache/{tag}", pages)


def go_on(repository: Repository, here: dict[str, str], there: dict[str, str]) -> None:
    """Commit snapshots, by tag, to `change` and to `main`, of which neither has the other's; empty ones are removed."""
    for branch, snapshots in (("main", there), ("change", here)):
        repository.git("checkout", "-q", branch)
        for tag, packages in snapshots.items():
            shutil.rmtree(repository.path / "_cache" / tag, ignore_errors=True)
            put(repository, tag, packages)
        repository.commit()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository whose branches `main` and `change` have the same two snapshots."""
    made = Repository(tmp_path / "repository")
    for tag in (OLD, NEW):
        put(made, tag, "abc")
    made.commit()
    made.git("branch", "change")
    return made


def against_main(repository: Repository) -> Ended:
    """Return how a pull request's job ends."""
    return run("latest", "_cache", "--against", "main", cwd=repository.path)


def test_what_is_added_is_compared_with_what_came_meanwhile(repository: Repository) -> None:
    """The one with which the branch began lacks what the next one got: its loss would pass."""
    go_on(repository, {LAST: "abc"}, {NEXT: "abcd"})
    ended = against_main(repository)
    assert (ended.returncode, ended.stderr) == (1, f"comparing main:_cache/{NEXT} with _cache/{LAST}\n")
    assert "error[package-removed]: package d is gone" in ended.stdout
    # The merge into main is the same change, also once main has gone on again.
    repository.git("merge", "-q", "main", "-m", "merged")
    repository.git("checkout", "-q", "main")
    put(repository, "develop-2025-04-10", "abcde")
    repository.commit()
    repository.git("checkout", "-q", "change")
    assert comparisons(against_main(repository)) == [f"main:_cache/develop-2025-04-10 with _cache/{LAST}"]


@pytest.mark.parametrize("there", [{NEXT: "abcd"}, {OLD: "abcd"}, {OLD: ""}, {OLD: "a", NEW: "ab", NEXT: "a"}])
def test_what_main_does_meanwhile_is_none_of_the_change(repository: Repository, there: dict[str, str]) -> None:
    go_on(repository, {}, there)
    ended = against_main(repository)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", NOTHING)


def test_what_the_change_removes_is_missed_though_it_is_behind(repository: Repository) -> None:
    go_on(repository, {OLD: "", LAST: "abc"}, {NEXT: "abc"})
    ended = against_main(repository)
    message = f"the change removes {OLD}, which main has: all that is in a snapshot is lost with it"
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (3, f"error: {message}")


def test_what_both_change_is_compared_with_what_it_began_with(repository: Repository) -> None:
    began = repository.git("rev-parse", "main")
    go_on(repository, {NEW: "ab"}, {NEW: "abcd"})
    ended = against_main(repository)
    assert comparisons(ended) == [f"{began}:_cache/{NEW} with _cache/{NEW}"]
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (1, "fail: 1 of 3 cells lost in 1 package")
    listed = run("latest", "_cache", "--against", "main", "--list", cwd=repository.path).stdout.splitlines()
    rows = [tuple(line.split(maxsplit=3)) for line in listed]
    assert rows[0] == (NEW, "new", f"_cache/{NEW}", "changed by the change, and since in main")
    assert rows[-1] == (NEW, "old", f"{began}:_cache/{NEW}", "what it was")


def test_what_both_add_is_compared_with_what_main_has(repository: Repository) -> None:
    go_on(repository, {NEXT: "abc"}, {NEXT: "abcd"})
    ended = against_main(repository)
    assert (ended.returncode, comparisons(ended)) == (1, [f"main:_cache/{NEXT} with _cache/{NEXT}"])
    go_on(repository, {NEXT: "abcd"}, {})
    assert against_main(repository).stderr == NOTHING


def test_what_main_has_removed_comes_back_only_where_it_is_changed(repository: Repository) -> None:
    go_on(repository, {NEW: "ab"}, {NEW: ""})
    ended = against_main(repository)
    assert (ended.returncode, comparisons(ended)) == (1, [f"main:_cache/{OLD} with _cache/{NEW}"])


@pytest.mark.parametrize("how", ["shallow", "two beginnings", "none"])
def test_where_nobody_can_tell_what_it_began_with_all_that_main_has_counts(repository: Repository, how: str) -> None:
    """With a part of the history, what the change removes could look like what came later."""
    go_on(repository, {OLD: "abcd"}, {NEW: "abcd"})
    revision = "main"
    if how == "two beginnings":
        merge_both_ways(repository)
    elif how == "none":
        repository.git("checkout", "-q", "--orphan", "new")
        began = repository.commit()
        repository.git("branch", "-q", "-f", "change", began)
    go_on(repository, {}, {NEXT: "abc"})
    if how == "shallow":
        repository.git("clone", "-q", "--depth=1", "--no-single-branch", f"file://{repository.path}", "../shallow")
        repository.path, revision = repository.path.with_name("shallow"), "refs/remotes/origin/main"
        repository.git("checkout", "-q", "change")
    ended = run("latest", "_cache", "--against", revision, cwd=repository.path)
    message = f"the change removes {NEXT}, which {revision} has: all that is in a snapshot is lost with it"
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (3, f"error: {message}")


def merge_both_ways(repository: Repository) -> None:
    """Merge `main` into `change`, and what that was into `main`."""
    main, change = repository.git("rev-parse", "main"), repository.git("rev-parse", "change")
    for branch, other in (("main", change), ("change", main)):
        repository.git("checkout", "-q", branch)
        repository.git("merge", "-q", "--no-ff", "-m", "merged", other)


def change_at_random(random: Random, new: list[str]) -> dict[str, str]:
    """Draw snapshots that a branch changes, removes, or adds under names that are its own."""
    some = random.sample((OLD, NEW), random.choice((0, 1, 1, 2)))
    changed = {tag: random.choice(("", "ab", "abd", "abcd", "abce")) for tag in some}
    return changed | {tag: "".join(random.sample("abcd", 3)) for tag in random.sample(new, random.choice((0, 1, 1)))}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_change_is_what_its_merge_does(repository: Repository, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git merges is compared, and nothing else; what it removes is refused, or compared as OLD."""
    random = Random(seed)  # noqa: S311 - the same each time
    go_on(repository, change_at_random(random, [LAST, "develop-2025-03-16"]), change_at_random(random, [NEXT]))
    monkeypatch.chdir(repository.path)
    choice = choose(compare_with_revision("_cache", "main"), Policy(), "main")
    before = repository.git("rev-parse", "main")
    repository.git("checkout", "-q", "--detach", "main")
    try:
        repository.git("merge", "-q", "--no-ff", "-m", "merged", "change")
    except AssertionError:
        return  # a conflict: nobody merges it
    lines = repository.git("diff", "--name-only", "--no-renames", before, "HEAD").splitlines()
    merged = {line.split("/")[1] for line in lines}
    gone = {tag for tag in merged if not (repository.path / "_cache" / tag).exists()}
    olds = {pair.old.rpartition("/")[2] for pair in choice.pairs if not pair.is_touched}
    if choice.refusal:
        assert gone or "nothing to be compared with" in choice.refusal
        return
    assert gone <= olds
    named = {row.candidate.tag for row in choice.rows if row.candidate.state == "added" and not row.role}
    assert {pair.new.tag for pair in choice.pairs} == merged - gone - named
