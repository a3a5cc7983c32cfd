"""The slow and exact way to read a page: YAML front matter by the rules of YAML, and every problem with its place."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.package import InvalidPage, PackageRecord
from cachediff.limits import at_most
from cachediff.sources.kinds import LFS_HEAD, LFS_HINT, LFS_MESSAGE
from cachediff.sources.pages.claims import FIELDS, make_claims
from cachediff.sources.pages.listing import PAGE_NAME, map_page
from cachediff.sources.pages.validate import MAX_COMPLAINTS, allowed_characters, explain, is_valid_page
from cachediff.text.places import line_of, place, start_of
from cachediff.text.problems import TextError, locate, show_value
from cachediff.text.yaml_tree import Tree, end_lines, read_tree

if TYPE_CHECKING:
    from cachediff.domain.spec import Spec
    from cachediff.limits import Limits
    from cachediff.sources.pages.decoder import SpecDecoder
    from cachediff.sources.pages.listing import PageFile

_OPENING = re.compile(r"---[ \t]*(?:\n|\Z)")
_CLOSING = re.compile(r"^---[ \t]*$", re.MULTILINE)
_TITLE = re.compile(rf"""^title:[ \t]*["']?({allowed_characters("title")}+)["']?[ \t]*$""", re.MULTILINE)


def parse_slow(data: bytes, file: PageFile, digest: str, decoder: SpecDecoder) -> PackageRecord | InvalidPage:
    """Return the page by the rules of YAML alone, or every problem that is found."""
    # Bytes that are no UTF-8 as escapes, so that the text around them can be shown.
    text = end_lines(data.decode("utf-8", "backslashreplace"))
    found = _read(data, text, decoder.limits)
    if isinstance(found, Tree):
        return _build_page(found, text, file, digest, decoder)
    problems = tuple(locate(flaw, text, file.shown) for flaw in found[:MAX_COMPLAINTS])
    return InvalidPage(guess_package(file, text), file.shown, problems, digest)


def guess_package(file: PageFile, text: str = "") -> str:
    """Return the package of an untrusted page: its directory, else what looks like its title, else the file's name."""
    title = _TITLE.search(text)
    if file.package or title:
        return file.package or str(title and title[1])
    path = PurePath(file.shown)
    directory = path.parent.name.rpartition(":")[2]  # of REV:gcc/specs.md
    return (directory if path.name == PAGE_NAME else "") or PurePath(file.entry.name).stem


def _read(data: bytes, text: str, limits: Limits) -> Tree | list[TextError]:
    """Return the values of the page in `data`, which the schema accepts, or the flaws of `text`."""
    front = _find_strange_byte(data) or _front_matter(text)
    tree = front if isinstance(front, TextError) else read_tree(front, limits)
    if isinstance(tree, TextError):
        return [tree]
    specs = tree.value.get("spec_details") if isinstance(tree.value, dict) else None
    # Before the schema is asked, which would look at every one of them.
    if isinstance(specs, list) and len(specs) > limits.specs:
        return [tell_too_many(len(specs), start_of(tree.node, "/spec_details"), limits)]
    if tree.flaws or is_valid_page(tree.value):
        return list(tree.flaws) or tree
    flaws = [place(complaint, tree.node, text) for complaint in explain(tree.value)]
    # In the order of the text: jsonschema has that of its keywords.
    return sorted(flaws, key=lambda flaw: flaw.start)


def tell_too_many(count: int, start: int, limits: Limits) -> TextError:
    """Return that a page has more specs than it may have; they start at a place in its text."""
    return TextError(
        start=start,
        length=1,
        pointer="/spec_details",
        message="page has too many specs",
        expected=at_most(limits.specs, "specs", "specs"),
        found=f"{count:,} specs",
    )


def _find_strange_byte(data: bytes) -> TextError | None:
    """Return where the bytes cease to be UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # As far as the text that is shown goes, where line ends may be shorter than in the bytes.
        start = len(end_lines(data[: error.start].decode("utf-8")))
        strange = data[error.start : error.end].decode("utf-8", "backslashreplace")
        return TextError(
            start=start,
            length=len(strange),
            pointer="",
            message="page is not UTF-8",
            expected="UTF-8 text",
            found=f"the byte 0x{data[error.start]:02x}",
        )
    return None


def _front_matter(text: str) -> str | TextError:
    """Return the text down to the second fence, or what is wrong with the fences.

    The first one stays: to YAML it starts a document, and so every place that YAML tells is one in the file.
    """
    first = text.partition("\n")[0]
    if not text.strip():
        return _refuse(0, 1, "page is empty", "front matter between two lines of ---", found="nothing")
    if text.startswith(LFS_HEAD.decode()):
        return _refuse(0, len(first), LFS_MESSAGE, f"a page: {LFS_HINT}", found=show_value(first))
    opening = _OPENING.match(text)
    if opening is None:
        return _refuse(0, len(first), "page has no front matter", "a first line of ---", found=show_value(first))
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        last = len(text.rstrip()) - 1
        return _refuse(last, 1, "front matter does not end", "a line of --- after the values", found="the end of the file")
    if not text[opening.end() : closing.start()].strip():
        expected = "title, layout, categories, meta and spec_details"
        return _refuse(opening.end(), 3, "front matter is empty", expected, found="nothing")
    return text[: closing.start()]


def _refuse(start: int, length: int, message: str, expected: str, *, found: str) -> TextError:
    """Return what is wrong with some characters of a page, which are in no value."""
    return TextError(start=start, length=length, pointer="", message=message, expected=expected, found=found)


def _build_page(tree: Tree, text: str, file: PageFile, digest: str, decoder: SpecDecoder) -> PackageRecord:
    """Return the page that a valid tree holds."""
    fields = tree.value
    specs = sorted((decoder.make_spec(spec, index) for index, spec in enumerate(fields["spec_details"])), key=_by_hash)
    extra = {
        name: value
        for name, value in fields.items()
        if name not in ("title", "layout", "categories", "meta", "spec_details")
    }
    extra |= {f"meta.{name}": value for name, value in fields["meta"].items() if name not in FIELDS}
    return PackageRecord(
        package=file.package or fields["title"],
        title=fields["title"],
        tag=fields["categories"][1],
        source_map=map_page(file.shown, line_of(tree.node, "/meta", text), line_of(tree.node, "/spec_details", text)),
        claims=make_claims(fields["meta"]),
        specs=tuple(specs),
        digest=digest,
        extra=msgspec.json.encode(extra, order="sorted").decode() if extra else "",
    )


def _by_hash(spec: Spec) -> str:
    return spec.hash
