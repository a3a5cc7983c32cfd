"""What was accepted of what cannot be read hides nothing that is lost, or missing, in the next comparison."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import a_page, an_entry, write_snapshot
from tests.index_files import a_database, a_node, an_edge, put
from tests.test_accept_many import accept, compare, entries, list_open

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAIR = ("old", "new")


def a_broken_node(name: str) -> dict[str, Any]:
    """Return a spec with a hash of its own that fits no schema."""
    return {**a_node(name), "version": 13}


def lay(directory: Path, *pages: str, broken: str = "") -> None:
    """Write a snapshot anew, with a page of each package, one of which cannot be read."""
    shutil.rmtree(directory, ignore_errors=True)
    made: dict[str, str | bytes] = {name: a_page(name, [an_entry(number)]) for number, name in enumerate(pages)}
    if broken:
        made[broken] = "cut off"
    write_snapshot(directory, made)


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


def put_pages(directory: Path, *, has_gcc: bool = True, is_broken: bool = False) -> None:
    lay(directory, *(("gcc", "zlib") if has_gcc else ("zlib",)), broken="gcc" if is_broken else "")


def put_index(directory: Path, *, has_gcc: bool = True, is_broken: bool = False) -> None:
    gcc = a_broken_node("gcc") if is_broken else a_node("gcc")
    put(directory / "index.json", a_database(a_node("zlib"), *([gcc] if has_gcc else [])))


@pytest.mark.parametrize(("lay_side", "rule"), [(put_pages, "page-invalid"), (put_index, "record-invalid")])
def test_who_accepts_that_new_cannot_be_read_does_not_accept_that_it_is_gone_a_week_later(
    tmp_path: Path, lay_side: Callable[..., None], rule: str
) -> None:
    lay_side(tmp_path / "old")
    lay_side(tmp_path / "new", is_broken=True)
    compare(tmp_path, PAIR)
    assert accept(tmp_path, "--all").returncode == 0
    assert compare(tmp_path, PAIR)["verdict"] == "pass"
    lay_side(tmp_path / "old", is_broken=True)
    # As long as it is there, it is known that it cannot be read.
    lay_side(tmp_path / "new", is_broken=True)
    assert list_open(compare(tmp_path, PAIR)) == []
    lay_side(tmp_path / "new", has_gcc=False)
    report = compare(tmp_path, PAIR)
    subject = {"package": "gcc", "snapshot": "both"}
    assert [(one["rule"], one["severity"], one["subject"]) for one in list_open(report)] == [(rule, "error", subject)]
    # Who asks for it need not say so, and what is written says it.
    assert accept(tmp_path, "--rule", rule, "--subject", "package=gcc", "--as-written").returncode == 3
    assert accept(tmp_path, "--rule", rule, "--subject", "package=gcc").returncode == 0
    assert [entry.subject.snapshot for entry in entries(tmp_path)] == ["", "both"]
    assert compare(tmp_path, PAIR)["verdict"] == "pass"


def put_stacks(directory: Path, **indexes: bytes) -> None:
    """Write a snapshot anew, with an index a stack."""
    shutil.rmtree(directory, ignore_errors=True)
    for stack, data in indexes.items():
        put(directory / stack.replace("_", "-") / "index.json", data)


def test_a_stack_that_old_cannot_show_and_new_does_not_have_is_an_error(tmp_path: Path) -> None:
    whole = a_database(a_node("zlib"), a_node("gcc"))
    put_stacks(tmp_path / "old", e4s=whole, hep=whole)
    put_stacks(tmp_path / "new", e4s=b"cut off", hep=whole)
    compare(tmp_path, PAIR)
    assert accept(tmp_path, "--all").returncode == 0
    assert compare(tmp_path, PAIR)["verdict"] == "pass"
    put_stacks(tmp_path / "old", e4s=b"cut off", hep=whole)
    # It is there, whether it can be read or not: what OLD cannot show is published.
    for e4s in (whole, b"cut off"):
        put_stacks(tmp_path / "new", e4s=e4s, hep=whole)
        assert list_open(compare(tmp_path, PAIR)) == []
    put_stacks(tmp_path / "new", hep=whole)
    (left,) = list_open(compare(tmp_path, PAIR))
    assert (left["rule"], left["severity"], left["subject"]) == (
        "index-invalid",
        "error",
        {"stack": "e4s", "snapshot": "both"},
    )
    assert left["message"].endswith(": stack e4s is not in the new snapshot")
    # To a part what is outside of it is no loss.
    assert list_open(compare(tmp_path, PAIR, "--stack", "hep")) == []


def test_a_stack_that_old_cannot_show_is_looked_for_under_its_new_name(tmp_path: Path) -> None:
    whole = a_database(a_node("zlib"), a_node("gcc"))
    put_stacks(tmp_path / "old", e4s_arm=b"cut off", hep=whole)
    put_stacks(tmp_path / "new", e4s=whole, hep=whole)
    assert [one["subject"]["snapshot"] for one in list_open(compare(tmp_path, PAIR))] == ["both"]
    (tmp_path / "cachediff.yaml").write_text("renames: {stacks: {e4s-arm: e4s}}\n", encoding="utf-8")
    for part in ((), ("--stack", "hep")):
        found = list_open(compare(tmp_path, PAIR, *part))
        assert [(one["severity"], one["subject"]) for one in found] == [("warning", {"stack": "e4s", "snapshot": "old"})]


@pytest.mark.parametrize(("subject", "verdict"), [("any", "pass"), ("{snapshot: '*'}", "pass"), ("{package: '*'}", "fail")])
def test_what_neither_snapshot_shows_is_accepted_by_who_says_so(tmp_path: Path, subject: str, verdict: str) -> None:
    put_pages(tmp_path / "old", is_broken=True)
    put_pages(tmp_path / "new", has_gcc=False)
    policy = f"accepted:\n  - {{rule: page-invalid, subject: {subject}, reason: because, until: 2099-01-01}}\n"
    (tmp_path / "cachediff.yaml").write_text(policy, encoding="utf-8")
    assert compare(tmp_path, PAIR)["verdict"] == verdict


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


def test_who_accepts_a_dependency_without_a_record_accepts_none_that_has_one(tmp_path: Path) -> None:
    zlib, xz = a_node("zlib"), a_node("xz")
    user = a_node("user", dependencies=[an_edge("zlib", "b" * 32)])
    other = a_node("other", dependencies=[an_edge("zlib", zlib["hash"])])
    put(tmp_path / "old/index.json", a_database(xz, user))
    put(tmp_path / "new/index.json", a_database(xz, user))
    assert [one["subject"] for one in list_open(compare(tmp_path, PAIR))] == [{"package": "zlib", "field": "record"}]
    assert accept(tmp_path, "--all").returncode == 0
    assert list_open(compare(tmp_path, PAIR)) == []
    # The record of zlib comes last, and it alone is not in the cache.
    head, cached, tail = a_database(xz, user, other, zlib).rpartition(b'"in_buildcache":true')
    put(tmp_path / "new/index.json", head + cached.replace(b"true", b"false") + tail)
    (left,) = list_open(compare(tmp_path, PAIR))
    assert (left["rule"], left["severity"], left["subject"]["version"]) == ("dependency-missing", "error", "1.3")
