"""`cachediff show PACKAGE OLD NEW`: one package in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.diff import require
from cachediff.cli.options import Color, ColorOption, LimitOption
from cachediff.errors import InputError

if TYPE_CHECKING:
    from cachediff.domain.package import Page, Snapshot


def run(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="The package's name.")],
    old: Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that is published.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that is to replace it.")],
    limit: LimitOption = None,
    color: ColorOption = Color.auto,
) -> int:
    """Print every spec of a package with its pair and the fields that differ. Returns 0."""
    from cachediff.cli.inputs import parse_limits
    from cachediff.cli.output import stdout_options, write_stdout
    from cachediff.comparison.packages import pair_up
    from cachediff.limits import DEFAULT_LIMITS
    from cachediff.render.changes import render_changes
    from cachediff.review.report import report_change
    from cachediff.sources.snapshot import read_snapshot

    for name, value in (("PACKAGE", package), ("OLD", old), ("NEW", new)):
        require(name, value)
    limits = parse_limits(limit or (), DEFAULT_LIMITS)
    before, after = read_snapshot(old, limits=limits), read_snapshot(new, limits=limits)
    pages = _find(before, package), _find(after, package)
    if not any(pages):
        message = f"neither snapshot has a valid page of {package}"
        raise InputError(message, hint=_suggest(package, before, after))
    changes = [report_change(package, change) for change in pair_up(*pages)]
    write_stdout(render_changes(package, changes, stdout_options(color, is_quiet=False, is_verbose=True)))
    return 0


def _find(snapshot: Snapshot, package: str) -> Page | None:
    return next((page for page in snapshot.pages if page.package == package), None)


def _suggest(package: str, *snapshots: Snapshot) -> str:
    """Return the nearest package names."""
    from difflib import get_close_matches

    names = sorted({page.package for snapshot in snapshots for page in snapshot.pages})
    near = get_close_matches(package, names)
    return f"did you mean {' or '.join(near)}?" if near else ""
