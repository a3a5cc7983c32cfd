"""`cachediff OLD NEW`: compare, report, decide."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.options import (
    AsOfOption,
    BudgetOption,
    Color,
    ColorOption,
    FailOnOption,
    Format,
    FormatOption,
    JobsOption,
    PackageOption,
    PolicyOption,
    QuietOption,
    ReportOption,
    StackOption,
    VerboseOption,
)
from cachediff.errors import UsageError

if TYPE_CHECKING:
    from cachediff.model import Snapshot
    from cachediff.policy.settings import Renames
    from cachediff.reading.snapshot import Progress


def run(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that is published.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that is to replace it.")],
    format: FormatOption = Format.text,
    report: ReportOption = None,
    policy: PolicyOption = None,
    fail_on: FailOnOption = None,
    as_of: AsOfOption = "",
    package: PackageOption = "*",
    stack: StackOption = "*",
    budget: BudgetOption = 65_000,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    color: ColorOption = Color.auto,
) -> int:
    """Compare two snapshots. Returns 0 for pass and 1 for fail."""
    from cachediff.cli.inputs import choose_policy, parse_date
    from cachediff.cli.output import parse_targets, stdout_options, write_reports
    from cachediff.cli.progress import show_progress
    from cachediff.compare.snapshots import compare
    from cachediff.compare.supplies import within
    from cachediff.pipeline import compare_sources, require_pages
    from cachediff.policy.renames import rename_page
    from cachediff.policy.report import evaluate
    from cachediff.policy.settings import NO_RENAMES
    from cachediff.reading.snapshot import read_snapshot

    for name, value in (("OLD", old), ("NEW", new)):
        require(name, value)
    targets, date = parse_targets(report or ()), parse_date("--as-of", as_of)
    rules = choose_policy(policy, fail_on)
    needed = within(rules.require, package, stack)
    with show_progress(is_wanted=not quiet) as progress:
        if rules.renames.packages:
            # A package under two names cannot be paired page by page.
            before = read_old(old, package, rules.renames, progress(f"reading {old}"))
            after = read_snapshot(new, package=package, progress=progress(f"reading {new}"))
            require_pages(before, after, package)
            difference = compare(before, after, stack=stack, require=needed)
        else:
            rename = partial(rename_page, renames=rules.renames) if rules.renames != NO_RENAMES else None
            difference = compare_sources(
                old, new, package=package, stack=stack, require=needed, rename=rename, jobs=jobs, progress=progress("comparing")
            )
        outcome = evaluate(difference, rules, date)
    write_reports(outcome, format, targets, stdout_options(color, is_quiet=quiet, is_verbose=verbose, budget=budget))
    return 1 if outcome.verdict == "fail" else 0


def read_old(source: str, package: str, renames: Renames, progress: Progress) -> Snapshot:
    """Return the packages of OLD that a glob matches, under the names of today. Raises InputError where OLD has no page."""
    from cachediff.policy.renames import narrow, rename
    from cachediff.reading.snapshot import read_snapshot

    # All is read: the page of a package that the policy renames stands under its old name.
    return narrow(rename(read_snapshot(source, progress=progress), renames), package)


def require(name: str, value: str) -> None:
    """Raise UsageError for an empty argument: as a path it would be the current directory, and it is nearly always an unset variable."""
    if not value.strip():
        message = f"{name} is empty"
        raise UsageError(message, hint="is a variable unset?")
