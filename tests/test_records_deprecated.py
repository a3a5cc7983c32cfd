"""What a site deprecates is removed, and another installation linked in its place: who depends on it has it all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run
from tests.index_files import a_lock, a_node, an_edge, compare, put, rules_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.index_files import Record

OLD_ZLIB, ZLIB = a_node("zlib", version="1.2.11"), a_node("zlib", version="1.2.13")
EDGE = an_edge("zlib", OLD_ZLIB["hash"])
HDF5 = a_node("hdf5", dependencies=[EDGE])


def a_site(*nodes: Record, **deprecated: str | None) -> bytes:
    """Return a site; `deprecated` gives a version of zlib what it is deprecated for."""
    installs: dict[str, Any] = {}
    for node in nodes:
        is_gone = node["name"] == "zlib" and f"v{node['version'].replace('.', '_')}" in deprecated
        other = deprecated[f"v{node['version'].replace('.', '_')}"] if is_gone else None
        installs[node["hash"]] = {"spec": node, "installed": not is_gone, "explicit": True, "deprecated_for": other}
    return json.dumps({"database": {"version": "8", "installs": installs}}).encode()


BEFORE = a_site(OLD_ZLIB, ZLIB, HDF5)


def test_who_depends_on_what_is_deprecated_lacks_nothing(tmp_path: Path) -> None:
    after = a_site(OLD_ZLIB, ZLIB, HDF5, v1_2_11=ZLIB["hash"])
    report = compare(put(tmp_path / "old/index.json", BEFORE), put(tmp_path / "new/index.json", after))
    assert (report.verdict, report.summary.specs.removed) == ("pass", 1)
    assert "dependency-missing" not in rules_of(report)


@pytest.mark.parametrize(
    ("nodes", "deprecated"),
    [
        ((OLD_ZLIB, ZLIB, HDF5), {"v1_2_11": None}),
        ((OLD_ZLIB, ZLIB, HDF5), {"v1_2_11": "a" * 32}),
        ((OLD_ZLIB, HDF5), {"v1_2_11": ZLIB["hash"]}),
        ((OLD_ZLIB, ZLIB, HDF5), {"v1_2_11": ZLIB["hash"], "v1_2_13": None}),
        ((OLD_ZLIB, ZLIB, HDF5), {"v1_2_11": ZLIB["hash"], "v1_2_13": OLD_ZLIB["hash"]}),
    ],
)
def test_what_is_linked_has_to_be_there(
    nodes: tuple[Record, ...], deprecated: dict[str, str | None], tmp_path: Path
) -> None:
    after = a_site(*nodes, **deprecated)
    report = compare(put(tmp_path / "old/index.json", BEFORE), put(tmp_path / "new/index.json", after))
    assert (report.verdict, rules_of(report)["dependency-missing"]) == ("fail", ["zlib"])


@pytest.mark.parametrize(("other", "code"), [(ZLIB["hash"], 0), (None, 1)])
def test_a_root_that_needs_it_can_be_installed(other: str | None, code: int, tmp_path: Path) -> None:
    lock = put(tmp_path / "spack.lock", a_lock(HDF5, OLD_ZLIB))
    site = put(tmp_path / "site/index.json", a_site(OLD_ZLIB, ZLIB, HDF5, v1_2_11=other))
    assert run("impact", lock, "--in", site).returncode == code
