"""What tells specs of equal coordinates apart: their MPI, or the nearest dependency that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cachediff.comparison.duplicates import MAX_DEPTH, MAX_GROUP, tell_apart
from cachediff.domain.spec import Coordinates, EdgeKinds, Spec, SpecContent
from tests.commands import run
from tests.examples import length
from tests.graphs import a_graph, a_record
from tests.index_files import WHOLE, a_lock, a_node, needs_whole, put

if TYPE_CHECKING:
    from pathlib import Path

    from cachediff.domain.graph import GraphNode

CONTENT = SpecContent(Coordinates("1", "linux", "debian12", "zen4", "gcc@12", ()), ("default",))


def labels(*below: GraphNode | None, **more: GraphNode) -> list[str]:
    """Return what specs are on that are equal but for one dependency, which some have not."""
    nodes = {name.replace("_", "."): node for name, node in more.items()}
    specs = []
    for number, node in enumerate(below):
        edges = []
        if node is not None:
            edges.append(f"{node.own.package}.{number}")
            nodes[edges[0]] = node
        nodes[f"a.{number}"] = a_record("a", *edges)
        specs.append(Spec(f"a.{number}", CONTENT))
    found = tell_apart(specs, a_graph(nodes))
    return [found.get(spec.hash, "-") for spec in specs]


@pytest.mark.parametrize(
    ("below", "found"),
    [
        ((a_record("b"), a_record("c")), ["b", "no b"]),
        ((a_record("b"), a_record("b", version="2")), ["b@1", "b@2"]),
        ((a_record("b", variants=("+x", "y=1")), a_record("b", variants=("~x", "y=1"))), ["b@1 +x", "b@1 ~x"]),
        ((a_record("b", external="/usr"), a_record("b", external="/opt")), ["b@1 at /usr", "b@1 at /opt"]),
        ((a_record("b", package_hash="pqr"), a_record("b", package_hash="stu")), ["b@1 recipe pqr", "b@1 recipe stu"]),
        ((a_record("b"), None), ["b", "no b"]),
        # One fact tells some apart, another one the rest.
        ((a_record("b"), a_record("b", version="2"), None), ["b@1", "b@2", "no b"]),
        ((a_record("b"), a_record("b")), ["", ""]),
        ((a_record("b"),), ["-"]),
    ],
)
def test_the_shortest_name_that_tells_all_apart(below: tuple[GraphNode | None, ...], found: list[str]) -> None:
    assert labels(*below) == found


def test_what_lies_deeper_is_found() -> None:
    found = labels(a_record("b", "c.1"), a_record("b", "c.2"), c_1=a_record("c"), c_2=a_record("c", version="2"))
    assert found == ["c@1", "c@2"]


def test_what_is_needed_to_run_goes_before_what_only_builds() -> None:
    nodes = {}
    for number in "12":
        nodes[f"b.{number}"] = a_record("b", version=number)
        nodes[f"z.{number}"] = a_record("z", version=number)
        record = a_record("a", f"b.{number}", f"z.{number}")
        built, used = record.own.edges
        edges = EdgeKinds((type(built)("b", ("build",), ()), used))
        record.own = type(record.own)("a", "1", "linux", "debian12", "zen4", edges=edges)
        nodes[f"a.{number}"] = record
    found = tell_apart([Spec(f"a.{number}", CONTENT) for number in "12"], a_graph(nodes))
    assert found == {"a.1": "z@1", "a.2": "z@2"}


def test_own_facts_tell_apart() -> None:
    def told(**facts: tuple[Any, Any]) -> dict[str, str]:
        nodes = {
            f"a.{number}": a_record("a", **{name: values[number] for name, values in facts.items()}) for number in (0, 1)
        }
        return tell_apart([Spec(hash_, CONTENT) for hash_ in nodes], a_graph(nodes))

    assert told(package_hash=("pqr", "stu")) == {"a.0": "recipe pqr", "a.1": "recipe stu"}
    assert told(flags=(("cflags=-O3",), ())) == {"a.0": "cflags=-O3", "a.1": "no flags"}
    assert told(namespace=("builtin", "site")) == {"a.0": "namespace builtin", "a.1": "namespace site"}


DEEP = length(50_000)


def test_no_group_is_too_large_or_too_deep_to_end() -> None:
    many = {f"a.{number}": a_record("a") for number in range(MAX_GROUP + 1)}
    assert tell_apart([Spec(hash_, CONTENT) for hash_ in many], a_graph(many)) == {}
    deep = {}
    for side in "xy":
        deep[f"p0.{side}"] = a_record("p0", version=side)
        for number in range(1, DEEP):
            deep[f"p{number}.{side}"] = a_record(f"p{number}", f"p{number - 1}.{side}")
    graph = a_graph(deep)
    assert tell_apart([Spec(f"p{DEEP - 1}.{side}", CONTENT) for side in "xy"], graph) == {
        f"p{DEEP - 1}.x": "",
        f"p{DEEP - 1}.y": "",
    }
    assert tell_apart([Spec(f"p{MAX_DEPTH}.{side}", CONTENT) for side in "xy"], graph) == {
        f"p{MAX_DEPTH}.x": "p0@x",
        f"p{MAX_DEPTH}.y": "p0@y",
    }


def test_a_circle_ends() -> None:
    nodes = {f"{name}.{side}": a_record(name, f"{other}.{side}") for side in "xy" for name, other in ("ab", "ba")}
    assert tell_apart([Spec(f"a.{side}", CONTENT) for side in "xy"], a_graph(nodes)) == {"a.x": "", "a.y": ""}


# --- show --------------------------------------------------------------------------------------------------------------


def a_user(*edges: tuple[dict[str, object], tuple[str, ...]], **fields: object) -> dict[str, object]:
    """Return a record of netcdf that depends on others, each with the virtuals that it provides."""
    dependencies = [
        {"name": node["name"], "hash": node["hash"], "parameters": {"deptypes": ["link"], "virtuals": [*virtuals]}}
        for node, virtuals in edges
    ]
    return a_node("netcdf", dependencies=dependencies, **fields)


def test_show_tells_equal_specs_as_one(tmp_path: Path) -> None:
    openmpi, newer, mpich = a_node("openmpi", version="4"), a_node("openmpi", version="5"), a_node("mpich")
    hdf5 = a_node("hdf5")
    users = [a_user((mpi, ("mpi",)), (hdf5, ())) for mpi in (openmpi, newer, mpich)] + [a_user((hdf5, ()))]
    other = a_user((hdf5, ()), version="2")
    old = put(tmp_path / "old" / "spack.lock", a_lock(*users[:3], other, openmpi, newer, mpich, hdf5))
    new = put(tmp_path / "new" / "spack.lock", a_lock(*users, other, openmpi, newer, mpich, hdf5))
    ended = run("show", "netcdf", old, new)
    hashes = [str(user["hash"])[:7] for user in users]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "netcdf: 4 → 5 specs\n\nnote[spec-added]: netcdf has 1 spec added (4 → 5)\n"
        "\n"
        "1 added\n"
        f"  + netcdf@1.3 +shared arch=linux-debian12-x86_64_v3 /{hashes[3]}\n"
        "    on: no mpi\n"
        "\n"
        "4 unchanged\n"
        "  = netcdf@1.3 +shared arch=linux-debian12-x86_64_v3, 3 on:\n"
        f"      mpich /{hashes[2]}\n"
        f"      openmpi@4 /{hashes[0]}\n"
        f"      openmpi@5 /{hashes[1]}\n"
        f"  = netcdf@2 +shared arch=linux-debian12-x86_64_v3 /{str(other['hash'])[:7]}\n"
    )


@needs_whole
def test_show_of_a_whole_site() -> None:
    pair = WHOLE / "site-v7-derecho-2024-10-16"
    text = run("show", "netcdf-fortran", str(pair / "old"), str(pair / "new")).stdout
    assert (
        "  = netcdf-fortran@4.6.1%intel-oneapi-compilers@2023.2.1 build_system=autotools\n"
        "    ~doc +pic +shared arch=linux-sles15-x86_64_v3, 5 on:\n"
        "      cray-mpich@8.1.25 /kbpxchd\n"
        "      cray-mpich@8.1.27 /w55ca63\n"
        "      intel-oneapi-mpi /qbwnkuo\n"
        "      no mpi /vfpjw57\n"
        "      openmpi /tpexfab\n"
    ) in text
    assert (text.count(" on:\n"), len(text.splitlines())) == (12, 3 + 13 * 2 + 39)


@needs_whole
def test_nearly_all_that_is_equal_is_told_apart() -> None:
    from cachediff.domain.package import PackageRecord
    from tests.index_files import read

    reader = read(WHOLE / "site-v7-derecho-2024-10-16" / "new")
    graph = reader.info.graph
    assert graph
    groups: dict[tuple[str, SpecContent], list[str]] = {}
    for package in reader.packages():
        record = reader.read(package)
        assert isinstance(record, PackageRecord)
        found = tell_apart(record.specs, graph)
        for spec in record.specs:
            if spec.hash in found:
                groups.setdefault((package, spec.content), []).append(found[spec.hash])
    assert len(groups) == 143
    assert [key for key, told in groups.items() if len({*told}) < len(told) or "" in told] == []
