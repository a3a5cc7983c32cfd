"""The formats: an explicit table, one line a format. A run writes one or two of them, and imports no others."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cachediff.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachediff.domain.impact import Impact
    from cachediff.domain.report import Report
    from cachediff.render.options import Options


def _imported(module: str, function: str) -> Callable[[Any, Options], Any]:
    """Return what calls a function of a module of this package, imported when it is called."""

    def call(said: Any, options: Options) -> Any:
        return getattr(import_module(f"cachediff.render.{module}"), function)(said, options)

    return call


RENDERERS: dict[str, Callable[[Report, Options], str]] = {
    "text": _imported("text", "render_text"),
    "markdown": _imported("markdown", "render_markdown"),
    "summary": _imported("markdown", "render_summary"),
    "json": _imported("json", "render_json"),
    "html": _imported("html", "render_html"),
    "junit": _imported("junit", "render_junit"),
    "sarif": _imported("sarif", "render_sarif"),
    "github": _imported("github", "render_github"),
    "gitlab": _imported("gitlab", "render_gitlab"),
    "csv": _imported("csv", "render_csv"),
}


STREAMS: dict[str, Callable[[Report, Options], Iterator[str]]] = {"json": _imported("json", "stream_json")}
"""What can be longer than is good for memory, piece by piece."""


IMPACT_RENDERERS: dict[str, Callable[[Impact, Options], str]] = {
    "text": _imported("impact", "render_impact"),
    "markdown": _imported("impact", "render_impact_markdown"),
    "json": _imported("impact", "render_impact_json"),
    "html": _imported("impact_html", "render_impact_html"),
}
"""The same for the answer of `cachediff impact`."""


def refuse_format(name: str) -> UsageError:
    """Return that there is no format of a name, with the nearest one."""
    from difflib import get_close_matches

    near = get_close_matches(name, RENDERERS, n=1)
    return UsageError(
        f"no format {name!r}{f', did you mean {near[0]}?' if near else ''}", hint=f"formats are {', '.join(RENDERERS)}"
    )
