"""One package in full, for a terminal: every spec, its pair, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.render.outline import number
from cachediff.render.text import escape, finish, paint_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.model import ReportedChange
    from cachediff.render.options import Options

_ORDER = ("removed", "added", "changed", "rebuilt", "unchanged")


def render_changes(package: str, changes: Sequence[ReportedChange], options: Options) -> str:
    """Return a package's specs by bucket, most newsworthy first."""
    return finish("\n".join(_lines(package, changes, options)) + "\n", options)


def _lines(package: str, changes: Sequence[ReportedChange], options: Options) -> Iterator[str]:
    old = sum(change.old is not None for change in changes)
    new = sum(change.new is not None for change in changes)
    yield f"{escape(package)}: {old:,} → {number(new, 'spec')}"
    for kind in _ORDER:
        inside = [change for change in changes if change.kind == kind]
        if inside:
            yield ""
            yield f"{len(inside):,} {kind}"
        for change in inside:
            yield from paint_change(package, change, options)
