"""Mirrors that are not as they should be: views without an index of the whole, names that nothing has, other checksums."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from cachediff.errors import InputError
from tests.index_files import a_database, a_node, an_edge, compare, put, read, rules_of, stacks_of
from tests.make_index_fixtures import MANIFESTS, write_index

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = a_node("zlib"), a_node("hdf5"), a_node("cmake")
DATED = "develop-2026-06-12"


def a_mirror(path: Path, **views: bytes) -> Path:
    """Write a v3 mirror with some views; `whole` is its own index, and `dated` one that is named like a snapshot."""
    for view, data in views.items():
        write_index(path, {"whole": ".", "dated": DATED}.get(view, view), data)
    return path


def refuse(source: Path | str) -> str:
    """Return why a snapshot is refused."""
    with pytest.raises(InputError) as refused:
        read(source)
    assert refused.value.exit_code == 3
    return f"{refused.value} | {refused.value.hint}"


# --- without an index of the whole -------------------------------------------------------------------------------------


def test_snapshots_of_their_own_alone(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "mirrors/one", dated=a_database(A))
    said = "has no index of the whole, and each of its views is a snapshot of its own | name the manifest of one of them"
    assert said in refuse(mirror)
    assert said in refuse(tmp_path / "mirrors")
    assert stacks_of(mirror / MANIFESTS / DATED / "index.manifest.json") == {"zlib": ["default"]}


def test_a_mirror_of_several_has_all_its_views(tmp_path: Path) -> None:
    a_mirror(tmp_path / "mirrors/one", dated=a_database(C), e4s=a_database(A), tools=a_database(B))
    a_mirror(tmp_path / "mirrors/two", whole=a_database(A, C), e4s=a_database(A))
    assert stacks_of(tmp_path / "mirrors") == {"cmake": ["two"], "hdf5": ["one"], "zlib": ["one", "two"]}
    assert read(tmp_path / "mirrors").info.reading.notes == (
        "the mirror has no index of the whole: its views are read",
        "views are no stacks here: in a folder of several, a mirror is one stack",
    )


def test_an_empty_view_is_a_stack_that_is_gone(tmp_path: Path) -> None:
    a_mirror(tmp_path / "old", whole=a_database(A, B), e4s=a_database(A), tools=a_database(B))
    a_mirror(tmp_path / "new", whole=a_database(A, B), e4s=a_database(), tools=a_database(B))
    assert "stack-removed" in rules_of(compare(tmp_path / "old", tmp_path / "new"))
    a_mirror(tmp_path / "none", whole=a_database(), e4s=a_database(A))
    assert "meta-mismatch" in rules_of(compare(tmp_path / "none", tmp_path / "none"))
    a_mirror(tmp_path / "empty", whole=a_database(), e4s=a_database())
    assert "holds no spec: of 0 records" in refuse(tmp_path / "empty")


def test_what_the_index_of_the_whole_lacks_is_one_line_a_view(tmp_path: Path) -> None:
    """Nobody made it anew since the views were pushed: hundreds of packages are in them alone, for one reason."""
    a_mirror(tmp_path / "old", whole=a_database(A, B, C), e4s=a_database(A, B), tools=a_database(C))
    new = [a_node(name, version="2") for name in ("cmake", "hdf5", "zlib")]
    a_mirror(tmp_path / "new", whole=a_database(A, B, C), e4s=a_database(*new[1:], A, B), tools=a_database(new[0], C))
    found = [one for one in compare(tmp_path / "old", tmp_path / "new").findings if one.rule == "meta-mismatch"]
    assert [(one.subject.package, one.subject.stack, one.severity) for one in found] == [
        ("", "e4s", "error"),
        ("cmake", "tools", "error"),
    ]
    assert found[0].message == "view e4s has 2 specs of 2 packages that the mirror's index lacks: hdf5, zlib"
    assert found[1].message == f"cmake /{new[0]['hash'][:7]} is in view tools and not in the mirror's index"
    assert all(one.location and one.location.pointer for one in found)


def test_one_broken_view_of_several_leaves_the_whole_mirror_unobserved(tmp_path: Path) -> None:
    for side in ("old", "new"):
        a_mirror(tmp_path / side / "one", e4s=a_database(A), tools=a_database(B))
        a_mirror(tmp_path / side / "two", whole=a_database(A, C))
    put(tmp_path / "new/one" / MANIFESTS / "tools/index.manifest.json", b"{")
    report = compare(tmp_path / "old", tmp_path / "new")
    assert rules_of(report) == {"index-invalid": ["one"]}
    assert {place.stack for place in report.coverage} == {"two"}


# --- what is named and not there ---------------------------------------------------------------------------------------


def test_a_view_that_is_a_link_is_not_observed(tmp_path: Path) -> None:
    old = a_mirror(tmp_path / "old", whole=a_database(A, B), e4s=a_database(A), tools=a_database(A, B))
    new = a_mirror(tmp_path / "new", whole=a_database(A, B), e4s=a_database(A))
    (old / MANIFESTS / "tools").rename(tmp_path / "elsewhere")
    (old / MANIFESTS / "tools").symlink_to(tmp_path / "elsewhere")
    assert rules_of(compare(old, new)) == {"index-invalid": ["tools"]}
    assert rules_of(compare(old, old)) == {"index-invalid": ["tools", "tools"]}


@pytest.mark.parametrize("view", ["e4s", "default"])
def test_what_a_view_alone_has_that_cannot_be_read_is_in_the_mirror_all_the_same(view: str, tmp_path: Path) -> None:
    user = a_node("user", dependencies=[an_edge("zlib", A["hash"])])
    views = {"whole": a_database(A, user, C), view: a_database(user), "hep": a_database(C)}
    old = a_mirror(tmp_path / "old", tools=a_database(A), **views)
    new = a_mirror(tmp_path / "new", tools=b"{", **views)
    assert rules_of(compare(old, new)) == {"index-invalid": ["tools"]}
    graph = read(new).info.graph
    assert graph
    assert graph.missing == ()


@pytest.mark.parametrize("view", ["e4", "E4S", f"{DATED}x"])
def test_a_view_that_is_not_there_is_not_the_mirror(view: str, tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", whole=a_database(A, B), e4s=a_database(A))
    manifest = mirror / MANIFESTS / view / "index.manifest.json"
    assert f"{manifest} cannot be read: no such file or directory" in refuse(manifest)


def test_an_index_of_the_whole_that_is_not_there(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", e4s=a_database(A))
    manifest = mirror / MANIFESTS / "index.manifest.json"
    assert f"{manifest} cannot be read: no such file or directory" in refuse(manifest)
    assert stacks_of(mirror) == {"zlib": ["e4s"]}


def test_names_from_within_the_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = a_mirror(tmp_path / "m", whole=a_database(A, B), e4s=a_database(A))
    monkeypatch.chdir(mirror)
    whole = {"hdf5": ["default"], "zlib": ["e4s"]}
    assert stacks_of(".") == stacks_of(f"{MANIFESTS}/index.manifest.json") == whole
    assert stacks_of(f"./{MANIFESTS}/e4s/index.manifest.json") == {"zlib": ["default"]}
    # From where the blobs cannot be found, a manifest is told for what it is.
    monkeypatch.chdir(mirror / MANIFESTS)
    assert "a manifest by itself is not read" in refuse("e4s/index.manifest.json")


# --- manifests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("is_true", [True, False])
def test_each_algorithm_is_checked(algorithm: str, is_true: bool, tmp_path: Path) -> None:
    data = a_database(A)
    checksum = hashlib.new(algorithm, data).hexdigest()
    put(tmp_path / "blobs" / algorithm / checksum[:2] / checksum, data if is_true else data.replace(b"1.3", b"1.4"))
    item = {
        "contentLength": len(data),
        "mediaType": "application/vnd.spack.db.v8+json",
        "compression": "none",
        "checksumAlgorithm": algorithm,
        "checksum": checksum,
    }
    manifest = json.dumps({"version": 3, "data": [item], "unknown": 1}).encode()
    put(tmp_path / MANIFESTS / "index.manifest.json", manifest)
    if is_true:
        assert stacks_of(tmp_path) == {"zlib": ["default"]}
    else:
        assert "blob is not the one that its manifest names" in refuse(tmp_path)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_signed_manifest_as_gpg_writes_it(newline: str, tmp_path: Path) -> None:
    """Lines that begin with a dash are escaped, and lines may end as they do in mails."""
    mirror = a_mirror(tmp_path / "m", whole=a_database(A))
    manifest = mirror / MANIFESTS / "index.manifest.json"
    body = json.dumps({**json.loads(manifest.read_bytes()), "x": -1}, indent=0).replace('"x": -1', '"x":\n- -1')
    lines = ["-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "", *body.split("\n")]
    lines += ["-----BEGIN PGP SIGNATURE-----", "", "iQ==", "-----END PGP SIGNATURE-----", ""]
    manifest.write_bytes(newline.join(lines).encode())
    assert stacks_of(mirror) == {"zlib": ["default"]}
    assert read(mirror).info.reading.notes == ("manifests are signed, and signatures are not verified",)
    manifest.write_bytes(newline.join(lines[:1]).encode())
    assert "manifest is not JSON" in refuse(mirror)


@pytest.mark.parametrize("head", ["", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"], ids=["plain", "signed"])
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("contentLength", 1, "blob is not as long as its manifest says"),
        ("checksum", "0" * 64, "blob of the index is not there"),
        ("compression", "zstd", "manifest compression is not a compression"),
    ],
)
def test_what_is_wrong_with_a_manifest_has_its_line(
    tmp_path: Path, head: str, key: str, value: object, message: str
) -> None:
    """Spack writes an item a line; all that was wrong stood at 1:1."""
    mirror = a_mirror(tmp_path / "m", whole=a_database(A))
    manifest = mirror / MANIFESTS / "index.manifest.json"
    said = json.loads(manifest.read_bytes())
    said["data"][0][key] = value
    tail = "\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n" if head else ""
    text = head + json.dumps(said, indent=0, separators=(",", ":")) + tail
    manifest.write_text(text)
    start = text.index(f'"{key}":') + len(f'"{key}":')
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    assert line > 2
    place = "" if key == "checksum" else f":{line}:{column}"
    assert refuse(mirror).startswith(f"{manifest}{place}: {message}")


def test_what_lies_beside_the_index_is_left_alone(tmp_path: Path) -> None:
    mirror = a_mirror(tmp_path / "m", whole=a_database(A))
    put(mirror / "v3/manifests/spec/zlib/zlib-1.3.spec.manifest.json", b"no manifest")
    put(mirror / "v3/manifests/key/keys.manifest.json", b"{")
    put(mirror / "v3/layout.json", b'{"signing": "none"}')
    put(mirror / "blobs/sha256/aa" / ("a" * 64), b"a package")
    put(mirror / MANIFESTS / "e4s/other.json", b"{}")
    assert stacks_of(mirror) == {"zlib": ["default"]}
