"""`cachediff show PACKAGE OLD NEW`: one package in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.arguments import require_arguments
from cachediff.cli.options import Color, ColorOption, LimitOption
from cachediff.errors import InputError

if TYPE_CHECKING:
    from cachediff.domain.package import PackageRecord
    from cachediff.sources.reader import SnapshotReader


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
    from cachediff.engine.stacks import align_stacks
    from cachediff.limits import DEFAULT_LIMITS
    from cachediff.render.changes import render_changes
    from cachediff.review.report import report_change
    from cachediff.sources.open import Door

    require_arguments("show", {"PACKAGE": package, "OLD": old, "NEW": new})
    door = Door(parse_limits(limit or (), DEFAULT_LIMITS))
    readers = [reader for reader in align_stacks(door.open(old), door.open(new)) if reader is not None]
    before, after = (_read(reader, package) for reader in readers)
    if before is None and after is None:
        what = "valid page" if {reader.info.reading.kind for reader in readers} == {"pages"} else "spec"
        message = f"neither snapshot has a {what} of {package}"
        raise InputError(message, hint=_suggest(package, *readers))
    changes = [report_change(package, change) for change in pair_up(before, after)]
    apart: dict[str, str] = {}
    # NEW's word counts for what both have.
    for reader, record in zip(readers, (before, after), strict=False):
        apart |= _tell_apart(reader, record)
    write_stdout(render_changes(package, changes, stdout_options(color, is_quiet=False, is_verbose=True), apart))
    return 0


def _tell_apart(reader: SnapshotReader, record: PackageRecord | None) -> dict[str, str]:
    """Return what specs are on that differ in nothing else, by hash; of pages that is not known."""
    from cachediff.comparison.duplicates import tell_apart

    graph = reader.info.graph
    return tell_apart(record.specs, graph) if record and graph else {}


def _read(reader: SnapshotReader, package: str) -> PackageRecord | None:
    from cachediff.domain.package import PackageRecord

    found = reader.read(package)
    return found if isinstance(found, PackageRecord) else None


def _suggest(package: str, *readers: SnapshotReader) -> str:
    """Return the nearest package names."""
    from difflib import get_close_matches

    # Without the name itself: a page of it may be there, and not valid.
    names = sorted({name for reader in readers for name in reader.packages()} - {package})
    near = get_close_matches(package, names)
    return f"did you mean {' or '.join(near)}?" if near else ""
