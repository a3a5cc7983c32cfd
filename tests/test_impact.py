"""`cachediff impact`: what becomes of the roots of a lock, with locks made by hand and with real ones."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachediff.comparison.impact import LockClosure, Sides, judge_lock
from cachediff.comparison.stock import Stock
from cachediff.domain.graph import GraphNode, OwnContent
from cachediff.domain.problem import Location
from cachediff.domain.spec import Coordinates, EdgeKind, EdgeKinds, Spec, SpecContent
from cachediff.graph.build import build_graph
from tests.builders import a_hash, a_page, an_entry, write_snapshot
from tests.commands import ROOT as ROOT_PATH
from tests.commands import run, run_within
from tests.html_pages import find, text_of
from tests.html_pages import read as read_page
from tests.index_files import WHOLE, a_database, a_lock, a_node, an_edge, needs_whole, put, read
from tests.schemas import load_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands import Ended
    from tests.index_files import Record

CLASSES = ("installable", "blocked", "rebuilt", "replaced", "lost", "absent")


def on(*nodes: Record, types: tuple[str, ...] = ("link",)) -> list[dict[str, Any]]:
    """Return edges to some specs."""
    return [
        {"name": node["name"], "hash": node["hash"], "parameters": {"deptypes": [*types], "virtuals": []}} for node in nodes
    ]


def at(target: str) -> dict[str, str]:
    """Return the architecture with some target."""
    return {"platform": "linux", "platform_os": "debian12", "target": target}


def a_database_5(*names: str) -> bytes:
    """Return a database 5 whose specs have no dependencies."""
    installs: dict[str, Any] = {}
    for number, name in enumerate(names):
        node = {"version": "1.3", "arch": at("x86_64_v3"), "compiler": {"name": "gcc", "version": "9.3.0"}}
        node |= {"namespace": "builtin", "parameters": {"shared": True}, "hash": a_hash(number)}
        node["full_hash"] = a_hash(number + 100)
        installs[a_hash(number)] = {"spec": {name: node}, "ref_count": 1, "in_buildcache": True}
    return json.dumps({"database": {"version": "5", "installs": installs}}).encode()


LEAF = a_node("leaf")
TOOL = a_node("tool")
ROOT = a_node("app", version="2.0", dependencies=on(LEAF) + on(TOOL, types=("build",)))
LOCK = (ROOT, LEAF, TOOL)
OTHER_LEAF = a_node("leaf", package_hash="b" * 52 + "====")
REBUILT = a_node("app", version="2.0", dependencies=on(OTHER_LEAF))
HIGHER = a_node("app", version="2.10", dependencies=on(LEAF))
FARTHER = a_node("app", version="2.10", parameters={"shared": False, "cflags": []}, dependencies=on(LEAF))
LOWER = a_node("app", version="1.10", dependencies=on(LEAF))
LESSER = a_node("app", version="2.0", arch=at("x86_64"), dependencies=on(LEAF))
GREATER = a_node("app", version="2.0", arch=at("zen4"), dependencies=on(LEAF))
ELSEWHERE = a_node("app", version="2.0", arch=at("x86_64_v3") | {"platform_os": "ubuntu22.04"}, dependencies=on(LEAF))


def ask(tmp_path: Path, there: tuple[Record, ...], *options: str, before: tuple[Record, ...] | None = None) -> Ended:
    """Return how the command ended for the lock in a build cache, and one before it."""
    lock = put(tmp_path / "env" / "spack.lock", a_lock(*LOCK))
    in_ = put(tmp_path / "in" / "index.json", a_database(*there))
    if before is not None:
        options = ("--before", put(tmp_path / "before" / "index.json", a_database(*before)), *options)
    return run("impact", lock, "--in", in_, *options)


def parse(ended: Ended) -> dict[str, Any]:
    """Return a JSON answer, which fits its schema."""
    found: dict[str, Any] = json.loads(ended.stdout)
    load_whole("impact").validate(found)
    for row in found["locks"]:
        assert row["roots"] == sum(row[name] for name in CLASSES)
    return found


@pytest.mark.parametrize(
    ("there", "before", "options", "class_", "code"),
    [
        ((ROOT, LEAF, TOOL), None, (), "installable", 0),
        ((ROOT, LEAF), None, (), "installable", 0),
        ((ROOT,), None, (), "blocked", 1),
        ((ROOT, REBUILT, OTHER_LEAF), None, (), "blocked", 1),
        ((REBUILT, OTHER_LEAF, HIGHER, LEAF), None, (), "rebuilt", 0),
        ((REBUILT, HIGHER, LEAF), None, (), "replaced", 0),
        ((LESSER, LEAF), None, (), "replaced", 0),
        ((GREATER, LEAF), None, (), "absent", 1),
        ((GREATER, LEAF), None, ("--host", "zen4"), "replaced", 0),
        ((GREATER, LEAF), None, ("--host", "zen3"), "absent", 1),
        ((ELSEWHERE, LEAF), None, (), "absent", 1),
        ((LOWER, LEAF), None, (), "absent", 1),
        ((LOWER, LEAF), (ROOT, LEAF), (), "lost", 1),
        ((LEAF,), (REBUILT, OTHER_LEAF), (), "lost", 1),
        ((LEAF,), (ROOT,), (), "absent", 0),
        ((LEAF,), (LEAF,), (), "absent", 0),
    ],
)
def test_a_root_is_of_the_first_class_that_holds(
    tmp_path: Path,
    there: tuple[Record, ...],
    before: tuple[Record, ...] | None,
    options: tuple[str, ...],
    class_: str,
    code: int,
) -> None:
    ended = ask(tmp_path, there, "-f", "json", *options, before=before)
    assert (ended.returncode, ended.stderr) == (code, "")
    (row,) = parse(ended)["locks"]
    assert {name: row[name] for name in CLASSES} == {name: int(name == class_) for name in CLASSES}


@pytest.mark.parametrize(
    ("broken", "code"), [("app", 3), ("leaf", 3), ("tool", 1), ("other", 1), ("nameless", 3), ("index", 3)]
)
def test_what_before_may_have_had_is_not_called_absent(tmp_path: Path, broken: str, code: int) -> None:
    """What cannot be read of BEFORE hid what was lost since: the root was of neither, and so no failure."""
    lock, other = put(tmp_path / "spack.lock", a_lock(*LOCK)), a_node("other")
    values = json.loads(a_database(*LOCK, other))
    for record in values["database"]["installs"].values():
        if record["spec"]["name"] == {"nameless": "app"}.get(broken, broken):
            record["spec"] = {} if broken == "nameless" else {"name": broken}
    before = tmp_path / "before"
    put(before / "a/build_cache/index.json", b"{" if broken == "index" else json.dumps(values).encode())
    put(before / "b/build_cache/index.json", a_database(other))
    ended = run("impact", lock, "--in", put(tmp_path / "index.json", a_database(other)), "--before", str(before))
    # What only builds the root, and what it does not need, is not asked about.
    assert (ended.returncode, "lacks app, and nothing says whether" in ended.stderr) == (code, code == 3)
    # Nor is anything where the root is there.
    assert (
        run("impact", lock, "--in", put(tmp_path / "index.json", a_database(*LOCK)), "--before", str(before)).returncode == 0
    )


def test_what_before_had_nothing_of_is_absent_whatever_else_cannot_be_read(tmp_path: Path) -> None:
    lock, other = put(tmp_path / "spack.lock", a_lock(*LOCK)), a_node("other")
    values = json.loads(a_database(LEAF, other))
    values["database"]["installs"][LEAF["hash"]]["spec"] = {"name": "leaf"}
    before = put(tmp_path / "before.json", json.dumps(values).encode())
    ended = run("impact", lock, "--in", put(tmp_path / "index.json", a_database(other)), "--before", before)
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, "0 of 1 root can be installed; 1 absent")


def test_one_root_is_told_as_one(tmp_path: Path) -> None:
    assert "\n1 blocked: there, but not what it needs\n" in ask(tmp_path, (ROOT,)).stdout
    assert "\n1 replaced: one that differs takes its place\n" in ask(tmp_path, (HIGHER, LEAF)).stdout
    assert "\n1 lost: BEFORE had it\n" in ask(tmp_path, (LEAF,), before=(ROOT, LEAF)).stdout


def test_the_nearest_takes_the_place_and_a_lower_version_is_named(tmp_path: Path) -> None:
    (root,) = parse(ask(tmp_path, (HIGHER, FARTHER, LOWER, LEAF), "-f", "json"))["roots"]
    assert root["new"]["hash"] == HIGHER["hash"]
    assert root["fields"] == [{"field": "version", "old": "2.0", "new": "2.10"}]
    (root,) = parse(ask(tmp_path, (LOWER, LEAF), "-f", "json"))["roots"]
    assert (root["new"], root["lower_version"]) == (None, "1.10")
    # What does not run there is not there for anybody who asks.
    (root,) = parse(ask(tmp_path, (LOWER, LEAF), "-f", "json", "--host", "neoverse_v2"))["roots"]
    assert (root["new"], root["lower_version"]) == (None, "")


def test_what_would_take_the_place_and_lacks_something_itself_is_named(tmp_path: Path) -> None:
    found = ask(tmp_path, (REBUILT,), "-f", "json", before=(ROOT, LEAF))
    (root,) = parse(found)["roots"]
    assert (root["class"], root["new"], root["uninstallable"]) == ("lost", None, REBUILT["hash"])
    said = f"  app@2.0 /{ROOT['hash'][:7]}, /{REBUILT['hash'][:7]} is there, but cannot be installed"
    assert said in ask(tmp_path, (REBUILT,), before=(ROOT, LEAF)).stdout.splitlines()
    (root,) = parse(ask(tmp_path, (LEAF,), "-f", "json"))["roots"]
    assert root["uninstallable"] == ""


def test_what_blocks_leads_and_build_dependencies_are_harmless(tmp_path: Path) -> None:
    ended = ask(tmp_path, (ROOT,))
    first, *rest = ended.stdout.splitlines()
    assert first == "0 of 1 root can be installed; 1 missing dependency blocks 1"
    assert f"  leaf@1.3 /{LEAF['hash'][:7]} blocks 1: app@2.0 /{ROOT['hash'][:7]}" in rest
    assert "1 build dependency is not there, which is harmless" in ended.stdout
    assert "spack install builds from source" in ended.stdout
    assert ask(tmp_path, (ROOT, LEAF)).stdout.startswith("1 of 1 root can be installed\n")


def test_what_lies_below_something_missing_is_not_told_yet(tmp_path: Path) -> None:
    middle = a_node("middle", dependencies=on(LEAF))
    top = a_node("top", dependencies=on(middle))
    lock = put(tmp_path / "spack.lock", a_lock(top, middle, LEAF))
    for there, blocker in (((top,), middle), ((top, LEAF), middle), ((top, middle), LEAF)):
        in_ = put(tmp_path / "index.json", a_database(*there))
        found = parse(run("impact", lock, "--in", in_, "-f", "json"))
        assert [(one["hash"], one["blocks"]) for one in found["blockers"]] == [(blocker["hash"], 1)]


def test_of_what_the_lock_has_no_record_the_snapshot_knows_what_it_needs(tmp_path: Path) -> None:
    middle = a_node("middle", dependencies=on(LEAF))
    top = a_node("top", dependencies=on(middle))
    lock = put(tmp_path / "spack.lock", a_lock(top))
    for there, blockers in (((top, middle, LEAF), []), ((top, middle), ["middle"]), ((top,), ["middle"])):
        in_ = put(tmp_path / "index.json", a_database(*there))
        found = parse(run("impact", lock, "--in", in_, "-f", "json"))
        assert [one["package"] for one in found["blockers"]] == blockers


@pytest.mark.parametrize("recipe", "abcdef")
def test_of_several_that_are_alike_the_one_on_the_same_mpi_is_told(tmp_path: Path, recipe: str) -> None:
    mpis = [a_node(name) for name in ("mpich", "openmpi")]
    edges = [on(mpi) for mpi in mpis]
    for (edge,) in edges:
        edge["parameters"]["virtuals"] = ["mpi"]
    root = a_node("app", dependencies=edges[1])
    alike = [a_node("app", package_hash=recipe * 52 + "====", namespace="mine", dependencies=one) for one in edges]
    lock = put(tmp_path / "spack.lock", a_lock(root, *mpis))
    in_ = put(tmp_path / "index.json", a_database(*alike, *mpis))
    (found,) = parse(run("impact", lock, "--in", in_, "-f", "json"))["roots"]
    assert (found["class"], found["old"]["mpi"], found["new"]["mpi"]) == ("rebuilt", "openmpi", "openmpi")


@pytest.mark.parametrize("there", ["mpich", ""])
def test_that_one_is_on_another_mpi_is_told(tmp_path: Path, there: str) -> None:
    """Its coordinates are equal, so that nothing else tells it from what was locked."""
    openmpi, other = a_node("openmpi"), a_node(there or "zlib")
    edges = [on(mpi) for mpi in (openmpi, other)]
    for (edge,), virtuals in zip(edges, (["mpi"], ["mpi"] if there else []), strict=True):
        edge["parameters"]["virtuals"] = virtuals
    root, new = (a_node("app", dependencies=one) for one in edges)
    lock = put(tmp_path / "spack.lock", a_lock(root, openmpi))
    in_ = put(tmp_path / "index.json", a_database(new, openmpi, other))
    (found,) = parse(run("impact", lock, "--in", in_, "-f", "json"))["roots"]
    assert found["class"] == "rebuilt"
    assert found["fields"] == [{"field": "mpi", "old": "openmpi", "new": there or None}]
    said = f"/{new['hash'][:7]}: mpi openmpi → {there or 'none'}"
    for format_ in ("text", "markdown", "html"):
        shown = run("impact", lock, "--in", in_, "-f", format_).stdout
        assert said in shown
        assert "1 rebuilt: there under another hash, 1 on another MPI" in shown
    # What no record says is no difference.
    page = a_page("app", [an_entry(1, version="1.3", os="debian12", variants=["+shared"], compiler="none")])
    pages = write_snapshot(tmp_path / "pages", {"app": page})
    (found,) = parse(run("impact", lock, "--in", str(pages), "-f", "json"))["roots"]
    assert (found["class"], found["fields"]) == ("rebuilt", [])


@pytest.mark.parametrize(("there", "notes"), [((ROOT,), 1), ((ROOT, LEAF), 0)])
def test_what_a_site_has_no_record_of_may_be_in_an_upstream_one(
    tmp_path: Path, there: tuple[Record, ...], notes: int
) -> None:
    lock = put(tmp_path / "spack.lock", a_lock(*LOCK))
    site = put(tmp_path / "index.json", a_database(*there, installed=True, explicit=True, ref_count=0))
    found = parse(run("impact", lock, "--in", site, "-f", "json"))
    words = "has no record of 1 dependency of installed specs, which counts as absent: is there an upstream database?"
    assert found["notes"] == [f"{site} {words}"] * notes
    assert found["locks"][0]["blocked"] == notes
    # A build cache has no upstream.
    assert parse(ask(tmp_path, there, "-f", "json"))["notes"] == []


def test_several_locks_are_rows_and_the_worst_decides(tmp_path: Path) -> None:
    locks = [put(tmp_path / name / "spack.lock", a_lock(*nodes)) for name, nodes in (("a", LOCK), ("b", (HIGHER, LEAF)))]
    in_ = put(tmp_path / "in" / "index.json", a_database(ROOT, LEAF))
    ended = run("impact", *locks, "--in", in_)
    assert ended.returncode == 1
    assert ended.stdout.startswith("1 of 2 roots can be installed; 1 absent\n")
    assert [row["installable"] for row in parse(run("impact", *locks, "--in", in_, "-f", "json"))["locks"]] == [1, 0]
    markdown = run("impact", *locks, "--in", in_, "-f", "markdown").stdout
    assert "| 1 | 1 | 0 | 0 | 0 | 0 | 0 | 1 |" in markdown


@pytest.mark.parametrize(
    ("globs", "error", "hint"),
    [
        ("nothing", "--root nothing matches no root of LOCK", "roots are app, leaf"),
        ("app,lea", "--root lea matches no root of LOCK", "did you mean leaf?"),
        ("app,!zlib*", "--root zlib* matches no root of LOCK", "roots are app, leaf"),
        ("app,!a*", "--root !a*,app leaves no root of LOCK to compare", ""),
    ],
)
def test_every_glob_of_roots_matches_one(tmp_path: Path, globs: str, error: str, hint: str) -> None:
    """A root whose name has a typo would not be asked about, and what nobody asked about would pass."""
    locks = [put(tmp_path / name / "spack.lock", a_lock(*nodes)) for name, nodes in (("a", LOCK), ("b", (LEAF,)))]
    in_ = put(tmp_path / "in" / "index.json", a_database(ROOT, LEAF))
    ended = run("impact", *locks, "--in", in_, "--root", globs)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"error: {error}\nhint: {hint}")


def test_what_cannot_be_judged_is_a_sentence(tmp_path: Path) -> None:
    in_ = put(tmp_path / "in" / "index.json", a_database(ROOT, LEAF))
    rootless = put(
        tmp_path / "rootless" / "spack.lock",
        a_lock(*LOCK).replace(b'"concrete_specs":{"' + ROOT["hash"].encode(), b'"concrete_specs":{"' + b"a" * 32),
    )
    a, b = (dict(a_node(name), hash=name * 32) for name in "ab")
    circle = [node | {"dependencies": on(other)} for node, other in ((a, b), (b, a))]
    circular = put(tmp_path / "circle" / "spack.lock", a_lock(*circle))
    for source, words in ((rootless, "cannot be judged"), (circular, "depends on itself"), (in_, "is no lock")):
        ended = run("impact", source, "--in", in_)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert words in ended.stderr
    good = put(tmp_path / "env" / "spack.lock", a_lock(*LOCK))
    assert run("impact", good, "--in", in_, "--host", "zen33").returncode == 2
    assert "--in is empty" in run("impact", good, "--in", "").stderr


def test_a_host_that_does_not_run_what_is_there_is_noted(tmp_path: Path) -> None:
    ended = ask(tmp_path, (ROOT, LEAF), "--host", "core2", "-f", "json")
    assert parse(ended)["notes"] == ["1 of the roots that can be installed is for x86_64_v3, which core2 does not run"]
    assert parse(ask(tmp_path, (ROOT, LEAF), "--host", "zen3", "-f", "json"))["notes"] == []
    # Nor does one with equal coordinates take a place where it does not run.
    there = (REBUILT, OTHER_LEAF, LESSER, LEAF)
    (root,) = parse(ask(tmp_path, there, "--host", "core2", "-f", "json"))["roots"]
    assert (root["class"], root["new"]["hash"]) == ("replaced", LESSER["hash"])


def test_a_folder_of_locks_has_a_row_for_each_stack(tmp_path: Path) -> None:
    for stack, nodes in (("one", LOCK), ("two", (HIGHER, LEAF))):
        put(tmp_path / "locks" / stack / "spack.lock", a_lock(*nodes))
    in_ = put(tmp_path / "in" / "index.json", a_database(ROOT, LEAF))
    found = parse(run("impact", str(tmp_path / "locks"), "--in", in_, "-f", "json"))
    assert [(row["stack"], row["roots"], row["installable"]) for row in found["locks"]] == [("one", 1, 1), ("two", 1, 0)]
    assert [(root["stack"], root["class"]) for root in found["roots"]] == [("two", "absent")]


def test_a_root_that_two_stacks_have_is_blocked_in_both(tmp_path: Path) -> None:
    for stack in ("one", "two"):
        put(tmp_path / "locks" / stack / "spack.lock", a_lock(*LOCK))
    words = ("impact", str(tmp_path / "locks"), "--in", put(tmp_path / "in" / "index.json", a_database(ROOT)))
    found = parse(run(*words, "-f", "json"))
    assert [(one["package"], one["blocks"]) for one in found["blockers"]] == [("leaf", 2)]
    said = run(*words).stdout.splitlines()
    assert said[0] == "0 of 2 roots can be installed; 1 missing dependency blocks 2"
    assert [line for line in said if "leaf@1.3" in line and "blocks 2: one: app@2.0" in line]


def test_that_one_has_other_flags_is_told(tmp_path: Path) -> None:
    fast, plain = (a_node("app", parameters={"shared": True, "cflags": flags}) for flags in (["-O3"], []))
    other = a_node("app", namespace="mine")
    lock = put(tmp_path / "spack.lock", a_lock(fast))
    for there, field in ((plain, {"field": "flags", "old": "cflags=-O3", "new": None}), (other, None)):
        in_ = put(tmp_path / "index.json", a_database(there))
        (found,) = parse(run("impact", lock, "--in", in_, "-f", "json"))["roots"]
        assert found["class"] == "rebuilt"
        names = [one["field"] for one in found["fields"]]
        assert (found["fields"] == [field]) if field else (names == ["flags", "namespace"])


@pytest.mark.parametrize("recipe", "abcdef")
def test_of_several_that_are_alike_the_one_with_the_same_flags_is_told(tmp_path: Path, recipe: str) -> None:
    fields = {"package_hash": recipe * 52 + "===="}
    fast, plain = ({"parameters": {"shared": True, "cflags": flags}} for flags in (["-O3"], []))
    lock = put(tmp_path / "spack.lock", a_lock(a_node("app", **fast)))
    same, other = (a_node("app", version="1.4", **fields, **one) for one in (fast, plain))
    in_ = put(tmp_path / "index.json", a_database(same, other))
    (found,) = parse(run("impact", lock, "--in", in_, "-f", "json"))["roots"]
    assert (found["class"], found["new"]["hash"]) == ("replaced", same["hash"])


@pytest.mark.parametrize("recipe", "abcdef")
def test_another_release_of_the_compiler_is_nearer_than_another_compiler(tmp_path: Path, recipe: str) -> None:
    def by(name: str, release: str, **fields: str) -> Record:
        return a_node("app", compiler={"name": name, "version": release}, package_hash=recipe * 52 + "====", **fields)

    lock = put(tmp_path / "spack.lock", a_lock(by("oneapi", "2023.0.0"), version=5))
    there = (by("gcc", "12.2.0"), by("oneapi", "2023.2.1"), by("oneapi", "2023.0.0", version="1.4.1", namespace="mine"))
    in_ = put(tmp_path / "index.json", a_database(*there, version="7"))
    (found,) = parse(run("impact", lock, "--in", in_, "-f", "json"))["roots"]
    assert found["new"]["hash"] == there[1]["hash"]


def test_the_page_tells_of_every_root_and_loads_nothing(tmp_path: Path) -> None:
    for stack, nodes in (("one", LOCK), ("two", (HIGHER, LEAF)), ("<i>three", (LOWER, LEAF))):
        put(tmp_path / "locks" / stack / "spack.lock", a_lock(*nodes))
    in_ = put(tmp_path / "in" / "index.json", a_database(ROOT, LOWER, LEAF))
    before = put(tmp_path / "before" / "index.json", a_database(HIGHER, LEAF))
    words = ("impact", str(tmp_path / "locks"), "--in", in_, "--before", before)
    tree = read_page(run(*words, "-f", "html").stdout, is_strict=True)
    assert tree.get("class") == "fail"
    assert text_of(tree).startswith(run(*words).stdout.splitlines()[0])
    assert [element.tag for element in tree.iter() if element.tag in ("script", "link", "img", "i")] == []
    rows = text_of(next(element for element in tree.iter("table") if element.get("aria-labelledby") == "lost"))
    assert rows.endswith(f"app@2.10 /{HIGHER['hash'][:7]} two linux-debian12-x86_64_v3 2.0 is there, which is lower")
    blocked = read_page(ask(tmp_path, (ROOT,), "-f", "html").stdout, is_strict=True)
    assert f"leaf@1.3 /{LEAF['hash'][:7]} 1" in text_of(blocked)
    assert text_of(find(blocked, "blockers")) == "1 missing dependency"
    replaced = text_of(read_page(ask(tmp_path, (HIGHER, LEAF), "-f", "html").stdout, is_strict=True))
    assert f"/{HIGHER['hash'][:7]}: version 2.0 → 2.10" in replaced


def test_hashes_count_where_no_dependencies_are_known(tmp_path: Path) -> None:
    lock = put(tmp_path / "spack.lock", a_lock(ROOT, LEAF, TOOL))
    bare = put(tmp_path / "bare.json", a_database_5("zlib", "hdf5"))
    assert read(bare).info.graph is None
    (note,) = parse(run("impact", lock, "--in", bare, "-f", "json"))["notes"]
    assert "an index without dependencies" in note
    for specs, counts in (([ROOT, LEAF], (1, 0, 0)), ([ROOT], (0, 1, 0)), ([HIGHER], (0, 0, 1))):
        pages: dict[str, list[dict[str, Any]]] = {}
        for node in specs:
            entry = an_entry() | {"hash": node["hash"], "versions": [node["version"]]}
            entry |= {"os": "debian12", "target": "x86_64_v3", "variants": ["+shared"]}
            pages.setdefault(node["name"], []).append(entry)
        folder = tmp_path / f"pages-{len(specs)}-{specs[0]['hash'][:5]}"
        write_snapshot(folder, {name: a_page(name, entries) for name, entries in pages.items()})
        found = parse(run("impact", lock, "--in", str(folder), "-f", "json"))
        (row,) = found["locks"]
        assert (row["installable"], row["blocked"], row["replaced"]) == counts
        assert "is pages" in found["notes"][0]
    # That pages had the root alone makes it none that is lost: the lock says what it needs.
    in_ = put(tmp_path / "in" / "index.json", a_database(LEAF))
    for specs, class_ in (([ROOT], "absent"), ([ROOT, LEAF], "lost")):
        before = str(tmp_path / f"pages-{len(specs)}-{specs[0]['hash'][:5]}")
        (root,) = parse(run("impact", lock, "--in", in_, "--before", before, "-f", "json"))["roots"]
        assert root["class"] == class_


def test_the_example_of_the_docs_is_true() -> None:
    text = (ROOT_PATH / "docs" / "impact.md").read_text(encoding="utf-8")
    command, shown = text.partition("```console\n$ cachediff ")[2].partition("\n```")[0].split("\n", 1)
    ended = run(*command.split(), cwd=ROOT_PATH)
    assert (ended.returncode, ended.stdout) == (0, f"{shown}\n")


# --- any lock ----------------------------------------------------------------------------------------------------------


@given(st.data())
def test_a_root_is_installable_where_all_that_it_needs_is_there(data: st.DataObject) -> None:
    names = [chr(ord("a") + number) * 32 for number in range(data.draw(st.integers(1, 8)))]
    nodes: dict[str, GraphNode] = {}
    for place, name in enumerate(names):
        below = data.draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else []
        edges = EdgeKinds(
            tuple(EdgeKind(one[0], (data.draw(st.sampled_from(["build", "link", "run"])),), ()) for one in below)
        )
        external = data.draw(st.sampled_from([None, None, None, "/usr"]))
        own = OwnContent(name[0], "1.0", "linux", "debian12", "x86_64", external=external, edges=edges)
        nodes[name] = GraphNode(own, tuple(below), () if external else ("default",), is_explicit=data.draw(st.booleans()))
    there = data.draw(st.sets(st.sampled_from(names)))
    content = SpecContent(Coordinates("1.0", "linux", "debian12", "x86_64", "none", ()), ())
    specs = {name: Spec(name, content) for name in names}
    stock = Stock(lambda package: [spec for name, spec in specs.items() if name in there and name[0] == package])
    alone = Stock(lambda package: [spec for name, spec in specs.items() if name[0] == package])
    lock = LockClosure(build_graph("lock", nodes, lambda _: Location("spack.lock")), alone)
    answer = judge_lock(lock, Sides(stock), "spack.lock")
    roots = [name for name in names if nodes[name].is_explicit]
    others = {root.old.hash: root for root in answer.roots}
    assert [name for name in roots if name not in others] == [name for name in roots if can_install(name, nodes, there)]
    for name, root in others.items():
        assert root.class_ == ("blocked" if name in there else "absent")
        for other in root.blocked_by:
            assert other not in there
            assert other in reach(name, nodes)


def can_install(name: str, nodes: dict[str, GraphNode], there: set[str]) -> bool:
    """Return whether a record and all that it needs are there, by what the words mean."""
    node = nodes[name]
    if node.is_external:
        return True
    needs = [other for edge, other in zip(node.own.edges, node.dependencies, strict=True) if edge.types != ("build",)]
    return name in there and all(can_install(other, nodes, there) for other in needs)


def reach(name: str, nodes: dict[str, GraphNode]) -> set[str]:
    """Return all that a record leads to."""
    return {name}.union(*(reach(other, nodes) for other in nodes[name].dependencies))


# --- real locks --------------------------------------------------------------------------------------------------------

REAL = [
    ("lock-v5-derecho-2024-10-16", "site-v7-derecho-2024-10-16", "new", "", (673, 673, 0, 0, 0, 0, 0, 31), 0),
    ("lock-v5-derecho-2024-10-16", "site-v7-derecho-2024-10-16", "old", "new", (673, 670, 0, 0, 0, 3, 0, 31), 1),
    ("lock-v6-e4s/old", "v3-e4s-devtools", "old", "", (34, 34, 0, 0, 0, 0, 0, 27), 0),
    ("lock-v6-e4s/old", "v3-e4s-devtools", "new", "old", (34, 0, 0, 24, 10, 0, 0, 35), 0),
]


@needs_whole
@pytest.mark.slow
@pytest.mark.parametrize(("lock", "snapshot", "in_", "before", "row", "code"), REAL)
def test_real_locks_have_their_true_answers(
    lock: str, snapshot: str, in_: str, before: str, row: tuple[int, ...], code: int
) -> None:
    options = ("--before", str(WHOLE / snapshot / before)) if before else ()
    ended = run("impact", str(WHOLE / lock), "--in", str(WHOLE / snapshot / in_), *options, "-f", "json")
    found = parse(ended)
    (told,) = found["locks"]
    names = ("roots", *CLASSES, "absent_build_dependencies")
    assert (ended.returncode, tuple(told[name] for name in names)) == (code, row)
    lost = {
        (one["old"]["package"], one["old"]["version"], one["old"]["hash"][:7])
        for one in found["roots"]
        if one["class"] == "lost"
    }
    assert lost == ({("kokkos", "4.4.01", hash_) for hash_ in ("a2cforx", "bola5rk", "ktuwfmg")} if row[5] else set())
    assert all(one["fields"] for one in found["roots"] if one["class"] == "replaced")


@pytest.mark.slow
def test_a_long_chain_takes_a_step_for_each_record(tmp_path: Path) -> None:
    """What takes the square of its length runs into the limit of time: 1,800 million steps take longer."""
    nodes = [a_node("p", version="0")]
    for number in range(1, 60_000):
        nodes.append(a_node("p", version=str(number), dependencies=[an_edge("p", nodes[-1]["hash"])]))
    nodes.reverse()
    lock, index = put(tmp_path / "spack.lock", a_lock(*nodes)), put(tmp_path / "index.json", a_database(*nodes[:-1]))
    result, _, _ = run_within({resource.RLIMIT_CPU: 15}, "impact", lock, "--in", index, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("0 of 1 root can be installed; 1 missing dependency blocks 1\n")
