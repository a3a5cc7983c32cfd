"""One page: bytes to a Page, or to everything that is wrong with it.

There are two ways, with one answer. The fast one takes pages as the generator writes them: strict JSON on two lines, which
YAML reads as JSON does. Anything else, and anything that the schema does not accept, goes the slow way: the safe YAML
parser, which also tells places.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING

from cachediff.domain.package import InvalidPage, PackageRecord
from cachediff.sources.pages.claims import decode_meta, make_claims
from cachediff.sources.pages.listing import map_page
from cachediff.sources.pages.validate import allowed_characters, is_valid_page

if TYPE_CHECKING:
    from cachediff.domain.package import Claims
    from cachediff.sources.pages.decoder import SpecDecoder
    from cachediff.sources.pages.listing import PageFile

_DETAILS = b"spec_details: "
MAX_NAME = 255
"""Longest title and tag that the schema accepts."""

_by_hash = attrgetter("hash")


def find_title(data: bytes) -> str:
    """Return the title of a page that starts as the generator writes it, else nothing."""
    head = _head().match(data)
    return head[1].decode("ascii") if head else ""


def parse_page(data: bytes, file: PageFile, decoder: SpecDecoder) -> PackageRecord | InvalidPage:
    """Return the page that bytes hold, or what is wrong with them."""
    digest = sha256(data).hexdigest()
    page = _parse_fast(data, file, digest, decoder)
    if page is not None:
        return page
    from cachediff.sources.pages.frontmatter import parse_slow

    return parse_slow(data, file, digest, decoder)


@cache
def _head() -> re.Pattern[bytes]:
    """Return what the first lines of a page look like as the generator writes them, up to the value of `meta`."""
    title, tag = allowed_characters("title"), allowed_characters("tag")
    # The tag has no quotes: only what begins as Spack's tags do is surely no number, date or boolean to YAML.
    categories = rf"\[package, ((?:develop|v[0-9]){tag}*)\]"
    return re.compile(f'---\ntitle: "({title}+)"\nlayout: cache\ncategories: {categories}\nmeta: '.encode())


def _parse_fast(data: bytes, file: PageFile, digest: str, decoder: SpecDecoder) -> PackageRecord | InvalidPage | None:
    """Return the page if it looks as the generator writes it, the problem if it has too many specs, and None in doubt."""
    head = _head().match(data)
    if head is None or _may_part(data):
        return None
    # Three lines are left, and what may follow them.
    end = data.find(b"\n", head.end())
    details = end + 1 + len(_DETAILS)
    last = data.find(b"\n", details)
    if end < 0 or last < 0 or not data.startswith(_DETAILS, end + 1) or data[last + 1 :].partition(b"\n")[0] != b"---":
        return None
    title, tag = head[1].decode("ascii"), head[2].decode("ascii")
    meta = data[head.end() : end]
    # Claims are few and specs many, so the cheaper doubt comes first.
    claims = decoder.claims.read(meta) or _decode_claims(meta, title, tag)
    if claims is None or max(len(title), len(tag)) > MAX_NAME:
        return None
    specs = decoder.read_specs(data[details:last])
    if specs is None:
        return None
    if len(specs) > decoder.limits.specs:
        return _refuse(len(specs), data, file, digest, decoder)
    # Their order on a page means nothing.
    specs.sort(key=_by_hash)
    return PackageRecord(
        # The directory of a nested page says which package it is; a title that says otherwise is a finding.
        package=file.package or title,
        title=title,
        tag=tag,
        source_map=map_page(file.shown),
        claims=claims,
        specs=tuple(specs),
        digest=digest,
    )


def _may_part(data: bytes) -> bool:
    """Return whether YAML and JSON may read a page apart: line ends, tabs, control characters, escapes, all but ASCII."""
    return (
        not data.isascii()
        or b"\r" in data
        or b"\t" in data
        or b"\x7f" in data
        # Hardly any page has a backslash, and to look for one byte is quicker than for two.
        or (b"\\" in data and b"\\u" in data)
    )


def _decode_claims(line: bytes, title: str, tag: str) -> Claims | None:
    """Return what `meta` claims if it is written in another way than the generator's, and the schema accepts it."""
    meta = decode_meta(line)
    front = {"title": title, "layout": "cache", "categories": ["package", tag], "meta": meta, "spec_details": []}
    return make_claims(meta) if meta is not None and is_valid_page(front) else None


def _refuse(count: int, data: bytes, file: PageFile, digest: str, decoder: SpecDecoder) -> InvalidPage:
    """Return a page of too many specs as a problem: the same that the slow way finds."""
    from cachediff.sources.pages.frontmatter import guess_package, tell_too_many
    from cachediff.text.problems import locate

    text = data.decode("ascii")
    flaw = tell_too_many(count, text.index(f"\n{_DETAILS.decode()}") + 1 + len(_DETAILS), decoder.limits)
    return InvalidPage(guess_package(file, text), file.shown, (locate(flaw, text, file.shown),), digest)
