"""`cachediff latest` on indexes: dated mirrors, sites and locks, and the dated views of one mirror."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cachediff.history.snapshots import compare_with_revision
from tests.commands import WEEK, comparisons, run
from tests.index_files import a_lock, a_node, put
from tests.make_index_fixtures import FIXTURES, MANIFESTS, write_index
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from collections.abc import Callable

MAY, JULY = "2026-05-01", "2026-07-01"
OLDER, AS_NEW = "newest that is older and not bad", "as new"
Row = tuple[str, ...]


def table(root: str, *arguments: str, cwd: Path) -> list[Row]:
    """Return the rows of a listing: tag, role, source, reason."""
    ended = run("latest", root, "--list", *arguments, cwd=cwd)
    return [tuple(line.split(maxsplit=3)) for line in ended.stdout.splitlines()]


def roles(root: str, *arguments: str, cwd: Path) -> dict[str, str]:
    """Return what each snapshot is, by its source."""
    return {source: role for _, role, source, _ in table(root, *arguments, cwd=cwd)}


def copy(kind: str, side: str, to: Path) -> Path:
    """Copy a snapshot, a folder or, of a lock or a site, the file alone."""
    file = {"lock": "spack.lock", "site": ".spack-db/index.json", "v2": "build_cache/index.json"}.get(kind, "")
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.suffix in (".lock", ".json"):
        return Path(shutil.copy(FIXTURES / kind / side / file, to))
    if to.suffix == ".gz":
        to.write_bytes(gzip.compress((FIXTURES / kind / side / file).read_bytes()))
        return to
    return Path(shutil.copytree(FIXTURES / kind / side, to))


def index_of(side: str, view: str = "e4s") -> bytes:
    """Return the index of a view of a mirror."""
    mirror = FIXTURES / "mirror" / side
    checksum = json.loads((mirror / MANIFESTS / view / "index.manifest.json").read_bytes())["data"][0]["checksum"]
    return Path(mirror, "blobs", "sha256", checksum[:2], checksum).read_bytes()


def view(name: str) -> str:
    """Return the path of a view's manifest in its mirror."""
    return f"{MANIFESTS}/{name}/index.manifest.json"


# --- a directory of them -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mirror", "mirror-{}"),
        ("mirror", "{}"),
        ("v2", "build_cache-{}"),
        ("site", "site-{}"),
        ("lock", "env-{}"),
        ("lock", "{}.lock"),
        ("lock", "spack-{}.lock"),
        ("lock", "spack-{}.lock.gz"),
        ("site", "index-{}.json"),
        ("v2", "develop-{}.json.gz"),
        ("mirror", "develop-{}"),
    ],
)
def test_the_newest_is_compared_with_the_one_before(kind: str, name: str, tmp_path: Path) -> None:
    for side, date in (("new", "2026-01-01"), ("old", MAY), ("new", JULY)):
        copy(kind, side, tmp_path / "root" / name.format(date))
    old, new = (f"root/{name.format(date)}" for date in (MAY, JULY))
    ended = run("latest", "root", "-f", "json", cwd=tmp_path)
    same = run(old, new, "-f", "json", cwd=tmp_path)
    assert (ended.stdout, ended.returncode) == (same.stdout, same.returncode)
    assert comparisons(ended) == [f"{old} with {new}"]
    assert json.loads(ended.stdout)["summary"]["cells"]["old"] > 0
    assert roles("root", cwd=tmp_path) == {new: "new", old: "old", f"root/{name.format('2026-01-01')}": "-"}


def test_locks_by_stack_in_dated_folders(tmp_path: Path) -> None:
    for side, date in (("old", MAY), ("new", JULY)):
        for stack in ("e4s", "tools/linux"):
            copy("lock", side, tmp_path / f"locks-{date}" / stack)
    ended = run("latest", ".", "-f", "json", cwd=tmp_path)
    assert comparisons(ended) == [f"./locks-{MAY} with ./locks-{JULY}"]
    assert json.loads(ended.stdout)["summary"]["cells"]["old"] == 2 * 32  # in two stacks


def test_how_a_file_is_packed_makes_no_other_series(tmp_path: Path) -> None:
    copy("lock", "old", tmp_path / f"{MAY}.lock")
    copy("lock", "new", tmp_path / f"{JULY}.lock.gz")
    assert comparisons(run("latest", str(tmp_path))) == [f"{tmp_path}/{MAY}.lock with {tmp_path}/{JULY}.lock.gz"]


@pytest.mark.parametrize(
    "keys",
    [
        ("concrete_specs", "_meta", "roots"),
        ("roots", "concrete_specs", "_meta"),
        ("_meta", "roots", "concrete_specs"),
    ],
)
def test_a_lock_whose_keys_stand_in_any_order(keys: tuple[str, ...], tmp_path: Path) -> None:
    """As Spack wrote locks 2 with a Python whose objects have no order."""
    for side, date in (("old", MAY), ("new", JULY)):
        lock = json.loads((FIXTURES / "lock" / side / "spack.lock").read_bytes())
        lock["_meta"] = dict(reversed(lock["_meta"].items()))
        lock["roots"] = [dict(reversed(root.items())) for root in lock["roots"]]
        (tmp_path / f"{date}.lock").write_text(json.dumps({key: lock[key] for key in keys}, indent=1), encoding="utf-8")
    assert roles(".", cwd=tmp_path) == {f"./{JULY}.lock": "new", f"./{MAY}.lock": "old"}


def test_after_pages_came_indexes(tmp_path: Path) -> None:
    shutil.copytree(WEEK[1], tmp_path / "develop-2025-03-30")
    copy("mirror", "new", tmp_path / f"develop-{JULY}")
    ended = run("latest", ".", "-f", "json", cwd=tmp_path)
    assert comparisons(ended) == [f"./develop-2025-03-30 with ./develop-{JULY}"]
    assert "tags-incomparable" in {one["rule"] for one in json.loads(ended.stdout)["findings"]}


def test_what_is_no_snapshot(tmp_path: Path) -> None:
    for side, date in (("old", MAY), ("new", JULY)):
        copy("mirror", side, tmp_path / f"mirror-{date}")
    (tmp_path / "logs-2026-08-01" / "x").mkdir(parents=True)
    (tmp_path / "2026-08-01.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "report-2026-08-01.lock").write_text("held by 17", encoding="utf-8")
    (tmp_path / "mirror-2026-08-01.txt").write_text("no index", encoding="utf-8")
    shutil.copytree(WEEK[1], tmp_path / "pages-2026-08-01")
    copy("mirror", "new", tmp_path / "mirror-2026-02-30")
    copy("mirror", "new", tmp_path / f"mirror-{JULY}-rc1")
    copy("mirror", "new", tmp_path / "mirror")
    # What has pages and a later date is listed, since somebody may have meant it.
    expected = {f"./mirror-{JULY}": "new", f"./mirror-{MAY}": "old", "./pages-2026-08-01": "-"}
    assert roles(".", cwd=tmp_path) == expected


@pytest.mark.parametrize(
    ("kind", "name", "make"),
    [
        ("mirror", "mirror-2026-08-01", Path.mkdir),
        ("mirror", "mirror-2026-08-01", lambda path: path.symlink_to(f"mirror-{JULY}")),
        ("site", "site-2026-08-01", lambda path: path.write_text("a file")),
        ("lock", "2026-08-01.lock", lambda path: path.write_text('{"_meta": {"file-ty')),
        ("lock", "2026-08-01.lock", lambda path: path.symlink_to(f"{JULY}.lock")),
        ("lock", "2026-08-01.lock", lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n")),
        ("lock", "2026-08-01.lock.gz", lambda path: path.write_bytes(b"\x1f\x8b\x08")),
    ],
)
def test_the_newest_is_not_passed_over_because_it_is_broken(
    kind: str, name: str, make: Callable[[Path], object], tmp_path: Path
) -> None:
    for side, date in (("old", MAY), ("new", JULY)):
        copy(kind, side, tmp_path / name.replace("2026-08-01", date))
    make(tmp_path / name)
    ended = run("latest", ".", cwd=tmp_path)
    if name.startswith("site"):  # a file that is called like a folder is no index
        assert comparisons(ended) == [f"./site-{MAY} with ./site-{JULY}"]
        return
    assert (ended.returncode, ended.stdout) == (3, "")
    assert name in ended.stderr


# --- several series ----------------------------------------------------------------------------------------------------


def test_each_is_compared_with_its_like(tmp_path: Path) -> None:
    for side, date in (("old", MAY), ("new", JULY)):
        copy("site", side, tmp_path / f"site-{date}")
        copy("mirror", side, tmp_path / f"mirror-{date}")
    copy("site", "old", tmp_path / "site-2026-06-01")
    copy("lock", "old", tmp_path / f"env-{JULY}")
    copy("lock", "old", tmp_path / "old-2024-01-01.lock")
    copy("lock", "old", tmp_path / "old-2024-02-01.lock")
    ended = run("latest", ".", "--fail-on", "never", "-f", "json", cwd=tmp_path)
    assert comparisons(ended) == [f"./mirror-{MAY} with ./mirror-{JULY}", f"./site-2026-06-01 with ./site-{JULY}"]
    assert [one["new"]["source"] for one in json.loads(ended.stdout)["also_compared"]] == [f"./site-{JULY}"]
    rows = {source: (role, why) for _, role, source, why in table(".", cwd=tmp_path)}
    assert rows[f"./site-{JULY}"] == ("new", AS_NEW)
    why = "as new, but nothing older is called the same"
    assert rows[f"./env-{JULY}"] == ("-", why)
    assert f"./env-{JULY} is not compared: {why}\n" in ended.stderr
    assert rows["./old-2024-02-01.lock"] == ("-", "older than another")


@needs_git
def test_what_is_larger_than_the_limit_is_not_passed_over(tmp_path: Path) -> None:
    """Not even where all that is called the same is, and something else can be compared."""
    repository = Repository(tmp_path / "repository")
    for name in (f"env-{MAY}.lock", "env-2026-06-01.lock"):
        put(repository.path / "locks" / name, a_lock(a_node()))
    copy("lock", "old", repository.path / "locks" / f"site-{MAY}.lock")
    repository.commit()
    copy("lock", "new", repository.path / "locks" / f"site-{JULY}.lock")
    limits = ("--limit", "page-bytes=1000", "--limit", "index-bytes=2000")
    for against in (["--against", "HEAD"], []):
        ended = run("latest", "locks", *against, *limits, cwd=repository.path)
        assert (ended.returncode, "(limit index-bytes)" in ended.stderr) == (3, True), ended.stderr
        assert f"site-{JULY}.lock" in ended.stderr


def test_another_series_is_nothing_to_compare_with(tmp_path: Path) -> None:
    copy("site", "old", tmp_path / f"site-{MAY}")
    copy("site", "new", tmp_path / f"mirror-{JULY}")
    ended = run("latest", ".", cwd=tmp_path)
    assert ended.returncode == 3
    said = f"mirror-{JULY} has nothing to be compared with: there is no older snapshot that is called the same but for its"
    assert said in ended.stderr


def test_a_policy_names_them(tmp_path: Path) -> None:
    for date in ("2026-01-01", "2026-03-01", MAY, JULY):
        copy("lock", "old", tmp_path / "locks" / f"{date}.lock")
    policy = tmp_path / "cachediff.yaml"
    policy.write_text(f"bad: [{{snapshot: {MAY}.lock, reason: half}}, {{snapshot: '2026-03*', reason: down}}]\n")
    assert roles("locks", cwd=tmp_path)["locks/2026-01-01.lock"] == "old"
    policy.write_text("baseline: 2026-03-01.lock\n", encoding="utf-8")
    assert roles("locks", cwd=tmp_path)["locks/2026-03-01.lock"] == "old"
    policy.write_text("baseline: 2026-03-02.lock\n", encoding="utf-8")
    ended = run("latest", "locks", cwd=tmp_path)
    assert ended.stderr.startswith("error: baseline 2026-03-02.lock of the policy is not there\n")


# --- a mirror's dated views --------------------------------------------------------------------------------------------


def make_mirror(made: Path) -> Path:
    """Return a mirror with two dated views, a mutable one, a release and two stacks."""
    for name, side in (
        ("develop-2026-06-12", "new"),
        ("develop-2026-05-01", "old"),
        ("develop", "new"),
        ("v1.0", "old"),
        ("e4s", "new"),
        ("v2", "new"),
        (".", "new"),
    ):
        write_index(made, name, index_of(side))
    return made


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror with dated views."""
    return make_mirror(tmp_path / "mirror")


def test_the_newest_view_is_compared_with_the_one_before(mirror: Path, tmp_path: Path) -> None:
    old, new = (f"mirror/{view(f'develop-{date}')}" for date in (MAY, "2026-06-12"))
    ended = run("latest", "mirror", "-f", "json", cwd=tmp_path)
    same = run(old, new, "-f", "json", cwd=tmp_path)
    assert (ended.stdout, ended.returncode) == (same.stdout, same.returncode)
    assert comparisons(ended) == [f"{old} with {new}"]
    assert json.loads(ended.stdout)["summary"]["specs"]["rebuilt"] > 0
    # Neither the stacks, one of which is nearly called like a release, nor the folder v3, which is.
    assert table("mirror", cwd=tmp_path) == [
        ("develop-2026-06-12", "new", new, "newest"),
        ("develop-2026-05-01", "old", old, OLDER),
        ("develop", "-", f"mirror/{view('develop')}", "not dated"),
        ("v1.0", "-", f"mirror/{view('v1.0')}", "not dated"),
    ]
    ended = run("latest", ".", "-f", "json", cwd=mirror)
    assert ended.stdout.replace('"./', '"mirror/') == same.stdout


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("develop-2026-06-12")], ids=["empty", "link"])
def test_a_broken_view_is_not_passed_over(make: Callable[[Path], object], mirror: Path) -> None:
    make(mirror / MANIFESTS / "develop-2026-06-19")
    ended = run("latest", ".", cwd=mirror)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "develop-2026-06-19" in ended.stderr.splitlines()[1]


def test_without_dated_views_a_mirror_is_one_snapshot(tmp_path: Path) -> None:
    copy("mirror", "new", tmp_path / "mirror")
    ended = run("latest", "mirror", cwd=tmp_path)
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: mirror holds no dated snapshot\n")


# --- in git, and a pull request ----------------------------------------------------------------------------------------

PLACES = {
    "mirror": ("mirror", f"mirror-{JULY}"),
    "site": ("site", f"site-{JULY}"),
    "lock": ("lock", f"{JULY}.lock"),
    "packed": ("site", f"index-{JULY}.json.gz"),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose `main` has the older of each, and a mirror of dated views; nobody changes it."""
    made = Repository(tmp_path_factory.mktemp("published") / "repository")
    for kind, name in PLACES.values():
        copy(kind, "old", made.path / "root" / name.replace(JULY, MAY))
    make_mirror(made.path / "views")
    made.commit()
    return made


@pytest.fixture
def repository(published: Repository, tmp_path: Path) -> Repository:
    """What is published, to be changed."""
    return published.duplicate(tmp_path / "repository")


@pytest.mark.slow
@needs_git
def test_a_directory_in_a_revision(repository: Repository) -> None:
    for kind, name in PLACES.values():
        copy(kind, "new", repository.path / "root" / name)
    repository.commit()
    here, there = roles("root", cwd=repository.path), roles("main:root", cwd=repository.path)
    assert there == {f"main:{source}": role for source, role in here.items()}
    assert sorted(here.values()) == ["new"] * 4 + ["old"] * 4
    ended = run("latest", "main:root", "--fail-on", "never", "-f", "json", cwd=repository.path)
    assert ended.returncode == 0
    assert len(comparisons(ended)) == 4
    views = run("latest", "views", "-f", "json", cwd=repository.path)
    ended = run("latest", "main:views", "-f", "json", cwd=repository.path)
    assert ended.stdout.replace("main:views", "views") == views.stdout
    repository.git("checkout", "-q", "--orphan", "mirror")
    repository.git("rm", "-q", "-r", "-f", ".")
    make_mirror(repository.path)
    repository.commit()
    ended = run("latest", "mirror:", "-f", "json", cwd=repository.path)
    assert ended.stdout.replace("mirror:", "views/") == views.stdout


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("place", PLACES)
def test_what_a_change_adds_is_compared_with_what_main_has(place: str, repository: Repository) -> None:
    kind, name = PLACES[place]
    copy(kind, "new", repository.path / "root" / name)
    ended = run("latest", "root", "--against", "main", cwd=repository.path)
    assert comparisons(ended) == [f"main:root/{name.replace(JULY, MAY)} with root/{name}"]
    assert table("root", "--against", "main", cwd=repository.path)[0] == (
        name,
        "new",
        f"root/{name}",
        "newest that the change adds",
    )


@needs_git
def test_a_change_of_nothing(repository: Repository) -> None:
    (repository.path / "root" / f"site-{MAY}" / "README").write_text("no index", encoding="utf-8")
    (repository.path / "root" / f"mirror-{MAY}" / "v3" / "layout.json").write_text("{}", encoding="utf-8")
    for root in ("root", "views"):
        ended = run("latest", root, "--against", "main", cwd=repository.path)
        assert (ended.returncode, ended.stdout) == (0, "")
        assert "touches none that is published: nothing is compared" in ended.stderr


@needs_git
def test_a_view_that_a_change_adds(repository: Repository) -> None:
    write_index(repository.path / "views", "develop-2026-06-19", index_of("old"))
    ended = run("latest", "views", "--against", "main", cwd=repository.path)
    old, new = view("develop-2026-06-12"), view("develop-2026-06-19")
    assert comparisons(ended) == [f"main:views/{old} with views/{new}"]
    assert ended.returncode == 1


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize(
    ("path", "tag"),
    [
        (f"root/mirror-{MAY}/{MANIFESTS}/e4s/index.manifest.json", f"mirror-{MAY}"),
        (f"root/mirror-{MAY}/blobs", f"mirror-{MAY}"),
        (f"root/site-{MAY}/.spack-db/index.json", f"site-{MAY}"),
        (f"root/{MAY}.lock", f"{MAY}.lock"),
        (f"root/index-{MAY}.json.gz", f"index-{MAY}.json.gz"),
        (f"views/{view('develop-2026-05-01')}", "develop-2026-05-01"),
        (f"views/{view('v1.0')}", "v1.0"),
    ],
)
@pytest.mark.parametrize("change", ["other", "gone", "link"])
def test_what_a_change_touches_is_compared_with_what_it_was(
    path: str, tag: str, change: str, repository: Repository
) -> None:
    touched = repository.path / path
    files = sorted(one for one in touched.rglob("*") if one.is_file()) or [touched]
    for file in files:
        data = file.read_bytes()
        file.unlink()
        if change == "other":
            file.write_bytes(data + b"\n")
        elif change == "link":
            file.symlink_to("elsewhere")
    root = path.partition("/")[0]
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(repository.path)
        states = {one.tag: one.state for one in compare_with_revision(root, "main") if one.state}
    is_gone = change == "gone" and (touched.suffix in (".lock", ".gz") or not touched.parent.exists())
    assert states == {tag: "removed" if is_gone else "changed"}
    ended = run("latest", root, "--against", "main", "-q", cwd=repository.path)
    # More blanks behind JSON are nothing, of a blob they are another one.
    is_harmless = change == "other" and "blobs" not in path and not path.endswith(".gz")
    assert ended.returncode == (0 if is_harmless else 1 if "e4s" in path else 3), ended.stderr


@needs_git
def test_a_readme_beside_folders_of_locks_is_no_page(tmp_path: Path) -> None:
    """It was all that there was in the snapshot, so that a change of a published lock touched nothing."""
    repository = Repository(tmp_path)
    folder = repository.path / "root" / f"locks-{MAY}"
    for stack in ("e4s", "ml"):
        put(folder / stack / "spack.lock", a_lock(a_node("zlib"), a_node("hdf5")))
    put(folder / "README.md", b"# Locks\n")
    repository.commit()
    put(folder / "e4s" / "spack.lock", a_lock(a_node("zlib")))
    ended = run("latest", "root", "--against", "main", cwd=repository.path)
    assert (ended.returncode, ended.stderr) == (1, f"comparing main:root/locks-{MAY} with root/locks-{MAY}\n")
    assert "fail: 1 of 4 cells lost in 1 package" in ended.stdout
    # Nor is one that a change brings along.
    put(folder / "NOTES.txt", b"new")
    ended = run("latest", "root", "--against", "main", "-q", cwd=repository.path)
    assert ended.stdout == "fail: 1 of 4 cells lost in 1 package\n"


@needs_git
@pytest.mark.parametrize("link", [False, True])
def test_a_published_one_that_cannot_be_read_is_only_in_the_way_of_who_touches_it(
    link: bool, repository: Repository
) -> None:
    """What was published before anybody looked must not stop each change that follows."""
    odd = repository.path / "root" / f"site-{MAY}"
    copy("lock", "old", odd / "spack.lock")
    (odd / "link").symlink_to("elsewhere")
    if link:
        shutil.move(odd / ".spack-db", odd / "database")
        (odd / ".spack-db").symlink_to("database")
    repository.commit()
    ended = run("latest", "root", "--against", "main", cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (0, "")
    (odd / "spack.lock").write_bytes((odd / "spack.lock").read_bytes() + b"\n")
    assert run("latest", "root", "--against", "main", cwd=repository.path).returncode == 3
    repository.git("checkout", "-q", ".")
    (odd / "link").unlink()
    assert run("latest", "root", "--against", "main", cwd=repository.path).returncode == 3


@needs_git
def test_pages_that_a_change_puts_beside_a_published_index_are_no_pass(repository: Repository) -> None:
    """Nobody could compare the next snapshot with it."""
    repository.write(f"root/mirror-{MAY}", {"zlib": "---\n"})
    ended = run("latest", "root", "--against", "main", cwd=repository.path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"error: root/mirror-{MAY} holds an index and pages: zlib/specs.md" in ended.stderr
    # Once they are published, only who touches them, or the index, has to mend it.
    repository.commit()
    assert run("latest", "root", "--against", "HEAD", cwd=repository.path).returncode == 0
    repository.write(f"root/mirror-{MAY}", {"zlib": "---\n\n"})
    assert run("latest", "root", "--against", "HEAD", cwd=repository.path).returncode == 3


@needs_git
def test_what_is_changed_of_a_mirror_beside_its_dated_views_is_named(repository: Repository) -> None:
    views = repository.path / "views" / MANIFESTS
    shutil.copytree(views / "develop-2026-06-12", views / "develop-2026-07-08")
    assert "also" not in run("latest", "views", "--against", "main", cwd=repository.path).stderr
    shutil.copytree(views / "e4s", views / "ml")
    for manifest in (views / "index.manifest.json", views / "e4s" / "index.manifest.json"):
        manifest.write_bytes(manifest.read_bytes() + b"\n")
    shutil.rmtree(views / "v2")
    ended = run("latest", "views", "--against", "main", cwd=repository.path)
    assert ended.returncode == 0
    assert [line for line in ended.stderr.splitlines() if line.startswith("the change ")] == [
        f"the change also changes views/{view('e4s')}, which is not compared",
        f"the change also changes views/{MANIFESTS}/index.manifest.json, which is not compared",
        f"the change also adds views/{view('ml')}, which is not compared",
        f"the change removes main:views/{view('v2')}",
    ]


@needs_git
def test_a_published_folder_without_an_index_has_nothing_to_lose(repository: Repository) -> None:
    old = repository.path / "root" / "site-2026-06-01" / "README"
    old.parent.mkdir()
    old.write_text("soon", encoding="utf-8")
    repository.commit()
    copy("site", "new", repository.path / "x")
    shutil.move(repository.path / "x" / ".spack-db", old.parent)
    ended = run("latest", "root", "--against", "main", cwd=repository.path)
    assert comparisons(ended) == [f"main:root/site-{MAY} with root/site-2026-06-01"]


def test_a_link_where_a_mirror_has_its_manifests(mirror: Path, tmp_path: Path) -> None:
    """It is called like a release, as before: whoever compares it is told what it is."""
    (mirror / "v3").rename(tmp_path / "elsewhere")
    (mirror / "v3").symlink_to(tmp_path / "elsewhere")
    ended = run("latest", "mirror", "--list", cwd=tmp_path)
    assert ended.stderr.startswith("error: mirror holds no dated snapshot\n")
    copy("site", "old", mirror / f"site-{MAY}")
    copy("site", "new", mirror / f"site-{JULY}")
    assert roles("mirror", cwd=tmp_path) == {
        f"mirror/site-{JULY}": "new",
        f"mirror/site-{MAY}": "old",
        "mirror/v3": "-",
    }
