"""Whatever stands in a snapshot: a finding or a clear problem, never followed, never waited for, never written to."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import sys
import tarfile
import threading
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cachediff import read_snapshot
from cachediff.sources.regular import read_bytes
from cachediff.sources.tree import LargeFileError, UnreadableFileError
from tests.archives import FORMATS, add_directory, write_members
from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import environment, run
from tests.processes import execute

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

SECRET = "the token that is nobody's business"  # noqa: S105 - it stands for one
ZLIB = a_page("zlib", [an_entry(1)])


def compare_with(new: Path) -> dict[str, Any]:
    """Return the report on a sound snapshot and one with something in it, which the command writes in a moment."""
    old = write_snapshot(new.parent / "sound", {"hdf5": a_page(), "zlib": ZLIB})
    ended = run(str(old), str(new), "-f", "json")
    assert ended.returncode in (0, 1), ended.stderr
    assert ended.stderr == ""
    assert SECRET not in ended.stdout
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def problem_of(report: dict[str, Any], package: str) -> str:
    """Return the message of the one problem of a package."""
    (finding,) = [
        one for one in report["findings"] if one["rule"] == "page-invalid" and one["subject"]["package"] == package
    ]
    (problem,) = finding["problems"]
    return str(problem["message"])


# --- what stands where a page would ------------------------------------------------------------------------------------


def a_link_to_a_secret(page: Path) -> None:
    (page.parent / "secret").write_text(SECRET, encoding="utf-8")
    page.symlink_to(page.parent / "secret")


def a_link_to_a_directory(page: Path) -> None:
    page.symlink_to(page.parent)


def a_loop_of_links(page: Path) -> None:
    page.symlink_to(page.parent / "other")
    (page.parent / "other").symlink_to(page)


def a_link_to_a_device(page: Path) -> None:
    page.symlink_to("/dev/zero")


def a_socket(page: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(page.parent)  # a socket's path is short
        try:
            listener.bind(page.name)
        finally:
            os.chdir(here)


def a_device(page: Path) -> None:
    try:
        os.mknod(page, 0o020666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (a_link_to_a_secret, "a symbolic link"),
        (a_link_to_a_directory, "a symbolic link"),
        (a_loop_of_links, "a symbolic link"),
        (a_link_to_a_device, "a symbolic link"),
        (os.mkfifo, "a named pipe"),
        (os.mkdir, "a directory"),
        (a_socket, "a socket"),
        (a_device, "a device"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("is_flat", [False, True])
def test_what_is_no_file_is_a_problem_of_its_page(
    tmp_path: Path, make: Callable[[Path], None], what: str, is_flat: bool
) -> None:
    new = tmp_path / "new"
    if is_flat and what == "a directory":
        pytest.skip("a directory beside flat pages is no page")
    page = new / "zlib.md" if is_flat else new / "zlib" / "specs.md"
    page.parent.mkdir(parents=True)
    make(page)
    (new / "hdf5.md" if is_flat else write_snapshot(new, {"hdf5": ""}) / "hdf5" / "specs.md").write_text(
        a_page(), encoding="utf-8"
    )
    report = compare_with(new)
    assert problem_of(report, "zlib") == f"page cannot be read: {what}"
    assert [entry["package"] for entry in report["not_compared"]] == ["zlib"]
    assert report["summary"]["packages"]["unchanged"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("target", ["elsewhere", ".", "..", "new", "/proc/self/root"])
def test_a_package_that_is_a_link_is_not_entered(tmp_path: Path, target: str) -> None:
    new = write_snapshot(tmp_path / "new", {"hdf5": a_page()})
    write_snapshot(tmp_path / "elsewhere", {"zlib": ZLIB})
    (new / "zlib").symlink_to(target if target[0] in "./" else tmp_path / target)
    assert problem_of(compare_with(new), "zlib") == "page cannot be read: a symbolic link"


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("link", ["data", "data/new", "./data/"])
def test_an_archive_in_which_the_snapshot_lies_below_a_link(tmp_path: Path, format: str, link: str) -> None:
    """What unpacks it would follow the link; where it leads is not what is compared."""
    old, path = write_snapshot(tmp_path / "old", {"zlib": ZLIB}), tmp_path / f"new.{format}"
    if format == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data/new/zlib/specs.md", ZLIB)
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "elsewhere")
    else:
        header = {"type": tarfile.SYMTYPE, "linkname": "elsewhere"}
        write_members(path, [(link, b"", header), ("data/new/zlib/specs.md", ZLIB.encode(), {})])
    ended = run(str(old), str(path))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f": {link.strip('./')} is a symbolic link" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("source", ["link/zlib/specs.md", "link/new.tar", "./link/new", "link/new/", "link/."])
def test_a_link_above_what_is_given_is_not_followed(tmp_path: Path, source: str) -> None:
    new = write_snapshot(tmp_path / "real" / "new", {"zlib": ZLIB})
    write_snapshot(tmp_path / "real", {"zlib": ZLIB})
    add_directory(tmp_path / "real" / "new.tar", new)
    (tmp_path / "link").symlink_to("real")
    assert run("real/new", source.replace("link", "real"), cwd=tmp_path).returncode == 0
    ended = run("real/new", source, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "link is a symbolic link\n" in ended.stderr


def test_directories_named_like_pages(tmp_path: Path) -> None:
    new = write_snapshot(tmp_path / "new", {"hdf5": a_page(), "zlib": ZLIB})
    (new / "specs.md").mkdir()
    (new / "gcc.md").mkdir()
    (new / "gcc.md" / "notes").write_text("no page", encoding="utf-8")
    assert compare_with(new)["findings"] == []


# --- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        b"a\nb",
        b"a\rb",
        b"caf\xe9",
        b"\xff\xfe",
        b"x" * 255,
        "ü".encode() * 127,
        b"\x1b[2J",
        b"::error::x",
        b" ",
        b"-rf",
        b"a\tb",
        b"\xe2\x80\xae",
    ],
)
def test_any_name_is_told_and_commands_nothing(tmp_path: Path, name: bytes) -> None:
    new = write_snapshot(tmp_path / "new", {"hdf5": a_page(), "zlib": ZLIB})
    os.mkdir(os.fsencode(new) + b"/" + name)  # noqa: PTH102
    with open(os.fsencode(new) + b"/" + name + b"/specs.md", "wb") as page:  # noqa: PTH123
        page.write(b"no page")
    report = compare_with(new)
    (finding,) = report["findings"]
    assert (finding["rule"], finding["severity"]) == ("page-invalid", "error")
    for format in ("text", "markdown", "github"):
        ended = run(str(new.parent / "sound"), str(new), "-f", format)
        assert ended.returncode == 1
        assert not {"\x1b", "\r", "\u202e"} & set(ended.stdout)
        assert not any(line.lstrip().startswith("::error::x") for line in ended.stdout.splitlines())


def test_packages_that_differ_in_case_are_two(tmp_path: Path) -> None:
    new = write_snapshot(tmp_path / "new", {"hdf5": a_page(), "zlib": ZLIB})
    (new / "Zlib").mkdir()
    if len(list(new.iterdir())) == 2:
        pytest.skip("the file system does not tell case")
    write_snapshot(new, {"Zlib": a_page("zlib", [an_entry(2)])})
    report = compare_with(new)
    assert {finding["subject"]["package"] for finding in report["findings"] if finding["rule"] == "page-misplaced"} == {
        "Zlib"
    }
    assert report["new"]["packages"] == 3


# --- rights ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """Return a directory in which what was locked is unlocked in the end."""
    yield tmp_path
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755)


def run_with_rights(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return how the command ended for a user to whom a file's mode means something: to root it does not."""
    command = [sys.executable, "-m", "cachediff", *arguments]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may read everything, and there is no setpriv to change that")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    return execute(command, env=environment(), capture_output=True, encoding="utf-8", check=False, timeout=60)


@pytest.mark.slow
def test_what_may_not_be_read_is_told(locked: Path) -> None:
    old = write_snapshot(
        locked / "old", {name: a_page(name, [an_entry(n)]) for n, name in enumerate(("gcc", "hdf5", "zlib"))}
    )
    new = write_snapshot(
        locked / "new", {name: a_page(name, [an_entry(n)]) for n, name in enumerate(("gcc", "hdf5", "zlib"))}
    )
    (new / "zlib" / "specs.md").chmod(0)
    (new / "gcc").chmod(0)
    ended = run_with_rights(str(old), str(new), "-f", "json")
    assert (ended.returncode, ended.stderr) == (1, "")
    report = json.loads(ended.stdout)
    assert problem_of(report, "zlib") == problem_of(report, "gcc") == "page cannot be read: permission denied"
    new.chmod(0o100)
    ended = run_with_rights(str(old), str(new))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"error: {new} cannot be read: permission denied\nhint: ")


@pytest.mark.slow
def test_a_snapshot_that_may_not_be_written_is_read(locked: Path) -> None:
    pair = [write_snapshot(locked / side, {"hdf5": a_page(), "zlib": ZLIB}) for side in ("old", "new")]
    paths = sorted(path for side in pair for path in (side, *side.rglob("*")))
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = [(path, path.stat()[:2], path.stat().st_mtime_ns) for path in paths]
    assert run_with_rights(*map(str, pair), "-q").returncode == 0
    assert run(*map(str, pair), "-q", cwd=pair[0]).returncode == 0
    after = sorted(path for side in pair for path in (side, *side.rglob("*")))
    assert [(path, path.stat()[:2], path.stat().st_mtime_ns) for path in after] == before


# --- files that do not keep still --------------------------------------------------------------------------------------


def test_a_page_that_vanishes_is_a_problem(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"hdf5": a_page(), "zlib": ZLIB})

    def vanish(packages: list[str]) -> Iterator[str]:
        for package in packages:
            if package == "zlib":
                (tmp_path / package / "specs.md").unlink()
                (tmp_path / package).rmdir()
            yield package

    (page,) = read_snapshot(str(tmp_path), progress=vanish).invalid
    assert (page.package, page.problems[0].message) == ("zlib", "page cannot be read: no such file or directory")


def test_a_page_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"hdf5": a_page(), "zlib": ZLIB})

    def swap(packages: list[str]) -> Iterator[str]:
        for package in packages:
            (tmp_path / package / "specs.md").unlink()
            (tmp_path / package / "specs.md").symlink_to("/etc/passwd")
            yield package

    assert {page.problems[0].message for page in read_snapshot(str(tmp_path), progress=swap).invalid} == {
        "page cannot be read: a symbolic link"
    }


def test_a_page_that_is_written_while_it_is_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that is still being copied would else be compared with half of its pages."""
    path = tmp_path / "page"
    path.write_bytes(b"x" * 100)
    read = os.read

    def write_between(handle: int, size: int) -> bytes:
        data = read(handle, size)
        with path.open("ab") as file:
            file.write(b"y")
        return data

    monkeypatch.setattr(os, "read", write_between)
    with pytest.raises(UnreadableFileError, match="it changed while it was read"):
        read_bytes(str(path))


@pytest.mark.parametrize("most", [1, 7, 99, 100, 101])
def test_a_file_is_read_whole_however_little_a_read_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Linux gives less than 2 GiB at once: an index of as much was read without its end."""
    (tmp_path / "page").write_bytes(bytes(range(100)))
    read = os.read
    monkeypatch.setattr(os, "read", lambda handle, size: read(handle, min(size, most)))
    assert read_bytes(str(tmp_path / "page")) == bytes(range(100))
    with pytest.raises(LargeFileError):
        read_bytes(str(tmp_path / "page"), 99)


def test_a_file_that_never_stops_growing_ends_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_bytes(b"x" * 1000)
    done = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            while not done.is_set() and path.stat().st_size < 200_000_000:
                file.write(b"x" * 4_000_000)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(20):
            with suppress(UnreadableFileError):
                assert len(read_bytes(str(path), 2_000_000)) <= 2_000_000
    finally:
        done.set()
        writer.join()


def test_files_in_proc_are_bounded_too() -> None:
    """They say that they have no bytes, and have some."""
    if not Path("/proc/kallsyms").exists():
        pytest.skip("there is no /proc/kallsyms here")
    with pytest.raises(LargeFileError):
        read_bytes("/proc/kallsyms", 5_000)


@pytest.mark.slow
def test_few_open_files_are_enough(tmp_path: Path) -> None:
    pair = [write_snapshot(tmp_path / side, {f"p{n}": a_page(f"p{n}") for n in range(300)}) for side in ("old", "new")]

    def hold() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

    command = [sys.executable, "-m", "cachediff", *map(str, pair), "-q", "-j", "3"]
    ended = execute(
        command, env=environment(), capture_output=True, encoding="utf-8", check=False, preexec_fn=hold, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (1, "")  # every page has the same hash
