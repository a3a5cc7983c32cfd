"""`cachediff verify REPORT OLD NEW`: whether a report is the one that these snapshots give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli import options  # noqa: TC001 - typer reads it
from cachediff.text.words import number

if TYPE_CHECKING:
    from cachediff.domain.report import Report


def run(
    report: options.ReportArgument,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that the report calls old.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that it calls new.")],
    policy: options.PolicyOption = None,
    wanted: options.WantedOption = None,
    fail_on: options.FailOnOption = None,
    as_of: options.AsOfOption = "",
    package: options.PackageOption = None,
    stack: options.StackOption = None,
    os: options.OsOption = None,
    target: options.TargetOption = None,
    jobs: options.JobsOption = None,
    limit: options.LimitOption = None,
    quiet: options.QuietOption = False,
) -> int:
    """Compare again, with the options of the run that wrote the report.

    Returns 0 where all is the same, and 1 where anything differs.
    """
    from cachediff.cli.arguments import require_arguments
    from cachediff.cli.inputs import choose_policy, parse_date, parse_selection
    from cachediff.cli.output import write_stdout
    from cachediff.cli.progress import show_progress
    from cachediff.render.terminal import escape
    from cachediff.review.request import Request, review
    from cachediff.review.stored import read_report
    from cachediff.review.verify import find_differences

    require_arguments("verify", {"REPORT": report, "OLD": old, "NEW": new})
    selection = parse_selection(package, stack, os, target)
    date, rules = parse_date("--as-of", as_of), choose_policy(policy, fail_on, limit, wanted)
    claimed = read_report(report)
    with show_progress(is_wanted=not quiet) as progress:
        found = review(Request(old, new, rules, selection, date, find_day(claimed), jobs), progress("comparing"))
    differences = find_differences(claimed, found)
    first = f"{report} {_sum_up(differences)} {old} and {new} give{_qualify(found, claimed)}"
    lines = [first, *(f"  {line}" for line in differences)]
    write_stdout("".join(f"{escape(line)}\n" for line in (lines[:1] if quiet else lines)))
    return 1 if differences else 0


def _qualify(found: Report, claimed: Report) -> str:
    """Return as of which day that is, and what is not verified: what a report of `latest` says of other snapshots."""
    others = number(len(claimed.also_compared), "more pair")
    when = f", as of {found.as_of}" if found.as_of else ""
    return when + (f"; what it says of {others} of snapshots is not verified" if claimed.also_compared else "")


def find_day(claimed: Report) -> str:
    """Return the day of the run that wrote a report, as far as that may be believed: it is no later than today, and is said.

    It counts where neither `--as-of` nor NEW's name gives a date.
    """
    from cachediff.cli.inputs import find_today
    from cachediff.domain.tags import is_date

    today = find_today()
    return claimed.as_of if is_date(claimed.as_of) and claimed.as_of < today else today


def _sum_up(differences: list[str]) -> str:
    return "is not the report that" if differences else "is the report that"
