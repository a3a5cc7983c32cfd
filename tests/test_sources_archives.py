"""Snapshots in archives: read like directories, never unpacked, and refused where anything in them is not what it says."""

from __future__ import annotations

import gzip
import lzma
import os
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff import read_snapshot
from cachediff.errors import InputError
from cachediff.limits import DEFAULT_LIMITS, Limits
from cachediff.sources import members
from cachediff.spill.pages import PageStore
from tests.archives import FORMATS, TARS, add_directory, write_archive, write_members
from tests.builders import a_page, write_snapshot
from tests.commands import WEEK, run
from tests.repositories import Repository, needs_git

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = a_page()
PAGES = {"hdf5/specs.md": PAGE, "zlib/specs.md": a_page("zlib")}


def refuse(path: Path | str, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the sentence with which an archive is refused, without its directory."""
    with pytest.raises(InputError) as refused:
        read_snapshot(str(path), limits=limits)
    assert refused.value.exit_code == 3
    assert refused.value.hint
    return str(refused.value).replace(f"{os.fspath(path).rpartition('/')[0]}/", "")


# --- what an archive may be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("root", ["", "./", "develop-2025-03-30/", "_cache/develop-2025-03-30/"])
def test_a_snapshot_at_the_top_or_below_one_directory(tmp_path: Path, format: str, root: str) -> None:
    directory = Path(WEEK[1])
    path = add_directory(tmp_path / f"new.{format}", directory, root)
    expected, found = read_snapshot(str(directory)), read_snapshot(str(path))
    assert (found.digest, found.tag, found.invalid) == (expected.digest, expected.tag, ())
    assert [(page.package, page.specs) for page in found.packages] == [
        (page.package, page.specs) for page in expected.packages
    ]
    assert found.source == str(path)
    assert found.packages[0].path == f"{path}:{root.removeprefix('./')}cuda/specs.md"


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_the_report_is_that_of_the_directories(tmp_path: Path, format: str) -> None:
    for name, directory in zip(("old", "new"), WEEK, strict=True):
        add_directory(tmp_path / f"{name}.{format}", Path(directory))
    expected = run(*WEEK, "-f", "json")
    ended = run(f"old.{format}", f"new.{format}", "-f", "json", "-j", "2", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "")
    shown = ended.stdout
    for name, directory in zip(("old", "new"), WEEK, strict=True):
        shown = shown.replace(f"{name}.{format}:", f"{directory}/").replace(f"{name}.{format}", directory)
    assert shown == expected.stdout


@pytest.mark.parametrize("format", FORMATS)
def test_flat_pages(tmp_path: Path, format: str) -> None:
    path = write_archive(
        tmp_path / f"flat.{format}", {"pages/a.md": PAGE, "pages/b.txt": a_page("zlib"), "pages/c.rst": "no page"}
    )
    assert [(page.package, page.path) for page in read_snapshot(str(path)).packages] == [
        ("hdf5", f"{path}:pages/a.md"),
        ("zlib", f"{path}:pages/b.txt"),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_other_files_mean_nothing(tmp_path: Path, format: str) -> None:
    others = {
        "new/README.md": "# no page",
        "new/.git/a/specs.md": "x",
        "new/hdf5/deeper/specs.md": "x",
        "new/hdf5/data.bin": "\0" * 100_000,
    }
    path = write_archive(tmp_path / f"new.{format}", others | {f"new/{name}": page for name, page in PAGES.items()})
    assert [page.path for page in read_snapshot(str(path)).packages] == [
        f"{path}:new/hdf5/specs.md",
        f"{path}:new/zlib/specs.md",
    ]


@needs_git
@pytest.mark.parametrize("format", ["tar", "tar.gz", "zip"])
def test_an_archive_of_git(tmp_path: Path, format: str) -> None:
    repository = Repository(tmp_path / "repository")
    directory = repository.copy(WEEK[1], "_cache/develop-2025-03-30")
    repository.commit()
    repository.git("archive", "--prefix=cache-1234/", "-o", str(tmp_path / f"new.{format}"), "main")
    assert read_snapshot(str(tmp_path / f"new.{format}")).digest == read_snapshot(str(directory)).digest


def test_what_is_no_archive_by_its_name_is_a_page(tmp_path: Path) -> None:
    (tmp_path / "page.zip.md").write_text(PAGE)
    assert [page.package for page in read_snapshot(str(tmp_path / "page.zip.md")).packages] == ["hdf5"]
    write_snapshot(tmp_path / "dir.tar", {"hdf5": PAGE})
    assert [page.package for page in read_snapshot(str(tmp_path / "dir.tar")).packages] == ["hdf5"]


@pytest.mark.parametrize("format", ["tar.gz", "zip"])
def test_nothing_is_unpacked_and_nothing_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    path = write_archive(tmp_path / f"new.{format}", PAGES)
    monkeypatch.chdir(tmp_path)
    before = sorted(Path("/proc/self/fd").iterdir())
    read_snapshot(path.name)
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


# --- what stands in a page's place -------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_no_regular_file_is_a_problem_as_it_is_in_a_directory(tmp_path: Path, format: str) -> None:
    top = write_snapshot(tmp_path / "new", {"hdf5": PAGE})
    for package in ("zlib", "curl", "bzip2"):
        (top / package).mkdir()
    (top / "zlib" / "specs.md").symlink_to("/etc/passwd")
    (top / "gcc").symlink_to("hdf5")
    (top / "emacs" / "specs.md").mkdir(parents=True)
    (top / "emacs" / "specs.md" / "README").write_text("no page")
    (top / "curl" / "specs.md").mkdir()
    here, there = read_snapshot(str(top)), read_snapshot(str(add_directory(tmp_path / f"new.{format}", top, "new/")))
    assert [(page.package, page.problems[0].message) for page in there.invalid] == [
        (page.package, page.problems[0].message) for page in here.invalid
    ]
    assert [page.package for page in there.invalid] == ["curl", "emacs", "gcc", "zlib"]
    assert [page.package for page in there.packages] == ["hdf5"]


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ({"type": tarfile.LNKTYPE, "linkname": "hdf5/specs.md"}, "a hard link"),
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "a symbolic link"),
        ({"type": tarfile.CHRTYPE}, "a device"),
        ({"type": tarfile.BLKTYPE}, "a device"),
        ({"type": tarfile.FIFOTYPE}, "a named pipe"),
        ({"type": b"Z", "size": 0}, "no file"),
    ],
)
def test_members_of_a_tar_that_are_no_files(tmp_path: Path, header: dict[str, object], what: str) -> None:
    path = write_members(tmp_path / "new.tar", [("hdf5/specs.md", PAGE.encode(), {}), ("zlib/specs.md", b"", header)])
    (page,) = read_snapshot(str(path)).invalid
    assert (page.package, page.problems[0].message) == ("zlib", f"page cannot be read: {what}")


@pytest.mark.parametrize("format", FORMATS)
def test_a_page_that_is_too_large_is_a_problem(tmp_path: Path, format: str) -> None:
    path = write_archive(tmp_path / f"new.{format}", {"gcc/specs.md": " " * 3_000_000} | PAGES)
    snapshot = read_snapshot(str(path), limits=Limits(page_bytes=2_000_000))
    assert [page.package for page in snapshot.packages] == ["hdf5", "zlib"]
    assert [page.problems[0].message for page in snapshot.invalid] == [
        "page cannot be read: more than 2,000,000 bytes (limit page-bytes)"
    ]


# --- archives that are none, or worse ----------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["/etc/specs.md", "../new/hdf5/specs.md", "hdf5/../../specs.md", "..", "a/./../specs.md"])
def test_a_name_that_leads_out_of_the_archive(tmp_path: Path, format: str, name: str) -> None:
    path = write_archive(tmp_path / f"new.{format}", {"hdf5/specs.md": PAGE, name: PAGE})
    assert (
        refuse(path) == f"archive new.{format} cannot be read: it holds the name {name!r}, which is none below a directory"
    )


def test_a_name_that_hides_its_end(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "new.zip", {"hdf5/specs.md": PAGE, "zlib/specs.mdXevil": PAGE})
    path.write_bytes(path.read_bytes().replace(b"specs.mdX", b"specs.md\0"))
    assert "holds the name 'zlib/specs.md\\x00evil'" in refuse(path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["hdf5/specs.md", "./hdf5/specs.md", "hdf5//specs.md"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path: Path, format: str, name: str) -> None:
    path = write_members(tmp_path / f"new.{format}", [("hdf5/specs.md", PAGE.encode(), {}), (name, b"another", {})])
    assert refuse(path) == f"archive new.{format} cannot be read: it holds 'hdf5/specs.md' twice"


@pytest.mark.parametrize("format", FORMATS)
def test_two_snapshots(tmp_path: Path, format: str) -> None:
    path = write_archive(
        tmp_path / f"new.{format}", {f"{tag}/{name}": page for name, page in PAGES.items() for tag in ("b/x-2", "a", "b/x")}
    )
    assert refuse(path) == f"new.{format} holds 3 snapshots: a, b/x, b/x-2"


@pytest.mark.parametrize("format", TARS)
def test_a_directory_in_a_pages_place_counts_as_one(tmp_path: Path, format: str) -> None:
    header = {"type": tarfile.DIRTYPE}
    alone = write_members(tmp_path / f"new.{format}", [(f"new/{name}/specs.md", b"", header) for name in ("gcc", "hdf5")])
    found = read_snapshot(str(alone)).invalid
    assert [(page.package, page.problems[0].found) for page in found] == [("gcc", "a directory"), ("hdf5", "a directory")]
    members = [("a/hdf5/specs.md", PAGE.encode(), {}), ("b/gcc/specs.md", b"", header)]
    assert refuse(write_members(tmp_path / f"two.{format}", members)) == f"two.{format} holds 2 snapshots: a, b"
    twice = [("new/hdf5/specs.md", PAGE.encode(), {}), *[("new/notes.md", b"", header)] * 2]
    assert [one.package for one in read_snapshot(str(write_members(tmp_path / f"x.{format}", twice))).packages] == ["hdf5"]


@pytest.mark.parametrize("format", FORMATS)
def test_no_page(tmp_path: Path, format: str) -> None:
    assert refuse(write_archive(tmp_path / f"new.{format}", {"a/b.rst": "x"})) == f"new.{format} holds no page and no index"
    assert refuse(write_archive(tmp_path / f"empty.{format}", {})) == f"empty.{format} holds no page and no index"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"no archive at all" * 100])
def test_what_is_no_archive(tmp_path: Path, format: str, content: bytes) -> None:
    path = tmp_path / f"new.{format}"
    path.write_bytes(content)
    assert refuse(path).startswith(f"archive new.{format} cannot be read: ")


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_an_archive_that_is_cut_off_anywhere(tmp_path: Path, format: str) -> None:
    """Half of an archive is not a snapshot with half of the packages."""
    whole = write_archive(tmp_path / f"whole.{format}", {f"p{i}/specs.md": a_page(f"p{i}") for i in range(8)}).read_bytes()
    path = tmp_path / f"new.{format}"
    end = len(whole.rstrip(b"\0")) if format == "tar" else len(whole)
    for length in range(0, end, max(1, len(whole) // 97)):
        path.write_bytes(whole[:length])
        assert refuse(path).startswith(f"archive new.{format} cannot be read: ")


@pytest.mark.parametrize("format", TARS)
@pytest.mark.parametrize("blocks", [1, 5, 20, 40])
def test_a_tar_that_goes_on_behind_its_end_mark(tmp_path: Path, format: str, blocks: int) -> None:
    """A hole that a download left among the members looks like the end, and hid each package that lies behind it."""
    pages = {f"p{i:02}/specs.md": a_page(f"p{i:02}") for i in range(40)}
    content = write_archive(tmp_path / "whole.tar", pages).read_bytes()
    start = content.index(b"p05/specs.md")
    packers: dict[str, Callable[[bytes], bytes]] = {"tar": bytes, "tar.gz": gzip.compress, "tar.xz": lzma.compress}
    pack = packers[format]
    path = tmp_path / f"new.{format}"
    path.write_bytes(pack(content[:start] + bytes(512 * blocks) + content[start + 512 * blocks :]))
    assert refuse(path).startswith(f"archive new.{format} cannot be read: more follows behind its end mark")
    path.write_bytes(pack(content) * 2)
    assert refuse(path).startswith(f"archive new.{format} cannot be read: more follows behind its end mark")
    path.write_bytes(pack(content + bytes(1_000_000)))
    assert len(read_snapshot(str(path)).packages) == 40
    # A file that has its full size before its bytes have come.
    path.write_bytes(pack(content[: content.index(b"p30/specs.md")] + bytes(2_000_000)))
    assert refuse(path).startswith(f"archive new.{format} cannot be read: so many zeros follow behind its end mark")


@pytest.mark.parametrize("format", FORMATS)
def test_an_archive_that_is_written_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    """Half of last week's and half of this week's is a snapshot that nobody published."""
    path = write_archive(tmp_path / f"new.{format}", PAGES)
    # Long ago: clocks of file systems tick in milliseconds.
    os.utime(path, (0, 0))
    keep = PageStore.keep

    def write_between(*words: Any) -> Any:
        with path.open("r+b") as file:
            file.write(path.read_bytes())
        return keep(*words)

    monkeypatch.setattr(PageStore, "keep", write_between)
    assert refuse(path) == f"archive new.{format} cannot be read: it changed while it was read"


@pytest.mark.parametrize("format", ["tar.gz", "tar.xz", "zip"])
@given(data=st.data())
def test_a_byte_that_is_wrong_changes_no_page(
    tmp_path_factory: pytest.TempPathFactory, format: str, data: st.DataObject
) -> None:
    """Checksums tell: an archive is refused, or holds what it held."""
    path = write_archive(tmp_path_factory.mktemp("archive") / f"new.{format}", PAGES)
    expected = {page.package: page.digest for page in read_snapshot(str(path)).packages}
    content = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        found = read_snapshot(str(path))
    except InputError:
        return
    assert {page.digest for page in found.packages} <= set(expected.values())


@given(st.binary(max_size=2000), st.sampled_from(FORMATS), st.integers(0, 2000))
def test_random_bytes_are_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, format: str, at: int
) -> None:
    path = write_archive(tmp_path_factory.mktemp("archive") / f"new.{format}", PAGES)
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + content + whole[at + len(content) :])
    try:
        read_snapshot(str(path))
    except InputError as error:
        assert error.hint  # noqa: PT017 - it may also be read


@pytest.mark.parametrize("format", FORMATS)
def test_too_many_members(tmp_path: Path, format: str) -> None:
    path = write_archive(tmp_path / f"new.{format}", {f"{i}/x": "" for i in range(6)} | PAGES)
    assert (
        refuse(path, Limits(members=5)) == f"archive new.{format} cannot be read: it has more than 5 members (limit members)"
    )


@pytest.mark.slow
@pytest.mark.parametrize("format", TARS)
def test_a_tar_that_unpacks_to_too_much(tmp_path: Path, format: str) -> None:
    path = write_archive(tmp_path / f"new.{format}", PAGES | {"zeros": b"\0" * 8_000_000})
    expected = f"new.{format} is too large: it unpacks to more than 4,000,000 bytes (limit snapshot-bytes)"
    assert refuse(path, Limits(snapshot_bytes=4_000_000)) == expected


def test_pages_of_a_zip_that_are_too_large_together(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "new.zip", {f"p{i}/specs.md": b"\0" * 1_500_000 for i in range(3)})
    expected = "new.zip is too large: more than 4,000,000 bytes (limit snapshot-bytes) by p2/specs.md"
    assert refuse(path, Limits(snapshot_bytes=4_000_000)) == expected


def test_a_zip_whose_size_is_a_lie(tmp_path: Path) -> None:
    """What is counted is what is read: the directory says 100 bytes, and three million come."""
    path = write_archive(tmp_path / "new.zip", {"hdf5/specs.md": b"\0" * 3_000_000})
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", 3_000_000), struct.pack("<L", 100)))
    assert refuse(path, Limits(snapshot_bytes=4_000_000)).startswith("archive new.zip cannot be read: bad CRC-32")


def test_a_zip_that_is_encrypted(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "new.zip", PAGES)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.index(mark)
        content[at + offset] |= 1
    path.write_bytes(content)
    assert refuse(path) == "archive new.zip cannot be read: 'hdf5/specs.md' is encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_whose_compression_has_no_bound(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "new.zip", "w", method) as archive:
        archive.writestr("hdf5/specs.md", PAGE)
    assert (
        refuse(tmp_path / "new.zip")
        == "archive new.zip cannot be read: 'hdf5/specs.md' is compressed in another way than deflate"
    )


def test_a_zip_with_a_directory_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_archive(tmp_path / "new.zip", {f"{i}/{'x' * 200}": "" for i in range(500)})
    monkeypatch.setattr(members, "MAX_HEADERS", 100_000)
    assert refuse(path) == "archive new.zip cannot be read: its headers are too large"


def test_a_tar_with_a_name_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_archive(tmp_path / "new.tar.gz", {"a/" * 500_000 + "specs.md": ""} | PAGES)
    monkeypatch.setattr(members, "MAX_HEADERS", 100_000)
    assert refuse(path) == "archive new.tar.gz cannot be read: its headers are too large"


@pytest.mark.parametrize("size", [-1, -512, -(1 << 40)])
def test_a_tar_with_a_size_below_zero(tmp_path: Path, size: int) -> None:
    """A size that leads back would be read for ever."""
    header = tarfile.TarInfo("hdf5/specs.md").tobuf(tarfile.GNU_FORMAT)
    field = (256**12 + size).to_bytes(12, "big")
    changed = bytearray(header[:124] + b"\xff" + field[1:] + header[136:])
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed)
    (tmp_path / "new.tar").write_bytes(bytes(changed) + b"\0" * 10240)
    assert refuse(tmp_path / "new.tar") == "archive new.tar cannot be read: a header gives a size below zero"
    extended = tarfile.TarInfo("hdf5/specs.md")
    extended.pax_headers = {"size": str(size)}
    (tmp_path / "pax.tar").write_bytes(extended.tobuf(tarfile.PAX_FORMAT) + b"\0" * 10240)
    assert refuse(tmp_path / "pax.tar").startswith("archive pax.tar cannot be read: ")


@pytest.mark.slow
def test_a_tar_of_headers_in_headers(tmp_path: Path) -> None:
    header = tarfile.TarInfo("hdf5/specs.md")
    header.pax_headers = {"comment": "x"}
    extended = header.tobuf(tarfile.PAX_FORMAT)[:1024]
    with gzip.open(tmp_path / "new.tar.gz", "wb") as file:
        file.write(extended * 100_000)
    assert refuse(tmp_path / "new.tar.gz").startswith("archive new.tar.gz cannot be read: maximum recursion depth exceeded")


def test_an_archive_that_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_archive(tmp_path / "new.tar", PAGES)

    def deny(file: str, mode: str) -> None:
        raise PermissionError(13, "Permission denied", file)

    monkeypatch.setattr("builtins.open", deny)
    assert refuse(path) == "archive new.tar cannot be read: permission denied"


def test_an_archive_that_is_a_link_is_refused(tmp_path: Path) -> None:
    write_archive(tmp_path / "real.tar", PAGES)
    (tmp_path / "new.tar").symlink_to("real.tar")
    assert refuse(tmp_path / "new.tar") == "new.tar is a symbolic link, not a directory of pages"


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    path = write_archive(tmp_path / "new.tar", PAGES)
    monkeypatch.setattr(os, "pwrite", fail)
    assert refuse(path) == "the directory for temporary files cannot be written: no space left on device"


def test_hostile_words_command_no_runner(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "new.tar", {"../\n::error::x\x1b[31m##[group]": PAGE})
    ended = run(str(path), str(path))
    assert ended.returncode == 3
    assert "\n::error" not in ended.stderr
    assert "\x1b" not in ended.stderr
