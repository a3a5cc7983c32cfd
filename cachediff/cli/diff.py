"""`cachediff OLD NEW`: compare, report, decide."""

from __future__ import annotations

from cachediff.cli import options


def run(
    old: options.OldArgument,
    new: options.NewArgument,
    format: options.FormatOption = options.Format.text,
    report: options.ReportOption = None,
    policy: options.PolicyOption = None,
    wanted: options.WantedOption = None,
    fail_on: options.FailOnOption = None,
    as_of: options.AsOfOption = "",
    package: options.PackageOption = None,
    stack: options.StackOption = None,
    os: options.OsOption = None,
    target: options.TargetOption = None,
    budget: options.BudgetOption = 65_000,
    jobs: options.JobsOption = None,
    limit: options.LimitOption = None,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
    color: options.ColorOption = options.Color.auto,
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
    stdout = report_options(color, is_quiet=quiet, is_verbose=verbose, budget=budget, policy=policy)
    write_reports(outcome, format, files, stdout)
    return 1 if outcome.verdict == "fail" else 0
