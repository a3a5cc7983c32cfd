"""`cachediff OLD NEW`: compare, report, decide."""

from __future__ import annotations

from typing import Annotated

import typer

from cachediff.cli.options import (
    Color,
    ColorOption,
    FailOn,
    FailOnOption,
    Format,
    FormatOption,
    PackageOption,
    QuietOption,
    ReportOption,
    StackOption,
    VerboseOption,
)
from cachediff.errors import UsageError


def run(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that is published.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that is to replace it.")],
    format: FormatOption = Format.text,
    report: ReportOption = None,
    fail_on: FailOnOption = FailOn.error,
    package: PackageOption = "*",
    stack: StackOption = "*",
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    color: ColorOption = Color.auto,
) -> int:
    """Compare two snapshots. Returns 0 for pass and 1 for fail."""
    from cachediff.cli.output import parse_targets, stdout_options, write_reports
    from cachediff.cli.progress import show_progress
    from cachediff.compare.snapshots import compare
    from cachediff.policy.report import evaluate
    from cachediff.policy.settings import Policy
    from cachediff.reading.snapshot import read_snapshot

    for name, value in (("OLD", old), ("NEW", new)):
        require(name, value)
    targets = parse_targets(report or ())
    with show_progress(is_wanted=not quiet) as progress:
        before = read_snapshot(old, package=package, progress=progress(f"reading {old}"))
        after = read_snapshot(new, package=package, progress=progress(f"reading {new}"))
        outcome = evaluate(compare(before, after, stack=stack), Policy(fail_on=fail_on.value))
    write_reports(outcome, format, targets, stdout_options(color, is_quiet=quiet, is_verbose=verbose))
    return 1 if outcome.verdict == "fail" else 0


def require(name: str, value: str) -> None:
    """Raise UsageError for an empty argument: as a path it would be the current directory, and it is nearly always an unset variable."""
    if not value.strip():
        message = f"{name} is empty"
        raise UsageError(message, hint="is a variable unset?")
