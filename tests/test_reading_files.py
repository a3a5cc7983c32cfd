"""Where snapshots are read from: directories, flat directories and single pages, of every era.

Also, what stands there instead of them.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cachediff.domain.tags import choose_tag
from cachediff.engine.memory import compare, read_snapshot
from cachediff.errors import InputError
from cachediff.review.report import evaluate
from cachediff.sources.regular import read_bytes
from tests.builders import TAG, a_page, write_snapshot
from tests.commands import WEEK, run
from tests.pages import read_real

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.domain.package import Snapshot

PAGE = a_page().encode()


def names(snapshot: Snapshot) -> list[str]:
    """Return the packages of a snapshot's valid pages."""
    return [page.package for page in snapshot.packages]


def only_problem(snapshot: Snapshot) -> tuple[str, str]:
    """Return the package and the message of a snapshot's only problem."""
    (page,) = snapshot.invalid
    (problem,) = page.problems
    return page.package, problem.message


# --- the three kinds of source -----------------------------------------------------------------------------------------


def test_a_snapshot_directory_holds_a_page_a_package(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"zlib": a_page("zlib"), "hdf5": a_page("hdf5")})
    snapshot = read_snapshot(str(tmp_path))
    assert names(snapshot) == ["hdf5", "zlib"]
    assert snapshot.tag == TAG
    assert snapshot.packages[0].path == f"{tmp_path}/hdf5/specs.md"


@pytest.mark.parametrize("suffix", ["md", "txt"])
def test_a_flat_directory_holds_a_page_a_file_named_by_its_title(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"b.{suffix}").write_bytes(PAGE)
    (tmp_path / f"a.{suffix}").write_text(a_page("zlib"))
    (tmp_path / "notes.rst").write_text("not a page")
    (tmp_path / ".hidden.md").write_text("not a page")
    snapshot = read_snapshot(str(tmp_path))
    assert names(snapshot) == ["hdf5", "zlib"]
    assert [page.path for page in snapshot.packages] == [f"{tmp_path}/b.{suffix}", f"{tmp_path}/a.{suffix}"]


@pytest.mark.parametrize("name", ["specs.md", "page.txt", "page"])
def test_a_page_is_a_snapshot_of_one_package(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PAGE)
    snapshot = read_snapshot(str(tmp_path / name))
    assert names(snapshot) == ["hdf5"]
    assert snapshot.packages[0].path == snapshot.source == str(tmp_path / name)


def test_a_snapshot_directory_may_hold_other_files(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE})
    (tmp_path / "README.md").write_text("# not a page")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "specs.md").write_text("not a page")
    (tmp_path / "hdf5" / "notes.md").write_text("not a page")
    assert names(read_snapshot(str(tmp_path))) == ["hdf5"]


@pytest.mark.parametrize("pack", ["", "tar", "zip"])
def test_a_folder_whose_page_was_not_copied_is_named(pack: str, tmp_path: Path) -> None:
    """In OLD its package was one that never was: what NEW lacks of it nobody could miss."""
    folder = write_snapshot(tmp_path / "snapshot", {"hdf5": PAGE, "zlib": a_page("zlib")})
    for name in ("gcc/index.html", "cmake/.specs.md.Xa91Zz", ".git/config", "docs/img/a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "empty").mkdir()
    source = shutil.make_archive(str(folder), pack, folder) if pack else str(folder)
    snapshot = read_snapshot(source)
    assert (names(snapshot), snapshot.invalid) == (["hdf5", "zlib"], ())
    assert snapshot.reading.notes == ("folders without specs.md are left out: cmake, gcc",)
    assert "old: folders without specs.md are left out: cmake, gcc\n" in run(source, WEEK[0]).stdout


def test_a_source_is_told_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path / "new", {"hdf5": PAGE})
    monkeypatch.chdir(tmp_path)
    snapshot = read_snapshot("./new//")
    assert (snapshot.source, snapshot.packages[0].path) == ("./new", "./new/hdf5/specs.md")


def test_a_working_directory_that_is_gone_takes_nothing_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path / "pages", {"zlib": a_page("zlib")})
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert read_snapshot(f"{tmp_path}/pages").source == f"{tmp_path}/pages"
    with pytest.raises(InputError, match="holds no page"):
        read_snapshot(".")


def test_one_kind_of_source_reads_like_another(tmp_path: Path) -> None:
    pages = read_real("week/new")
    nested = write_snapshot(tmp_path / "nested", dict(pages))
    flat = tmp_path / "flat"
    flat.mkdir()
    for package, data in pages.items():
        (flat / f"{package}.md").write_bytes(data)
    report = evaluate(compare(read_snapshot(str(nested)), read_snapshot(str(flat))))
    assert report.findings == ()
    assert report.summary.packages.unchanged == len(pages)


def test_the_order_of_the_directory_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, dict(read_real("week/new")))
    expected = read_snapshot(str(tmp_path))
    scan = os.scandir

    class Backwards:
        def __init__(self, path: str) -> None:
            with scan(path) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Backwards)
    assert read_snapshot(str(tmp_path)) == expected


def test_a_glob_keeps_some_packages(tmp_path: Path) -> None:
    write_snapshot(
        tmp_path, {"py-pip": a_page("py-pip"), "py-numpy": a_page("py-numpy"), "gcc": a_page("gcc"), "py-bad": b""}
    )
    snapshot = read_snapshot(str(tmp_path), package="py-[bp]*")
    assert names(snapshot) == ["py-pip"]
    assert [page.package for page in snapshot.invalid] == ["py-bad"]


def test_whoever_watches_sees_every_package(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE, "zlib": a_page("zlib")})
    seen: list[str] = []

    def watch(packages: list[str]) -> list[str]:
        seen.extend(packages)
        return packages

    read_snapshot(str(tmp_path), progress=watch)
    assert seen == ["hdf5", "zlib"]


def test_the_tag_is_that_of_most_pages() -> None:
    assert choose_tag(["b", "a", "b"]) == "b"
    assert choose_tag(["b", "a"]) == "a"
    assert choose_tag([]) == ""


def test_the_digest_is_of_bytes_and_names(tmp_path: Path) -> None:
    first = read_snapshot(str(write_snapshot(tmp_path / "1", {"hdf5": PAGE})))
    same = read_snapshot(str(write_snapshot(tmp_path / "2", {"hdf5": PAGE})))
    other_bytes = read_snapshot(str(write_snapshot(tmp_path / "3", {"hdf5": PAGE + b"\n"})))
    other_name = read_snapshot(str(write_snapshot(tmp_path / "4", {"hdf": PAGE})))
    assert first.digest == same.digest
    assert len({first.digest, other_bytes.digest, other_name.digest}) == 3
    assert re.fullmatch("sha256:[0-9a-f]{64}", first.digest)


# --- sources that are none ---------------------------------------------------------------------------------------------


def refuse(source: str) -> str:
    """Return the sentence with which a source is refused."""
    with pytest.raises(InputError) as refused:
        read_snapshot(source)
    assert refused.value.exit_code == 3
    assert refused.value.hint
    return str(refused.value)


def test_a_source_that_is_missing_is_refused(tmp_path: Path) -> None:
    assert refuse(str(tmp_path / "none")) == f"{tmp_path}/none cannot be read: no such file or directory"


def test_a_source_below_a_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(PAGE)
    assert refuse(str(tmp_path / "page" / "x")) == f"{tmp_path}/page/x cannot be read: not a directory"


def test_an_empty_name_is_refused() -> None:
    assert refuse("") == "the name of a snapshot is empty"


def test_a_name_with_a_nul_is_refused() -> None:
    assert refuse("a\0b") == "a\0b cannot be read: embedded null byte"


def test_a_name_that_is_too_long_is_refused() -> None:
    assert refuse("a" * 5000).endswith("cannot be read: file name too long")


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    assert refuse(str(tmp_path)) == f"{tmp_path} holds no page and no index"


def test_a_directory_without_pages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hdf5").mkdir()
    (tmp_path / "hdf5" / "README.md").write_text("no page")
    (tmp_path / "hdf5" / "deeper").mkdir()
    (tmp_path / "hdf5" / "deeper" / "specs.md").write_bytes(PAGE)
    (tmp_path / "notes.rst").write_text("no page")
    assert refuse(str(tmp_path)) == f"{tmp_path} holds 1 snapshot and is none: hdf5"
    (tmp_path / "hdf5" / "deeper" / "specs.md").unlink()
    assert refuse(str(tmp_path)) == f"{tmp_path} holds no page and no index"


def test_a_glob_that_keeps_nothing_leaves_no_page(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE})
    assert read_snapshot(str(tmp_path), package="py-*").packages == ()


def test_a_source_that_is_a_link_is_refused(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "real", {"hdf5": PAGE})
    (tmp_path / "link").symlink_to("real")
    assert refuse(f"{tmp_path}/link") == f"{tmp_path}/link is a symbolic link, not a directory of pages"
    assert refuse(f"{tmp_path}/link/") == f"{tmp_path}/link/ is a symbolic link, not a directory of pages"


def test_a_source_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refuse(f"{tmp_path}/pipe") == f"{tmp_path}/pipe is a named pipe, not a directory of pages"


def test_a_source_that_is_a_device_is_refused() -> None:
    assert refuse("/dev/null") == "/dev/null is a device, not a directory of pages"


def test_a_source_that_the_system_refuses_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", deny)
    assert refuse(str(tmp_path)) == f"{tmp_path} cannot be read: permission denied"


# --- pages that are none -----------------------------------------------------------------------------------------------


def a_link(page: Path) -> None:
    (page.parent / "elsewhere").write_bytes(PAGE)
    page.symlink_to("elsewhere")


def a_dangling_link(page: Path) -> None:
    page.symlink_to("nowhere")


def a_link_to_itself(page: Path) -> None:
    page.symlink_to(page.name)


def a_directory(page: Path) -> None:
    page.mkdir()


def a_pipe(page: Path) -> None:
    os.mkfifo(page)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (a_link, "a symbolic link"),
        (a_dangling_link, "a symbolic link"),
        (a_link_to_itself, "a symbolic link"),
        (a_directory, "a directory"),
        (a_pipe, "a named pipe"),
    ],
)
def test_a_page_must_be_a_regular_file(tmp_path: Path, make: Callable[[Path], None], what: str) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE})
    (tmp_path / "zlib").mkdir()
    make(tmp_path / "zlib" / "specs.md")
    snapshot = read_snapshot(str(tmp_path))
    assert names(snapshot) == ["hdf5"]
    assert only_problem(snapshot) == ("zlib", f"page cannot be read: {what}")
    assert snapshot.invalid[0].path == f"{tmp_path}/zlib/specs.md"


def test_a_page_that_is_a_socket_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE})
    (tmp_path / "zlib").mkdir()
    monkeypatch.chdir(tmp_path / "zlib")  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("specs.md")
        snapshot = read_snapshot(str(tmp_path))
    assert only_problem(snapshot) == ("zlib", "page cannot be read: a socket")


def test_a_package_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "new", {"hdf5": PAGE})
    write_snapshot(tmp_path / "elsewhere", {"zlib": a_page("zlib")})
    (tmp_path / "new" / "zlib").symlink_to("../elsewhere/zlib")
    snapshot = read_snapshot(str(tmp_path / "new"))
    assert names(snapshot) == ["hdf5"]
    assert only_problem(snapshot) == ("zlib", "page cannot be read: a symbolic link")
    assert snapshot.invalid[0].path == f"{tmp_path}/new/zlib"


def test_a_snapshot_of_links_alone_is_not_empty(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "elsewhere", {"zlib": a_page("zlib")})
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "zlib").symlink_to("../elsewhere/zlib")
    assert only_problem(read_snapshot(str(tmp_path / "new"))) == ("zlib", "page cannot be read: a symbolic link")


def test_a_flat_page_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "hdf5.md").write_bytes(PAGE)
    (tmp_path / "zlib.md").symlink_to("hdf5.md")
    assert only_problem(read_snapshot(str(tmp_path))) == ("zlib", "page cannot be read: a symbolic link")


def test_a_page_that_may_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE, "zlib": a_page("zlib")})
    open_file = os.open

    def deny(path: str, *options: Any) -> int:
        if "zlib" in path:
            raise PermissionError(13, "Permission denied", path)
        return open_file(path, *options)

    monkeypatch.setattr(os, "open", deny)
    snapshot = read_snapshot(str(tmp_path))
    assert names(snapshot) == ["hdf5"]
    assert only_problem(snapshot) == ("zlib", "page cannot be read: permission denied")


def test_a_page_that_cannot_be_read_to_its_end_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE})

    def fail(handle: int, size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    assert only_problem(read_snapshot(str(tmp_path))) == ("hdf5", "page cannot be read: input/output error")


def test_a_package_that_may_not_be_looked_into_does_not_vanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE, "zlib": a_page("zlib")})
    lstat, open_file = os.lstat, os.open

    def deny_stat(path: str) -> os.stat_result:
        if "zlib/" in path:
            raise PermissionError(13, "Permission denied", path)
        return lstat(path)

    def deny_open(path: str, *options: Any) -> int:
        if "zlib/" in path:
            raise PermissionError(13, "Permission denied", path)
        return open_file(path, *options)

    monkeypatch.setattr(os, "lstat", deny_stat)
    monkeypatch.setattr(os, "open", deny_open)
    assert only_problem(read_snapshot(str(tmp_path))) == ("zlib", "page cannot be read: permission denied")


def test_a_file_that_grows_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page").write_bytes(b"0123456789")
    status = os.fstat

    def shorter(handle: int) -> os.stat_result:
        values = list(status(handle))
        values[6] = 3
        return os.stat_result(values)

    monkeypatch.setattr(os, "fstat", shorter)
    assert read_bytes(str(tmp_path / "page")) == b"0123456789"


def test_no_file_stays_open(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"hdf5": PAGE, "bad": b"\xff"})
    (tmp_path / "zlib").mkdir()
    os.mkfifo(tmp_path / "zlib" / "specs.md")
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_snapshot(str(tmp_path))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# --- strange names -----------------------------------------------------------------------------------------------------


def test_a_name_that_is_not_utf8_is_told_in_escapes(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9")  # noqa: PTH102
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")) / "specs.md").write_bytes(PAGE)
    (page,) = read_snapshot(str(tmp_path)).packages
    assert page.package == r"caf\udce9"
    assert page.path == rf"{tmp_path}/caf\udce9/specs.md"
    source = read_snapshot(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9/specs.md"))
    assert source.source == rf"{tmp_path}/caf\udce9/specs.md"
    assert refuse(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9")).startswith(rf"{tmp_path}/\udce9 cannot be read")


@pytest.mark.parametrize("name", ["a\nb", "::error::x", "-rf", "a b", "naïve", "$(x)", "%0A", "a\x1b[31mb"])
def test_a_strange_name_is_the_package_as_it_is(tmp_path: Path, name: str) -> None:
    write_snapshot(tmp_path, {name: PAGE})
    snapshot = read_snapshot(str(tmp_path))
    assert names(snapshot) == [name]
    assert snapshot.packages[0].path == f"{tmp_path}/{name}/specs.md"
    report = evaluate(compare(snapshot, snapshot))
    assert [(finding.rule, finding.subject.package) for finding in report.findings] == [("page-misplaced", name)]


# --- which package a page is -------------------------------------------------------------------------------------------


def test_two_flat_pages_with_one_title_are_both_invalid(tmp_path: Path) -> None:
    for name, package in (("a.md", "hdf5"), ("b.md", "hdf5"), ("c.md", "zlib")):
        (tmp_path / name).write_text(a_page(package))
    snapshot = read_snapshot(str(tmp_path))
    assert names(snapshot) == ["zlib"]
    assert [(page.package, page.problems[0].message, page.problems[0].found) for page in snapshot.invalid] == [
        ("hdf5", "package hdf5 has 2 pages", f"{tmp_path}/b.md"),
        ("hdf5", "package hdf5 has 2 pages", f"{tmp_path}/a.md"),
    ]


@pytest.mark.parametrize(
    ("content", "package"),
    [
        (PAGE[:-40], "hdf5"),
        (PAGE.replace(b'"linux"', b'"lin\xff"'), "hdf5"),
        (PAGE.replace(b"hash", b"hush"), "hdf5"),
        (PAGE.replace(b'"hdf5"', b"hdf5  ") + b"x", "hdf5"),
        (PAGE.replace(b'"hdf5"', b"['hdf5']"), "page"),
        (b"", "page"),
        (b"# hdf5", "page"),
    ],
)
def test_a_flat_page_that_cannot_be_trusted_is_of_the_package_that_it_names(
    tmp_path: Path, content: bytes, package: str
) -> None:
    """Otherwise its package would be told as removed."""
    (tmp_path / "page.md").write_bytes(content.removesuffix(b"x"))
    (tmp_path / "other.md").write_text(a_page("zlib"))
    snapshot = read_snapshot(str(tmp_path))
    assert {*(page.package for page in snapshot.invalid), *names(snapshot)} == {"zlib", package}


def test_a_single_page_that_says_nothing_is_of_the_package_of_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snapshot(tmp_path, {"zlib": b""})
    assert read_snapshot(str(tmp_path / "zlib" / "specs.md")).invalid[0].package == "zlib"
    monkeypatch.chdir(tmp_path / "zlib")
    assert read_snapshot("specs.md").invalid[0].package == "specs"
