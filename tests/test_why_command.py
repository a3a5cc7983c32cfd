"""`cachediff why` as a process: what it prints of indexes that Spack made, and how it ends where nothing can be told."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.commands import ROOT, WEEK, run
from tests.index_files import WHOLE, a_lock, a_node, an_edge, needs_whole, put
from tests.runner_commands import run_commands
from tests.schemas import load_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands import Ended

INDEX = "fixtures/index"
TREE = """\
hdf5@1.14.6 /7u7sa6a, was /irktyhb: new because of what it depends on: 8 causes
├─ compiler-wrapper@1.1.0 /ern2rvi (build): version 1.0 → 1.1.0; its recipe
│     changed
├─ gcc@12.2.0 /hpstbft (build), external at /usr: its recipe changed
└─ mpich@5.0.1 /qlewfgj
   ├─ libxml2@2.15.3 /3rncqzl: version 2.15.1 → 2.15.3; its recipe changed
   └─ python@3.14.5 /c6nqekx (build): version 3.14.3 → 3.14.5; its recipe
      │  changed
      ├─ expat@2.8.2 /jordbzj: version 2.8.0 → 2.8.2; its recipe changed
      ├─ gettext@1.0 /voodnr4: its recipe changed
      ├─ readline@8.3 /cmj36fw: patches=21f0a03 →
      │     patches=21f0a03,72dee13,e273643; its recipe changed
      └─ sqlite@3.53.1 /pz3iqi7: version 3.51.2 → 3.53.1; its recipe changed
"""
WHOLE_TREE = """\
hdf5@1.14.6 /7u7sa6a, was /irktyhb: new because of what it depends on: 10
  causes
├─ compiler-wrapper@1.1.0 /ern2rvi (build): version 1.0 → 1.1.0; its recipe
│     changed
├─ gcc@12.2.0 /hpstbft (build), external at /usr: its recipe changed
├─ mpich@5.0.1 /qlewfgj
│  ├─ libxml2@2.15.3 /3rncqzl: version 2.15.1 → 2.15.3; its recipe changed
│  ├─ python@3.14.5 /c6nqekx (build): version 3.14.3 → 3.14.5; its recipe
│  │  │  changed
│  │  ├─ expat@2.8.2 /jordbzj: version 2.8.0 → 2.8.2; its recipe changed
│  │  ├─ readline@8.3 /cmj36fw: patches=21f0a03 →
│  │  │     patches=21f0a03,72dee13,e273643; its recipe changed
│  │  └─ sqlite@3.53.1 /pz3iqi7: version 3.51.2 → 3.53.1; its recipe changed
│  └─ findutils@4.10.0 (build) → gettext@1.0 /voodnr4 (build): its recipe
│        changed
└─ cmake@3.31.11 (build) → curl@8.15.0 → perl@5.42.0 /so7glhh (build): its
   │  recipe changed; depends on less now
   └─ less@692 /aeq4rzj: new: OLD had nothing like it
"""


def test_what_old_cannot_tell_is_said(tmp_path: Path) -> None:
    """What it had there alone is told as new, and whoever reads that has to know."""
    for name, node in (("e4s", a_node("zlib")), ("ml", a_node("hdf5"))):
        put(tmp_path / "new" / name / "spack.lock", a_lock(node))
        put(tmp_path / "old" / name / "spack.lock", a_lock(node) if name == "e4s" else b"{")
    ended = run("why", "hdf5", "old", "new", cwd=tmp_path)
    assert (ended.returncode, "new: OLD had nothing like it" in ended.stdout) == (0, True)
    assert ended.stderr == (
        "warning: old has stacks that cannot be read, and what is in them is not known: ml\n"
        "hint: see what is wrong: cachediff validate old\n"
    )


def why(word: str, pair: str, *options: str) -> Ended:
    """Return how the command ended on a pair of fixtures/index."""
    return run("why", word, f"{INDEX}/{pair}/old", f"{INDEX}/{pair}/new", *options)


def check(text: str) -> dict[str, object]:
    """Return a JSON answer, which fits its schema."""
    found: dict[str, object] = json.loads(text)
    load_whole("why").validate(found)
    return found


@pytest.mark.parametrize("word", ["hdf5", "hdf5/7u7s", "/7u7sa6a", "7u7sa6ah6lc3tvietirkccjaoik4tvyy"])
def test_a_spec_by_each_of_its_names(word: str) -> None:
    ended = why(word, "mirror")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, TREE, "")


def test_the_docs_show_what_is_printed() -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert f"$ cachediff why hdf5 {INDEX}/mirror/old {INDEX}/mirror/new\n{TREE}```" in text


@pytest.mark.parametrize(
    ("word", "pair", "text"),
    [
        ("glibc", "mirror", "glibc@2.36 /zirfsst, external at /usr: kept: OLD has it under the same hash\n"),
        ("gcc", "mirror", "gcc@12.2.0 /hpstbft, external at /usr, was /e47kegk: its recipe changed\n"),
        (
            "cd-extra",
            "hole",
            "cd-extra@1.0 /mapv7i4, was /k3fcu67: +fast → ~fast; and because of what it\n  depends on: 1 cause\n"
            "└─ cd-lib@2.0 → cd-base@1.1 /4m2hji7: its recipe changed\n",
        ),
        (
            "curl",
            "v2",
            "curl@8.7.1 /af5rz6m, was /eatyozb: version 8.0.1 → 8.7.1; ~nghttp2 → +nghttp2;\n"
            "  its recipe changed; depends on gcc-runtime, glibc, gmake, nghttp2, perl,\n"
            "  zlib-ng now; depends on zlib no more; and because of what it depends on: 6\n"
            "  causes\n"
            "├─ gcc-runtime@12.2.0 /wh5fexw: new: OLD had nothing like it\n"
            "├─ glibc@2.36 /bvqfy73, external at /usr: new: OLD had nothing like it\n"
            "├─ nghttp2@1.57.0 /kfoluk5: new: OLD had nothing like it\n"
            "├─ openssl@3.3.0 /oiiflgx: version 1.1.1t → 3.3.0; ~shared → +shared; its\n"
            "│     recipe changed; depends on gcc-runtime, glibc, gmake, zlib-ng now;\n"
            "│     depends on zlib no more\n"
            "├─ zlib-ng@2.1.6 /pzagepw: new: OLD had nothing like it\n"
            "└─ pkgconf@2.2.0 /y5jrgnu (build): version 1.9.5 → 2.2.0; its recipe changed;\n"
            "      depends on gcc-runtime, glibc, gmake now\n",
        ),
    ],
)
def test_what_is_told_of_others(word: str, pair: str, text: str) -> None:
    ended = why(word, pair)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, text, "")


def test_what_is_not_in_the_snapshot_is_said_to_be_so() -> None:
    first = why("py-pip", "mirror").stdout.splitlines()[0]
    assert first == "py-pip@26.1.2 /djwxttp, not in the snapshot, was /o34bdvu: version 26.1 →"


def test_several_are_listed() -> None:
    ended = why("curl", "mirror")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "2 records of NEW match curl:\n"
        "  curl@8.15.0 /c4fanom %gcc@12.2.0: inherited, nearest cause\n    compiler-wrapper@1.1.0 /ern2rvi\n"
        "  curl@8.20.0 /isgixcy %gcc@12.2.0: self-changed\n"
        f"To see one, name its hash, as in:\n  cachediff why curl/c4fanom {INDEX}/mirror/old {INDEX}/mirror/new\n"
    )
    # It can be pasted.
    assert run(*shlex.split(ended.stdout.splitlines()[-1])[1:]).stdout.startswith("curl@8.15.0 /c4fanom, was ")


def test_one_of_several_is_told_under_the_policy_of_the_run(tmp_path: Path) -> None:
    policy = tmp_path / "some policy.yaml"
    policy.write_text("renames: {packages: {curl-old: curl}}\n", encoding="utf-8")
    last = why("curl", "mirror", "--policy", str(policy)).stdout.splitlines()[-1]
    assert last == f"  cachediff why curl/c4fanom {INDEX}/mirror/old {INDEX}/mirror/new --policy '{policy}'"
    assert run(*shlex.split(last)[1:]).stdout.startswith("curl@8.15.0 /c4fanom, was ")


def test_branches_are_ascii_where_stdout_is_not_utf_8() -> None:
    ended = run("why", "cd-extra", f"{INDEX}/hole/old", f"{INDEX}/hole/new", env={"LC_ALL": "C", "PYTHONUTF8": "0"})
    assert ended.stdout.splitlines()[-1] == "`- cd-lib@2.0 -> cd-base@1.1 /4m2hji7: its recipe changed"


def test_colours() -> None:
    plain, coloured = (why("hdf5", "mirror", "--color", when).stdout for when in ("auto", "always"))
    assert (plain, coloured.replace("\x1b[33m", "").replace("\x1b[0m", "")) == (TREE, TREE)
    assert "├─ \x1b[33mcompiler-wrapper@1.1.0" in coloured


# --- JSON --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["hole", "lock", "mirror", "site", "v2"])
@pytest.mark.parametrize("word", ["curl", "gcc", "hdf5", "cd-app", "cd-lib", "less", "glibc"])
def test_json_fits_its_schema_and_says_what_the_text_says(pair: str, word: str) -> None:
    ended = why(word, pair, "-f", "json")
    if ended.returncode == 3:
        assert (ended.stdout, why(word, pair).returncode) == ("", 3)
        return
    found = check(ended.stdout)
    text = why(word, pair).stdout
    nodes, matches = found["nodes"], found["matches"]
    assert isinstance(nodes, list)
    assert isinstance(matches, list)
    assert bool(nodes) == (found["matched"] == 1 == len(matches))
    assert all(f"{one['package']}@{one['version']}" in " ".join(text.split()) for one in nodes or matches)
    ends = [node for node in nodes if node["freshness"] in {"self-changed", "rewired"}]
    assert all(f"/{node['hash'][:7]}" in text for node in ends)


def test_json_of_a_tree() -> None:
    found = check(why("cd-extra", "hole", "-f", "json").stdout)
    nodes = found.pop("nodes")
    assert isinstance(nodes, list)
    assert (found["matched"], found["causes"], found["shown"]) == (1, 2, 2)
    assert [(node["package"], node["parent"], node["freshness"], node["types"]) for node in nodes] == [
        ("cd-extra", None, "self-changed", []),
        ("cd-lib", 0, "inherited", ["build", "link"]),
        ("cd-base", 1, "self-changed", ["build", "link"]),
    ]
    assert nodes[0]["fields"] == [{"field": "variants.fast", "old": "+fast", "new": "~fast"}]
    assert (nodes[1]["is_in_snapshot"], nodes[1]["is_in_old_snapshot"]) == (False, True)


# --- where nothing can be told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "error", "hint"),
    [
        ("hdf", "NEW has no record of hdf", "did you mean hdf5?"),
        ("curl@8", "NEW has no record of curl@8", "NEW has another curl: cachediff why curl OLD NEW"),
        ("/zzz", "NEW has no record of /zzz", "SPEC is NAME, NAME@VERSION, NAME/HASH, /HASH, or how a hash begins"),
        ("gperf", "NEW has no gperf, and OLD has gperf /pzobfd4", "see what went: cachediff show gperf OLD NEW"),
        (
            "/irkty",
            "NEW has no /irkty, and OLD has hdf5 /irktyhb",
            "NEW has another hdf5: cachediff why hdf5 OLD NEW",
        ),
        ("hdf5/zzz", "NEW has no record of hdf5/zzz", "NEW has another hdf5: cachediff why hdf5 OLD NEW"),
    ],
)
def test_no_match(word: str, error: str, hint: str) -> None:
    ended = why(word, "mirror")
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "", f"error: {error}\nhint: {hint}\n")


@pytest.mark.parametrize("sides", [WEEK, (WEEK[0], f"{INDEX}/mirror/new"), (f"{INDEX}/mirror/old", WEEK[1])])
def test_pages_have_no_dependencies(sides: tuple[str, str]) -> None:
    ended = run("why", "gcc", *sides)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "is pages, which know no dependencies: why a hash is new cannot be told\nhint: " in ended.stderr


# --- what files say ----------------------------------------------------------------------------------------------------


def test_text_from_files_is_made_harmless(tmp_path: Path) -> None:
    bad = "\x1b[31m\u202e::error::x ##[group]y\n"
    old = a_node("a", version="1", external={"path": f"/{bad}"}, parameters={"v": "1"})
    new = a_node("a", version="2", external={"path": f"/opt{bad}"}, parameters={"v": "::error::x"})
    top = [a_node("top", dependencies=[an_edge(node["name"], node["hash"])]) for node in (old, new)]
    pair = [
        put(tmp_path / side / "spack.lock", a_lock(*nodes)) for side, *nodes in (("old", top[0], old), ("new", top[1], new))
    ]
    for word in ("top", "a", f"/{new['hash'][:5]}"):
        ended = run("why", word, *pair)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert not {"\x1b", "\u202e"} & {*ended.stdout}
        assert list(run_commands(ended.stdout)) == []
        assert "\\x1b[31m" in ended.stdout
        check(run("why", word, *pair, "-f", "json").stdout)


# --- whole ones --------------------------------------------------------------------------------------------------------


@needs_whole
def test_a_whole_mirror() -> None:
    pair = str(WHOLE / "v3-e4s-devtools")
    assert run("why", "hdf5", f"{pair}/old", f"{pair}/new").stdout == WHOLE_TREE


@needs_whole
def test_one_flipped_variant() -> None:
    pair = str(WHOLE / "lock-v4-derecho-2023-05-31")
    assert run("why", "curl", f"{pair}/old", f"{pair}/new").stdout == (
        "curl@8.0.1 /u3etkrh, was /hj6inji: ~nghttp2 → +nghttp2; depends on nghttp2 now;\n"
        "  and because of what it depends on: 1 cause\n"
        "└─ nghttp2@1.52.0 /pij522i: new: OLD had nothing like it\n"
    )


@needs_whole
def test_rewired() -> None:
    pair = str(WHOLE / "lock-v5-derecho-2023-10-26")
    text = "hwloc@2.9.1 /bqczdbj: rewired: was built with cuda /2sfs2no, now /ulf4uky\n"
    assert run("why", "hwloc/b", f"{pair}/old", f"{pair}/new").stdout == text


def test_what_differs_is_nothing_that_is_read(tmp_path: Path) -> None:
    """A record covers more than what is compared: how an edge was asked for, for one."""
    zlib = a_node("zlib")
    sides: list[str] = []
    for asked in ({}, {"direct": True}):
        edge = {"name": "zlib", "hash": zlib["hash"], "parameters": {"deptypes": ["link"], "virtuals": [], **asked}}
        sides.append(put(tmp_path / f"{len(sides)}/spack.lock", a_lock(a_node("hdf5", dependencies=[edge]), zlib)))
    told = run("why", "hdf5", *sides).stdout
    assert told == "hdf5@1.3 /htibga3, was /4txvkd3: it differs in nothing that is compared\n"


def test_an_external_without_a_path(tmp_path: Path) -> None:
    sides: list[str] = []
    for version in ("1", "2"):
        gcc = a_node("gcc", version=version, external={"path": None, "module": ["gcc"]})
        top = a_node("top", dependencies=[an_edge("gcc", gcc["hash"])])
        sides.append(put(tmp_path / version / "spack.lock", a_lock(top, gcc)))
    told = run("why", "gcc", *sides).stdout
    assert re.sub("/[a-z0-9]{7}", "/", told) == "gcc@2 /, external, was /: version 1 → 2\n"


def test_why_under_the_names_of_the_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("renames: {packages: {hdf5: nothing}}\n")
    under = why("hdf5", "mirror", "-p", str(policy))
    assert (under.returncode, under.stderr) == (0, "")
    assert under.stdout.startswith("hdf5@1.14.6 /7u7sa6a: new: OLD had nothing like it; and because of what it\n")
    assert why("hdf5", "mirror").stdout.startswith("hdf5@1.14.6 /7u7sa6a, was /irktyhb: new because of what it depends on")
