"""One snapshot of indexes, wherever it lies: in archives with and without a directory around, in git, beside pages."""

from __future__ import annotations

import gzip
import json
import lzma
from typing import TYPE_CHECKING

import pytest

from cachediff.errors import InputError
from tests.archives import FORMATS, add_directory, write_archive
from tests.builders import a_page
from tests.index_files import a_database, a_lock, a_node, compare, put, read, rules_of, stacks_of
from tests.make_index_fixtures import FIXTURES, MANIFESTS
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

A, B, C = a_node("zlib"), a_node("hdf5"), a_node("cmake")
SITE_A, SITE_B = (a_database(node, installed=True, path="/opt", explicit=True) for node in (A, B))
PAGE = a_page("hdf5").encode()


def files_of(directory: Path, prefix: str = "") -> dict[str, bytes]:
    """Return all files of a directory, by path."""
    return {f"{prefix}{path.relative_to(directory)}": path.read_bytes() for path in directory.rglob("*") if path.is_file()}


SNAPSHOTS: dict[str, dict[str, bytes]] = {
    "a lock": {"spack.lock": a_lock(A)},
    "a lock that is packed": {"spack.lock.xz": lzma.compress(a_lock(A))},
    "a lock with one below it": {"spack.lock": a_lock(A), "old/spack.lock": a_lock(B)},
    "a lock beside a README": {"spack.lock": a_lock(A), "README.md": b"# An environment\n"},
    "a site": {".spack-db/index.json": SITE_A, "bin/spack": b""},
    "what is in .spack-db": {"index.json": SITE_A, "lock": b""},
    "what is in build_cache": {"index.json.gz": gzip.compress(a_database(A)), "_pgp/index.json": b"{}"},
    "a v2 mirror": {"build_cache/index.json": a_database(A), "build_cache/_pgp/index.json": b"{}"},
    "a v3 mirror": files_of(FIXTURES / "mirror/new"),
    "locks": {"e4s/spack.lock": a_lock(A), "tools/x86/spack.lock": a_lock(B), "tools/arm/spack.lock": a_lock(C)},
    "sites": {"a/.spack-db/index.json": SITE_A, "b/.spack-db/index.json": SITE_B},
    "mirrors": files_of(FIXTURES / "mirror/new", "one/") | files_of(FIXTURES / "mirror/old", "two/"),
    "indexes": {"one/index.json": a_database(A), "two/index.json": a_database(B)},
    "an environment below pages": {"env/spack.lock": a_lock(A), "hdf5/specs.md": PAGE},
    "a website's index.json": {"index.json": b'{"pages": []}', "hdf5/specs.md": PAGE},
    "an index.json below pages": {"assets/index.json": a_database(A), "hdf5/specs.md": PAGE},
}


def seen(source: Path | str) -> tuple[object, ...]:
    """Return what a snapshot is read as."""
    info = read(source).info
    return stacks_of(source), info.reading.kind, info.reading.format, info.reading.has_stacks, info.reading.notes


@pytest.mark.slow
@pytest.mark.parametrize("root", ["", "./", "new/", "a/b/new/"])
@pytest.mark.parametrize("format", ["tar.gz", "zip"])
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_an_archive_means_what_the_directory_means(name: str, format: str, root: str, tmp_path: Path) -> None:
    for path, data in SNAPSHOTS[name].items():
        put(tmp_path / "directory" / path, data)
    archive = write_archive(tmp_path / f"new.{format}", {root + path: data for path, data in SNAPSHOTS[name].items()})
    assert seen(archive) == seen(tmp_path / "directory")


@pytest.mark.parametrize("format", FORMATS)
def test_sides_that_are_wrapped_in_other_directories(format: str, tmp_path: Path) -> None:
    old = write_archive(tmp_path / f"old.{format}", {"2026-05-01/index.json": a_database(A, B)})
    new = write_archive(tmp_path / f"new.{format}", {"2026-07-01/index.json": a_database(A)})
    report = compare(old, new)
    assert rules_of(report) == {"package-removed": ["hdf5"]}
    assert report.summary.cells.lost == 1


@pytest.mark.parametrize("root", ["", "new/"])
def test_an_archive_of_the_stack_that_is_left_is_not_compared_as_if_there_were_none(root: str, tmp_path: Path) -> None:
    """All that tools had is in e4s, too, so that nothing would seem to be lost."""
    both = {"e4s/build_cache/index.json": a_database(A, B), "tools/build_cache/index.json": a_database(A)}
    for path, data in both.items():
        put(tmp_path / "old" / path, data)
    left = write_archive(tmp_path / "left.tar", {f"{root}e4s/build_cache/index.json": a_database(A, B)})
    message = "holds one index, in e4s, and .* has a stack of that name"
    for old, new in ((tmp_path / "old", left), (left, tmp_path / "old")):
        with pytest.raises(InputError, match=message):
            compare(old, new)
    # A folder that is called otherwise is one around it all.
    other = write_archive(tmp_path / "other.tar", {f"{root}mirror/build_cache/index.json": a_database(A, B)})
    assert rules_of(compare(tmp_path / "old", other)) == {"tags-incomparable": [""]}


@pytest.mark.parametrize("root", ["", "new/"])
def test_pages_beside_an_index(root: str, tmp_path: Path) -> None:
    files = {f"{root}spack.lock": a_lock(A), f"{root}hdf5/specs.md": PAGE}
    with pytest.raises(InputError, match="holds an index and pages: hdf5/specs"):
        read(write_archive(tmp_path / "new.tar", files))
    files = {f"{root}index.json": a_database(A), f"{root}hdf5/specs.md": PAGE}
    with pytest.raises(InputError, match="holds an index and pages: hdf5/specs"):
        read(write_archive(tmp_path / "new.zip", files))


def test_two_snapshots_in_an_archive(tmp_path: Path) -> None:
    """Which of them is meant nobody can tell, so neither hides the other."""
    files = {"ci/spack.lock": a_lock(A), "_cache/develop-2025-03-30/hdf5/specs.md": PAGE}
    with pytest.raises(InputError, match="holds 2 snapshots: _cache/develop-2025-03-30, ci"):
        read(write_archive(tmp_path / "new.tar", files))


def test_a_link_in_an_archive(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    put(tmp_path / "there/spack.lock", a_lock(A))
    (tmp_path / "new/spack.lock").symlink_to(tmp_path / "there/spack.lock")
    archive = add_directory(tmp_path / "new.tar", tmp_path / "new")
    with pytest.raises(InputError, match="a symbolic link"):
        read(archive)
    with pytest.raises(InputError, match="a symbolic link"):
        read(tmp_path / "new")


@pytest.mark.slow
@needs_git
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_revision_means_what_the_directory_means(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    for path, data in SNAPSHOTS[name].items():
        put(tmp_path / "directory" / path, data)
    repository.commit()
    monkeypatch.chdir(tmp_path)
    assert seen("main:directory") == seen("directory")


@needs_git
@pytest.mark.parametrize(
    "path", ["mirror/v3/manifests/index/index.manifest.json", "mirror/v3/manifests/index/e4s/index.manifest.json", "mirror"]
)
def test_a_manifest_in_a_revision(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    for name, data in files_of(FIXTURES / "mirror/new", "mirror/").items():
        put(tmp_path / name, data)
    repository.commit()
    monkeypatch.chdir(tmp_path)
    assert seen(f"main:{path}") == seen(path)
    # Where the mirror is the whole repository, as well.
    monkeypatch.chdir(tmp_path / "mirror")
    inner = path.removeprefix("mirror").removeprefix("/")
    assert seen(inner or ".") == seen(f"main:{path}")


@needs_git
def test_a_blob_in_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    mirror: Mapping[str, bytes] = files_of(FIXTURES / "mirror/new", "mirror/")
    for name, data in mirror.items():
        put(tmp_path / name, data)
    repository.commit()
    monkeypatch.chdir(tmp_path)
    manifest = f"mirror/{MANIFESTS}/e4s/index.manifest.json"
    checksum = json.loads(mirror[manifest])["data"][0]["checksum"]
    blob = f"mirror/blobs/sha256/{checksum[:2]}/{checksum}"
    assert seen(blob) == seen(f"main:{blob}") == seen(manifest)
