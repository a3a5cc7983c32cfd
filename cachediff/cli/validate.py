"""`cachediff validate SNAPSHOT...`: every page against the schema and against itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli.inputs import require
from cachediff.cli.options import Color, ColorOption, Format, FormatOption, LimitOption, QuietOption, VerboseOption
from cachediff.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.domain.report import Report
    from cachediff.policy.settings import Policy
    from cachediff.render.options import Options


def run(
    snapshots: Annotated[
        list[str], typer.Argument(metavar="SNAPSHOT...", help="Whatever a comparison reads (docs/sources.md).")
    ],
    format: FormatOption = Format.text,
    limit: LimitOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    color: ColorOption = Color.auto,
) -> int:
    """Check snapshots one by one; of several, only those that fail are told.

    Returns 0 when all are valid and add up, 1 otherwise. Raises InputError, once the others are told, where any is none.
    """
    from cachediff.cli.inputs import parse_limits
    from cachediff.cli.output import stdout_options, write_reports
    from cachediff.limits import DEFAULT_LIMITS
    from cachediff.policy.settings import Policy

    are_several = len(snapshots) > 1
    # Two reports in one stream are no XML or HTML; of JSON there is a list.
    if are_several and format not in (Format.text, Format.markdown, Format.json):
        message = f"--format {format.value} reports on one snapshot, and here are {len(snapshots)}"
        raise UsageError(message, hint="run cachediff validate once for each")
    for snapshot in snapshots:
        require("SNAPSHOT", snapshot)
    options = stdout_options(color, is_quiet=quiet, is_verbose=verbose)
    # No policy of a team: what adds up does so whatever anybody wants.
    outcomes, errors = _review_all(snapshots, Policy(limits=parse_limits(limit or (), DEFAULT_LIMITS)), is_quiet=quiet)
    # One JSON value is all of it or nothing, but what can be read of several is worth a line each.
    if errors and (format is Format.json or not outcomes):
        raise _unite(errors)
    failed = sum(outcome.verdict == "fail" for outcome in outcomes)
    if are_several:
        _write_several(outcomes, failed, len(errors), format, options)
    else:
        write_reports(outcomes[0], format, [], options)
    if errors:
        raise _unite(errors)
    return 1 if failed else 0


def _review_all(snapshots: Sequence[str], policy: Policy, *, is_quiet: bool) -> tuple[list[Report], list[InputError]]:
    """Return the reports on all snapshots that can be read, and why the others cannot."""
    from cachediff.cli.progress import show_progress
    from cachediff.review.request import Request, review

    outcomes: list[Report] = []
    errors: list[InputError] = []
    with show_progress(is_wanted=not is_quiet) as progress:
        for snapshot in snapshots:
            try:
                outcomes.append(review(Request(None, snapshot, policy), progress(f"reading {snapshot}")))
            except InputError as error:
                errors.append(error)
    return outcomes, errors


def _unite(errors: Sequence[InputError]) -> InputError:
    """Return the errors of several snapshots as one, each with what to do next."""
    first, *others = errors
    if not others:
        return first
    said = [f"{error} ({error.hint})" if error.hint else str(error) for error in errors]
    return InputError(f"{len(errors):,} snapshots cannot be read\n  " + "\n  ".join(said))


def _write_several(outcomes: Sequence[Report], failed: int, unread: int, format: Format, options: Options) -> None:
    """Print the reports on several snapshots that fail, or all where all is asked for, and how many do."""
    from cachediff.cli.output import write_reports, write_stdout

    if format is Format.json:
        write_stdout(_list_reports(outcomes, failed))
        return
    for outcome in outcomes:
        if (outcome.verdict == "fail" and not options.is_quiet) or options.is_verbose:
            write_reports(outcome, format, [], options)
            write_stdout("\n")
    write_stdout(_sum_up(failed, len(outcomes), unread))


def _list_reports(outcomes: Sequence[Report], failed: int) -> str:
    """Return the reports on several snapshots as one JSON value (schemas/validate.schema.json)."""
    from cachediff.render.answer import write_answer

    verdict = "fail" if failed else "pass"
    return write_answer(
        {"verdict": verdict, "snapshots": len(outcomes), "failed": failed, "reports": outcomes}, ("reports",)
    )


def _sum_up(failed: int, count: int, unread: int) -> str:
    """Return the verdict on several snapshots; where some cannot be read there is none, and it is said of how many."""
    if unread:
        others = f"{failed:,} {'has' if failed == 1 else 'have'} errors" if failed else "none has errors"
        return f"{unread:,} of {unread + count:,} cannot be read; of the others {others}\n"
    if failed:
        return f"fail: {failed:,} of {count:,} {'has' if failed == 1 else 'have'} errors\n"
    return f"pass: all {count:,} are valid and add up\n"
