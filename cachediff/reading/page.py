"""One page: bytes to a Page, or to everything that is wrong with it.

There are two ways, with one answer. The fast one takes pages as the generator writes them: strict JSON on two lines, which YAML reads as JSON
does. Anything else, and anything that the schema does not accept, goes the slow way: the safe YAML parser, which also tells places.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from cachediff.model import Claims, Excerpt, InvalidPage, Location, Page, Problem
from cachediff.reading.bodies import MAX_KEY, Bodies
from cachediff.reading.files import PageFile, UnreadableFileError, read_bytes
from cachediff.reading.validate import explain, is_valid_page
from cachediff.reading.yaml_tree import Flaw, Tree, find_node, read_tree
from cachediff.spelling import spell_compiler, spell_version

if TYPE_CHECKING:
    import yaml

MAX_EXCERPT = 100
"""Longest piece of a line that a problem shows."""

_HEAD = re.compile(
    rb'---\ntitle: "([a-z0-9][a-z0-9._-]*)"\nlayout: cache\ncategories: \[package, (develop(?:-[0-9]{4}-[0-9]{2}-[0-9]{2})?|v[0-9]+\.[0-9.]+)\]\nmeta: (?=\{)'
)
_DETAILS = b"\nspec_details: "
_FENCE = "---"
_decode = msgspec.json.Decoder().decode


def read_page(file: PageFile, shown: str, bodies: Bodies) -> Page | InvalidPage:
    """Return the page in a file, or what is wrong with it. `shown` is the path that messages name."""
    try:
        data = read_bytes(file.path)
    except UnreadableFileError as error:
        problem = Problem(f"page cannot be read: {error}", Location(shown), "a regular file", str(error))
        return InvalidPage(file.package or file.name, shown, (problem,))
    return parse_page(data, file, shown, bodies)


def parse_page(data: bytes, file: PageFile, shown: str, bodies: Bodies) -> Page | InvalidPage:
    """Return the page that bytes hold, or what is wrong with them."""
    digest = sha256(data).hexdigest()
    return _parse_fast(data, file, shown, digest, bodies) or parse_slow(data, file, shown, digest, bodies)


def _parse_fast(data: bytes, file: PageFile, shown: str, digest: str, bodies: Bodies) -> Page | None:
    """Return the page if it looks as the generator writes it, and None in any doubt."""
    head = _HEAD.match(data)
    if head is None or not data.isascii() or b"\r" in data or b"\t" in data or b"\x7f" in data or b"\\u" in data:
        return None
    lines = data[head.end() :].split(b"\n")
    if len(lines) not in (3, 4) or lines[2] != b"---" or lines[3:] not in ([], [b""]) or not lines[1].startswith(_DETAILS[1:]):
        return None
    meta = _read_meta(lines[0])
    title, tag = head[1].decode("ascii"), head[2].decode("ascii")
    front = {"title": title, "layout": "cache", "categories": ["package", tag], "meta": meta, "spec_details": []}
    if meta is None or not is_valid_page(front):
        return None
    specs = bodies.read_specs(lines[1][len(_DETAILS) - 1 :])
    if specs is None:
        return None
    specs.sort(key=_by_hash)
    return Page(file.package or title, title, tag, shown, _claim(meta), tuple(specs), digest)


def _by_hash(spec: Any) -> str:
    return str(spec.hash)


def _read_meta(line: bytes) -> dict[str, Any] | None:
    """Return the `meta` object, or None where JSON and YAML might read it apart: repeated or long keys, unusual numbers, unknown fields."""
    try:
        meta = _decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    if type(meta) is not dict or b" :" in line:
        return None
    counts = meta.get("num_specs_by_stack")
    if type(counts) is not dict or line.count(b'":') != len(meta) + len(counts) or meta.keys() != _META:
        return None
    numbers = [meta["num_specs"], *counts.values()]
    if not all(type(number) is int and number < 1 << 63 for number in numbers) or any(len(name) > MAX_KEY for name in counts):
        return None
    return meta


_META = frozenset({"num_specs", "num_specs_by_stack", "compilers", "oss", "platforms", "stacks", "targets", "versions"})


def _claim(meta: dict[str, Any]) -> Claims:
    """Return what a valid `meta` claims, canonically spelled."""
    return Claims(
        int(meta["num_specs"]),
        tuple(sorted((stack, int(count)) for stack, count in meta["num_specs_by_stack"].items())),
        tuple(sorted(set(map(spell_compiler, meta["compilers"])))),
        tuple(sorted(meta["oss"])),
        tuple(sorted(meta["platforms"])),
        tuple(sorted(meta["stacks"])),
        tuple(sorted(meta["targets"])),
        tuple(sorted(set(map(spell_version, meta["versions"])))),
    )


# --- the slow way ------------------------------------------------------------------------------------------------------


def parse_slow(data: bytes, file: PageFile, shown: str, digest: str, bodies: Bodies) -> Page | InvalidPage:
    """Return the page by the rules of YAML alone, or every problem that is found."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        found = f"the byte 0x{data[error.start]:02x}"
        problem = Problem("page is not UTF-8", Location(shown, line, column), "UTF-8 text", found)
        return InvalidPage(file.package or file.name, shown, (problem,), digest)
    front = _front_matter(text)
    if isinstance(front, Flaw):
        return InvalidPage(file.package or file.name, shown, (_problem(front, text, shown),), digest)
    tree = read_tree(front)
    if isinstance(tree, Flaw):
        return InvalidPage(file.package or file.name, shown, (_problem(tree, text, shown),), digest)
    flaws = [*tree.flaws, *([] if tree.flaws or is_valid_page(tree.value) else _schema_flaws(tree))]
    if flaws:
        title = tree.value.get("title") if isinstance(tree.value, dict) else None
        package = file.package or (title if isinstance(title, str) and title else file.name)
        return InvalidPage(package, shown, tuple(_problem(flaw, text, shown) for flaw in flaws), digest)
    return _build_page(tree, file, shown, digest, bodies)


def _build_page(tree: Tree, file: PageFile, shown: str, digest: str, bodies: Bodies) -> Page:
    """Return the page that a valid tree holds."""
    fields = tree.value
    specs = sorted((bodies.make_spec(spec, index) for index, spec in enumerate(fields["spec_details"])), key=_by_hash)
    extra = {name: value for name, value in fields.items() if name not in ("title", "layout", "categories", "meta", "spec_details")}
    extra |= {f"meta.{name}": value for name, value in fields["meta"].items() if name not in _META}
    return Page(
        file.package or fields["title"],
        fields["title"],
        fields["categories"][1],
        shown,
        _claim(fields["meta"]),
        tuple(specs),
        digest,
        msgspec.json.encode(extra, order="sorted").decode() if extra else "",
        _line_of(tree.node, "/meta"),
        _line_of(tree.node, "/spec_details"),
    )


def _line_of(node: yaml.Node, pointer: str) -> int:
    """Return the line of the file, from 1, on which a value starts: front matter starts on the second."""
    return int(find_node(node, pointer).start_mark.line) + 2


def _front_matter(text: str) -> str | Flaw:
    """Return what stands between the two fences."""
    lines = re.split(r"\r\n|\n|\r", text)
    if not text.strip():
        return Flaw(-1, 0, "", "page is empty", "front matter between two lines of ---", "nothing")
    if lines[0].rstrip() != _FENCE:
        return Flaw(-1, 0, "", "page has no front matter", "a first line of ---", repr(lines[0][:40]))
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            return "\n".join(lines[1:number]) + "\n"
    return Flaw(
        len(lines) - 2, max(len(lines[-1]) - 1, 0), "", "front matter does not end", "a line of --- after the values", "the end of the file"
    )


def _schema_flaws(tree: Tree) -> list[Flaw]:
    """Return what the schema says, each at its value's place."""
    flaws = []
    for complaint in explain(tree.value):
        mark = find_node(tree.node, complaint.pointer).start_mark
        flaws.append(Flaw(mark.line, mark.column, complaint.pointer, complaint.message, complaint.expected, complaint.found))
    return flaws


def _problem(flaw: Flaw, text: str, shown: str) -> Problem:
    """Return a flaw of the front matter as a problem of the file."""
    lines = re.split(r"\r\n|\n|\r", text)
    line = flaw.line + 1
    content = lines[line] if 0 <= line < len(lines) else ""
    location = Location(shown, line + 1, flaw.column + 1, flaw.pointer)
    return Problem(flaw.message, location, flaw.expected, flaw.found, _crop(content, flaw.column, flaw.found))


def _crop(line: str, column: int, found: str) -> Excerpt | None:
    """Return the part of a line around a column, marked where the found value is what stands there."""
    if not line.strip():
        return None
    length = len(found) if line.startswith(found, column) else 1
    start = max(0, min(column - 50, len(line) - MAX_EXCERPT))
    end = min(len(line), start + MAX_EXCERPT)
    before, after = ("… " if start else ""), (" …" if end < len(line) else "")
    marked = max(1, min(length, end - column))
    return Excerpt(before + line[start:end] + after, len(before) + column - start, marked)
