"""`cachediff latest ROOT`: of a directory of snapshots, the newest dated one against the one that it is to replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cachediff.cli import diff
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
from cachediff.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.policy.choice import Choice
    from cachediff.policy.settings import Policy

_NOTES = {
    "added": "the change also adds {}, which is not compared",
    "changed": "the change also changes {}, which is not compared",
    "removed": "the change removes {}",
}


def run(
    root: Annotated[str, typer.Argument(metavar="ROOT", help="A directory of snapshots, such as _cache.")],
    against: Annotated[
        str | None, typer.Option("--against", metavar="REV", help="Compare what a pull request adds with what this revision of git has.")
    ] = None,
    is_listing: Annotated[bool, typer.Option("--list", help="Print which snapshots would be compared, and why.")] = False,
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
    """Choose two snapshots and compare them. Returns what `diff` returns, and 0 where a pull request adds no snapshot."""
    from cachediff.cli.inputs import choose_policy
    from cachediff.cli.output import write_stdout
    from cachediff.cli.stderr import say

    choice = choose(root, against, choose_policy(policy, limit=limit))
    if is_listing:
        write_stdout("".join(f"{line}\n" for line in tabulate(choice)))
    if choice.refusal:
        raise InputError(choice.refusal, hint=choice.hint)
    for note in _note(choice):
        say(note)
    if is_listing or choice.new is None or choice.old is None:
        return 0
    if not quiet:
        say(f"comparing {choice.old} with {choice.new.source}")
    return diff.run(
        choice.old,
        choice.new.source,
        format=format,
        report=report,
        policy=policy,
        fail_on=fail_on,
        as_of=as_of,
        package=package,
        stack=stack,
        os=os,
        target=target,
        budget=budget,
        jobs=jobs,
        limit=limit,
        quiet=quiet,
        verbose=verbose,
        color=color,
    )


def choose(root: str, against: str | None, policy: Policy) -> Choice:
    """Return what is compared of a directory of snapshots. Raises InputError where it holds none, and UsageError for empty arguments."""
    from cachediff.git import find_place
    from cachediff.policy.choice import choose as choose_from
    from cachediff.reading.history import compare_with_revision, list_snapshots

    diff.require("ROOT", root)
    if against is None:
        return choose_from(list_snapshots(root, policy.limits), policy)
    diff.require("--against", against)
    if find_place(root):
        message = f"--against {against} compares the working tree with a revision, and ROOT {root} is in one"
        raise UsageError(message, hint="give the directory in the working tree")
    return choose_from(compare_with_revision(root, against, policy.limits), policy, against)


def tabulate(choice: Choice) -> list[str]:
    """Return the snapshots as lines of a table: tag, role, source and reason, newest first."""
    from cachediff.render.terminal import escape

    cells = [(row.candidate.tag, row.role or "-", row.candidate.source, row.why) for row in choice.rows]
    widths = [max(len(escape(row[column])) for row in cells) for column in range(3)]
    return ["  ".join([*(f"{escape(cell):{width}}" for cell, width in zip(row, widths, strict=False)), escape(row[3])]) for row in cells]


def _note(choice: Choice) -> Iterator[str]:
    """Yield what a change does besides adding NEW, and that it adds nothing."""
    if choice.new is None:
        yield "the change adds no dated snapshot: nothing is compared"
    for row in choice.rows:
        if row.candidate.state and row.candidate.date and row.role != "new":
            yield _NOTES[row.candidate.state].format(row.candidate.source)
