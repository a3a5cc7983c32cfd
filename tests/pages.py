"""Real pages as tests take them apart: their text, their values, and what reading makes of a changed one."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cachediff.sources.directory import PageFile
from cachediff.sources.pages.decoder import SpecDecoder
from cachediff.sources.pages.frontmatter import parse_slow
from cachediff.sources.pages.page import _parse_fast, parse_page
from tests.builders import a_meta

if TYPE_CHECKING:
    from cachediff.domain.package import InvalidPage, Page

FIXTURES = Path(__file__).parent.parent / "fixtures"
REAL = FIXTURES / "real"
SHOWN = "new/page/specs.md"


def read_real(case: str) -> dict[str, bytes]:
    """Return the pages of one real snapshot, such as `week/new`, by package."""
    return {page.parent.name: page.read_bytes() for page in sorted((REAL / case).glob("*/specs.md"))}


def all_real() -> dict[str, bytes]:
    """Return every real page by its path below fixtures/real."""
    return {str(page.parent.relative_to(REAL)): page.read_bytes() for page in sorted(REAL.rglob("specs.md"))}


@dataclass
class PageValues:
    """The values of a page as the generator wrote them: change them, then write the page again."""

    title: Any
    tag: Any
    meta: dict[str, Any]
    specs: list[dict[str, Any]]

    @classmethod
    def of(cls, data: bytes) -> PageValues:
        """Return the values of a page of the generator."""
        lines = data.decode().split("\n")
        return cls(
            json.loads(lines[1].removeprefix("title: ")),
            lines[3].removeprefix("categories: [package, ").removesuffix("]"),
            json.loads(lines[4].removeprefix("meta: ")),
            json.loads(lines[5].removeprefix("spec_details: ")),
        )

    def write(self, *, recount: bool = False) -> bytes:
        """Return the page, byte for byte as the generator writes it; `recount` makes `meta` what the specs add up to."""
        meta = a_meta(deepcopy(self.specs)) if recount else self.meta
        return (
            f'---\ntitle: "{self.title}"\nlayout: cache\ncategories: [package, {self.tag}]\n'
            f"meta: {json.dumps(meta)}\nspec_details: {json.dumps(self.specs)}\n---"
        ).encode()


def parse(data: bytes, package: str = "page") -> Page | InvalidPage:
    """Return what reading makes of a page's bytes, whichever way it takes."""
    return parse_page(data, PageFile(SHOWN, "page/specs.md", package), SHOWN, SpecDecoder())


def parse_fast(data: bytes, decoder: SpecDecoder | None = None) -> Page | InvalidPage | None:
    """Return what the fast way makes of a page's bytes: None where it declines."""
    return _parse_fast(data, PageFile(SHOWN, "page/specs.md", "page"), SHOWN, sha256(data).hexdigest(), decoder or SpecDecoder())


def parse_exact(data: bytes) -> Page | InvalidPage:
    """Return what the slow and exact way makes of a page's bytes."""
    return parse_slow(data, PageFile(SHOWN, "page/specs.md", "page"), SHOWN, sha256(data).hexdigest(), SpecDecoder())


def has_same_reading(data: bytes, *known: bytes) -> bool:
    """Return whether the fast way declines or gives what the slow one gives: fresh, and after it has read known pages."""
    warm = SpecDecoder()
    for page in known:
        parse_fast(page, warm)
    exact = parse_exact(data)
    return all(page is None or page == exact for page in (parse_fast(data), parse_fast(data, warm)))
