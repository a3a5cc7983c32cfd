"""Indexes that something else names: OCI image layouts on disk, and listings of several refs."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from cachediff import render
from cachediff.text.schema import load_validator
from tests.commands import run
from tests.index_files import WHOLE, a_database, a_node, compare, needs_whole, put, read, refuse, rules_of, stacks_of
from tests.make_index_fixtures import FIXTURES, write_index
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

A, B, C = a_node("zlib"), a_node("hdf5"), a_node("cmake")
LISTING = "cache_spack_io_index.json"


# --- OCI ---------------------------------------------------------------------------------------------------------------


def put_blob(layout: Path, data: bytes) -> dict[str, Any]:
    """Write a blob into an OCI layout, and return what names it, with the media type that Spack gives all layers."""
    digest = sha256(data).hexdigest()
    put(layout / "blobs/sha256" / digest, data)
    return {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": f"sha256:{digest}", "size": len(data)}


def an_image(layout: Path, data: bytes, name: str | None) -> dict[str, Any]:
    """Write an image of one layer into an OCI layout, and return what names it."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put_blob(layout, b"{}"),
        "layers": [put_blob(layout, data)],
    }
    named = put_blob(layout, json.dumps(manifest).encode()) | {"mediaType": manifest["mediaType"]}
    return named | ({"annotations": {"org.opencontainers.image.ref.name": name}} if name else {})


def an_oci_layout(layout: Path, images: dict[str, bytes]) -> Path:
    """Write an OCI layout of some images by their names."""
    put(layout / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    manifests = [an_image(layout, data, name) for name, data in images.items()]
    put(layout / "index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
    return layout


@pytest.mark.parametrize("name", ["index.spack", "registry.example/cache:index.spack", ""])
def test_an_oci_layout(name: str, tmp_path: Path) -> None:
    others = {"zlib-1.3-abc.spack": b"a tarball"} if name else {}
    layout = an_oci_layout(tmp_path / "cache", {**others, name: a_database(A, B)})
    assert stacks_of(layout) == stacks_of(layout / "index.json") == {"hdf5": ["default"], "zlib": ["default"]}
    assert read(layout).info.reading.format == "buildcache v8"
    assert rules_of(compare(layout, an_oci_layout(tmp_path / "new", {name: a_database(A)}))) == {"package-removed": ["hdf5"]}
    assert run("validate", str(layout)).returncode == 0


def test_an_oci_layout_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    whole = (FIXTURES / "v2/new/build_cache/index.json").read_bytes()
    an_oci_layout(tmp_path / "oci", {"index.spack": whole})
    shutil.make_archive(str(tmp_path / "oci"), "gztar", tmp_path / "oci")
    an_oci_layout(tmp_path, {"index.spack": whole})
    repository.commit()
    monkeypatch.chdir(tmp_path)
    expected = stacks_of(FIXTURES / "v2/new")
    for source in (
        "oci",
        "oci/index.json",
        "index.json",
        "main:oci",
        "main:oci/index.json",
        "main:index.json",
        "oci.tar.gz",
    ):
        assert stacks_of(source) == expected, source


def test_an_oci_layout_among_several(tmp_path: Path) -> None:
    an_oci_layout(tmp_path / "e4s/oci", {"index.spack": a_database(A)})
    an_oci_layout(tmp_path / "tools", {"index.spack": a_database(B)})
    assert stacks_of(tmp_path) == {"hdf5": ["tools"], "zlib": ["e4s"]}


def _edit(layout: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads((layout / "index.json").read_bytes())
    change(values)
    put(layout / "index.json", json.dumps(values).encode())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda values: values["manifests"].clear(), "OCI layout does not tell which image is the index"),
        (lambda values: values["manifests"].append({"digest": "sha256:" + "0" * 64, "size": 1}), ""),
        (lambda values: values["manifests"][0].pop("annotations"), ""),
        (lambda values: values["manifests"][0].update(size=7), "blob is not as long as its manifest says"),
        (lambda values: values["manifests"][0].update(digest="sha256:" + "0" * 64), "blob of the index is not there"),
        (lambda values: values["manifests"][0].update(digest="sha256:../../x"), "OCI layout cannot be read"),
        (lambda values: values.update(schemaVersion=1), "OCI layout cannot be read"),
    ],
)
def test_what_is_wrong_with_an_oci_layout(change: Callable[[dict[str, Any]], object], found: str, tmp_path: Path) -> None:
    layout = an_oci_layout(tmp_path, {"index.spack": a_database(A)})
    _edit(layout, change)
    if found:
        assert found in refuse(layout)
    else:
        assert stacks_of(layout) == {"zlib": ["default"]}


def test_what_is_wrong_with_one_of_several_images_stands_where_it_is_named(tmp_path: Path) -> None:
    layout = an_oci_layout(tmp_path / "e4s", {"zlib-1.3-abc.spack": b"a tarball", "index.spack": a_database(A)})
    an_oci_layout(tmp_path / "tools", {"index.spack": a_database(B)})
    _edit(layout, lambda values: values["manifests"][1].update(size=7))
    (fault,) = read(tmp_path).info.reading.faults
    assert (fault.location.path, fault.location.pointer) == (f"{layout}/index.json", "/manifests/1/size")


def test_a_blob_that_is_another_one(tmp_path: Path) -> None:
    layout = an_oci_layout(tmp_path, {"index.spack": a_database(A)})
    blob = layout / "blobs/sha256" / sha256(a_database(A)).hexdigest()
    data = blob.read_bytes()
    blob.write_bytes(data.replace(b"zlib", b"zlob"))
    assert "blob is not the one that its manifest names" in refuse(layout)
    blob.write_bytes(data + b" ")
    assert "blob is not as long as its manifest says" in refuse(layout)
    blob.unlink()
    assert "blob of the index is not there" in refuse(layout)
    blob.symlink_to(put(tmp_path / "elsewhere", data))
    assert "a symbolic link" in refuse(layout)


# --- listings ----------------------------------------------------------------------------------------------------------


def a_listing(folder: Path, refs: dict[str, dict[str, str]]) -> str:
    """Write a listing, given the URLs of each ref by their labels, and return its path."""
    values = {ref: [{"label": label, "url": url} for label, url in items.items()] for ref, items in refs.items()}
    assert load_validator("listing").is_valid(values)
    return put(folder / LISTING, json.dumps(values).encode())


def listed_mirrors(folder: Path) -> str:
    """Write a listing with all that it may name: a manifest, a blob, a v2 index, a folder."""
    write_index(folder / "develop", ".", a_database(A, B, C))
    write_index(folder / "develop/e4s", ".", a_database(A))
    put(folder / "develop/tools/build_cache/index.json", a_database(A, B))
    blob = sha256(a_database(A)).hexdigest()
    refs = {
        "develop": {
            "root": "develop/v3/manifests/index/index.manifest.json",
            "e4s": f"./develop/e4s/blobs/sha256/{blob[:2]}/{blob}",
            "tools": "develop/tools/build_cache/index.json",
        },
        "develop-2026-07-01": {"e4s": "develop/e4s/v3/manifests/index/index.manifest.json", "tools": "develop%2Ftools"},
        "v1.0.0": {"root": "develop/e4s"},
        "v0.23.1": {},
    }
    return a_listing(folder, refs)


def test_the_labels_are_stacks(tmp_path: Path) -> None:
    listing = listed_mirrors(tmp_path)
    assert stacks_of(f"{listing}#develop") == {"cmake": ["default"], "hdf5": ["tools"], "zlib": ["e4s", "tools"]}
    assert stacks_of(f"{listing}#develop-2026-07-01") == {"hdf5": ["tools"], "zlib": ["e4s", "tools"]}
    assert stacks_of(f"{listing}#v1.0.0") == {"zlib": ["default"]}
    assert read(f"{listing}#develop").info.reading.has_stacks
    report = compare(f"{listing}#develop", f"{listing}#develop-2026-07-01")
    assert rules_of(report)["package-removed"] == ["cmake"]
    assert report.new.source == f"{listing}#develop-2026-07-01"
    assert run("validate", f"{listing}#develop").returncode == 0
    assert run("show", "zlib", f"{listing}#develop", f"{listing}#v1.0.0").returncode == 0
    assert run("why", "zlib", f"{listing}#develop", f"{listing}#develop-2026-07-01").returncode == 0


def test_one_label_twice(tmp_path: Path) -> None:
    for name, node in (("a", A), ("b", B), ("c", C)):
        put(tmp_path / f"{name}.json", a_database(node))
    items = [("root", "a.json"), ("e4s", "c.json"), ("root", "b.json"), ("root", "c.json")]
    values = {"develop": [{"label": label, "url": url} for label, url in items]}
    listing = put(tmp_path / LISTING, json.dumps(values).encode())
    assert stacks_of(f"{listing}#develop") == {"cmake": ["e4s"], "hdf5": ["default"], "zlib": ["default"]}


def test_a_ref_that_is_not_there(tmp_path: Path) -> None:
    listing = listed_mirrors(tmp_path)
    names = "#develop, #develop-2026-07-01, #v1.0.0, #v0.23.1"
    for source in (listing, f"{listing}#"):
        assert refuse(source) == f"{listing} lists the indexes of several refs | name one of them: {names}"
    assert refuse(f"{listing}#v2") == f"{listing} has no ref v2 | it has {names}"
    assert "lists no index for v0.23.1" in refuse(f"{listing}#v0.23.1")
    assert run(listing, listing).returncode == 3
    assert "has no missing.json" in refuse(tmp_path / "missing.json#develop")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("s3://spack-binaries/develop/build_cache/index.json", "cachediff fetches nothing from s3 yet"),
        ("HTTPS://binaries.spack.io/develop/x", "cachediff fetches nothing from https yet"),
        ("file:///etc/passwd", "cachediff fetches nothing from file yet"),
        ("../elsewhere.json", "is no file in the folder of the listing"),
        ("a/../../elsewhere.json", "is no file in the folder of the listing"),
        ("%2e%2e/elsewhere.json", "is no file in the folder of the listing"),
        ("/etc/passwd", "is no file in the folder of the listing"),
        ("//host/x", "is no file in the folder of the listing"),
        (".", "is no file in the folder of the listing"),
    ],
)
def test_nothing_outside_is_read(url: str, found: str, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere.json", a_database(A))
    put(tmp_path / "in/here.json", a_database(A))
    listing = a_listing(tmp_path / "in", {"develop": {"e4s": "here.json", "tools": url}})
    assert found in refuse(f"{listing}#develop")
    assert "/develop/1/url" in refuse(f"{listing}#develop")


def test_no_link_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/index.json", a_database(A))
    listing = a_listing(tmp_path / "in", {"develop": {"e4s": "e4s/index.json"}})
    (tmp_path / "in/e4s").symlink_to(tmp_path / "elsewhere")
    assert "a symbolic link" in refuse(f"{listing}#develop")


def test_an_index_of_several_that_cannot_be_read(tmp_path: Path) -> None:
    for side in ("old", "new"):
        for name in ("e4s", "tools"):
            put(tmp_path / side / f"{name}.json", a_database(A, B if name == "tools" else A))
        a_listing(tmp_path / side, {"develop": {"e4s": "e4s.json", "tools": "tools.json"}})
    (tmp_path / "new/tools.json").unlink()
    report = compare(*(f"{tmp_path}/{side}/{LISTING}#develop" for side in ("old", "new")))
    assert rules_of(report) == {"index-invalid": ["tools"]}
    (finding,) = [one for one in report.findings if one.rule == "index-invalid"]
    assert finding.location
    assert finding.location.pointer == "/develop/1/url"
    # No number tells of that stack, and none of its packages is named.
    said = "not compared: stack tools (its index cannot be read)"
    assert f"\n{said}\n\n" in render(report, "text").partition("packages")[0]
    assert "stack tools is left out of the comparison\n" in render(report, "text")
    assert said in render(report, "html").partition("</header>")[0]
    markdown = render(report, "markdown")
    assert f"\n**{said}**\n" in markdown.replace("`", "")
    assert "| error | stack `tools` | index-invalid " in markdown
    assert "1 index file cannot be trusted, and not compared" in markdown
    assert "* error index-invalid stack `tools`\n" in markdown


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"develop": [{"label": "e4s"}]}', '{"develop": [{"label": 1, "url": "x"}]}']
)
def test_what_is_no_listing(text: str, tmp_path: Path) -> None:
    assert "is no listing" in refuse(put(tmp_path / LISTING, text.encode()) + "#develop")


@pytest.mark.parametrize("name", ["develop", "label", "url", "e4s", "e4s.json"])
def test_half_a_character_in_a_listing(name: str, tmp_path: Path) -> None:
    put(tmp_path / "e4s.json", a_database(A))
    text = json.dumps({"develop": [{"label": "e4s", "url": "e4s.json"}]}).replace(f'"{name}"', f'"{name}\\ud800"')
    assert "half a character" in refuse(put(tmp_path / LISTING, text.encode()) + "#develop")


def test_a_ref_that_stands_twice(tmp_path: Path) -> None:
    put(tmp_path / "e4s.json", a_database(A))
    text = b'{"develop": [{"label": "e4s", "url": "e4s.json"}, {"label": "tools", "url": "e4s.json"}], "develop": []}'
    assert 'the key "develop" stands twice' in refuse(put(tmp_path / LISTING, text) + "#develop")


def test_a_listing_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path)
    listed_mirrors(tmp_path / "all")
    listed_mirrors(tmp_path)
    for suffix, kind in ((".tar.gz", "gztar"), (".zip", "zip")):
        shutil.make_archive(str(tmp_path / "all"), kind, tmp_path, "all")
        assert (tmp_path / f"all{suffix}").exists()
    repository.commit()
    monkeypatch.chdir(tmp_path)
    expected = stacks_of(f"{tmp_path}/all/{LISTING}#develop")
    places = (f"all/{LISTING}", LISTING, f"main:all/{LISTING}", f"main:{LISTING}", "all.tar.gz", "all.zip")
    for source in places:
        assert stacks_of(f"{source}#develop") == expected, source
    # A file that is called so is that file.
    put(tmp_path / "x.json#develop", a_database(A))
    assert stacks_of(tmp_path / "x.json#develop") == {"zlib": ["default"]}


def test_a_date_is_that_of_the_ref(tmp_path: Path) -> None:
    write_index(tmp_path, ".", a_database(A))
    refs = {name: {"e4s": "v3/manifests/index/index.manifest.json"} for name in ("develop-2026-05-01", "develop-2026-07-01")}
    listing = a_listing(tmp_path, refs)
    newer, older = f"{listing}#develop-2026-07-01", f"{listing}#develop-2026-05-01"
    assert rules_of(compare(older, newer)) == {}
    assert rules_of(compare(newer, older)) == {"snapshots-swapped": [""]}


def test_latest_chooses_among_the_refs_of_a_listing(tmp_path: Path) -> None:
    write_index(tmp_path, ".", a_database(A, B))
    put(tmp_path / "new/index.json", a_database(A))
    url = "v3/manifests/index/index.manifest.json"
    refs = {"develop-2026-05-01": {"e4s": url}, "develop-2026-07-01": {"e4s": "new/index.json"}, "develop": {"e4s": url}}
    listing = a_listing(tmp_path, refs)
    result = run("latest", listing)
    assert result.returncode == 1
    assert f"comparing {listing}#develop-2026-05-01 with {listing}#develop-2026-07-01" in result.stderr
    assert "package hdf5 is gone" in result.stdout
    assert run("latest", put(tmp_path / "other.json", a_database(A))).returncode == 3


@needs_whole
def test_the_example_waits_for_s3() -> None:
    example = WHOLE / "cache_spack_io_index.example.json"
    assert "fetches nothing from s3 yet" in refuse(f"{example}#develop")
    assert "name one of them: #develop, #develop-2025-03-30, #v0.23.1" in refuse(example)
    assert "lists no index for v0.23.1" in refuse(f"{example}#v0.23.1")
