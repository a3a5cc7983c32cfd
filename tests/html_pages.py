"""An HTML page as a browser's parser sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

html5lib = pytest.importorskip("html5lib", reason="html5lib reads the page as a browser does")


def read(page: str, *, is_strict: bool = False) -> Element:
    """Return a page as a browser's parser sees it.

    A strict one raises an error for anything that the standard calls an error.
    """
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=is_strict, namespaceHTMLElements=False)
    tree: Element = parser.parse(page)
    return tree


def text_of(element: Element) -> str:
    """Return an element's text as a reader sees it: scripts, styles and blanks left out."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: Element) -> Iterator[str]:
    if element.tag in ("script", "style"):
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""
    if element.tag in ("p", "tr", "li", "h1", "h2", "h3", "td", "th", "dt", "dd", "summary"):
        yield " "


def find(tree: Element, id_: str) -> Element:
    """Return the element with an id."""
    (found,) = [element for element in tree.iter() if element.get("id") == id_]
    return found
