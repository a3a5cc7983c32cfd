"""What is no snapshot, or one of which nothing can be compared, ends with exit code 3 and a sentence: it never passes."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from cachediff.errors import InputError
from cachediff.sources.kinds import LFS_HINT
from cachediff.sources.open import Door
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import run
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
CUT = a_page("a")[:-40]


def pages(text: str = "") -> dict[str, str | bytes]:
    """Return three pages, valid or all with one text."""
    return {package: text or a_page(package, [an_entry(number)]) for number, package in enumerate(("gcc", "hdf5", "zlib"))}


def write_pair(directory: Path, old: dict[str, str | bytes], new: dict[str, str | bytes] | None = None) -> tuple[str, str]:
    """Write two snapshots; NEW is valid where nothing else is said."""
    return str(write_snapshot(directory / "old", old)), str(
        write_snapshot(directory / "new", pages() if new is None else new)
    )


def a_tar() -> bytes:
    """Return a tar archive of a snapshot."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, text in pages().items():
            info = tarfile.TarInfo(f"old/{name}/specs.md")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(str(text).encode()))
    return file.getvalue()


# --- an OLD of which nothing can be compared ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POINTER, "old/gcc/specs.md:1: page is a Git LFS pointer, not the page"),
        (CUT, "old/gcc/specs.md:6: front matter does not end"),
        ("# Compilers\n\nHow gcc is built.\n", "old/gcc/specs.md:1: page has no front matter"),
    ],
    ids=["lfs", "cut off", "wrong directory"],
)
def test_old_without_a_valid_page_is_no_pass(tmp_path: Path, text: str, said: str) -> None:
    write_pair(tmp_path, pages(text))
    for options in ((), ("--package", "gcc"), ("--fail-on", "never")):
        ended = run("old", "new", *options, cwd=tmp_path)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert "nothing can be compared with old: " in ended.stderr
        assert said in ended.stderr
        assert (LFS_HINT in ended.stderr) == (text == POINTER)


def test_flat_pages_of_a_wrong_directory(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Documentation\n", encoding="utf-8")
    _, new = write_pair(tmp_path, pages())
    ended = run("docs", new, cwd=tmp_path)
    assert ended.returncode == 3
    assert "nothing can be compared with docs: its only page is not valid" in ended.stderr


def test_old_without_a_valid_page_where_packages_are_renamed(tmp_path: Path) -> None:
    write_pair(tmp_path, pages(POINTER))
    (tmp_path / "cachediff.yaml").write_text("renames: {packages: {gcc: gcc-new}}\n", encoding="utf-8")
    assert run("old", "new", cwd=tmp_path).returncode == 3


def test_new_without_a_valid_page_fails(tmp_path: Path) -> None:
    ended = run(*write_pair(tmp_path, pages(), pages(POINTER)), "-f", "json")
    assert ended.returncode == 1
    assert {one["rule"] for one in json.loads(ended.stdout)["findings"]} == {"page-invalid"}


# --- some pages of OLD cannot be read ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_page_at_fault_is_so_beside_an_unreadable_one_of_old(tmp_path: Path, jobs: str, *, is_shared: bool) -> None:
    faulty = a_page("else", [an_entry(1), an_entry(1)], tag="develop-2020-01-01").replace('"num_specs": 2', '"num_specs": 3')
    zlib = [an_entry(2), an_entry(0)] if is_shared else [an_entry(2)]
    old, new = write_pair(tmp_path, pages() | {"hdf5": CUT}, pages() | {"hdf5": faulty, "zlib": a_page("zlib", zlib)})
    ended = run(old, new, "-f", "json", "--jobs", jobs)
    found = [(one["rule"], one["severity"]) for one in json.loads(ended.stdout)["findings"] if one["severity"] == "error"]
    expected = ["count-mismatch", "duplicate-hash", *["duplicate-hash"] * is_shared, "page-misplaced", "page-misplaced"]
    assert (ended.returncode, found) == (1, [(rule, "error") for rule in expected])


@pytest.mark.parametrize("renames", ["", "renames: {packages: {a: b}}\n"], ids=["page by page", "whole"])
def test_an_unreadable_page_of_old_hides_a_removal(tmp_path: Path, renames: str) -> None:
    old, new = write_pair(tmp_path, pages() | {"gcc": CUT, "hdf5": POINTER})
    (tmp_path / "cachediff.yaml").write_text(renames or "{}\n", encoding="utf-8")
    listed = invalid_in(old, new, cwd=tmp_path)
    assert listed == {"gcc": ("warning", "gcc is not compared"), "hdf5": ("warning", "hdf5 is not compared")}
    (tmp_path / "new" / "gcc" / "specs.md").unlink()
    assert invalid_in(old, new, cwd=tmp_path, code=1) == listed | {
        "gcc": ("error", "gcc is not compared and not in the new snapshot")
    }
    (tmp_path / "new" / "gcc" / "specs.md").write_text(CUT, encoding="utf-8")
    assert invalid_in(old, new, cwd=tmp_path, code=1) == listed


def test_text_says_why_a_page_of_old_is_an_error(tmp_path: Path) -> None:
    """All formats said so but that of a terminal."""
    old, new = write_pair(tmp_path, pages() | {"gcc": CUT})
    assert "   = note: gcc is left out of the comparison\n" in run(old, new, cwd=tmp_path).stdout
    (tmp_path / "new" / "gcc" / "specs.md").unlink()
    said = run(old, new, cwd=tmp_path).stdout
    assert "   = note: gcc is left out of the comparison, and not in the new snapshot\n" in said


def invalid_in(old: str, new: str, *, cwd: Path, code: int = 0) -> dict[str, tuple[str, str]]:
    """Return what is said of invalid pages in OLD: severity and the end of the message, by package."""
    ended = run(old, new, "-f", "json", cwd=cwd)
    assert ended.returncode == code, ended.stderr
    findings = [one for one in json.loads(ended.stdout)["findings"] if one["rule"] == "page-invalid"]
    return {
        one["subject"]["package"]: (one["severity"], one["message"].rpartition(": ")[2])
        for one in findings
        if one["subject"].get("snapshot") in ("old", "both")
    }


# --- archives that are not read, and pointers --------------------------------------------------------------------------


def refusal(source: Path) -> str:
    """Return why a snapshot is refused, without the directory."""
    with pytest.raises(InputError) as refused:
        Door().open(str(source))
    return str(refused.value).replace(str(source.parent), "").removeprefix("/")


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("old.tar.bz2", lambda: bz2.compress(a_tar()), "by its first bytes, it is bzip2"),
        ("old.tbz", lambda: bz2.compress(a_tar()), "by its first bytes, it is bzip2"),
        ("old.tar.gz", lambda: bz2.compress(a_tar()), "by its first bytes, it is bzip2"),
        ("old.zip", a_tar, "by its first bytes, it is tar"),
        ("snapshot", a_tar, "by its first bytes, it is tar"),
        ("old.tar.zst", lambda: b"\x28\xb5\x2f\xfd" + bytes(600), "by its first bytes, it is Zstandard"),
        ("old.7z", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(600), "by its first bytes, it is 7-Zip"),
        ("old.rar", lambda: b"Rar!\x1a\x07\x01\x00", "by its first bytes, it is RAR"),
        ("old.rpm", lambda: b"\xed\xab\xee\xdb" + bytes(600), "by its first bytes, it is RPM"),
        ("old.tar.zst", bytes, "by its name, it is Zstandard"),
        ("specs.md.gz", lambda: b"\x1f\x8b\x08" + bytes(20), "by its first bytes, it is gzip"),
    ],
)
def test_an_archive_that_is_not_read_is_named(tmp_path: Path, name: str, make: Callable[[], bytes], said: str) -> None:
    (tmp_path / name).write_bytes(make())
    assert refusal(tmp_path / name) == f"{name} cannot be read: {said}"


def test_a_tar_may_start_with_any_name(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "old.tar", "w") as archive:
        info = tarfile.TarInfo("BZh9/gcc/specs.md")
        archive.addfile(info, io.BytesIO())
    assert [*Door().open(str(tmp_path / "old.tar")).packages()] == ["gcc"]


@pytest.mark.parametrize("name", ["specs.md", "old.tar.gz", "old.zip"])
def test_a_pointer_in_place_of_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(POINTER, encoding="utf-8")
    assert refusal(tmp_path / name) == f"{name} is a Git LFS pointer, not the file that it stands for"


def test_the_same_in_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path / "repository")
    for name, content in {
        "old.tar.bz2": bz2.compress(a_tar()),
        "old": bz2.compress(a_tar()),
        "specs.md": POINTER.encode(),
    }.items():
        (repository.path / name).write_bytes(content)
    repository.commit()
    monkeypatch.chdir(repository.path)
    for name, said in {
        "old.tar.bz2": "HEAD:old.tar.bz2 cannot be read: by its name, it is bzip2",
        "old": "HEAD:old cannot be read: by its first bytes, it is bzip2",
        "specs.md": "HEAD:specs.md is a Git LFS pointer, not the file that it stands for",
    }.items():
        with pytest.raises(InputError) as refused:
            Door().open(f"HEAD:{name}")
        assert str(refused.value) == said
