"""`cachediff latest ROOT`: a directory's newest dated snapshot against the one before, and whatever a change touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli import options
from cachediff.cli.inputs import require
from cachediff.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachediff.cli.report_files import ReportFiles
    from cachediff.domain.report import Report
    from cachediff.history.choice import Choice, Pair
    from cachediff.policy.settings import Policy
    from cachediff.review.request import Request

_NOTES = {
    "added": "the change also adds {}, which is not compared",
    "changed": "the change also changes {}, which is not compared",
    "removed": "the change removes {}",
}

AgainstOption = Annotated[
    str | None,
    typer.Option("--against", metavar="REV", help="Compare what a pull request adds with what this revision of git has."),
]
ListOption = Annotated[bool, typer.Option("--list", help="Print which snapshots would be compared, and why.")]


def run(
    root: Annotated[str, typer.Argument(metavar="ROOT", help="A directory of snapshots, such as _cache, or a mirror.")],
    against: AgainstOption = None,
    is_listing: ListOption = False,
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
    """Choose snapshots and compare them. Returns 1 where one fails, else 0: also where a pull request touches none."""
    from cachediff.cli.inputs import choose_policy, find_today, parse_date, parse_selection
    from cachediff.cli.output import report_options, write_reports
    from cachediff.cli.report_files import refuse_inputs
    from cachediff.review.request import Request

    files = _parse_reports(report or (), format, is_listing=is_listing)
    selection, date = parse_selection(package, stack, os, target), parse_date("--as-of", as_of)
    asked = Request("", "", choose_policy(policy, fail_on, limit, wanted), selection, date, find_today(), jobs)
    choice = choose(root, against, asked.policy)
    if not _show_choice(choice, is_listing=is_listing):
        return 0
    # Only now it is known what is compared, into which no report may be written.
    refuse_inputs(files, _list_sources(choice), policy, asked.policy.wanted)
    outcome = _review_all(choice, asked, is_quiet=quiet)
    stdout = report_options(color, is_quiet=quiet, is_verbose=verbose, budget=budget, policy=policy)
    write_reports(outcome, format, files, stdout)
    _say_failing(outcome)
    return 1 if outcome.verdict == "fail" else 0


def _list_sources(choice: Choice) -> dict[str, str]:
    return {source: source for pair in choice.pairs for source in (pair.old, pair.new.source)}


def _parse_reports(words: Sequence[str], format_: options.Format, *, is_listing: bool) -> ReportFiles:
    from cachediff.cli.report_files import parse_report_files

    files = parse_report_files(words)
    if is_listing and (files or format_ is not options.Format.text):
        message = "--list compares nothing, so there is no report to write"
        raise UsageError(message, hint="leave out --list, or --format and --report")
    return files


# What is only listed is not judged, and where a change touches no snapshot there is nothing to judge.
def _show_choice(choice: Choice, *, is_listing: bool) -> bool:
    """Print what is compared where that is asked for, and what is not; return whether to compare.

    Raises InputError for a refusal.
    """
    from cachediff.cli.output import write_stdout
    from cachediff.cli.stderr import say

    # Before the refusal, which the table explains.
    if is_listing:
        write_stdout("".join(f"{line}\n" for line in tabulate(choice)))
    if choice.refusal:
        raise InputError(choice.refusal, hint=choice.hint)
    for note in _note(choice):
        say(note)
    return bool(choice.pairs) and not is_listing


def _review_all(choice: Choice, asked: Request, *, is_quiet: bool) -> Report:
    """Return one report for all pairs, which are named on stderr as they are compared."""
    from cachediff.cli.progress import show_progress
    from cachediff.cli.stderr import say
    from cachediff.history.pairs import review_pairs
    from cachediff.render.terminal import escape
    from cachediff.review.also import join
    from cachediff.review.request import review

    def announce(pair: Pair) -> None:
        if not is_quiet:
            say(f"comparing {escape(pair.old)} with {escape(pair.new.source)}")

    with show_progress(is_wanted=not is_quiet) as progress:
        return join(review_pairs(choice, asked, lambda one: review(one, progress("comparing")), announce))


def _say_failing(report: Report) -> None:
    """Say on stderr which other comparisons fail: CSV has none of them, and nearly all of a report is on one alone."""
    from cachediff.cli.stderr import say
    from cachediff.render.also import name_sides, sum_up

    for one in report.also_compared:
        if one.verdict == "fail":
            # No word of it is a page's, so what is replaced is the verdict.
            say(f"{name_sides(one)} {sum_up(one).replace('fail:', 'fails, too:')}")


def choose(root: str, against: str | None, policy: Policy) -> Choice:
    """Return what is compared of a directory of snapshots.

    Raises InputError where it holds none, and UsageError for empty arguments.
    """
    from msgspec.structs import replace

    from cachediff.history.choice import choose as choose_from
    from cachediff.history.snapshots import compare_with_revision, find_in_revision, list_snapshots
    from cachediff.sources.git_paths import find_git_path

    require("ROOT", root)
    if against is None:
        return choose_from(list_snapshots(root, policy.limits), policy)
    # An unset variable would otherwise make a pull request's check compare without a revision.
    require("--against", against)
    if find_git_path(root):
        message = f"--against {against} compares the working tree with a revision, and ROOT {root} is in one"
        raise UsageError(message, hint="give the directory in the working tree")
    choice = choose_from(compare_with_revision(root, against, policy.limits), policy, against)
    # A baseline that is a path; what has a tag is in the revision already.
    places = {pair.old: find_in_revision(pair.old, against) for pair in choice.pairs if pair.old == policy.baseline}
    return replace(choice, pairs=tuple(replace(pair, old=places.get(pair.old, pair.old)) for pair in choice.pairs))


def tabulate(choice: Choice) -> list[str]:
    """Return the snapshots as lines of a table: tag, role, source and reason, newest first."""
    from cachediff.render.terminal import escape

    cells = [(row.candidate.tag, row.role or "-", row.candidate.source, row.why) for row in choice.rows]
    # What is compared and none of those: a baseline that is a path, and what a snapshot was that both sides change.
    listed = {row.candidate.source for row in choice.rows}
    elsewhere = [pair for pair in choice.pairs if pair.old not in listed]
    whys = ((pair, "what it was" if pair.is_touched else "baseline of the policy") for pair in elsewhere)
    cells += [(pair.new.tag if pair.is_touched else "-", "old", pair.old, why) for pair, why in whys]
    # Of what is shown: escaped text may be longer.
    widths = [max(len(escape(row[column])) for row in cells) for column in range(3)]
    return [
        "  ".join([*(f"{escape(cell):{width}}" for cell, width in zip(row, widths, strict=False)), escape(row[3])])
        for row in cells
    ]


def _note(choice: Choice) -> Iterator[str]:
    """Yield what a change does that is not compared, and that it does nothing that is; without one what else is as new."""
    from cachediff.render.terminal import escape

    new = choice.pairs[0].new if choice.pairs else None
    if not new:
        yield "the change adds no dated snapshot, and touches none that is published: nothing is compared"
    for row in choice.rows:
        # Escaped here, for a name with a line end would begin a line.
        source, state = escape(row.candidate.source), row.candidate.state
        if state == "removed" or (state and not row.role):
            yield _NOTES[state].format(source)
        elif new and not new.state and not row.role and (row.candidate.is_other or row.candidate.date == new.date):
            yield f"{source} is not compared: {row.why}"
