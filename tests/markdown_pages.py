"""What GitHub would show of a comment: its own parser's HTML, tag by tag."""

from __future__ import annotations

from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options as Cmark

TAGS = {
    "h3",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "ul",
    "li",
    "code",
    "pre",
    "details",
    "summary",
    "sub",
    "strong",
}

SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n.,;:()→−·-+✅❌")
"""What a comment holds outside of code spans.

Each forge makes more of text than the other: GitLab of `$`, `~`, `!`, `%`, `{+`, `[[`.
"""


class Shown(HTMLParser):
    """Notes the tags of HTML in their order, and the text of each code element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.codes: list[str] = []
        self.columns: list[list[int]] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, its attributes, and the columns of a table."""
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs} - {"align"}
        self._open.append(tag)
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]
        match tag:
            case "code":
                self.codes.append("")
            case "table":
                self.columns.append([])
            case "tr":
                self.columns[-1].append(0)
            case "td" | "th":
                self.columns[-1][-1] += 1
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        """Note the end of the tag that is open."""
        self.tags.append(f"/{tag}")
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text, within code or outside of it."""
        if "code" in self._open:
            self.codes[-1] += data
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        """Refuse a comment: we write none."""
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        """Refuse a declaration."""
        raise AssertionError(decl)

    def unknown_decl(self, data: str) -> None:
        """Refuse any other declaration."""
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        """Refuse a processing instruction."""
        raise AssertionError(data)


def read(markdown: str) -> Shown:
    """Return what GitHub would show of a comment, with the raw HTML that markdown lets through."""
    return Shown(cmarkgfm.github_flavored_markdown_to_html(markdown, Cmark.CMARK_OPT_UNSAFE))
