"""`cachediff OLD NEW`: compare, report, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

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
)
from cachediff.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachediff.cli.progress import Wrap
    from cachediff.domain.report import Report
    from cachediff.domain.selection import Selection
    from cachediff.policy.settings import Policy


def run(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The snapshot that is published.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The snapshot that is to replace it.")],
    format: FormatOption = Format.text,
    report: ReportOption = None,
    policy: PolicyOption = None,
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
    from cachediff.cli.inputs import choose_policy, parse_date, parse_selection
    from cachediff.cli.output import parse_targets, stdout_options, write_reports
    from cachediff.cli.progress import show_progress

    for name, value in (("OLD", old), ("NEW", new)):
        require(name, value)
    targets, date = parse_targets(report or ()), parse_date("--as-of", as_of)
    selection = parse_selection(package, stack, os, target)
    rules = choose_policy(policy, fail_on, limit)
    with show_progress(is_wanted=not quiet) as progress:
        outcome = judge(old, new, rules, selection, as_of=date, jobs=jobs, show=progress)
    write_reports(outcome, format, targets, stdout_options(color, is_quiet=quiet, is_verbose=verbose, budget=budget))
    return 1 if outcome.verdict == "fail" else 0


def judge(
    old: str,
    new: str,
    policy: Policy,
    selection: Selection,
    *,
    as_of: str = "",
    today: str = "",
    jobs: int | None = None,
    show: Callable[[str], Wrap[Any]],
) -> Report:
    """Return the report on two snapshots, as a policy wants them compared. Raises InputError where they cannot be.

    Where nothing else dates them, acceptances are judged at `today`: it is the day that it is where none is given.
    """
    from cachediff.cli.inputs import find_today
    from cachediff.comparison.requirements import within
    from cachediff.engine.loop import compare_sources
    from cachediff.policy.renames import Renamer
    from cachediff.policy.settings import NO_RENAMES
    from cachediff.review.report import evaluate

    needed = within(policy.require, selection)
    difference = compare_sources(
        old,
        new,
        selection,
        require=needed,
        rename=Renamer(policy.renames) if policy.renames != NO_RENAMES else None,
        limits=policy.limits,
        jobs=jobs,
        progress=show("comparing"),
    )
    return evaluate(difference, policy, as_of, today or find_today())


def require(name: str, value: str) -> None:
    """Raise UsageError for an empty argument: as a path it would be the current directory, and it is nearly always an unset variable."""
    if not value.strip():
        message = f"{name} is empty"
        raise UsageError(message, hint="is a variable unset?")
