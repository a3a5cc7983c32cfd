"""What was accepted of one comparison hides nothing that is lost in the next."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from tests.builders import a_page, an_entry, write_snapshot
from tests.index_files import a_database, a_node, put
from tests.test_accept_many import accept, compare, entries, list_open

if TYPE_CHECKING:
    from pathlib import Path

PAIR = ("old", "new")


def an_edge(name: str, hash_: str) -> dict[str, Any]:
    """Return a dependency that is linked."""
    return {"name": name, "hash": hash_, "parameters": {"deptypes": ["link"], "virtuals": []}}


def a_broken_node(name: str) -> dict[str, Any]:
    """Return a spec with a hash of its own that fits no schema."""
    return {**a_node(name), "version": 13}


def lay(directory: Path, *pages: str, broken: str = "") -> None:
    """Write a snapshot anew, with a page of each package, one of which cannot be read."""
    shutil.rmtree(directory, ignore_errors=True)
    made = {name: a_page(name, [an_entry(number)]) for number, name in enumerate(pages)}
    write_snapshot(directory, made | ({broken: "cut off"} if broken else {}))


def test_who_accepts_that_old_cannot_be_read_does_not_accept_that_the_package_is_gone(tmp_path: Path) -> None:
    lay(tmp_path / "old", "gcc", "zlib", broken="gcc")
    lay(tmp_path / "new", "gcc", "zlib")
    assert [one["severity"] for one in list_open(compare(tmp_path, PAIR))] == ["warning"]
    assert accept(tmp_path, "--all").returncode == 0
    assert list_open(compare(tmp_path, PAIR)) == []
    lay(tmp_path / "new", "zlib")
    report = compare(tmp_path, PAIR)
    assert [(one["rule"], one["severity"]) for one in list_open(report)] == [("page-invalid", "error")]
    assert report["verdict"] == "fail"
    # That can be accepted, too, by itself.
    assert accept(tmp_path, "--all").returncode == 0
    assert compare(tmp_path, PAIR)["verdict"] == "pass"


def test_who_accepts_a_bad_record_of_old_does_not_accept_that_the_package_is_gone(tmp_path: Path) -> None:
    zlib, gcc = a_node("zlib"), a_node("gcc")
    put(tmp_path / "old/index.json", a_database(zlib, a_broken_node("gcc")))
    put(tmp_path / "new/index.json", a_database(zlib, gcc))
    assert [one["severity"] for one in list_open(compare(tmp_path, PAIR))] == ["warning"]
    assert accept(tmp_path, "--all").returncode == 0
    put(tmp_path / "new/index.json", a_database(zlib))
    assert [(one["rule"], one["severity"]) for one in list_open(compare(tmp_path, PAIR))] == [("record-invalid", "error")]


def test_who_accepts_a_record_without_a_name_accepts_no_other(tmp_path: Path) -> None:
    zlib, gcc = a_node("zlib"), a_node("gcc")
    nameless = {name: value for name, value in a_node("emacs").items() if name != "name"}
    put(tmp_path / "old/index.json", a_database(zlib, gcc))
    put(tmp_path / "new/index.json", a_database(zlib, gcc, nameless))
    compare(tmp_path, PAIR)
    assert accept(tmp_path, "--all").returncode == 0
    assert compare(tmp_path, PAIR)["verdict"] == "pass"
    put(tmp_path / "new/index.json", a_database(zlib, a_broken_node("gcc"), nameless))
    (left,) = list_open(compare(tmp_path, PAIR))
    assert (left["rule"], left["subject"]) == ("record-invalid", {"package": "gcc"})


def test_who_accepts_what_an_upstream_database_may_have_accepts_nothing_else_that_is_missing(tmp_path: Path) -> None:
    zlib = a_node("zlib")
    user = a_node("user", dependencies=[an_edge("xz", "b" * 32), an_edge("zlib", zlib["hash"])])
    fields: dict[str, Any] = {"installed": True}
    put(tmp_path / "old/index.json", a_database(zlib, user, **fields))
    put(tmp_path / "new/index.json", a_database(zlib, user, **fields))
    assert [one["rule"] for one in list_open(compare(tmp_path, PAIR))] == ["dependency-missing"]
    assert accept(tmp_path, "--all").returncode == 0
    assert [entry.subject.field for entry in entries(tmp_path)] == ["upstream"]
    text = a_database(zlib, user, **fields).replace(b'"installed":true', b'"installed":false', 1)
    put(tmp_path / "new/index.json", text)
    left = {one["rule"] for one in list_open(compare(tmp_path, PAIR))}
    assert "dependency-missing" in left
