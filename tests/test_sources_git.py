"""Snapshots and policies in a revision of git: read like files, from real repositories, however those are configured."""

from __future__ import annotations

import gc
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cachediff import read_snapshot
from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS, Limits
from tests.builders import a_page, write_snapshot
from tests.commands import WEEK, run
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from cachediff.domain.package import Snapshot

pytestmark = needs_git
PAGE = a_page()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty repository, which is the working directory."""
    made = Repository(tmp_path / "repository")
    monkeypatch.chdir(made.path)
    return made


def faults(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return the packages of a snapshot's invalid pages, each with its first message."""
    return [(page.package, page.problems[0].message) for page in snapshot.invalid]


def refuse(source: str, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the sentence with which a source is refused."""
    with pytest.raises(InputError) as refused:
        read_snapshot(source, limits=limits)
    assert refused.value.exit_code == 3
    assert refused.value.hint
    return str(refused.value)


# --- what REV:PATH may be ----------------------------------------------------------------------------------------------


def test_a_revision_reads_like_the_directory_that_it_was(repository: Repository) -> None:
    directory = repository.copy(WEEK[0], "_cache/develop-2025-03-23")
    expected = read_snapshot("_cache/develop-2025-03-23")
    commit = repository.commit()
    shutil.rmtree(directory)
    for revision in ("main", "HEAD", commit, commit[:10], "main~0", "HEAD^{/a change}", "@"):
        source = f"{revision}:_cache/develop-2025-03-23"
        found = read_snapshot(f"{source}/")
        assert (found.source, found.digest, found.tag) == (source, expected.digest, expected.tag)
        assert [(page.package, page.specs, page.claims) for page in found.packages] == [
            (page.package, page.specs, page.claims) for page in expected.packages
        ]
        assert found.packages[0].path == f"{source}/cuda/specs.md"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_report_is_that_of_the_directories(repository: Repository, jobs: str) -> None:
    repository.copy(WEEK[0], "old")
    repository.commit()
    repository.copy(WEEK[1], "new")
    repository.commit()
    files = run("old", "new", "-f", "json", "-j", jobs, cwd=repository.path)
    shutil.rmtree(repository.path / "old")
    shutil.rmtree(repository.path / "new")
    objects = run("main~1:old", "main:new", "-f", "json", "-j", jobs, cwd=repository.path)
    assert (files.returncode, objects.returncode, objects.stderr) == (1, 1, "")
    assert objects.stdout.replace("main~1:old", "old").replace("main:new", "new") == files.stdout
    assert json.loads(objects.stdout)["summary"]["cells"]["lost"] == 2


def test_flat_pages_and_a_single_page(repository: Repository) -> None:
    (repository.path / "flat").mkdir()
    (repository.path / "flat" / "a.md").write_text(PAGE)
    (repository.path / "flat" / "b.txt").write_text(a_page("zlib"))
    (repository.path / "flat" / "c.rst").write_text("no page")
    repository.write("nested", {"hdf5": PAGE})
    repository.commit()
    flat, page = read_snapshot("main:flat"), read_snapshot("main:nested/hdf5/specs.md")
    assert [(one.package, one.path) for one in flat.packages] == [("hdf5", "main:flat/a.md"), ("zlib", "main:flat/b.txt")]
    assert [(one.package, one.path) for one in page.packages] == [("hdf5", "main:nested/hdf5/specs.md")]
    assert page.digest == read_snapshot("nested/hdf5/specs.md").digest


def test_a_single_page_that_is_broken_has_the_package_of_its_directory(repository: Repository) -> None:
    repository.write(".", {"gcc": ""})
    repository.write("new", {"gcc": ""})
    repository.commit()
    for source in ("main:gcc/specs.md", "main:new/gcc/specs.md"):
        assert [page.package for page in read_snapshot(source).invalid] == ["gcc"]


@pytest.mark.slow
def test_other_commands_read_revisions_too(repository: Repository) -> None:
    repository.copy(WEEK[0], "old")
    repository.copy(WEEK[1], "new")
    repository.commit()
    ended = run("validate", "main:old", cwd=repository.path)
    assert (ended.returncode, ended.stderr) == (0, "")
    shown = [
        run("show", "gcc", old, new, cwd=repository.path).stdout for old, new in (("old", "new"), ("main:old", "main:new"))
    ]
    assert shown[0] == shown[1] != ""


def test_paths_from_the_top_and_from_here(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("a/b", {"hdf5": PAGE})
    repository.write(".", {"zlib": a_page("zlib")})
    repository.commit()
    monkeypatch.chdir("a")
    for source in ("main:a/b", "main:./b", "main:../a/b", "main:a//b/", "main:a/../a/b"):
        assert [page.package for page in read_snapshot(source).packages] == ["hdf5"]
    assert [page.path for page in read_snapshot("main:").packages] == ["main:zlib/specs.md"]
    assert [page.path for page in read_snapshot("main:..").packages] == ["main:../zlib/specs.md"]
    assert [page.path for page in read_snapshot("main:../").packages] == ["main:../zlib/specs.md"]
    assert refuse("main:.") == "main:. holds 1 snapshot and is none: b"


def test_a_name_with_magic_is_a_name(repository: Repository) -> None:
    repository.write("we*k :(top)", {"hdf5": PAGE, "naïve\n": PAGE})
    repository.write("week", {"zlib": PAGE})
    repository.commit()
    assert [page.package for page in read_snapshot("main:we*k :(top)").packages] == ["hdf5", "naïve\n"]
    assert refuse("main:we*").startswith("main:we* cannot be read: main has no we*")


def test_a_repository_of_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    shutil.rmtree(tmp_path / ".git")
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    repository.write("old", {"hdf5": PAGE})
    assert len(repository.commit()) == 64
    monkeypatch.chdir(tmp_path)
    assert read_snapshot("main:old").digest == read_snapshot("old").digest


# --- what stands in a page's place -------------------------------------------------------------------------------------


def test_what_is_no_regular_file_is_a_problem_as_it_is_in_a_directory(repository: Repository) -> None:
    top = repository.write("new", {"hdf5": PAGE, "zlib": a_page("zlib")})
    (top / "zlib" / "specs.md").unlink()
    (top / "zlib" / "specs.md").symlink_to("../hdf5/specs.md")
    (top / "gcc").symlink_to("hdf5")
    (top / "emacs" / "specs.md").mkdir(parents=True)
    (top / "emacs" / "specs.md" / "README").write_text("no page")
    repository.commit()
    here, there = read_snapshot("new"), read_snapshot("main:new")
    assert faults(there) == faults(here)
    assert dict(faults(there)) == {
        "emacs": "page cannot be read: a directory",
        "gcc": "page cannot be read: a symbolic link",
        "zlib": "page cannot be read: a symbolic link",
    }
    assert [page.package for page in there.packages] == ["hdf5"]


def test_a_submodule_is_a_problem(repository: Repository) -> None:
    repository.write("new", {"hdf5": PAGE})
    commit = repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},new/zlib")
    repository.git("commit", "-q", "-m", "a submodule")
    assert faults(read_snapshot("main:new")) == [("zlib", "page cannot be read: a submodule")]
    assert refuse("main:new/zlib") == "main:new/zlib is a submodule, not a directory of pages"


def test_a_page_that_is_too_large_is_a_problem(repository: Repository) -> None:
    repository.write("new", {"gcc": "x" * 5000, "hdf5": PAGE})
    repository.commit()
    snapshot = read_snapshot("main:new", limits=Limits(page_bytes=4000))
    assert [page.package for page in snapshot.packages] == ["hdf5"]
    assert faults(snapshot) == [("gcc", "page cannot be read: more than 4,000 bytes (limit page-bytes)")]


def test_pages_that_are_too_large_together_are_refused(repository: Repository) -> None:
    repository.write("new", {"gcc": "x" * 5000, "hdf5": "x" * 5000})
    repository.commit()
    expected = "main:new is too large: more than 9,000 bytes (limit snapshot-bytes) by hdf5/specs.md"
    assert refuse("main:new", Limits(snapshot_bytes=9000)) == expected


# --- sources that are none ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none:new", "none:new cannot be read: there is no file of that name, and no revision none here"),
        ("-x:new", "-x:new cannot be read: there is no file of that name, and no revision -x here"),
        ("--all:new", "--all:new cannot be read: there is no file of that name, and no revision --all here"),
        ("main..main:new", "main..main:new cannot be read: there is no file of that name, and no revision main..main here"),
        ("^main:new", "^main:new cannot be read: there is no file of that name, and no revision ^main here"),
        ("main:none", "main:none cannot be read: main has no none"),
        ("main:/new", "main:/new cannot be read: main has no /new"),
        ("main:../new", "main:../new cannot be read: main has no ../new"),
        ("main:link", "main:link is a symbolic link, not a directory of pages"),
        ("main:link/hdf5", "main:link/hdf5 cannot be read: link is a symbolic link in main"),
        ("main:empty", "main:empty holds no page and no index"),
        ("main:week.tar", "main:week.tar is a tar archive, which is only read as a file, not a directory of pages"),
        ("./main:new", "./main:new cannot be read: no such file or directory"),
        ("/main:new", "/main:new cannot be read: no such file or directory"),
        (":new", ":new cannot be read: no such file or directory"),
        ("main:\0", "main:\0 cannot be read: embedded null byte"),
    ],
)
def test_a_source_that_is_not_there_is_refused(repository: Repository, source: str, message: str) -> None:
    repository.write("new", {"hdf5": PAGE})
    repository.write("empty", {})
    (repository.path / "empty").mkdir(exist_ok=True)
    (repository.path / "empty" / "x.rst").write_text("")
    (repository.path / "week.tar").write_text("")
    (repository.path / "link").symlink_to("new")
    repository.commit()
    assert refuse(source) == message


def test_a_revision_that_was_not_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.write("new", {"hdf5": PAGE})
    first = repository.commit()
    repository.commit()
    repository.git("clone", "-q", "--depth=1", f"file://{repository.path}", str(tmp_path / "shallow"))
    ended = run(f"{first}:new", "main:new", cwd=tmp_path / "shallow")
    assert ended.returncode == 3
    assert "fetch-depth: 0" in ended.stderr


def test_objects_that_are_not_here_are_not_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.write("new", {"hdf5": PAGE})
    repository.commit()
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git(
        "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository.path}", str(tmp_path / "partial")
    )
    ended = run("main:new", "main:new", cwd=tmp_path / "partial")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: main:new cannot be read: ")
    assert ended.stderr.endswith("hint: the clone is shallow or partial: fetch the rest, without --depth and --filter\n")


def test_an_object_that_is_lost(repository: Repository) -> None:
    repository.write("new", {"hdf5": PAGE})
    repository.commit()
    id_ = repository.git("rev-parse", "main:new/hdf5/specs.md")
    (repository.path / ".git" / "objects" / id_[:2] / id_[2:]).unlink()
    assert refuse("main:new") == f"main:new cannot be read: object {id_} is missing"


def test_outside_a_repository(tmp_path: Path) -> None:
    ended = run("main:old", "new", cwd=tmp_path, env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: main:old cannot be read: not a git repository")


@pytest.mark.parametrize(
    "url", ["https://binaries.example.org/develop", "s3://spack-binaries/develop", "file:///srv/mirror"]
)
def test_a_url_is_called_one(repository: Repository, url: str) -> None:
    """And no revision that nobody fetched, whether or not there is a repository."""
    assert refuse(url) == f"{url} is a URL, and nothing is fetched"
    ended = run("latest", url, cwd=repository.path)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        3,
        [f"error: {url} is a URL, and nothing is fetched", "hint: download what is there, and name the folder or the file"],
    )


@pytest.mark.parametrize("url", ["https://me:s3cret@h.example/x.tar.gz", "https://s3cret@h.example", "s3://b/x?sig=s3cret"])
def test_what_is_secret_in_a_url_is_not_said(repository: Repository, url: str) -> None:
    for words in ([WEEK[0], url], ["latest", url], [*WEEK, "--policy", url]):
        ended = run(*words, cwd=repository.path)
        assert (ended.returncode, "s3cret" in ended.stderr, "is a URL" in ended.stderr) == (3, False, True)


def test_without_git(repository: Repository) -> None:
    ended = run("main:old", "new", cwd=repository.path, env={"PATH": str(repository.path)})
    assert ended.returncode == 3
    assert ended.stderr.splitlines() == [
        "error: main:old cannot be read: git cannot be started (no such file or directory)",
        "hint: install git, or give a directory",
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_somebody_else(repository: Repository) -> None:
    repository.write("new", {"hdf5": PAGE})
    repository.commit()
    for path in (repository.path, repository.path / ".git"):
        os.chown(path, 12345, 12345)
    ended = run("main:new", "main:new", cwd=repository.path, env={"GIT_CONFIG_GLOBAL": "/dev/null", "SUDO_UID": ""})
    assert ended.returncode == 3
    assert "detected dubious ownership" in ended.stderr
    assert "safe.directory" in ended.stderr
    trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    assert (
        run(
            "main:new", "main:new", cwd=repository.path, env={"GIT_CONFIG_GLOBAL": "/dev/null", "SUDO_UID": ""} | trust
        ).returncode
        == 0
    )


# --- names of both kinds -----------------------------------------------------------------------------------------------


def test_a_path_with_a_colon_is_a_path_where_nothing_else_is_meant(repository: Repository) -> None:
    repository.write("week:new", {"hdf5": PAGE})
    assert [page.path for page in read_snapshot("week:new").packages] == ["week:new/hdf5/specs.md"]
    repository.commit()
    repository.write("main:new", {"hdf5": PAGE})
    assert [page.path for page in read_snapshot("./main:new").packages] == ["./main:new/hdf5/specs.md"]


def test_a_file_does_not_take_the_place_of_a_revision(repository: Repository) -> None:
    """A pull request that adds a directory `main:old` must not choose what it is compared with."""
    repository.write("old", {"hdf5": PAGE})
    repository.commit()
    repository.write("main:old", {"hdf5": PAGE})
    assert refuse("main:old") == "main:old names a file, and old in the revision main"
    (repository.path / "main:cachediff.yaml").write_text("fail-on: never\n")
    ended = run("old", "old", "--policy", "main:cachediff.yaml", cwd=repository.path)
    assert ended.returncode == 3
    assert "names a file, and cachediff.yaml in the revision main" in ended.stderr


def test_a_whole_name_is_a_revision_whatever_is_there(repository: Repository) -> None:
    """Also where it was not fetched: else a pull request could bring along a directory of that name."""
    repository.write("old", {"hdf5": PAGE})
    commit = repository.commit()
    for name in ("refs/heads/main", "refs/remotes/origin/main", commit, "0" * 40):
        repository.write(f"{name}:old", {"zlib": a_page("zlib")})
    for name in ("refs/heads/main", commit, f"{commit}^0"):
        assert [page.package for page in read_snapshot(f"{name}:old").packages] == ["hdf5"]
    for name in ("refs/remotes/origin/main", "0" * 40):
        assert refuse(f"{name}:old").endswith(f"no revision {name} here")


def test_a_file_takes_no_place_where_git_does_not_answer(repository: Repository) -> None:
    repository.write("main:old", {"hdf5": PAGE})
    ended = run("main:old", "main:old", cwd=repository.path, env={"PATH": "/nowhere"})
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: main:old cannot be read: git cannot be started")


# --- names of several things -------------------------------------------------------------------------------------------


@pytest.fixture
def forged(repository: Repository) -> Repository:
    """A clone whose remote branch has hdf5, and whose commit HEAD, to which any tag may be given, has zlib in its place."""
    repository.write("old", {"hdf5": PAGE})
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.git("switch", "-q", "-c", "change")
    shutil.rmtree(repository.path / "old")
    repository.write("old", {"zlib": a_page("zlib")})
    repository.commit()
    return repository


@pytest.mark.parametrize(
    ("name", "forgery", "things"),
    [
        (
            "origin/main",
            "refs/tags/origin/main",
            "the tag refs/tags/origin/main and the remote branch refs/remotes/origin/main",
        ),
        (
            "origin/main",
            "refs/heads/origin/main",
            "the branch refs/heads/origin/main and the remote branch refs/remotes/origin/main",
        ),
        (
            "origin/main~0",
            "refs/tags/origin/main",
            "the tag refs/tags/origin/main and the remote branch refs/remotes/origin/main",
        ),
        ("main", "refs/tags/main", "the tag refs/tags/main and the branch refs/heads/main"),
        ("main@{0}", "refs/tags/main", "the tag refs/tags/main and the branch refs/heads/main"),
        ("heads/main", "refs/tags/heads/main", "the reference refs/heads/main and the tag refs/tags/heads/main"),
        ("HEAD^", "refs/tags/HEAD", "the tag refs/tags/HEAD and HEAD"),
    ],
)
def test_a_name_of_several_things_is_refused(forged: Repository, name: str, forgery: str, things: str) -> None:
    """Git takes the tag, which whoever may push tags chooses."""
    assert [page.package for page in read_snapshot(f"{name}:old").packages] == ["hdf5"]
    forged.git("update-ref", forgery, "HEAD")
    bare = name.partition("~")[0].partition("@{")[0].partition("^")[0]
    assert refuse(f"{name}:old") == f"{name}:old cannot be read: {bare} names several things, {things}"


def test_every_thing_is_read_by_its_whole_name(forged: Repository) -> None:
    forged.git("update-ref", "refs/tags/origin/main", "HEAD")
    # Git looks for the rest of a name in every directory, so these would do where the branch is not there.
    whole = "refs/remotes/origin/main"
    for forgery in (f"refs/tags/{whole}", f"refs/heads/{whole}", f"refs/{whole}", f"refs/remotes/{whole}"):
        forged.git("update-ref", forgery, "HEAD")
    assert [page.package for page in read_snapshot(f"{whole}:old").packages] == ["hdf5"]
    assert [page.package for page in read_snapshot("refs/tags/origin/main:old").packages] == ["zlib"]
    forged.git("update-ref", "-d", whole)
    message = f"{whole}:old cannot be read: there is no file of that name, and no revision {whole} here"
    assert refuse(f"{whole}:old") == message
    ended = run("latest", ".", "--against", whole, cwd=forged.path)
    assert ended.returncode == 3


def test_a_hash_is_not_taken_for_a_reference(forged: Repository) -> None:
    commit = forged.git("rev-parse", "refs/remotes/origin/main")
    short = commit[:7]
    assert [page.package for page in read_snapshot(f"{short}:old").packages] == ["hdf5"]
    for name in (short, f"v1-2-g{short}", commit, f"refs/heads/{commit}"):
        forged.git("update-ref", f"refs/tags/{name}", "HEAD")
    assert [page.package for page in read_snapshot(f"{commit}:old").packages] == ["hdf5"]
    assert [page.package for page in read_snapshot(f"{commit.upper()}~0:old").packages] == ["hdf5"]
    for name in (short, f"v1-2-g{short}"):
        things = f"the tag refs/tags/{name} and the object {commit}"
        assert refuse(f"{name}:old") == f"{name}:old cannot be read: {name} names several things, {things}"
    lost = "f" * 40
    forged.git("update-ref", f"refs/tags/{lost}", "HEAD")
    assert refuse(f"{lost}:old").endswith(f"no revision {lost} here")


def test_a_name_of_several_things_judges_nothing(forged: Repository) -> None:
    (forged.path / "cachediff.yaml").write_text("fail-on: never\n")
    forged.write("develop-2025-03-30", {"zlib": PAGE})
    forged.commit()
    forged.git("update-ref", "refs/tags/origin/main", "HEAD")
    for arguments in (("latest", ".", "--against", "origin/main"), (*WEEK, "--policy", "origin/main:cachediff.yaml")):
        ended = run(*arguments, cwd=forged.path)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert "origin/main names several things, the tag refs/tags/origin/main and the remote branch" in ended.stderr
    forged.write("origin/main:old", {"zlib": PAGE})
    assert "names several things" in refuse("origin/main:old"), "that a file has the name, too, does not help"


# --- what git must not do ----------------------------------------------------------------------------------------------


def test_nothing_that_is_configured_runs(repository: Repository) -> None:
    repository.write("new", {"hdf5": PAGE})
    (repository.path / ".gitattributes").write_text("*.md diff=x filter=x\n")
    repository.commit()
    for key in ("core.pager", "core.fsmonitor", "diff.x.textconv", "filter.x.smudge", "filter.x.clean", "core.sshCommand"):
        repository.git("config", key, f"touch {repository.path}/ran; cat")
    assert read_snapshot("main:new").digest == read_snapshot("new").digest
    assert not (repository.path / "ran").exists()


@pytest.mark.slow
def test_a_git_of_the_working_directory_does_not_run(repository: Repository) -> None:
    repository.write("old", {"hdf5": PAGE})
    repository.commit()
    forged = repository.path / "git"
    forged.write_text(f"#!/bin/sh\ntouch {repository.path}/ran\n")
    forged.chmod(0o755)
    for path in (".", "", "bin/.."):
        ended = run("validate", "main:old", cwd=repository.path, env={"PATH": f"{path}:{os.environ['PATH']}"})
        assert (ended.returncode, ended.stderr) == (0, "")
        ended = run("validate", "main:old", cwd=repository.path, env={"PATH": path})
        assert (ended.returncode, "git cannot be started" in ended.stderr) == (3, True)
    assert not (repository.path / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["whole", "without objects"])
@pytest.mark.parametrize("below", ["", "objects"])
def test_a_bare_repository_that_is_brought_along_is_refused(
    repository: Repository, tmp_path: Path, kind: str, below: str
) -> None:
    """All of it are files that a pull request may add, as long as none is called `.git`."""
    repository.write("_cache/develop-2025-03-30", {"hdf5": PAGE})
    repository.commit()
    bare = repository.path / "data"
    repository.git("clone", "-q", "--bare", ".", str(bare))
    (bare / "objects" / "README").write_text("kept")
    (bare / "refs" / "README").write_text("kept")
    mark = tmp_path / "ran"
    settings = {
        "core.bare": "false",
        "core.worktree": str(repository.path),
        "core.fsmonitor": f"touch {mark}; false",
        "core.pager": f"touch {mark}",
    }
    for key, value in settings.items():
        repository.git("-C", str(bare), "config", "--file", "config", key, value)
    if kind == "without objects":
        (bare / "objects").rename(tmp_path / "objects")
        (bare / "commondir").write_text(f"{tmp_path}\n")
        shutil.copytree(bare / "refs", tmp_path / "refs")
        below = ""
    repository.git("-C", str(repository.path), "add", "-A")
    for arguments in (
        ("validate", "main:_cache/develop-2025-03-30"),
        ("latest", str(repository.path / "_cache"), "--against", "main"),
        ("validate", "main:README"),
    ):
        ended = run(*arguments, cwd=bare / below)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert ended.stderr.splitlines() == [
            "error: git is not asked: the working directory is a bare repository, or inside of one",
            "hint: a pull request can bring such files along: go to a clone that has a working tree",
        ]
    assert not mark.exists()
    ended = run("validate", "main:_cache/develop-2025-03-30", cwd=repository.path)
    assert (ended.returncode, ended.stderr) == (0, ""), "where it is not the working directory, it does no harm"


def test_a_bare_repository_at_the_top_of_a_clone_is_not_asked(repository: Repository, tmp_path: Path) -> None:
    repository.write("old", {"hdf5": PAGE})
    repository.commit()
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    shutil.copytree(tmp_path / "bare", repository.path, dirs_exist_ok=True)
    shutil.rmtree(repository.path / "refs")
    (repository.path / "refs").mkdir()
    ended = run("validate", "main:old", cwd=repository.path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_variables_of_another_repository_mean_nothing(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("new", {"hdf5": PAGE})
    commit = repository.commit()
    other = Repository(tmp_path / "other")
    other.write("new", {"zlib": a_page("zlib")})
    replacement = other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git" / "objects"))
    assert [page.package for page in read_snapshot("main:new").packages] == ["hdf5"]
    repository.git("fetch", "-q", str(other.path), "main")
    repository.git("replace", "-f", commit, replacement)
    assert [page.package for page in read_snapshot("main:new").packages] == ["hdf5"]


@pytest.mark.slow
def test_nothing_stays_open(repository: Repository) -> None:
    repository.write("new", {"hdf5": PAGE, "gcc": "no page"})
    repository.commit()
    gc.freeze()  # what other tests left open stays so: it takes seconds to look through
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(3):
        read_snapshot("main:new")
        refuse("main:none")
    gc.collect()
    gc.unfreeze()
    assert len([*Path("/proc/self/fd").iterdir()]) <= before  # what earlier tests left may close meanwhile


# --- policies ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_policy_of_a_revision(repository: Repository) -> None:
    """What the pull request makes of the policy does not count."""
    (repository.path / "cachediff.yaml").write_text("rules: {'variant-disabled': error}\n")
    repository.commit()
    (repository.path / "cachediff.yaml").write_text("fail-on: never\n")
    assert run(*WEEK, cwd=repository.path).returncode == 0
    ended = run(*WEEK, "--policy", "main:cachediff.yaml", "-q", cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (1, "fail: 2 of 44 cells lost in 1 package; other errors in 1 package\n")
    ended = run("policy", "check", "main:cachediff.yaml", cwd=repository.path)
    assert ended.stdout.splitlines()[0] == "main:cachediff.yaml:1: rules: variant-disabled: error"


@pytest.mark.slow
def test_a_policy_that_is_not_in_the_revision(repository: Repository) -> None:
    repository.commit()
    ended = run(*WEEK, "--policy", "main:cachediff.yaml", cwd=repository.path)
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: main:cachediff.yaml cannot be read: main has no cachediff.yaml\n")
    write_snapshot(repository.path / "new", {"hdf5": PAGE})
    (repository.path / "link.yaml").symlink_to("new/hdf5/specs.md")
    repository.commit()
    for path in ("new", "link.yaml"):
        ended = run(*WEEK, "--policy", f"main:{path}", cwd=repository.path)
        assert ended.returncode == 3
        assert ended.stderr.startswith(f"error: main:{path} cannot be read: it is no regular file\n")


def test_nothing_is_accepted_in_a_revision(repository: Repository) -> None:
    (repository.path / "cachediff.yaml").write_text("fail-on: error\n")
    repository.commit()
    run(*WEEK, "-q", "-r", "json=report.json", cwd=repository.path)
    arguments = ("--rule", "os-dropped", "--reason", "gone", "--until", "2099-01-01", "--policy", "main:cachediff.yaml")
    ended = run("accept", "report.json", *arguments, cwd=repository.path)
    assert ended.returncode == 3
    assert "is in a revision of git, to which nothing can be added" in ended.stderr
    assert sorted(path.name for path in repository.path.iterdir()) == [".git", "cachediff.yaml", "report.json"]
