"""`cachediff validate SNAPSHOT...`: every page against the schema and against itself."""

from __future__ import annotations

from typing import Annotated

import typer

from cachediff.cli.diff import require
from cachediff.cli.options import Color, ColorOption, Format, FormatOption, QuietOption, VerboseOption


def run(
    snapshots: Annotated[list[str], typer.Argument(metavar="SNAPSHOT...", help="Snapshots, directories of pages, or pages.")],
    format: FormatOption = Format.text,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    color: ColorOption = Color.auto,
) -> int:
    """Check snapshots one by one. Returns 0 when every page of each is valid and adds up, 1 otherwise."""
    from cachediff.cli.output import stdout_options, write_reports
    from cachediff.compare.snapshots import compare
    from cachediff.policy.report import evaluate
    from cachediff.reading.snapshot import read_snapshot

    options = stdout_options(color, is_quiet=quiet, is_verbose=verbose)
    failed = False
    for snapshot in snapshots:
        require("SNAPSHOT", snapshot)
        outcome = evaluate(compare(None, read_snapshot(snapshot)))
        failed = failed or outcome.verdict == "fail"
        write_reports(outcome, format, [], options)
    return 1 if failed else 0
