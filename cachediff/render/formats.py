"""The formats: an explicit table, one line a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.csv import render_csv
from cachediff.render.github import render_github
from cachediff.render.gitlab import render_gitlab
from cachediff.render.html import render_html
from cachediff.render.json import render_json, stream_json
from cachediff.render.junit import render_junit
from cachediff.render.markdown import render_markdown, render_summary
from cachediff.render.sarif import render_sarif
from cachediff.render.text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.report import Report
    from cachediff.render.options import Options

RENDERERS: dict[str, Callable[[Report, Options], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "summary": render_summary,
    "json": render_json,
    "html": render_html,
    "junit": render_junit,
    "sarif": render_sarif,
    "github": render_github,
    "gitlab": render_gitlab,
    "csv": render_csv,
}


STREAMS: dict[str, Callable[[Report, Options], Iterator[str]]] = {"json": stream_json}
"""What can be longer than is good for memory, piece by piece."""
