"""`cachediff OLD NEW`: compare, report, decide."""

from __future__ import annotations

from typing import Annotated

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
    LimitOption,
    OsOption,
    PackageOption,
    PolicyOption,
    QuietOption,
    ReportOption,
    StackOption,
    TargetOption,
    VerboseOption,
    WantedOption,
)


def run(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that is published (docs/sources.md).")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that is to replace it.")],
    format: FormatOption = Format.text,
    report: ReportOption = None,
    policy: PolicyOption = None,
    wanted: WantedOption = None,
    fail_on: FailOnOption = None,
    as_of: AsOfOption = "",
    package: PackageOption = None,
    stack: StackOption = None,
    os: OsOption = None,
    target: TargetOption = None,
    budget: BudgetOption = 65_000,
    jobs: JobsOption = None,
    limit: LimitOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    color: ColorOption = Color.auto,
) -> int:
    """Compare two snapshots. Returns 0 for pass and 1 for fail."""
    from cachediff.cli.arguments import require_arguments
    from cachediff.cli.inputs import choose_policy, find_today, parse_date, parse_selection
    from cachediff.cli.output import report_options, write_reports
    from cachediff.cli.progress import show_progress
    from cachediff.cli.report_files import parse_report_files, refuse_inputs
    from cachediff.review.request import Request, review

    require_arguments("diff", {"OLD": old, "NEW": new})
    # Before anything is read: what is wrong with a command line need not cost a comparison.
    files, date = parse_report_files(report or ()), parse_date("--as-of", as_of)
    selection = parse_selection(package, stack, os, target)
    rules = choose_policy(policy, fail_on, limit, wanted)
    refuse_inputs(files, {"OLD": old, "NEW": new}, policy, rules.wanted)
    request = Request(old, new, rules, selection, date, find_today(), jobs)
    with show_progress(is_wanted=not quiet) as progress:
        outcome = review(request, progress("comparing"))
    options = report_options(color, is_quiet=quiet, is_verbose=verbose, budget=budget, policy=policy)
    write_reports(outcome, format, files, options)
    return 1 if outcome.verdict == "fail" else 0
